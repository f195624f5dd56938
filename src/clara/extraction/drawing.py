"""What DOCX, PPTX and XLSX draw, as blocks: a chart is its data table, a SmartArt diagram its points, a picture its
alternative text and its file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from clara.errors import ExtractionError
from clara.extraction.equations import equation_text
from clara.extraction.images import ImageFolder, useful_alt
from clara.extraction.ooxml import Element, Package, attribute, child, content_children, local_name
from clara.extraction.prose import one_line, table_block
from clara.schema import Block

MAX_POINTS = 2000
MAX_SERIES = 200
_NUMBER_SIGNS = ("‹#›", "<#>", "‹Nr.›", "‹N°›")  # a slide number's field before the show has filled it
_AXES = ("catAx", "valAx", "dateAx", "serAx")
_EPOCH = datetime(1899, 12, 30)

Relations = dict[str, tuple[str, str]]  # relationship id -> (kind, part)


def figure_blocks(package: Package, relations: Relations, figure: Element) -> list[Block]:
    """The blocks of a reference to a chart or to a diagram (`chart` or `relIds`); a missing part has none."""
    is_diagram = local_name(figure) == "relIds"
    _, target = relations.get(attribute(figure, "dm" if is_diagram else "id") or "", ("", ""))
    root = package.optional_xml(target)
    if is_diagram:
        return diagram_blocks(root)
    blocks = chart_blocks(root)
    for kind, shapes in package.relationships(target).values() if target else []:
        if kind == "chartUserShapes":  # text boxes on the chart
            blocks.extend(Block(kind="paragraph", text=line) for line in shape_lines(package.optional_xml(shapes)))
    return blocks


def picture_blocks(
    package: Package, relations: Relations, images: ImageFolder, *, relation: str | None, alt: str
) -> list[Block]:
    """The block of a picture; its alternative text alone when the picture is missing, linked or cannot be shown.

    A picture that stood before in the document has none.
    """
    target = relations.get(relation or "", ("", ""))[1]
    try:
        data = package.read(target) if target else None
    except ExtractionError as error:
        if error.reason != "corrupt":
            raise
        data = None
        images.skipped["corrupt"] += 1
    if data is not None and is_vector(data):
        images.skipped["vector_graphics"] += 1
    elif data is not None:
        skipped = sum(images.skipped.values())
        block = images.add(data, alt=alt)
        if block is not None or sum(images.skipped.values()) == skipped:
            return [block] if block is not None else []
    text = useful_alt(alt)
    return [Block(kind="image", text=text)] if text else []


def is_vector(data: bytes) -> bool:
    """Whether it is an EMF, WMF or SVG, which nothing here can draw."""
    if data.startswith((b"\xd7\xcd\xc6\x9a", b"\x01\x00\x09\x00", b"\x02\x00\x09\x00")) or data[40:44] == b" EMF":
        return True
    return data.lstrip()[:1] == b"<" and b"<svg" in data[:4096]


def chart_blocks(root: Element | None) -> list[Block]:
    """The chart's title, its axes' titles, and a table for each set of categories: a row per category."""
    chart = child(root, "chart")
    if chart is None:
        return []
    titles = [_title(child(chart, "title"))]
    area = child(chart, "plotArea")
    titles += [_title(child(axis, "title")) for axis in (area if area is not None else []) if local_name(axis) in _AXES]
    blocks = [Block(kind="paragraph", text=title) for title in titles if title]
    if child(root, "chartData") is not None and root is not None:
        return blocks + _extended_chart_tables(root)
    groups: list[tuple[dict[int, str], list[str], list[dict[int, str]]]] = []  # categories, names, columns
    for number, series in enumerate(chart.iter("{*}ser"), start=1):
        if number > MAX_SERIES:
            break
        name = " ".join(_points(child(series, "tx")).values()) or f"Series {number}"
        categories = _points(child(series, "cat"), child(series, "xVal"))
        if not groups or (categories and groups[-1][0] and categories != groups[-1][0]):
            groups.append((categories, [], []))
        elif categories and not groups[-1][0]:
            groups[-1] = (categories, *groups[-1][1:])
        groups[-1][1].append(name)
        groups[-1][2].append(_points(child(series, "val"), child(series, "yVal")))
        if sizes := _points(child(series, "bubbleSize")):
            groups[-1][1].append(f"{name} (size)")
            groups[-1][2].append(sizes)
    for categories, names, columns in groups:
        indices = sorted({index for column in columns for index in column} | set(categories))[:MAX_POINTS]
        rows = [[categories.get(index, ""), *(column.get(index, "") for column in columns)] for index in indices]
        blocks.extend(table_block([["", *names], *rows]) if rows else [])
    return blocks


def _extended_chart_tables(root: Element) -> list[Block]:
    """Tables of the newer chart kinds (waterfall, sunburst, …), which keep their data apart from their series."""
    names: dict[str, str] = {}
    for series in root.iter("{*}series"):
        data_id = child(series, "dataId")
        text = child(series, "tx", "txData", "v")
        if data_id is not None and text is not None:
            names[attribute(data_id, "val") or ""] = one_line(text.text or "")
    blocks: list[Block] = []
    for data in root.iter("{*}data"):
        header, columns = [], []
        for dimension in data:
            if local_name(dimension) not in ("strDim", "numDim"):
                continue
            is_number = local_name(dimension) == "numDim"
            for level in reversed([each for each in dimension if local_name(each) == "lvl"]):
                points = {_index(point): one_line(point.text or "") for point in level.iter("{*}pt")}
                columns.append({index: text for index, text in points.items() if index is not None})
                header.append((names.get(data.get("id") or "") or level.get("name") or "Value") if is_number else "")
        indices = sorted({index for column in columns for index in column})[:MAX_POINTS]
        rows = [[column.get(index, "") for column in columns] for index in indices]
        blocks.extend(table_block([header, *rows]) if rows else [])
    return blocks


def diagram_blocks(root: Element | None) -> list[Block]:
    """The diagram's points as list items: children below their parents, in the order that the connections say."""
    points = child(root, "ptLst")
    texts: dict[str, str] = {}
    top = ""
    for point in points if points is not None else []:
        model_id = point.get("modelId") or f"#{len(texts)}"
        texts[model_id] = " ".join(shape_lines(child(point, "t")))
        if point.get("type") == "doc":
            top = model_id
    below: dict[str, list[tuple[int, str]]] = {}
    connections = child(root, "cxnLst")
    for connection in connections if connections is not None else []:
        if connection.get("type") in (None, "parOf"):
            order = connection.get("srcOrd") or ""
            place = int(order) if order.isascii() and order.isdigit() and len(order) < 10 else 0
            below.setdefault(connection.get("srcId") or "", []).append((place, connection.get("destId") or ""))
    ordered: list[tuple[str, int]] = []
    seen = {top}
    waiting = [(model_id, 1) for _, model_id in sorted(below.get(top, []), reverse=True)]
    while waiting:
        model_id, level = waiting.pop()
        if model_id not in seen and model_id in texts:
            seen.add(model_id)
            ordered.append((texts[model_id], level))
            waiting.extend((each, level + 1) for _, each in sorted(below.get(model_id, []), reverse=True))
    ordered += [(text, 1) for model_id, text in texts.items() if model_id not in seen]
    return [Block(kind="list_item", text=text, level=min(level, 9)) for text, level in ordered if text]


