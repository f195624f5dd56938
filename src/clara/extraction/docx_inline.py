"""The inside of a DOCX paragraph as a stream: its text, and the elements that are more than text."""

from __future__ import annotations

from collections.abc import Iterator

from clara.extraction.equations import equation_text
from clara.extraction.ooxml import Element, attribute, content_children, local_name

# neither text nor a way to it: properties, deletions, field codes, phonetic hints
SKIPPED = {"pPr", "rPr", "del", "moveFrom", "rt", "sdtPr", "sdtEndPr", "instrText", "delText", "tcPr", "trPr", "tblPr"}
SKIPPED |= {"comment", "annotation", "delInstrText", "sectPr", "tblGrid", "tblPrEx", "ffData"}
_MORE_THAN_TEXT = {"lastRenderedPageBreak", "footnoteReference", "endnoteReference", "commentReference"}
_MORE_THAN_TEXT |= {"txbxContent", "txBody", "chart", "relIds", "tbl"}
_SYMBOLS = {
    0xFC: "✓",
    0xFB: "✗",
    0xFE: "☑",
    0xFD: "☒",
    0xA8: "☐",
    0x6F: "☐",
    0xE0: "→",
    0xDF: "←",
    0xB7: "•",
    0xA7: "▪",
}
_GREEK = dict(zip("abcdefghijklmnopqrstuvwxyz", "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True))
_GREEK |= {latin.upper(): greek.upper() for latin, greek in _GREEK.items() if latin not in "jv"}


def inline_pieces(element: Element) -> Iterator[str | Element]:
    """Text of a paragraph in order, and the elements that are more than text.

    Those are page breaks, note references, text boxes, figures, pictures (`drawing`, `pict`), tables.
    """
    for each in content_children(element):
        name = local_name(each)
        if name == "t":
            yield each.text or ""
        elif name in ("tab", "ptab", "cr"):
            yield " "
        elif name == "br":
            if attribute(each, "type") == "page":
                yield each
            else:
                yield " "
        elif name == "noBreakHyphen":
            yield "-"
        elif name == "sym":
            yield _symbol(each)
        elif name in ("oMath", "oMathPara"):
            yield equation_text(each)
        elif name == "textpath":  # WordArt of old
            yield f" {each.get('string') or ''} "
        elif name in _MORE_THAN_TEXT or name in ("pic", "imagedata"):
            yield each
        elif name not in SKIPPED:
            yield from inline_pieces(each)


def _symbol(element: Element) -> str:
    """A sign of a symbol font as the letter it shows."""
    try:
        code = int(attribute(element, "char") or "", 16)
    except ValueError:
        return ""
    if not (0xF000 <= code <= 0xF0FF or code < 0x100):
        return chr(code) if 0x20 <= code < 0xD800 or 0xE000 <= code < 0x110000 else ""
    code &= 0xFF
    if (attribute(element, "font") or "").lower() == "symbol" and chr(code) in _GREEK:
        return _GREEK[chr(code)]
    return _SYMBOLS.get(code, "")
