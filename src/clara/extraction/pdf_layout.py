"""Blocks of a PDF page from liteparse's layout, with the repairs it needs: headings of one size that stand below each
other are not one heading, and a table without rules is neither one run of words nor columns of prose."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from clara.extraction.cleaning import EdgeLine, Edges
from clara.extraction.prose import join_lines, one_line, table_block
from clara.extraction.settings import Box
from clara.schema import Block

if TYPE_CHECKING:
    from liteparse import LayoutBlock, ParsedPage, TextItem

MIN_GAP = 0.8  # of the font size: a wider gap on a line separates two cells
ALIGNED = 4.0  # points: cells of one column start, or end, this close together
MAX_CELL = 60  # characters: longer pieces are columns of prose
MEAN_CELL = 20  # characters: lines of prose in narrow columns are longer
EDGE = 0.125  # of the page's height: headers and footers stand above and below it
EDGE_LINES = 3
Line = list["TextItem"]  # items of one baseline from left to right


@dataclass(frozen=True, slots=True)
class Placed:
    """A block and where it stands, as far as that is known."""

    block: Block
    box: Box | None = None


def layout_blocks(page: ParsedPage) -> list[Placed]:
    """The page's blocks in reading order; figures and rules are left out."""
    blocks: list[Placed] = []
    waiting = list(page.blocks or [])
    while waiting:
        beside = _side_by_side(waiting)
        table = _table_of_columns(beside, page) if len(beside) > 1 else []
        used = beside if table else waiting[:1]
        box = _union(used)
        blocks.extend(Placed(block, box) for block in table or _convert(waiting[0], page) if block.text.strip())
        del waiting[: len(used)]
    return blocks


def edge_lines(page: ParsedPage) -> Edges:
    """The outermost lines of the page's upper and lower eighth."""
    edges = Edges()
    for line in _group_lines(list(page.text_items)):
        text = " ".join(item.text for item in line)
        middle = (line[0].y + line[0].height / 2) / (page.height or 1.0)
        if middle < EDGE:
            edges.top.append(EdgeLine(text, middle))
        elif middle > 1 - EDGE:
            edges.bottom.insert(0, EdgeLine(text, middle))
    for lines in (edges.top, edges.bottom):  # the page number often stands beside the title
        del lines[EDGE_LINES:]
    return edges


def _union(blocks: list[LayoutBlock]) -> Box | None:
    boxes = [block.bbox for block in blocks if block.bbox is not None]
    if not boxes:
        return None
    return (
        min(box.x for box in boxes),
        min(box.y for box in boxes),
        max(box.x + box.width for box in boxes),
        max(box.y + box.height for box in boxes),
    )


def _side_by_side(blocks: list[LayoutBlock]) -> list[LayoutBlock]:
    """The first block and those that stand to the right of it at the same height: columns of text, or of a table."""
    run = blocks[:1]
    for following in blocks[1:]:
        box, other = run[-1].bbox, following.bbox
        if box is None or other is None or {run[-1].kind, following.kind} != {"paragraph"}:
            break
        shared = min(box.y + box.height, other.y + other.height) - max(box.y, other.y)
        if other.x < box.x + box.width or shared < 0.5 * max(box.height, other.height):
            break
        run.append(following)
    return run


def _table_of_columns(columns: list[LayoutBlock], page: ParsedPage) -> list[Block]:
    """A table that was read column by column, row by row; nothing when the columns are prose."""
    boxes = [column.bbox for column in columns if column.bbox is not None]
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.x + box.width for box in boxes), max(box.y + box.height for box in boxes)
    rows = _columns(_lines_inside(left, top, right, bottom, page))
    lengths = [len(cell) for row in rows for cell in row]
    return table_block(rows) if rows and sum(lengths) <= MEAN_CELL * len(lengths) else []


def _convert(found: LayoutBlock, page: ParsedPage) -> list[Block]:
    text = one_line(found.text or "")
    match found.kind:
        case "heading":
            return [
                Block(kind="heading", text=line, level=min(found.level or 1, 6))
                for line in _separate_headings(text, _heading_lines(text, found, page))
            ]
        case "paragraph":
            rows = _columns(_lines(found, page))
            return table_block(rows) if rows else [Block(kind="paragraph", text=text)]
        case "list_item":
            text = f"{found.marker} {text}" if found.ordered and found.marker else text
            return [Block(kind="list_item", text=text, level=min(max(found.level or 1, 1), 9))]
        case "table":
            header = [found.header] if found.header else []
            return table_block([[cell.text for cell in row] for row in [*header, *(found.rows or [])]])
        case "code" | "grid_fallback":
            rows = _columns(_lines(found, page))
            lines = [one_line(line) for line in found.lines or []]
            return table_block(rows) if rows else [Block(kind="paragraph", text="\n".join(filter(None, lines)))]
    return []


