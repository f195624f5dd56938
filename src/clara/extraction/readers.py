"""Which function reads which media type, and the stamp that tells whether an earlier result still stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from clara.errors import MissingExtraError
from clara.extraction.images import MIN_SIDE
from clara.extraction.ocr import with_recogniser
from clara.extraction.settings import ReadSettings
from clara.schema import Document

Reader = Callable[..., Document]  # (data, *, document_id, backend, and what _EXTRAS names) -> Document

_READERS = {
    "pdf": "clara.extraction.pdf:read_pdf",
    "docx": "clara.extraction.docx:read_docx",
    "pptx": "clara.extraction.pptx:read_pptx",
    "xlsx": "clara.extraction.xlsx:read_xlsx",
    "html": "clara.extraction.html:read_html",
    "md": "clara.extraction.markdown:read_markdown",
    "txt": "clara.extraction.txt:read_txt",
    "csv": "clara.extraction.delimited:read_delimited",
    "image": "clara.extraction.picture:read_picture",
}
_LIBRARIES = {"pdf": ("pypdfium2", "liteparse"), "docx": ("lxml",), "pptx": ("lxml",), "image": ("pillow",)}
_LIBRARIES |= {"xlsx": ("lxml",), "html": ("lxml", "charset-normalizer"), "txt": ("charset-normalizer",)}
_LIBRARIES |= {"md": ("markdown-it-py", "charset-normalizer"), "csv": ("charset-normalizer",)}
# Raise a number when that reader's output changes: files read by an older one are then read again.
_REVISIONS = {"pdf": 2, "docx": 2, "pptx": 2, "xlsx": 1, "html": 1, "md": 1, "txt": 1, "csv": 1, "image": 1}
# What a reader takes besides: images (ImageFolder: where pictures go), settings (ReadSettings), more_time.
_EXTRAS: dict[str, tuple[str, ...]] = {
    "pdf": ("images", "settings", "more_time"),
    "docx": ("images",),
    "pptx": ("images",),
    "image": ("images", "settings", "more_time"),
}


def reader_extras(media_type: str) -> tuple[str, ...]:
    """The names of the further keyword arguments that this reader takes."""
    return _EXTRAS.get(media_type, ())


def load_reader(media_type: str) -> Reader:
    """The reader of a media type; imports its libraries."""
    module, _, function = _READERS[media_type].partition(":")
    reader: Reader = getattr(import_module(module), function)
    return reader


@cache
def backend_stamp(media_type: str) -> str:
    """Reader revision and library versions, e.g. 'clara-docx 1 (lxml 6.1.3)'. Imports none of them.

    Raises MissingExtraError when a library is not installed.
    """
    found = []
    for library in _LIBRARIES[media_type]:
        try:
            found.append(f"{library} {version(library)}")
        except PackageNotFoundError as error:
            raise MissingExtraError(library, extra="data") from error
    return f"clara-{media_type} {_REVISIONS[media_type]} ({', '.join(found)})"


def stamp_for(media_type: str, settings: ReadSettings) -> str:
    """The stamp of a document read under these settings, before a reader adds what recognised its scanned pages."""
    stamp = backend_stamp(media_type)
    if media_type == "pdf" and settings.pdf_backend == "docling":
        stamp = f"{stamp} + {settings.docling}"
    if "images" in reader_extras(media_type) and settings.min_image_side != MIN_SIDE:
        stamp = f"{stamp}; pictures from {settings.min_image_side} px"
    return stamp


def accepted_stamps(settings: ReadSettings) -> set[str]:
    """The `backend` values under which an earlier result still stands.

    Only documents with scanned pages name what recognised them: only they are read again when that changes.
    """
    accepted = set()
    for media_type in media_types():
        stamp = stamp_for(media_type, settings)
        if media_type != "image" and not (media_type == "pdf" and settings.ocr == "force"):
            accepted.add(stamp)
        if media_type in ("pdf", "image"):
            accepted.add(with_recogniser(stamp, settings))
    return accepted


def media_types() -> tuple[str, ...]:
    """Every media type that has a reader."""
    return tuple(_READERS)
