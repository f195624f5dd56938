"""XLSX to a Document: one page per sheet, its tables as Markdown with the values last computed.

Hidden sheets are read too. Empty rows part tables, empty columns are left out, a merged cell's text stands in each row
and column it covers, so that rows can be read alone; dates and percentages read as a person sees them. Also: cell
comments, text boxes and charts' titles; a chart sheet's chart is its table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO

from lxml import etree

from clara.errors import ExtractionError
from clara.extraction.drawing import chart_blocks, shape_lines
from clara.extraction.ooxml import Element, Package, attribute, child, local_name
from clara.extraction.prose import choose_title, one_line, table_block
from clara.schema import Block, Document, Page

MAX_CELLS = 500_000  # of a workbook; what is left out is counted in the metadata
MAX_CHARACTERS = 20_000_000
MAX_SHEETS = 1000
MAX_MERGED = 100_000
MAX_SPARSE_AREA = 50_000  # places of a table that is nearly empty
MAX_REPEATED = 80  # characters of a merged cell; a longer one stands once
_PLAIN_SHEET = re.compile(
    r"(?i)^(sheet|tabelle|feuil|feuille|hoja|foglio|planilha|blad|ark|arkusz|лист|工作表|シート)\s*\d*$"
)
_REFERENCE = re.compile(r"^\$?([A-Z]{1,3})\$?([0-9]{1,7})$")
_DATE_FORMATS = {*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)}
_PERCENT_FORMATS = {9, 10}
_QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')

Cells = dict[int, dict[int, str]]  # row -> column -> text


def read_xlsx(data: bytes, *, document_id: str, backend: str = "") -> Document:
    """The document in `data`. Raises ExtractionError: archive_bomb, corrupt, password or no_text."""
    package = Package(data)
    main = package.main_part(fallback="xl/workbook.xml")
    root = package.xml(main)
    if root is None:
        raise ExtractionError("the archive has no workbook", reason="corrupt")
    workbook = _Workbook(package, main, root)
    pages = [
        Page(number=number, blocks=workbook.sheet_blocks(name, part))
        for number, (name, part) in enumerate(workbook.sheets(), start=1)
    ]
    if not pages:
        raise ExtractionError("the workbook has no sheets", reason="no_text")
    left_out = workbook.left_out + package.damaged
    return Document(
        id=document_id,
        sha256=sha256(data).hexdigest(),
        media_type="xlsx",
        title=choose_title(document_id, pages, metadata_title=package.core_title()),
        pages=pages,
        backend=backend,
        metadata={"left_out": left_out} if left_out else None,
    )


class _Workbook:
    """What the sheets of a workbook share, and how many cells may still be read."""

    def __init__(self, package: Package, main: str, root: Element) -> None:
        self._package = package
        self._root = root
        self._relations = package.relationships(main)
        targets = dict(self._relations.values())
        self._strings = _shared_strings(package, targets.get("sharedStrings", "xl/sharedStrings.xml"))
        self._formats = _formats(package.optional_xml(targets.get("styles", "xl/styles.xml")))
        properties = child(root, "workbookPr")
        is_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        self._epoch = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30)
        self._cells_left = MAX_CELLS
        self._characters_left = MAX_CHARACTERS
        self.left_out: list[str] = []

    def sheets(self) -> Iterator[tuple[str, str]]:
        """Name and part of every sheet, in the order of the tabs."""
        entries = child(self._root, "sheets")
        for entry in list(entries if entries is not None else [])[:MAX_SHEETS]:
            relation = next((str(value) for key, value in entry.attrib.items() if str(key).endswith("}id")), "")
            yield one_line(entry.get("name") or ""), self._relations.get(relation, ("", ""))[1]

    def sheet_blocks(self, name: str, part: str) -> list[Block]:
        content = self._package.read(part) if part else None
        if content is None:
            return []
        blocks: list[Block] = []
        cells, merged = self._cells(name, content, part)
        for table in _tables(cells, _spread(cells, merged)):
            blocks.extend(table)
        blocks.extend(self._attached(part))
        if blocks and name and not _PLAIN_SHEET.match(name):
            blocks.insert(0, Block(kind="heading", text=name, level=1))
        return blocks

    def _cells(self, name: str, content: bytes, part: str) -> tuple[Cells, list[str]]:
        """The texts of a sheet, and its merged ranges."""
        cells: Cells = {}
        merged: list[str] = []
        skipped = unknown = row = 0
        try:
            events = etree.iterparse(
                BytesIO(content),
                tag=("{*}row", "{*}mergeCell"),
                resolve_entities=False,
                load_dtd=False,
                no_network=True,
            )
            for _, element in events:
                if local_name(element) == "mergeCell":
                    merged.append(element.get("ref") or "")
                    continue
                row = _small_number(element.get("r")) or row + 1
                column = 0
                for cell in element.iterchildren("{*}c"):
                    place = _REFERENCE.match(cell.get("r") or "")
                    column = _column_number(place[1]) if place else column + 1
                    text = self._cell_text(cell)
                    unknown += not text and child(cell, "f") is not None
                    if not text:
                        continue
                    if self._cells_left <= 0 or self._characters_left < len(text):
                        skipped += 1
                        continue
                    self._cells_left -= 1
                    self._characters_left -= len(text)
                    cells.setdefault(row, {})[column] = text
                element.clear()
                while element.getprevious() is not None:  # rows already read
                    del element.getparent()[0]
        except (etree.XMLSyntaxError, ValueError, LookupError) as error:
            raise ExtractionError(f"{part} is not well-formed XML: {error}", reason="corrupt") from error
        if skipped:
            self.left_out.append(
                f"{skipped} cells of sheet {name!r}: more than {MAX_CELLS:,} cells or {MAX_CHARACTERS:,} characters"
            )
        if unknown:
            self.left_out.append(f"{unknown} formulas of sheet {name!r} without a stored value")
        return cells, merged

    def _cell_text(self, cell: Element) -> str:
        kind = cell.get("t") or "n"
        if kind == "inlineStr":
            return _rich_text(child(cell, "is"))
        stored = child(cell, "v")
        value = (stored.text or "").strip() if stored is not None else ""
        if kind == "s":
            index = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1
            return self._strings[index] if 0 <= index < len(self._strings) else ""
        if kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(value, value)
        if kind == "n" and value:
            return _number_text(value, self._formats.get(_small_number(cell.get("s")), ""), self._epoch)
        return one_line(value)

    def _attached(self, part: str) -> list[Block]:
        """Comments, text boxes and charts of a sheet."""
        blocks: list[Block] = []
        is_chart_sheet = "chartsheet" in part.lower()
        for kind, target in self._package.relationships(part).values():
            if kind == "comments":
                blocks.extend(_comments(self._package.optional_xml(target)))
            elif kind == "drawing":
                drawing = self._package.optional_xml(target)
                blocks.extend(Block(kind="paragraph", text=line) for line in shape_lines(drawing))
                for chart_kind, chart in self._package.relationships(target).values():
                    if chart_kind in ("chart", "chartEx"):
                        found = chart_blocks(self._package.optional_xml(chart))
                        blocks.extend(block for block in found if is_chart_sheet or block.kind != "table")
        return blocks


def _shared_strings(package: Package, part: str) -> list[str]:
    content = package.read(part)
    if content is None:
        return []
    strings: list[str] = []
    try:
        events = etree.iterparse(BytesIO(content), tag="{*}si", resolve_entities=False, load_dtd=False, no_network=True)
        for _, element in events:
            strings.append(_rich_text(element))
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise ExtractionError(f"{part} is not well-formed XML: {error}", reason="corrupt") from error
    return strings


def _rich_text(element: Element | None) -> str:
    """Text of a string and its runs, without phonetic hints."""
    if element is None:
        return ""
    parts = [each.text or "" for each in element.iter("{*}t") if local_name(each.getparent()) != "rPh"]  # type: ignore[arg-type]
    return one_line("".join(parts))


def _formats(root: Element | None) -> dict[int, str]:
    """Cell style index -> 'date', 'time' or 'percent'; other numbers read as they are stored."""
    custom: dict[int, str] = {}
    for each in root.iter("{*}numFmt") if root is not None else []:
        custom[_small_number(each.get("numFmtId"))] = each.get("formatCode") or ""
    found: dict[int, str] = {}
    styles = child(root, "cellXfs")
    for index, style in enumerate(styles if styles is not None else []):
        number = _small_number(style.get("numFmtId"))
        code = _QUOTED.sub("", custom.get(number, "")).lower().split(";")[0]
        if number in custom and "general" not in code:
            if "%" in code:
                found[index] = "percent"
            elif re.search(r"[ymdhs]", code):
                found[index] = "time" if re.search(r"[hs]", code) and not re.search(r"[yd]", code) else "date"
        elif number in _PERCENT_FORMATS:
            found[index] = "percent"
        elif number in _DATE_FORMATS:
            found[index] = "time" if number in (18, 19, 20, 21, 45, 46, 47) else "date"
    return found


def _number_text(value: str, shape: str, epoch: datetime) -> str:
    """A stored number as a reader sees it: 15 digits, dates in ISO form.

    >>> _number_text("0.30000000000000004", "", datetime(1899, 12, 30))
    '0.3'
    >>> _number_text("45291", "date", datetime(1899, 12, 30))
    '2023-12-31'
    """
    try:
        number = float(value)
        if shape in ("date", "time") and 0 <= number < 2_958_466:
            moment = epoch + timedelta(seconds=round(number * 86_400))
            if shape == "time" and number < 1:
                return moment.strftime("%H:%M:%S" if moment.second else "%H:%M")
            return moment.strftime("%Y-%m-%d %H:%M" if moment.hour or moment.minute else "%Y-%m-%d")
        if shape == "percent":
            return f"{round(number * 100, 10):.10g}%"
        return value if value.lstrip("-").isdigit() else f"{number:.15g}"
    except (ValueError, OverflowError):
        return one_line(value)


def _comments(root: Element | None) -> list[Block]:
    comments = root.iter("{*}comment") if root is not None else []
    notes = [(attribute(comment, "ref") or "", _rich_text(child(comment, "text"))) for comment in comments]
    return [Block(kind="note", text=f"{place}: {text}") for place, text in notes if text]


def _spread(cells: Cells, merged: list[str]) -> Cells:
    """What the merged cells show in the places they cover: their text, or '' when it is too long to stand twice."""
    covered: Cells = {}
    room = MAX_CELLS
    for ref in merged[:MAX_MERGED]:
        corners = [_REFERENCE.match(corner) for corner in ref.split(":")]
        if len(corners) != 2 or corners[0] is None or corners[1] is None:
            continue
        (left, top), (right, bottom) = ((_column_number(corner[1]), int(corner[2])) for corner in corners if corner)
        text = cells.get(top, {}).get(left, "")
        area = (bottom - top + 1) * (right - left + 1)
        if not text or area < 2 or area > room:
            continue
        room -= area
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                if row in cells and column not in cells[row]:
                    covered.setdefault(row, {})[column] = text if len(text) <= MAX_REPEATED else ""
    return covered


def _tables(cells: Cells, covered: Cells) -> Iterator[list[Block]]:
    """Blocks of each run of rows that no empty row interrupts; a lone cell above a table is a line of text."""
    bands: list[list[int]] = []
    for row in sorted(cells):
        if bands and row == bands[-1][-1] + 1:
            bands[-1].append(row)
        else:
            bands.append([row])
    joined: list[list[int]] = []
    for band in bands:
        if joined and _goes_on(cells, joined[-1], band):
            joined[-1].extend(band)
        else:
            joined.append(band)
    for band in joined:
        for rows, columns in _side_by_side(cells, covered, band):
            titles: list[Block] = []
            while len(rows) > 1 and len(columns) > 1 and len(own := cells[rows[0]].keys() & columns) == 1:
                titles.append(Block(kind="paragraph", text=cells[rows[0]][own.pop()]))
                rows = rows[1:]
            filled = [cells[row].keys() & columns for row in rows]
            kept = sorted({column for each in filled for column in each})
            area = len(rows) * len(kept)
            if area > MAX_SPARSE_AREA and area > 20 * sum(map(len, filled)):  # cells here and there are no table
                lines = [
                    [cells[row][column] for column in sorted(each)] for row, each in zip(rows, filled, strict=True)
                ]
                yield [*titles, *(Block(kind="paragraph", text=", ".join(line)) for line in lines)]
                continue
            grid = [[cells[row].get(column) or covered.get(row, {}).get(column, "") for column in kept] for row in rows]
            yield [*titles, *table_block(grid)]


def _goes_on(cells: Cells, above: list[int], band: list[int]) -> bool:
    """Whether a band is more data of the table above the gap: same columns, and numbers where a header would be."""
    if len(above) < 2 or set(cells[band[0]]) - set(cells[above[0]]):
        return False
    return any(_is_number(text) for text in cells[band[0]].values()) and not any(
        _is_number(text) for text in cells[above[0]].values()
    )


def _is_number(text: str) -> bool:
    return text.rstrip("%").lstrip("-").replace(".", "", 1).isdigit()


def _side_by_side(cells: Cells, covered: Cells, band: list[int]) -> list[tuple[list[int], set[int]]]:
    """Rows and columns of each table in a band: parted by an empty column where one side ends before the other."""
    columns = sorted({column for row in band for column in [*cells[row], *covered.get(row, {})]})
    groups: list[list[int]] = []
    for column in columns:
        if groups and column == groups[-1][-1] + 1:
            groups[-1].append(column)
        else:
            groups.append([column])
    group_of = {column: number for number, group in enumerate(groups) for column in group}
    rows_of: list[list[int]] = [[] for _ in groups]
    for row in band:
        for number in {group_of[column] for column in cells[row]}:
            rows_of[number].append(row)
    tables = [(rows, set(group)) for rows, group in zip(rows_of, groups, strict=True) if rows]
    if len({(rows[0], rows[-1]) for rows, _ in tables}) <= 1:
        return [(band, set(columns))]
    return tables


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _small_number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0
