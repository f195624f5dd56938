"""DOCX bytes to a Document, by walking the raw XML: what it does not know, it descends into.

Headings (by style, its parents, or outline level), lists, tables, text boxes, content controls, insertions, fields,
equations, charts, diagrams, foot- and endnotes. Left out: deletions, comments, running headers and footers.
Pages follow explicit page breaks and the ones Word remembers from its last layout; without any, all is page 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from clara.errors import ExtractionError
from clara.extraction.drawing import chart_blocks, diagram_blocks
from clara.extraction.ooxml import Element, Package, attribute, child, content_children, local_name
from clara.extraction.prose import choose_title, one_line, table_block
from clara.schema import Block, Document, Page

MAX_COLUMNS = 64  # a hostile gridSpan asks for a hundred million
_SKIPPED = {"pPr", "rPr", "del", "moveFrom", "rt", "sdtPr", "sdtEndPr", "instrText", "delText", "tcPr", "trPr", "tblPr"}
_SKIPPED |= {"comment", "annotation", "delInstrText", "sectPr", "tblGrid"}
_HEADING = re.compile(r"heading\s*([1-9])$", re.IGNORECASE)
_LIST = re.compile(r"list\s*(?:bullet|number)\s*([1-9])?$", re.IGNORECASE)
_Break = Literal["explicit", "rendered"]


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    parent: str | None
    outline: int | None
    numbered: bool


def read_docx(data: bytes, *, document_id: str, backend: str = "") -> Document:
    """The document in `data`. Raises ExtractionError: archive_bomb, corrupt or password."""
    package = Package(data)
    main = package.main_part(fallback="word/document.xml")
    root = package.xml(main)
    body = child(root, "body")
    if body is None:
        raise ExtractionError("the archive has no document body", reason="corrupt")
    walker = _Walker(package, main)
    walker.walk(body)
    pages = walker.finish()
    title = choose_title(document_id, pages, metadata_title=package.core_title())
    digest = sha256(data).hexdigest()
    return Document(id=document_id, sha256=digest, media_type="docx", title=title, pages=pages, backend=backend)


class _Walker:
    """Collects blocks page by page while it walks the body."""

    def __init__(self, package: Package, main: str) -> None:
        self._package = package
        self._relations = package.relationships(main)
        targets = dict(self._relations.values())
        self._styles = _read_styles(package.xml(targets.get("styles", "word/styles.xml")))
        self._notes = {
            kind: _read_notes(package.xml(targets.get(f"{kind}s", f"word/{kind}s.xml")))
            for kind in ("footnote", "endnote")
        }
        self._pages: list[Page] = [Page(number=1, blocks=[])]
        self._pending_notes: list[Block] = []
        self._page_is_fresh = True  # nothing written since the last page break

    def finish(self) -> list[Page]:
        self._flush_notes()
        return self._pages

    def walk(self, container: Element) -> None:
        for element in content_children(container):
            name = local_name(element)
            if name == "p":
                self._paragraph(element)
            elif name == "tbl":
                self._table(element)
            elif name not in _SKIPPED:
                self.walk(element)

    # pages
    def _write(self, blocks: list[Block]) -> None:
        blocks = [block for block in blocks if block.text.strip()]
        if blocks:
            self._pages[-1].blocks.extend(blocks)
            self._page_is_fresh = False

    def _break_page(self, kind: _Break) -> None:
        if kind == "rendered" and self._page_is_fresh:
            return  # Word's memory of the explicit break just before, or of the document's start
        self._flush_notes()
        self._pages.append(Page(number=len(self._pages) + 1, blocks=[]))
        self._page_is_fresh = True

    def _flush_notes(self) -> None:
        self._pages[-1].blocks.extend(self._pending_notes)
        self._pending_notes = []

    # paragraphs
    def _paragraph(self, paragraph: Element) -> None:
        properties = child(paragraph, "pPr")
        if _is_on(child(properties, "pageBreakBefore")) and not self._page_is_fresh:
            self._break_page("explicit")
        text: list[str] = []
        after: list[Block] = []
        boxes: list[Element] = []
        late_break = False  # a layout break inside a paragraph: keep the paragraph whole, turn the page after it

        def close() -> None:
            self._write([self._block(properties, one_line("".join(text)))])
            text.clear()

        for piece in _inline(paragraph):
            if isinstance(piece, str):
                text.append(piece)
                continue
            name = local_name(piece)
            if name == "br":
                close()
                self._break_page("explicit")
            elif name == "lastRenderedPageBreak":
                if "".join(text).strip():
                    late_break = True
                else:
                    self._break_page("rendered")
            elif name in ("footnoteReference", "endnoteReference"):
                self._reference(name.removesuffix("Reference"), piece)
            elif name == "txbxContent":
                boxes.append(piece)
            else:
                after.extend(self._figure(name, piece))
        close()
        self._write(after)
        for box in boxes:
            self.walk(box)
        if late_break:
            self._break_page("rendered")

    def _block(self, properties: Element | None, text: str) -> Block:
        style_id = _value(child(properties, "pStyle"))
        chain = list(self._style_chain(style_id))
        if level := _heading_level(properties, chain, style_id):
            return Block(kind="heading", text=text, level=level)
        if level := _list_level(properties, chain):
            return Block(kind="list_item", text=text, level=level)
        return Block(kind="paragraph", text=text)

    def _style_chain(self, style_id: str | None) -> Iterator[_Style]:
        seen: set[str] = set()
        while style_id and style_id in self._styles and style_id not in seen:
            seen.add(style_id)
            yield self._styles[style_id]
            style_id = self._styles[style_id].parent

    def _reference(self, kind: str, reference: Element) -> None:
        text = self._notes[kind].pop(attribute(reference, "id") or "", "")
        if text:
            self._pending_notes.append(Block(kind="paragraph", text=text))

    def _figure(self, name: str, element: Element) -> list[Block]:
        kind, target = self._relations.get(attribute(element, "dm" if name == "relIds" else "id") or "", ("", ""))
        if kind == "chart":
            return chart_blocks(self._package.xml(target))
        return diagram_blocks(self._package.xml(target)) if kind == "diagramData" else []

    # tables
    def _table(self, table: Element) -> None:
        rows = [list(_wrapped(row, "tc")) for row in _wrapped(table, "tr")]
        if all(len(row) <= 1 for row in rows):  # a frame around text, not a table
            for row in rows:
                for cell in row:
                    self.walk(cell)
            return
        self._write(table_block([self._row_texts(row) for row in rows]))
        for row in rows:
            breaks = [sum(1 for e in cell.iter("{*}lastRenderedPageBreak")) for cell in row]
            for _ in range(min(max(breaks, default=0), 1000)):
                self._break_page("rendered")
                self._page_is_fresh = False

    def _row_texts(self, row: list[Element]) -> list[str]:
        """A text per column: a cell over several columns is followed by empty ones, a continued cell is empty."""
        texts: list[str] = []
        spans: list[int] = []
        for cell in row:
            properties = child(cell, "tcPr")
            merge = child(properties, "vMerge")
            continued = merge is not None and _value(merge) != "restart"
            texts.append("" if continued else self._cell_text(cell))
            spans.append(_number(_value(child(properties, "gridSpan")), low=1, high=MAX_COLUMNS))
        if sum(spans) > MAX_COLUMNS:
            return texts
        return [part for text, span in zip(texts, spans, strict=True) for part in (text, *[""] * (span - 1))]

    def _cell_text(self, container: Element) -> str:
        parts: list[str] = []
        for element in content_children(container):
            name = local_name(element)
            if name == "p":
                for piece in _inline(element):
                    if isinstance(piece, str):
                        parts.append(piece)
                    elif local_name(piece) == "txbxContent":
                        parts.append(f" {self._cell_text(piece)} ")
                    elif local_name(piece) in ("footnoteReference", "endnoteReference"):
                        self._reference(local_name(piece).removesuffix("Reference"), piece)
                parts.append(" ")
            elif name not in _SKIPPED:
                parts.append(self._cell_text(element) + " ")
        return one_line("".join(parts))


def _inline(element: Element) -> Iterator[str | Element]:
    """Text of a paragraph in order, and the elements that are more than text (breaks, notes, boxes, figures)."""
    for each in content_children(element):
        name = local_name(each)
        if name == "t":
            yield each.text or ""
        elif name in ("tab", "ptab", "cr"):
            yield " "
        elif name == "br":
            if attribute(each, "type") == "page":
                yield each
            else:
                yield " "
        elif name == "noBreakHyphen":
            yield "-"
        elif name in (
            "lastRenderedPageBreak",
            "footnoteReference",
            "endnoteReference",
            "txbxContent",
            "chart",
            "relIds",
        ):
            yield each
        elif name not in _SKIPPED:
            yield from _inline(each)


def _wrapped(element: Element, wanted: str) -> Iterator[Element]:
    """Rows of a table or cells of a row, through content controls around them, never into nested tables."""
    for each in content_children(element):
        name = local_name(each)
        if name == wanted:
            yield each
        elif name not in _SKIPPED and name not in ("tc", "p"):
            yield from _wrapped(each, wanted)


def _heading_level(properties: Element | None, chain: list[_Style], style_id: str | None) -> int | None:
    own = child(properties, "outlineLvl")
    if own is not None:
        return _outline(own)
    for style in chain or [_Style(name=style_id or "", parent=None, outline=None, numbered=False)]:
        if match := _HEADING.match(style.name):
            return int(match[1])
        if style.name.lower() in ("title", "subtitle"):
            return 1 if style.name.lower() == "title" else 2
        if style.outline is not None:
            return style.outline
    return None


def _list_level(properties: Element | None, chain: list[_Style]) -> int | None:
    own = child(properties, "numPr")
    if own is not None:
        if _value(child(own, "numId")) == "0":
            return None
        return _number(_value(child(own, "ilvl")), low=0, high=8) + 1
    for style in chain:
        if match := _LIST.match(style.name):
            return int(match[1] or 1)
        if style.numbered:
            return 1
    return None


def _read_styles(root: Element | None) -> dict[str, _Style]:
    styles: dict[str, _Style] = {}
    for style in root if root is not None else []:
        if local_name(style) != "style" or attribute(style, "type") not in (None, "paragraph"):
            continue
        outline = child(style, "pPr", "outlineLvl")
        number = child(style, "pPr", "numPr", "numId")
        styles[attribute(style, "styleId") or ""] = _Style(
            name=_value(child(style, "name")) or "",
            parent=_value(child(style, "basedOn")),
            outline=_outline(outline) if outline is not None else None,
            numbered=number is not None and _value(number) != "0",
        )
    return styles


def _read_notes(root: Element | None) -> dict[str, str]:
    notes: dict[str, str] = {}
    for note in root if root is not None else []:
        if local_name(note) in ("footnote", "endnote") and attribute(note, "type") in (None, "normal"):
            notes[attribute(note, "id") or ""] = one_line("".join(e.text or "" for e in note.iter("{*}t")))
    return notes


def _value(element: Element | None) -> str | None:
    return attribute(element, "val") if element is not None else None


def _is_on(element: Element | None) -> bool:
    return element is not None and _value(element) not in ("0", "false", "off")


def _outline(element: Element) -> int | None:
    level = _number(_value(element), low=0, high=9)
    return level + 1 if level < 9 else None  # 9 is Word's word for body text


def _number(text: str | None, *, low: int, high: int) -> int:
    digits = (text or "").strip()
    return min(max(int(digits), low), high) if digits.isascii() and digits.isdigit() and len(digits) < 10 else low