def _lines(block: LayoutBlock, page: ParsedPage) -> list[Line]:
    """The text items inside the block's box, line by line."""
    box = block.bbox
    if box is None:
        return []
    return _lines_inside(box.x, box.y, box.x + box.width, box.y + box.height, page)


def _lines_inside(left: float, top: float, right: float, bottom: float, page: ParsedPage) -> list[Line]:
    return _group_lines(
        [
            item
            for item in page.text_items
            if left - 1 <= item.x + item.width / 2 <= right + 1 and top - 1 <= item.y + item.height / 2 <= bottom + 1
        ]
    )


def _heading_lines(text: str, block: LayoutBlock, page: ParsedPage) -> list[Line]:
    """The lines the heading was made of: its box holds only the first, so the next ones are found by their words."""
    box = block.bbox
    remaining = text.split()
    lines: list[Line] = []
    for line in _group_lines([item for item in page.text_items if box and item.y + item.height / 2 >= box.y - 1]):
        words = " ".join(item.text for item in line).split()
        if remaining[: len(words)] != words:
            return []
        lines.append(line)
        remaining = remaining[len(words) :]
        if not remaining:
            return lines
    return []


def _group_lines(items: list[TextItem]) -> list[Line]:
    lines: list[Line] = []
    for item in sorted(
        (item for item in items if item.text.strip()), key=lambda item: (item.y + item.height / 2, item.x)
    ):
        middle = item.y + item.height / 2
        last = lines[-1][0] if lines else None
        if last is not None and abs(middle - (last.y + last.height / 2)) < 0.5 * max(item.height, last.height):
            lines[-1].append(item)
        else:
            lines.append([item])
    return [sorted(line, key=lambda item: item.x) for line in lines]


def _separate_headings(text: str, lines: list[Line]) -> list[str]:
    """One heading per line, unless a line was full: then the next one goes on with it."""
    texts = [" ".join(item.text for item in line) for line in lines]
    if len(lines) < 2:
        return [text]
    right = max(line[-1].x + line[-1].width for line in lines)
    left = min(line[0].x for line in lines)
    headings = [[texts[0]]]
    for previous, line, line_text in zip(lines, lines[1:], texts[1:], strict=False):
        width = previous[-1].x + previous[-1].width - previous[0].x
        first_word = line_text.split()[0]
        word_width = len(first_word) * (line[0].width / max(len(line[0].text), 1))
        wrapped = width + word_width > 0.9 * (right - left) and len(texts[0]) > 30
        if wrapped or line_text[0].islower():
            headings[-1].append(line_text)
        else:
            headings.append([line_text])
    return [join_lines(heading) for heading in headings]


def _columns(lines: list[Line]) -> list[list[str]]:
    """Rows of cells when every line falls into the same aligned columns (at least two by two), else nothing."""
    rows = [_cells(line) for line in lines]
    width = len(rows[0]) if rows else 0
    if len(rows) < 2 or width < 2 or any(len(row) != width for row in rows):
        return []
    for column in zip(*rows, strict=True):
        starts = [cell[0].x for cell in column]
        ends = [cell[-1].x + cell[-1].width for cell in column]
        centres = [(start + end) / 2 for start, end in zip(starts, ends, strict=True)]
        if min(max(edge) - min(edge) for edge in (starts, ends, centres)) > ALIGNED:
            return []
    texts = [[one_line(" ".join(item.text for item in cell)) for cell in row] for row in rows]
    return [] if any(len(text) > MAX_CELL for row in texts for text in row) else texts


def _cells(line: Line) -> list[Line]:
    cells = [[line[0]]]
    for previous, item in pairwise(line):
        gap = item.x - (previous.x + previous.width)
        if gap > MIN_GAP * (item.font_size or item.height):
            cells.append([item])
        else:
            cells[-1].append(item)
    return cells
