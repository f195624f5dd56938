"""HTML to a Document: headings, paragraphs, lists, definitions, tables, preformatted text and pictures' alt texts.

Nothing is fetched and no script runs. Left out: scripts, styles, templates, navigation (unless there is nothing else),
form fields and hidden elements. A cell that spans rows or columns is repeated, so that each row can be read alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256

from lxml import etree
from lxml.etree import _Element as Element

from clara.errors import ExtractionError
from clara.extraction.encoding import decode_text, note_encoding
from clara.extraction.prose import choose_title, clean_characters, one_line, table_block
from clara.schema import Block, Document, Page

MAX_SPAN = 64  # a hostile colspan asks for a hundred million
MAX_SLOTS = 500_000  # of one table, spans included
MAX_REPEATED = 80  # characters of a spanning cell; a longer one stands once
_SKIPPED = {"script", "style", "template", "noscript", "head", "select", "datalist", "button", "textarea", "iframe"}
_SKIPPED |= {"object", "embed", "canvas", "audio", "video", "svg", "rt", "rp", "annotation", "annotation-xml", "input"}
_NAVIGATION = {"nav", "menu"}
_INLINE = {
    "a",
    "abbr",
    "acronym",
    "b",
    "bdi",
    "bdo",
    "big",
    "cite",
    "code",
    "data",
    "del",
    "dfn",
    "em",
    "font",
    "i",
    "ins",
}
_INLINE |= {"kbd", "label", "mark", "q", "ruby", "rb", "s", "samp", "small", "span", "strike", "strong", "sub", "sup"}
_INLINE |= {"time", "tt", "u", "var", "wbr", "nobr", "math", "blink", "meter", "output", "progress", "picture"}
_INLINE |= {
    "mi",
    "mn",
    "mo",
    "mrow",
    "msup",
    "msub",
    "mfrac",
    "msqrt",
    "semantics",
    "mtext",
    "mstyle",
    "mroot",
    "msubsup",
}
_DECLARED = re.compile(
    rb"""(?i)<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})|<\?xml[^>]{0,100}encoding=["']([\w.-]+)"""
)
_INLINE |= {"source", "track"}  # like wbr, no void elements to libxml2: what follows is read as inside them
_SKIP_LINK = re.compile(r"(?i)\s*skip (to|navigation)\b")
_TAG = re.compile(r"<[a-zA-Z!?/]")


def read_html(data: bytes, *, document_id: str, backend: str = "") -> Document:
    """The document in `data`. Raises ExtractionError 'corrupt' when it is no text."""
    found = _DECLARED.search(data[:4096])
    declared = (found[1] or found[2]).decode("ascii", "replace") if found else ""
    declared = (
        "cp1252" if declared.lower() in ("iso-8859-1", "latin1", "us-ascii", "ascii") else declared
    )  # as browsers do
    text, encoding = decode_text(data, declared="" if declared.lower().startswith("utf-16") else declared)
    root = parse_html(text)
    blocks = element_blocks(root) if root is not None else []
    pages = [Page(number=1, blocks=blocks)]
    title = next((one_line("".join(each.itertext())) for each in root.iter("title")), "") if root is not None else ""
    return Document(
        id=document_id,
        sha256=sha256(data).hexdigest(),
        media_type="html",
        title=choose_title(document_id, pages, metadata_title=title),
        pages=pages,
        backend=backend,
        metadata=note_encoding(encoding) or None,
    )


def parse_html(text: str) -> Element | None:
    """The root element of any text, however broken, or None when it holds no element."""
    if not _TAG.search(text):
        text = f"<p>{text}"
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root: Element | None = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ExtractionError(f"not HTML: {error}", reason="corrupt") from error
    return root


def element_blocks(root: Element) -> list[Block]:
    """The blocks of an element and all below it; its navigation only when there is nothing else."""
    walker = _Walker(skipped=_SKIPPED | _NAVIGATION)
    walker.walk(root)
    if not walker.finish():
        walker = _Walker(skipped=_SKIPPED)
        walker.walk(root)
    return walker.finish()