def shape_lines(element: Element | None) -> list[str]:
    """A text per DrawingML paragraph inside the element, wherever it is."""
    return [text for text in map(paragraph_text, _paragraphs(element)) if text]


def _paragraphs(element: Element | None) -> Iterator[Element]:
    for each in content_children(element) if element is not None else []:
        if local_name(each) == "p":
            yield each
        else:
            yield from _paragraphs(each)


def paragraph_text(paragraph: Element) -> str:
    """A DrawingML paragraph's runs, fields, line breaks and equations on one line."""
    text = one_line("".join(_pieces(paragraph)))
    return "" if text in _NUMBER_SIGNS else text


def _pieces(element: Element) -> Iterator[str]:
    for each in content_children(element):
        name = local_name(each)
        if name == "t":
            yield each.text or ""
        elif name in ("br", "tab"):
            yield " "
        elif name in ("oMath", "oMathPara"):
            yield equation_text(each)
        elif name not in ("pPr", "rPr", "endParaRPr"):
            yield from _pieces(each)


def _title(title: Element | None) -> str:
    if title is None:
        return ""
    rich = child(title, "tx")
    if lines := shape_lines(rich):
        return " ".join(lines)
    values = [one_line(value.text or "") for value in (rich.iter("{*}v") if rich is not None else [])]
    return " ".join(filter(None, values))


def _points(*candidates: Element | None) -> dict[int, str]:
    """Cached points by index of the first candidate that is there; several levels of a category join into one label."""
    source = next((candidate for candidate in candidates if candidate is not None), None)
    found: dict[int, str] = {}
    dates = source is not None and local_name(source) == "cat" and _are_dates(source)
    for point in source.iter("{*}pt") if source is not None else []:
        value = child(point, "v")
        position = _index(point)
        if value is not None and value.text and position is not None:
            text = _date(value.text) if dates else value.text
            found[position] = one_line(f"{text} {found[position]}" if position in found else text)
    if not found and source is not None and (value := child(source, "v")) is not None and local_name(source) == "tx":
        found[0] = one_line(value.text or "")
    return found


def _index(point: Element) -> int | None:
    index = point.get("idx") or ""
    return int(index[:9]) if index.isascii() and index.isdigit() else None


def _are_dates(source: Element) -> bool:
    """Whether the categories are numbers that are shown as dates."""
    code = next((each.text or "" for each in source.iter("{*}formatCode")), "").lower()
    code = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", code)
    return "general" not in code and bool(re.search(r"[yd]|mm", code))


def _date(value: str) -> str:
    """A day number as an ISO date, the value itself when it is none."""
    try:
        return (_EPOCH + timedelta(days=float(value))).strftime("%Y-%m-%d")
    except (ValueError, OverflowError):
        return value
