"""DOCX bytes to a Document, by walking the raw XML: what it does not know, it descends into.

Headings (by style, its parents, or outline level; with the numbers Word counts), lists, tables, text boxes, content
controls, insertions, fields, equations, charts, diagrams, pictures, foot- and endnotes, comments (kind 'note'),
embedded HTML and text. Left out: deletions; running headers and footers stand once in the metadata. Pages follow
explicit page breaks and the ones Word remembers from its last layout; without any, all is page 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Literal

from clara.errors import ExtractionError
from clara.extraction.docx_inline import SKIPPED, inline_pieces
from clara.extraction.docx_styles import Styles, is_on, number_in, value_of
from clara.extraction.drawing import figure_blocks, picture_blocks
from clara.extraction.equations import equation_text
from clara.extraction.images import ImageFolder
from clara.extraction.ooxml import Element, Package, attribute, child, content_children, local_name
from clara.extraction.prose import choose_title, one_line, table_block
from clara.schema import Block, Document, Page

MAX_COLUMNS = 64  # a hostile gridSpan asks for a hundred million
_NOTES = {"footnoteReference": "footnote", "endnoteReference": "endnote", "commentReference": "comment"}
_Break = Literal["explicit", "rendered"]


def read_docx(data: bytes, *, document_id: str, backend: str = "", images: ImageFolder | None = None) -> Document:
    """The document in `data`; its pictures go to `images`. A body without text is read with its headers and footers.

    Raises ExtractionError: archive_bomb, corrupt or password.
    """
    package = Package(data)
    main = package.main_part(fallback="word/document.xml")
    root = package.xml(main)
    bodies = [each for each in root if local_name(each) == "body"] if root is not None else []
    if not bodies:
        raise ExtractionError("the archive has no document body", reason="corrupt")
    images = images or ImageFolder()
    walker = _Walker(package, main, images)
    for body in bodies:  # a broken writer leaves several
        walker.walk(body)
    pages = walker.finish()
    running = walker.running_texts()
    if not any(page.text for page in pages):
        pages[0].blocks[:0] = [Block(kind="paragraph", text=text) for text in running.get("headers", [])]
        pages[-1].blocks.extend(Block(kind="paragraph", text=text) for text in running.get("footers", []))
    metadata: dict[str, Any] = {**running, **images.as_metadata()}
    if package.damaged:
        metadata["left_out"] = package.damaged
    return Document(
        id=document_id,
        sha256=sha256(data).hexdigest(),
        media_type="docx",
        title=choose_title(document_id, pages, metadata_title=package.core_title()),
        pages=pages,
        backend=backend,
        metadata=metadata or None,
    )


class _Walker:
    """Collects blocks page by page while it walks the body."""

    def __init__(self, package: Package, main: str, images: ImageFolder) -> None:
        self._package = package
        self._images = images
        self._relations = package.relationships(main)
        targets = dict(self._relations.values())
        self._styles = Styles(
            package.optional_xml(targets.get("styles", "word/styles.xml")),
            numbering=package.optional_xml(targets.get("numbering", "word/numbering.xml")),
        )
        self._notes = {
            kind: _read_notes(package.optional_xml(targets.get(f"{kind}s", f"word/{kind}s.xml")), kind)
            for kind in _NOTES.values()
        }
        self._pages: list[Page] = [Page(number=1, blocks=[])]
        self._pending_notes: list[Block] = []
        self._page_is_fresh = True  # nothing written since the last page break
        self._drop_cap = ""  # the large first letter, which Word keeps in a paragraph of its own

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
            elif name == "altChunk":
                self._write(self._embedded_text(element))
            elif name in ("oMath", "oMathPara", "r"):  # outside any paragraph
                self._write([Block(kind="paragraph", text=self._plain_text(container, [element]))])
            elif name not in SKIPPED:
                self.walk(element)

    def running_texts(self) -> dict[str, list[str]]:
        """The headers and footers, each text once."""
        found: dict[str, list[str]] = {}
        for kind, target in self._relations.values():
            if kind in ("header", "footer"):
                root = self._package.optional_xml(target)
                text = self._plain_text(root) if root is not None else ""
                if text and text not in found.setdefault(f"{kind}s", []):
                    found[f"{kind}s"].append(text)
        return {kind: texts for kind, texts in found.items() if texts}

    # pages
    def _write(self, blocks: list[Block]) -> None:
        blocks = [block for block in blocks if block.text.strip() or block.image]
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
        if is_on(child(properties, "pageBreakBefore")) and not self._page_is_fresh:
            self._break_page("explicit")
        text: list[str] = []
        after: list[Block] = []
        boxes: list[Element] = []
        late_break = False  # a layout break inside a paragraph: keep the paragraph whole, turn the page after it

        def close() -> None:
            line = one_line("".join(text))
            if line and _is_drop_cap(properties):
                self._drop_cap += line
            elif line:
                line, self._drop_cap = self._drop_cap + line, ""
                self._write([self._styles.block(properties, line)])
            text.clear()

        for piece in inline_pieces(paragraph):
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
            elif name in _NOTES:
                self._reference(_NOTES[name], piece)
            elif name in ("txbxContent", "txBody", "tbl"):
                boxes.append(piece)
            else:
                after.extend(self._figure(name, piece))
        close()
        self._write(after)
        for box in boxes:
            if local_name(box) == "tbl":
                self._table(box)
            else:
                self.walk(box)
        if late_break:
            self._break_page("rendered")

    def _reference(self, kind: str, reference: Element) -> None:
        note = self._notes[kind].pop(attribute(reference, "id") or "", None)
        text = self._plain_text(note) if note is not None else ""
        if text:
            self._pending_notes.append(Block(kind="note" if kind == "comment" else "paragraph", text=text))

    def _figure(self, name: str, element: Element) -> list[Block]:
        if name in ("chart", "relIds"):
            return figure_blocks(self._package, self._relations, element)
        relation = attribute(next(element.iter("{*}blip"), element), "embed" if name == "pic" else "id")
        return picture_blocks(
            self._package, self._relations, self._images, relation=relation, alt=_alternative_text(element)
        )

    def _embedded_text(self, chunk: Element) -> list[Block]:
        """Blocks of HTML or plain text that the document carries whole, to be merged by Word when it opens."""
        kind, target = self._relations.get(attribute(chunk, "id") or "", ("", ""))
        suffix = target.lower().rpartition(".")[2]
        is_text = kind == "aFChunk" and suffix in ("html", "htm", "xhtml", "txt")
        data = self._package.read(target) if is_text else None
        if data is None:
            return []
        if suffix == "txt":
            from clara.extraction.txt import read_txt as read_chunk
        else:
            from clara.extraction.html import read_html as read_chunk
        try:
            return [block for page in read_chunk(data, document_id=target).pages for block in page.blocks]
        except ExtractionError:
            self._package.note_damage(target)
            return []

    # tables
    def _table(self, table: Element) -> None:
        rows = [list(_wrapped(row, "tc")) for row in _wrapped(table, "tr") if not _is_deleted(row)]
        if all(len(row) <= 1 for row in rows):  # a frame around text, not a table
            for row in rows:
                for cell in row:
                    self.walk(cell)
            return
        later: list[Element] = []  # tables inside cells: they stand after this one
        figures: list[Block] = []
        texts = [self._row_texts(row, later, figures) for row in rows]
        self._write(table_block(texts))
        self._write(figures)
        for nested in later:
            self._table(nested)
        for row in rows:
            breaks = [sum(1 for e in cell.iter("{*}lastRenderedPageBreak")) for cell in row]
            for _ in range(min(max(breaks, default=0), 1000)):
                self._break_page("rendered")
                self._page_is_fresh = False

    def _row_texts(self, row: list[Element], later: list[Element], figures: list[Block]) -> list[str]:
        """A text per column: a cell over several columns is followed by empty ones, a continued cell is empty."""
        texts: list[str] = []
        spans: list[int] = []
        for cell in row:
            properties = child(cell, "tcPr")
            merge = child(properties, "vMerge")
            continued = merge is not None and value_of(merge) != "restart"
            text = self._plain_text(cell, later=later, figures=figures)
            texts.append("" if continued else text)
            spans.append(number_in(value_of(child(properties, "gridSpan")), low=1, high=MAX_COLUMNS))
        if sum(spans) <= MAX_COLUMNS:
            texts = [part for text, span in zip(texts, spans, strict=True) for part in (text, *[""] * (span - 1))]
        return [""] * _columns_before(row) + texts

    def _plain_text(
        self,
        container: Element,
        elements: list[Element] | None = None,
        *,
        later: list[Element] | None = None,
        figures: list[Block] | None = None,
    ) -> str:
        """All text of a cell or a note on one line; tables of two rows and columns go to `later`, if there is one."""
        parts: list[str] = []
        for element in content_children(container) if elements is None else elements:
            name = local_name(element)
            if name in ("p", "oMath", "oMathPara", "r"):
                for piece in inline_pieces(element) if name in ("p", "r") else [equation_text(element)]:
                    if isinstance(piece, str):
                        parts.append(piece)
                        continue
                    inner = local_name(piece)
                    if inner in ("txbxContent", "txBody"):
                        parts.append(f" {self._plain_text(piece, later=later, figures=figures)} ")
                    elif inner in _NOTES:
                        self._reference(_NOTES[inner], piece)
                    elif figures is not None and inner in ("chart", "relIds", "pic", "imagedata"):
                        figures.extend(self._figure(inner, piece))
                parts.append(" ")
            elif name == "tbl" and later is not None and _is_grid(element):
                later.append(element)
            elif name not in SKIPPED:
                parts.append(self._plain_text(element, later=later, figures=figures) + " ")
        return one_line("".join(parts))


def _wrapped(element: Element, wanted: str) -> Iterator[Element]:
    """Rows of a table or cells of a row, through content controls around them, never into nested tables."""
    for each in content_children(element):
        name = local_name(each)
        if name == wanted:
            yield each
        elif name not in SKIPPED and name not in ("tc", "p"):
            yield from _wrapped(each, wanted)


def _is_grid(table: Element) -> bool:
    """Whether a nested table has rows and columns of its own; a smaller one is read as part of its cell."""
    widths = [sum(1 for _ in _wrapped(row, "tc")) for row in _wrapped(table, "tr")]
    return len(widths) > 1 and max(widths) > 1


def _is_deleted(row: Element) -> bool:
    return child(row, "trPr", "del") is not None


def _columns_before(row: list[Element]) -> int:
    parent = row[0].getparent() if row else None
    before = child(parent, "trPr", "gridBefore")
    return number_in(value_of(before), low=0, high=8)


def _is_drop_cap(properties: Element | None) -> bool:
    frame = child(properties, "framePr")
    return frame is not None and attribute(frame, "dropCap") in ("drop", "margin")


def _alternative_text(picture: Element) -> str:
    """What the picture's frame or its shape says of it."""
    own = child(picture, "nvPicPr", "cNvPr")
    holders = [] if own is None else [own]
    for holder in picture.iterancestors():
        name = local_name(holder)
        if name in ("inline", "anchor") and (properties := child(holder, "docPr")) is not None:
            holders.insert(0, properties)
        if name in ("shape", "rect", "drawing", "pict", "p"):
            holders.append(holder)
            break
    for holder in holders:
        for key in ("descr", "alt", "title"):
            if text := attribute(holder, key):
                return text
    return ""


def _read_notes(root: Element | None, kind: str) -> dict[str, Element]:
    notes: dict[str, Element] = {}
    for note in root if root is not None else []:
        if local_name(note) == kind and attribute(note, "type") in (None, "normal"):
            notes[attribute(note, "id") or ""] = note
    return notes