@dataclass
class _Walker:
    """Collects blocks; inline text gathers until a block begins or ends."""

    skipped: set[str]
    blocks: list[Block] = field(default_factory=list)
    _text: list[str] = field(default_factory=list)
    _pictures: list[Block] = field(default_factory=list)
    _list_level: int = 0
    _item_open: bool = False  # the next text is the item's own; what follows inside it are paragraphs
    _term: str = ""  # of a definition list, waiting for its definition

    def finish(self) -> list[Block]:
        self._close()
        self._close_term()
        return self.blocks

    def walk(self, element: Element) -> None:
        self._add_text(element.text)
        for each in element:
            self._element(each)
            self._add_text(each.tail)

    def _element(self, element: Element) -> None:
        name = element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""
        if not name or name in self.skipped or _is_hidden(element):
            if name and name not in _INLINE and name not in ("script", "style", "input"):
                self._text.append(" ")
            return
        if name == "br":
            self._text.append(" ")
        elif name == "img":
            if alternative := one_line(element.get("alt") or ""):
                self._pictures.append(Block(kind="image", text=alternative))
        elif name in _INLINE and not any(_is_block(each) for each in element):
            self.walk(element)
        else:
            self._close()
            self._block_element(name, element)
            self._close()

    def _block_element(self, name: str, element: Element) -> None:
        if name in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self._close_term()
            self.walk(element)
            self._close(Block(kind="heading", text=self._take_text(), level=int(name[1])))
        elif name in ("ul", "ol", "dir", "menu"):
            self._close_term()
            self._list_level += 1
            self.walk(element)
            self._close()
            self._list_level -= 1
            self._item_open = False
        elif name == "li":
            implied = self._list_level == 0  # an item outside any list
            self._list_level += implied
            self._item_open = True
            self.walk(element)
            self._close()
            self._item_open = False
            self._list_level -= implied
        elif name == "dt":
            self.walk(element)
            term = self._take_text().rstrip(":")
            self._term = f"{self._term}, {term}" if self._term and term else term or self._term
        elif name == "dd":
            self._definition(element)
        elif name in ("pre", "listing", "xmp"):
            self._close_term()
            self._preformatted(element)
        elif name == "table":
            self._close_term()
            self._table(element)
        elif name == "dl":
            self.walk(element)
            self._close()
            self._close_term()
        else:
            self.walk(element)

    def _add_text(self, text: str | None) -> None:
        if text:
            self._text.append(text)

    def _take_text(self) -> str:
        text = one_line("".join(self._text))
        self._text.clear()
        return text

    def _close(self, block: Block | None = None) -> None:
        text = self._take_text() if block is None else ""
        if text:
            own = self._list_level > 0 and self._item_open
            level = min(self._list_level, 9) if own else None
            block = Block(kind="list_item" if own else "paragraph", text=text, level=level)
            self._item_open = False
        if block is not None and block.text:
            self.blocks.append(block)
        self.blocks.extend(self._pictures)
        self._pictures.clear()

    def _close_term(self) -> None:
        if self._term:
            term, self._term = self._term, ""
            self.blocks.append(Block(kind="list_item", text=term, level=min(self._list_level + 1, 9)))

    def _definition(self, element: Element) -> None:
        """'term: definition' as one item; another definition of the same term is an item below it."""
        first = bool(self._term)
        level = min(self._list_level + (1 if first else 2), 9)
        before = len(self.blocks)
        term, self._term = self._term, ""
        self.walk(element)
        self._close()
        new = self.blocks[before:]
        if new and new[0].kind == "paragraph":
            text = f"{term}: {new[0].text}" if first else new[0].text
            self.blocks[before] = Block(kind="list_item", text=text, level=level)
        elif first:
            self.blocks.insert(before, Block(kind="list_item", text=term, level=level))

    def _preformatted(self, element: Element) -> None:
        text = "".join("\n" if part is _BREAK else str(part) for part in _raw_text(element))
        lines = [clean_characters(line.expandtabs(4)).rstrip() for line in text.replace("\r\n", "\n").split("\n")]
        while lines and not lines[0]:
            lines.pop(0)
        while lines and not lines[-1]:
            lines.pop()
        if lines:
            self.blocks.append(Block(kind="paragraph", text="\n".join(lines)))
            self._item_open = False

    # tables
    def _table(self, table: Element) -> None:
        for caption in table.iterchildren("caption"):
            self.walk(caption)
            self._close()
        rows = list(_rows(table))
        if _is_layout(table, rows):
            for row in rows:
                for cell in row:
                    self.walk(cell)
                    self._close()
            return
        self.blocks.extend(table_block(_grid(rows, self._cell_text)))
        self._item_open = False

    def _cell_text(self, cell: Element) -> str:
        inner = _Walker(skipped=self.skipped)
        inner.walk(cell)
        texts = []
        for block in inner.finish():
            if block.kind == "table":
                lines = [line for line in block.text.split("\n") if set(line) - set("|- ")]
                texts.append(" ".join(line.strip("| ").replace(" | ", " ") for line in lines))
            else:
                texts.append(block.text)
        return one_line(" ".join(texts))


