"""What a file really is, from its first bytes; the name only decides whether clara looks at it at all."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

from clara.errors import ExtractionError

# suffixes clara reads -> the media type they announce
SUFFIXES = {
    ".pdf": "pdf",
    ".docx": "docx",
    ".docm": "docx",
    ".dotx": "docx",
    ".dotm": "docx",
    ".pptx": "pptx",
    ".pptm": "pptx",
    ".potx": "pptx",
    ".potm": "pptx",
    ".ppsx": "pptx",
    ".ppsm": "pptx",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xltx": "xlsx",
    ".xltm": "xlsx",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".md": "md",
    ".markdown": "md",
    ".txt": "txt",
    ".text": "txt",
    ".csv": "csv",
    ".tsv": "csv",
    ".png": "image",
    ".jpg": "image",
    ".jpeg": "image",
    ".tif": "image",
    ".tiff": "image",
    ".webp": "image",
    ".bmp": "image",
    ".gif": "image",
}
TEXTS = ("html", "md", "txt", "csv")  # files without a mark of their own: the suffix says which
_PICTURES = re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|RIFF....WEBP", re.DOTALL)
_BITMAP = b"BM"  # too short to tell anything by itself
COMPOUND_FILE = b"\xd0\xcf\x11\xe0"  # the old Office container; also wraps encrypted DOCX and PPTX
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def sniff_media_type(data: bytes, *, suffix: str) -> str:
    """A media type that has a reader, by content; that of texts by the suffix.

    Raises ExtractionError: empty, password, unsupported or corrupt.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise ExtractionError("the file is empty", reason="empty")
    if data.startswith(COMPOUND_FILE):
        if ENCRYPTED in data:
            raise ExtractionError("encrypted with a password; save a copy without one", reason="password")
        raise ExtractionError("an old binary Office file; save it as DOCX, PPTX, XLSX or PDF", reason="unsupported")
    announced = SUFFIXES[suffix.lower()]
    if data.startswith(b"PK\x03\x04" if announced in TEXTS else b"PK"):
        return _office_type(data)
    if announced in TEXTS:
        return "pdf" if data.startswith(b"%PDF-") else announced
    if _PICTURES.match(data) or (announced == "image" and data.startswith(_BITMAP)):
        return "image"
    if announced == "pdf" or b"%PDF-" in data[:1024]:
        return "pdf"  # PDFium accepts junk before, or instead of, the header
    if announced == "image":
        raise ExtractionError("not a picture of a known format, or a damaged one", reason="corrupt")
    raise ExtractionError(f"not a {announced.upper()} file: it is not a ZIP archive", reason="corrupt")


def _office_type(data: bytes) -> str:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as error:
        raise ExtractionError(f"a damaged ZIP archive: {error}", reason="corrupt") from error
    for media_type, folder in (("docx", "word/"), ("pptx", "ppt/"), ("xlsx", "xl/")):
        if any(name.replace("\\", "/").lstrip("/").lower().startswith(folder) for name in names):
            return media_type
    raise ExtractionError("a ZIP archive that holds no Word, PowerPoint or Excel document", reason="unsupported")
