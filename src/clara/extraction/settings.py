"""What a run asks of the readers; travels to every child, and into the stamp where it decides the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from clara.errors import UsageError

OcrMode = Literal["auto", "off", "force"]
Box = tuple[float, float, float, float]  # left, top, right, bottom in points from the upper left corner
PdfBackend = Literal["built-in", "docling"]
MoreTime = Callable[[int], None]  # told before a step that has its own limit, in seconds


def no_more_time(seconds: int) -> None:
    """A MoreTime where nobody counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettings:
    """Raises UsageError when a value is none of the known ones."""

    ocr: OcrMode = "auto"
    """auto: recognise scanned pages when tesseract is installed; force: every page; off: none."""
    ocr_languages: str = "eng"
    """Tesseract's language names joined by '+', e.g. 'eng+deu'."""
    pdf_backend: PdfBackend = "built-in"
    """docling: the separate program `docling` lays out the PDF files."""
    docling: str = ""
    """The version of that program, found out once for all children; part of the stamp."""
    min_image_side: int = 64
    """Pixels: pictures with a shorter side are skipped."""
    keep_textless: bool = False
    """Keep documents that only hold pictures: something later will describe them."""

    def __post_init__(self) -> None:
        if self.ocr not in get_args(OcrMode):
            raise UsageError(f"--ocr must be auto, off or force, not {self.ocr!r}")
        if self.pdf_backend not in get_args(PdfBackend):
            raise UsageError(f"--pdf-backend must be built-in or docling, not {self.pdf_backend!r}")
        languages = self.ocr_languages.split("+")
        if not all(name and name.replace("_", "").replace("/", "").isalnum() for name in languages):
            raise UsageError(f"--ocr-languages must be like eng or eng+deu, not {self.ocr_languages!r}")
        if self.min_image_side < 1:
            raise UsageError("--min-image-side must be at least 1")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
