"""PDF bytes to a Document. PDFium's text is the reference; liteparse (or the program docling) adds headings, lists and
tables to a page when it kept at least 95 % of that page's words, else the page is PDFium's text with its paragraphs
rebuilt.

Measured in shared benchmarks: PDFium alone finds no structure, layout readers alone lose words without saying so.
Scanned pages are recognised when tesseract is installed, else they are named in the metadata. Running headers and
footers are taken out after that check, so that they never count as lost; the metadata keeps them. Pictures are
saved, and referred to where they stand.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from clara.errors import ExtractionError
from clara.extraction.cleaning import (
    EdgeLine,
    Edges,
    find_running_lines,
    lost_hyphens,
    put_back_hyphens,
    remove_running_lines,
    summarise,
)
from clara.extraction.docling import docling_pages
from clara.extraction.images import ImageFolder
from clara.extraction.ocr import INSTALL, MAX_PAGES, ocr_stamp, recognise, with_recogniser
from clara.extraction.pdf_layout import EDGE_LINES, Placed, edge_lines, layout_blocks
from clara.extraction.pdf_pages import BACKGROUND_CHARACTERS, SCAN_CHARACTERS, SCAN_SHARE, PdfPages
from clara.extraction.prose import choose_title, clean_characters, join_lines, paragraphs_from_lines
from clara.extraction.settings import MoreTime, ReadSettings, no_more_time
from clara.schema import Block, Document, Page

if TYPE_CHECKING:
    from liteparse import ParsedPage

COMPLETE = 0.95  # share of the reference's words a structured page must hold
_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class _Draft:
    """A page in the making."""

    reference: str
    is_scan: bool = False
    recognise: bool = False
    blocks: list[Placed] = field(default_factory=list)
    edges: Edges = field(default_factory=Edges)


def read_pdf(
    data: bytes,
    *,
    document_id: str,
    backend: str = "",
    images: ImageFolder | None = None,
    settings: ReadSettings | None = None,
    more_time: MoreTime = no_more_time,
) -> Document:
    """The document in `data`. Without `images` its pictures are left alone, without `settings` nothing is recognised.

    Raises ExtractionError: password, corrupt or no_text.
    """
    settings = settings or ReadSettings(ocr="off")
    source = PdfPages(data)
    notes: dict[str, Any] = {}
    try:
        drafts = _references(source, force=settings.ocr == "force")
        references = [draft.reference for draft in drafts]
        if any(draft.recognise for draft in drafts):
            _recognise(source, drafts, settings, notes, more_time)
            backend = with_recogniser(backend, settings)
        if any(draft.reference.strip() for draft in drafts):
            _lay_out(data, drafts, settings, notes, more_time)
        if images is not None:
            _place_pictures(source, drafts, images, more_time)
    finally:
        source.close()
    pages = _without_running_lines(drafts, notes)
    lost = lost_hyphens(references)
    for page in pages if lost else ():
        for block in page.blocks:
            block.text = put_back_hyphens(block.text, lost)
    has_text = any(block.text.strip() for page in pages for block in page.blocks)
    if not has_text and not (settings.keep_textless and any(page.blocks for page in pages)):
        raise ExtractionError(_why_no_text(len(pages), notes, settings), reason="no_text")
    notes.update(images.as_metadata() if images is not None else {})
    return Document(
        id=document_id,
        sha256=sha256(data).hexdigest(),
        media_type="pdf",
        title=choose_title(document_id, pages, metadata_title=source.title),
        pages=pages,
        backend=backend,
        metadata=notes or None,
    )


def _references(source: PdfPages, *, force: bool) -> list[_Draft]:
    drafts = []
    for index in range(source.count):
        text, share = source.read(index)
        scan = len("".join(text.split())) < SCAN_CHARACTERS and share > SCAN_SHARE
        drafts.append(_Draft(reference=text, is_scan=scan, recognise=scan or force))
    return drafts


def _recognise(
    source: PdfPages, drafts: list[_Draft], settings: ReadSettings, notes: dict[str, Any], more_time: MoreTime
) -> None:
    """OCR of the scanned pages; those that nothing recognises, or where it fails, are noted."""
    able = bool(ocr_stamp(settings))
    for index, draft in enumerate(drafts):
        if not draft.recognise:
            continue
        if not able or len(notes.get("ocr_pages", ())) >= MAX_PAGES:
            notes.setdefault("scanned_pages", []).append(index + 1)
            continue
        try:
            found = recognise(source.render(index), languages=settings.ocr_languages, more_time=more_time)
        except ExtractionError as error:
            notes.setdefault("scanned_pages", []).append(index + 1)
            notes.setdefault("ocr_problem", str(error))
            continue
        words = " ".join(block.text for block in found.blocks)
        if len(words) < len(draft.reference.strip()):
            continue  # what the page says as text is more than what can be seen
        notes.setdefault("ocr_pages", []).append(index + 1)
        notes.setdefault("ocr_confidence", []).append(found.confidence)
        draft.reference = ""
        draft.blocks = [Placed(block) for block in found.blocks]


def _lay_out(
    data: bytes, drafts: list[_Draft], settings: ReadSettings, notes: dict[str, Any], more_time: MoreTime
) -> None:
    """Blocks for every page that has a text: with structure when it is complete, else rebuilt from the lines."""
    layout: dict[int, list[Placed]] = {}
    parsed = _layout_pages(data)
    if settings.pdf_backend == "docling":
        layout, furniture = docling_pages(data, more_time=more_time, num_pages=len(drafts))
        for side, lines in furniture.items():
            notes[side] = summarise(lines)
    for number, draft in enumerate(drafts, start=1):
        if number in parsed:
            draft.edges = edge_lines(parsed[number])
        elif draft.reference:
            draft.edges = _edges_of_text(draft.reference)
        if not draft.reference.strip():
            continue
        blocks = layout.get(number) or (layout_blocks(parsed[number]) if number in parsed else [])
        spoken = [placed.block for placed in blocks] + [Block(kind="paragraph", text=text) for text in _flat(notes)]
        if not _is_complete(spoken, draft.reference):
            blocks = [Placed(block) for block in paragraphs_from_lines(draft.reference)]
            notes.setdefault("plain_pages", []).append(number)
        draft.blocks = blocks


def _flat(notes: dict[str, Any]) -> list[str]:
    return [*notes.get("headers", []), *notes.get("footers", [])]


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


def _place_pictures(source: PdfPages, drafts: list[_Draft], images: ImageFolder, more_time: MoreTime) -> None:
    """A block for every picture, in front of the first block below it; a recognised page is no picture any more."""
    for index, draft in enumerate(drafts):
        if draft.is_scan and draft.blocks:
            continue
        if images.is_full:
            images.skip("too_many")
            break
        much = len("".join(draft.reference.split())) >= BACKGROUND_CHARACTERS
        for picture in source.pictures(index, min_side=images.min_side, has_much_text=much, more_time=more_time):
            if picture.problem:
                images.skip(picture.problem)
            elif block := images.add(picture.data):
                draft.blocks.insert(_place_of(picture.box, draft.blocks), Placed(block, picture.box))


def _place_of(box: tuple[float, float, float, float], blocks: list[Placed]) -> int:
    left, top, right, bottom = box
    middle = (top + bottom) / 2
    for place, placed in enumerate(blocks):
        other = placed.box
        if other and other[1] >= middle and min(right, other[2]) > max(left, other[0]):
            return place
    return len(blocks)


def _without_running_lines(drafts: list[_Draft], notes: dict[str, Any]) -> list[Page]:
    pages, removed = [], {"headers": [], "footers": []}  # type: tuple[list[Page], dict[str, list[str]]]
    keep: set[str] = set()
    for number, (draft, running) in enumerate(
        zip(drafts, find_running_lines([draft.edges for draft in drafts]), strict=True), start=1
    ):
        blocks, gone = remove_running_lines([placed.block for placed in draft.blocks], running, keep=keep)
        for line in gone:
            removed["headers" if line in running.top else "footers"].append(line)
        pages.append(Page(number=number, blocks=blocks))
    for side, lines in removed.items():
        if lines:
            notes[side] = summarise([*notes.get(side, []), *lines])
    return pages


def _edges_of_text(reference: str) -> Edges:
    """The first and the last lines, at heights that tell only first from second."""
    lines = [line for line in reference.splitlines() if line.strip()]
    top = [EdgeLine(line, place / 100) for place, line in enumerate(lines[:EDGE_LINES])]
    bottom = [EdgeLine(line, 1 - place / 100) for place, line in enumerate(lines[::-1][:EDGE_LINES])]
    return Edges(top, bottom)


def _is_complete(blocks: list[Block], reference: str) -> bool:
    wanted = _words(join_lines(reference.splitlines()))
    found = _words(" ".join(block.text for block in blocks))
    return sum((wanted & found).values()) >= COMPLETE * sum(wanted.values())


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(clean_characters(text).lower()))


def _why_no_text(num_pages: int, notes: dict[str, Any], settings: ReadSettings) -> str:
    pages = f"{num_pages} page{'s' * (num_pages != 1)} without any text"
    if "ocr_problem" in notes:
        return f"{pages}: {notes['ocr_problem']}"
    if "scanned_pages" in notes:
        cure = "--ocr is off" if settings.ocr == "off" else INSTALL
        return f"{pages}: a scan; {cure}"
    return f"{pages}" + (", nor was any recognised" if "ocr_pages" in notes else "")
