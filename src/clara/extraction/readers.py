"""Which function reads which media type, and the stamp that tells whether an earlier result still stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from clara.errors import MissingExtraError
from clara.schema import Document

Reader = Callable[..., Document]  # (data, *, document_id, backend, and what _EXTRAS names) -> Document

_READERS = {
    "pdf": "clara.extraction.pdf:read_pdf",
    "docx": "clara.extraction.docx:read_docx",
    "pptx": "clara.extraction.pptx:read_pptx",
}
_LIBRARIES = {"pdf": ("pypdfium2", "liteparse"), "docx": ("lxml",), "pptx": ("lxml",)}
# Raise a number when that reader's output changes: files read by an older one are then read again.
_REVISIONS = {"pdf": 1, "docx": 1, "pptx": 1}
# What a reader takes besides: images (ImageFolder: where pictures go), settings (ReadSettings), more_time.
_EXTRAS: dict[str, tuple[str, ...]] = {"pdf": ()}


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


def media_types() -> tuple[str, ...]:
    """Every media type that has a reader."""
    return tuple(_READERS)
