"""PDF bytes to a Document. PDFium's text is the reference; liteparse adds headings, lists and tables to a page when it
kept at least 95 % of that page's words, else the page is PDFium's text with its paragraphs rebuilt.

Measured in shared benchmarks: PDFium alone finds no structure, layout readers alone lose words without saying so.
No OCR here: a document without any text is refused as 'no_text', single pages without text are empty pages.
"""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pypdfium2 as pdfium

from clara.errors import ExtractionError
from clara.extraction.pdf_layout import layout_blocks
from clara.extraction.prose import choose_title, clean_characters, join_lines, paragraphs_from_lines
from clara.schema import Block, Document, Page

if TYPE_CHECKING:
    from liteparse import ParsedPage

COMPLETE = 0.95  # share of the reference's words a structured page must hold
PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
_WORD = re.compile(r"\w+")


def read_pdf(data: bytes, *, document_id: str, backend: str = "") -> Document:
    """The document in `data`. Raises ExtractionError: password, corrupt or no_text."""
    title, references = _reference_pages(data)
    if not any(reference.strip() for reference in references):
        message = f"{len(references)} pages without any text (a scan?); OCR it first"
        raise ExtractionError(message, reason="no_text")
    layout = _layout_pages(data)
    pages, plain = [], []
    for number, reference in enumerate(references, start=1):
        blocks = layout_blocks(layout[number]) if number in layout else []
        if not _is_complete(blocks, reference):
            blocks = paragraphs_from_lines(reference)
            plain.append(number)
        pages.append(Page(number=number, blocks=blocks))
    metadata: dict[str, Any] | None = {"plain_pages": plain} if plain else None
    return Document(
        id=document_id,
        sha256=sha256(data).hexdigest(),
        media_type="pdf",
        title=choose_title(document_id, pages, metadata_title=title),
        pages=pages,
        backend=backend,
        metadata=metadata,
    )


def _reference_pages(data: bytes) -> tuple[str, list[str]]:
    """The metadata's title and PDFium's text of each page; a damaged page is an empty one."""
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == PASSWORD_ERROR:
            raise ExtractionError("encrypted with a password; save a copy without one", reason="password") from error
        raise ExtractionError(f"PDFium cannot open it: {error}", reason="corrupt") from error
    try:
        title = document.get_metadata_dict().get("Title") or ""
        references = [_page_text(document, index) for index in range(len(document))]
    finally:
        document.close()
    if not references:
        raise ExtractionError("a PDF without pages", reason="corrupt")
    return title, references


def _page_text(document: pdfium.PdfDocument, index: int) -> str:
    try:
        page = document[index]
        text_page = page.get_textpage()
        text = text_page.get_text_range(errors="replace")
        text_page.close()
        page.close()
    except pdfium.PdfiumError:
        return ""
    return str(text)


def _layout_pages(data: bytes) -> dict[int, ParsedPage]:
    """liteparse's pages by number; none when it cannot read the file (PDFium could, so its text is used).

    It is only handed bytes that begin as a PDF does: others, which PDFium opens when a header follows soon, it takes
    for what they begin as, and has LibreOffice convert an RTF, say, with whatever that loads from elsewhere.
    """
    from liteparse import LiteParse, ParseError

    start = data.find(b"%PDF-")
    if start < 0:
        return {}
    parser = LiteParse(
        ocr_enabled=False,  # on by default, and then it downloads its model
        max_pages=10**6,  # the default of 1000 cuts without a word
        num_workers=1,
        quiet=True,
        output_format="markdown",
        image_mode="off",
        extract_blocks=True,
        extract_links=False,
        keep_headers_footers=True,
        continue_on_page_error=True,
    )
    try:
        return {page.page_num: page for page in parser.parse(data[start:]).pages}
    except (ParseError, ValueError, RuntimeError):
        return {}


def _is_complete(blocks: list[Block], reference: str) -> bool:
    wanted = _words(join_lines(reference.splitlines()))
    found = _words(" ".join(block.text for block in blocks))
    return sum((wanted & found).values()) >= COMPLETE * sum(wanted.values())


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(clean_characters(text).lower()))