_BREAK = object()


def _raw_text(element: Element) -> list[object]:
    """Text and line breaks of a preformatted element, in order."""
    parts: list[object] = [element.text or ""]
    for each in element:
        name = each.tag.lower() if isinstance(each.tag, str) else ""
        if name == "br":
            parts.append(_BREAK)
        elif name and name not in _SKIPPED:
            if name in ("div", "p", "li"):
                parts.append(_BREAK)
            parts.extend(_raw_text(each))
        parts.append(each.tail or "")
    return parts


def _is_hidden(element: Element) -> bool:
    style = (element.get("style") or "").replace(" ", "").lower()
    if element.tag == "a" and (element.get("href") or "").startswith("#") and _SKIP_LINK.match(element.text or ""):
        return True
    return "hidden" in element.attrib or "display:none" in style or element.get("role") == "navigation"


def _is_block(element: Element) -> bool:
    """Whether an element, or one inside it, starts a block of its own: a div inside a link does."""
    if not isinstance(element.tag, str):
        return False
    name = element.tag.rpartition("}")[2].lower()
    if name in _INLINE:
        return any(_is_block(each) for each in element)
    return name not in _SKIPPED and name not in ("br", "img")


def _rows(table: Element) -> list[list[Element]]:
    """Cells of each row: the head's first, the foot's last, nested tables' not at all."""
    groups: dict[str, list[Element]] = {"thead": [], "tbody": [], "tfoot": []}
    for each in table:
        if each.tag in groups:
            groups[each.tag].extend(each.iterchildren("tr"))
        elif each.tag == "tr":
            groups["tbody"].append(each)
    rows = [row for group in groups.values() for row in group]
    return [[cell for cell in row if cell.tag in ("td", "th")] for row in rows]


def _is_layout(table: Element, rows: list[list[Element]]) -> bool:
    """A frame around text, not a table: one column, said to be one, or holding sections or long tables in its cells."""
    if table.get("role") in ("presentation", "none") or all(len(row) <= 1 for row in rows):
        return True
    cells = [cell for row in rows for cell in row]
    return not any(cell.tag == "th" for cell in cells) and any(_holds_sections(cell) for cell in cells)


def _holds_sections(cell: Element) -> bool:
    """Whether a cell has headings with text below them, or a table that is more than a detail."""
    headings = list(cell.iter("h1", "h2", "h3", "h4", "h5", "h6"))
    if headings:
        own = sum(len(one_line("".join(map(str, heading.itertext())))) for heading in headings)
        if len(one_line("".join(map(str, cell.itertext())))) > own + 1:
            return True
    return any(len(nested.findall(".//tr")) > 8 for nested in cell.iterfind(".//table"))


def _grid(rows: list[list[Element]], text_of: object) -> list[list[str]]:
    """Texts by row and column, spanning cells repeated."""
    grid: list[list[str]] = []
    waiting: dict[int, tuple[int, str]] = {}  # column -> rows it still covers, text
    slots = 0
    for row in rows:
        line: list[str] = []

        def fill() -> None:
            while len(line) in waiting:  # noqa: B023
                column = len(line)  # noqa: B023
                left, text = waiting.pop(column)
                if left > 1:
                    waiting[column] = (left - 1, text)
                line.append(text)  # noqa: B023

        for cell in row:
            fill()
            text = text_of(cell)  # type: ignore[operator]
            again = text if len(text) <= MAX_REPEATED else ""
            down = _span(cell.get("rowspan"), most=len(rows))
            for offset in range(_span(cell.get("colspan"), most=MAX_SPAN)):
                if down > 1:
                    waiting[len(line)] = (down - 1, again)
                line.append(again if offset else text)
        fill()
        slots += len(line)
        if slots > MAX_SLOTS:
            raise ExtractionError(f"a table with more than {MAX_SLOTS} cells", reason="too_large")
        grid.append(line)
    return grid


def _span(text: str | None, *, most: int) -> int:
    digits = (text or "1").strip()
    if not (digits.isascii() and digits.isdigit()):
        return 1
    return min(int(digits[:9]) or most, most)  # 0 is HTML's word for "to the end"
