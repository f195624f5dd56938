"""Charts and SmartArt diagrams of DOCX and PPTX as blocks: a chart is its data table, a diagram its points."""

from __future__ import annotations

from clara.extraction.ooxml import Element, child, local_name
from clara.extraction.prose import one_line, table_block
from clara.schema import Block

MAX_POINTS = 2000


def chart_blocks(root: Element | None) -> list[Block]:
    """The chart's title and one table: a row per category, a column per series."""
    chart = child(root, "chart")
    if chart is None:
        return []
    blocks = []
    if title := _texts(child(chart, "title", "tx")):
        blocks.append(Block(kind="paragraph", text=title))
    header, columns = [""], []
    categories: dict[int, str] = {}
    for series in chart.iter("{*}ser"):
        names = _points(child(series, "tx"))
        header.append(" ".join(names.values()) or f"Series {len(header)}")
        categories = {**_points(child(series, "cat"), child(series, "xVal")), **categories}
        columns.append(_points(child(series, "val"), child(series, "yVal")))
    indices = sorted({index for column in columns for index in column} | set(categories))[:MAX_POINTS]
    rows = [[categories.get(index, ""), *(column.get(index, "") for column in columns)] for index in indices]
    return [*blocks, *(table_block([header, *rows]) if rows else [])]


def diagram_blocks(root: Element | None) -> list[Block]:
    """The diagram's points as list items, in the order of its data model."""
    points = child(root, "ptLst")
    texts = [_texts(child(point, "t")) for point in (points if points is not None else [])]
    return [Block(kind="list_item", text=text, level=1) for text in texts if text]


def _texts(element: Element | None) -> str:
    if element is None:
        return ""
    paragraphs = ["".join(run.text or "" for run in paragraph.iter("{*}t")) for paragraph in element.iter("{*}p")]
    return one_line(" ".join(paragraphs))


def _points(*candidates: Element | None) -> dict[int, str]:
    """Cached points by index of the first candidate that is there; several levels of a category join into one label."""
    source = next((candidate for candidate in candidates if candidate is not None), None)
    found: dict[int, str] = {}
    for point in source.iter("{*}pt") if source is not None else []:
        value = child(point, "v")
        index = point.get("idx") or ""
        if value is not None and value.text and index.isascii() and index.isdigit():
            position = int(index[:9])
            found[position] = one_line(f"{value.text} {found[position]}" if position in found else value.text)
    if not found and source is not None and (value := child(source, "v")) is not None and local_name(source) == "tx":
        found[0] = one_line(value.text or "")
    return found
