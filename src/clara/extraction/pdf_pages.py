"""What PDFium knows of a PDF's pages: text, pictures and where they stand, scans, and the page as a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from clara.errors import ExtractionError
from clara.extraction.images import MAX_PIXELS, encode_png
from clara.extraction.ocr import DPI, MAX_SIDE
from clara.extraction.settings import Box, MoreTime

if TYPE_CHECKING:
    from PIL.Image import Image

PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
SCAN_CHARACTERS = 25  # fewer than these …
SCAN_SHARE = 0.5  # … and a picture that covers more than this: a scan (6 of 6 found, no false alarm)
BACKGROUND_SHARE = 0.85  # a picture that covers more than this …
BACKGROUND_CHARACTERS = 200  # … of a page with so much text is no figure
LARGE_PIXELS = 500_000  # a picture of this size may take …
PICTURE_SECONDS = 20  # … this long to be decoded and written
MAX_NESTING = 4  # of form objects that hold pictures

_LINE_END_HYPHEN = re.compile("\ufffe(?:\r?\n)?")  # PDFium's mark for it swallows the line end


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture on a page: its bytes, or the reason why there are none, and its place."""

    box: Box
    data: bytes = b""
    problem: str = ""


class PdfPages:
    """An open PDF. Raises ExtractionError: password or corrupt. A damaged page is an empty one."""

    def __init__(self, data: bytes) -> None:
        try:
            self._document = pdfium.PdfDocument(data)
        except pdfium.PdfiumError as error:
            if getattr(error, "err_code", None) == PASSWORD_ERROR:
                message = "encrypted with a password; save a copy without one"
                raise ExtractionError(message, reason="password") from error
            raise ExtractionError(f"PDFium cannot open it: {error}", reason="corrupt") from error
        self.count = len(self._document)
        if not self.count:
            self.close()
            raise ExtractionError("a PDF without pages", reason="corrupt")
        self.title = str(self._document.get_metadata_dict().get("Title") or "")
        self._seen: set[bytes] = set()

    def close(self) -> None:
        self._document.close()

    def read(self, index: int) -> tuple[str, float]:
        """The page's text, and the share of the page that its largest picture covers (0 when there is much text).

        Without any text it is what all its pictures cover: many scanners cut a page into strips.
        """
        try:
            page = self._document[index]
            text_page = page.get_textpage()
            text = str(text_page.get_text_range(errors="replace"))
            text_page.close()
            share = 0.0
            if len("".join(text.split())) < SCAN_CHARACTERS:
                shares = [share_of_page(_box(image, page), page.get_size()) for image in _images(page)]
                share = max(shares, default=0.0) if text.strip() else min(sum(shares), 1.0)
            page.close()
        except pdfium.PdfiumError:
            return "", 0.0
        return _LINE_END_HYPHEN.sub("-\r\n", text), share

    def render(self, index: int) -> Image:
        """The page at 300 dpi (less when it is a poster), grey. Raises ExtractionError 'corrupt'."""
        try:
            page = self._document[index]
            longest = max(page.get_size())
            scale = min(DPI / 72, MAX_SIDE / max(longest, 1.0))
            image: Image = page.render(scale=scale, grayscale=True).to_pil()
            page.close()
        except (pdfium.PdfiumError, ValueError) as error:
            raise ExtractionError(f"page {index + 1} cannot be drawn: {error}", reason="corrupt") from error
        return image

    def pictures(self, index: int, *, min_side: int, has_much_text: bool, more_time: MoreTime) -> Iterator[Picture]:
        """The page's pictures that were on no page before, from the first painted to the last.

        One that fills a page with much text is the scan under an old OCR layer, or a backdrop: the text says it all.
        """
        try:
            page = self._document[index]
            for image in _images(page):
                if share_of_page(_box(image, page), page.get_size()) > BACKGROUND_SHARE and has_much_text:
                    yield Picture(box=_box(image, page), problem="page_background")
                elif picture := self._picture(image, page, min_side, more_time):
                    yield picture
            page.close()
        except pdfium.PdfiumError:
            return

    def _picture(self, image: Any, page: Any, min_side: int, more_time: MoreTime) -> Picture | None:
        box = _box(image, page)
        try:
            width, height = image.get_px_size()
            if min(width, height) < min_side:
                return Picture(box=box, problem="too_small")
            if width * height > MAX_PIXELS:
                return Picture(box=box, problem="image_bomb")
            if width * height > LARGE_PIXELS:
                more_time(PICTURE_SECONDS)
            stored = bytes(image.get_data(decode_simple=False))
            digest = sha256(stored).digest()
            if digest in self._seen:
                return None
            self._seen.add(digest)
            colours = image.get_metadata().colorspace
            plain = colours in (raw.FPDF_COLORSPACE_DEVICERGB, raw.FPDF_COLORSPACE_DEVICEGRAY)
            if image.get_filters() == ["DCTDecode"] and (plain or colours == raw.FPDF_COLORSPACE_ICCBASED):
                return Picture(box=box, data=stored)
            return Picture(box=box, data=encode_png(image.get_bitmap(render=False).to_pil()))
        except (pdfium.PdfiumError, ValueError, OSError):
            return Picture(box=box, problem="corrupt")


def _images(page: Any) -> Iterator[Any]:
    return iter(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=MAX_NESTING))


def share_of_page(box: Box, size: tuple[float, float]) -> float:
    """How much of a page of that width and height the box covers."""
    (left, top, right, bottom), (width, height) = box, size
    inside = max(0.0, min(right, width) - max(left, 0.0)) * max(0.0, min(bottom, height) - max(top, 0.0))
    return float(inside / (width * height)) if width * height else 0.0


def _box(image: Any, page: Any) -> Box:
    """Left, top, right and bottom in points, from the page's upper left corner."""
    try:
        left, bottom, right, top = image.get_bounds()
    except pdfium.PdfiumError:
        return (0.0, 0.0, 0.0, 0.0)
    page_left, page_bottom, _, page_top = page.get_bbox()
    if page.get_rotation() % 180:  # on its side: what matters is only how much it covers
        return (bottom - page_bottom, left - page_left, top - page_bottom, right - page_left)
    return (left - page_left, page_top - top, right - page_left, page_top - bottom)
