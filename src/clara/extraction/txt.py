"""Plain text to a Document: wrapped lines become paragraphs again, a form feed turns the page."""

from __future__ import annotations

from hashlib import sha256

from clara.extraction.encoding import decode_text, note_encoding
from clara.extraction.prose import choose_title, one_line, paragraphs_from_lines
from clara.schema import Block, Document, Page

WRAPPED_AT = 120  # no editor wraps later: a file with longer lines has one paragraph a line


def read_txt(data: bytes, *, document_id: str, backend: str = "") -> Document:
    """The document in `data`. Raises ExtractionError 'corrupt' when it is no text."""
    text, encoding = decode_text(data)
    sheets = text.replace("\r\n", "\n").replace("\r", "\n").split("\f")
    while len(sheets) > 1 and not sheets[-1].strip():
        sheets.pop()
    pages = [Page(number=number, blocks=_blocks(sheet)) for number, sheet in enumerate(sheets, start=1)]
    return Document(
        id=document_id,
        sha256=sha256(data).hexdigest(),
        media_type="txt",
        title=choose_title(document_id, pages),
        pages=pages,
        backend=backend,
        metadata=note_encoding(encoding) or None,
    )


def _blocks(text: str) -> list[Block]:
    lines = text.split("\n")
    if max(map(len, lines), default=0) <= WRAPPED_AT:
        return paragraphs_from_lines(text)
    blocks: list[Block] = []
    for line in lines:
        blocks.extend(paragraphs_from_lines(one_line(line)))
    return blocks
