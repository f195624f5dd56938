"""Bytes of a text file to text, whatever encoding they are in."""

from __future__ import annotations

import codecs

from charset_normalizer import from_bytes

from clara.errors import ExtractionError

SAMPLE_BYTES = 2**16
_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ALLOWED_CONTROLS = set("\t\n\r\f\x1b\x85")


def decode_text(data: bytes, *, declared: str = "") -> tuple[str, str]:
    """The text and the name of its encoding: the byte order mark's, the declared one, UTF-8, or the likeliest.

    Raises ExtractionError 'corrupt' when the bytes are no text in any encoding.

    >>> decode_text("caf\u00e9".encode("utf-16"))
    ('caf\u00e9', 'utf-16-le')
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _checked(_decode(data[len(mark) :], name), name)
    wide = _wide_encoding(data)
    for name in (wide, declared, "" if wide else "utf-8"):
        if name and (text := _try(data, name)) is not None:
            return _checked(text, codecs.lookup(name).name)
    name = _likeliest(data)
    return _checked(_decode(data, name), name)


def _wide_encoding(data: bytes) -> str:
    """UTF-16 or UTF-32 without a mark, by where the zero bytes of its ASCII characters are; '' for neither."""
    sample = data[: SAMPLE_BYTES // 4 * 4]
    sample = sample[: len(sample) // 4 * 4]
    if len(sample) < 8 or sample.count(0) < len(sample) // 5:
        return ""
    zeros = [sample[offset::4].count(0) / (len(sample) // 4) for offset in range(4)]
    if min(zeros[2:]) > 0.9:
        return "utf-32-le"
    if min(zeros[:2]) > 0.9:
        return "utf-32-be"
    if min(zeros[1::2]) > 0.4 and max(zeros[::2]) < 0.1:
        return "utf-16-le"
    return "utf-16-be" if min(zeros[::2]) > 0.4 and max(zeros[1::2]) < 0.1 else ""


def _likeliest(data: bytes) -> str:
    """The encoding charset-normalizer finds; Windows-1252 for Latin text, which single letters do not tell apart."""
    best = from_bytes(data[:SAMPLE_BYTES]).best()
    if best is None:
        raise ExtractionError("not a text file: no encoding fits its bytes", reason="corrupt")
    name = codecs.lookup(best.encoding).name
    high = sum(byte >= 0x80 for byte in data[:SAMPLE_BYTES]) / max(len(data[:SAMPLE_BYTES]), 1)
    single_byte = name.startswith(("cp", "iso8859", "mac", "latin", "hp", "koi", "tis"))
    if single_byte and high < 0.1 and _try(data[:SAMPLE_BYTES], "cp1252") is not None:
        return "cp1252"
    return name


def note_encoding(encoding: str) -> dict[str, str]:
    """What a document's metadata says of an encoding that is not the usual one.

    >>> note_encoding("cp1252"), note_encoding("utf-8")
    ({'encoding': 'cp1252'}, {})
    """
    return {} if encoding in ("utf-8", "ascii") else {"encoding": encoding}


def _try(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeError, LookupError, ValueError):
        return None


def _decode(data: bytes, name: str) -> str:
    """The text, with a replacement character where a byte does not fit."""
    return data.decode(name, errors="replace")


def _checked(text: str, name: str) -> tuple[str, str]:
    sample = text[:SAMPLE_BYTES]
    strange = sum(
        (ord(character) < 32 and character not in _ALLOWED_CONTROLS) or character == "\ufffd" for character in sample
    )
    if strange > 4 and strange > len(sample) * 0.02:
        raise ExtractionError(f"not a text file: {strange} of {len(sample)} characters are no text", reason="corrupt")
    return text, name
