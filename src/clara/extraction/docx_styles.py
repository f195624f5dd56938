"""What a DOCX paragraph is, by its style, its style's parents and its own properties; and the numbers Word counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clara.extraction.ooxml import Element, attribute, child, local_name
from clara.schema import Block

_HEADING = re.compile(r"heading\s*([1-9])$", re.IGNORECASE)
_LIST = re.compile(r"list\s*(?:bullet|number)\s*([1-9])?$", re.IGNORECASE)

_ROMAN: tuple[tuple[int, str], ...] = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
)
_ROMAN += ((9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    parent: str | None
    outline: int | None
    list_level: int | None  # None: no list
    number_id: str | None = None


class Styles:
    """The paragraph styles of a document, and how far its numbering has counted: call it in the document's order."""

    def __init__(self, root: Element | None, *, numbering: Element | None = None) -> None:
        self._styles = _read_styles(root)
        self._numbering = Numbering(numbering)

    def block(self, properties: Element | None, text: str) -> Block:
        """The text as the kind of block that the paragraph's properties make it."""
        style_id = value_of(child(properties, "pStyle"))
        chain = list(self._chain(style_id))
        number = self._number(properties, chain, style_id) if text else ""
        if level := _heading_level(properties, chain, style_id):
            own = text.casefold().startswith(number.casefold())  # typed by hand as well
            return Block(kind="heading", text=text if own else f"{number} {text}", level=level)
        if level := _list_level(properties, chain):
            return Block(kind="list_item", text=text, level=level)
        return Block(kind="paragraph", text=text)

    def _number(self, properties: Element | None, chain: list[_Style], style_id: str | None) -> str:
        """The number that Word would show before the paragraph; counts it."""
        own = child(properties, "numPr")
        number_id = value_of(child(own, "numId"))
        level = value_of(child(own, "ilvl"))
        for style in chain:
            number_id = number_id or style.number_id
            if level is None and style.number_id:
                level = str((style.list_level or 1) - 1)
        if not number_id or number_id == "0":
            return ""
        by_style = self._numbering.level_of_style(number_id, style_id) if own is None else None
        return self._numbering.next(number_id, by_style if by_style is not None else number_in(level, low=0, high=8))

    def _chain(self, style_id: str | None) -> Iterator[_Style]:
        seen: set[str] = set()
        while style_id and style_id in self._styles and style_id not in seen:
            seen.add(style_id)
            yield self._styles[style_id]
            style_id = self._styles[style_id].parent


def _heading_level(properties: Element | None, chain: list[_Style], style_id: str | None) -> int | None:
    own = child(properties, "outlineLvl")
    if own is not None:
        return _outline(own)
    for style in chain or [_Style(name=style_id or "", parent=None, outline=None, list_level=None)]:
        if match := _HEADING.match(style.name):
            return int(match[1])
        if style.name.lower() in ("title", "subtitle"):
            return 1 if style.name.lower() == "title" else 2
        if style.outline is not None:
            return style.outline
    return None


def _list_level(properties: Element | None, chain: list[_Style]) -> int | None:
    own = child(properties, "numPr")
    if own is not None and child(own, "numId") is not None:
        if value_of(child(own, "numId")) == "0":
            return None
        return number_in(value_of(child(own, "ilvl")), low=0, high=8) + 1
    for style in chain:
        if match := _LIST.match(style.name):
            return int(match[1] or 1)
        if style.list_level is not None:
            return number_in(value_of(child(own, "ilvl")), low=0, high=8) + 1 if own is not None else style.list_level
    return None


def _read_styles(root: Element | None) -> dict[str, _Style]:
    styles: dict[str, _Style] = {}
    for style in root if root is not None else []:
        if local_name(style) != "style" or attribute(style, "type") not in (None, "paragraph"):
            continue
        outline = child(style, "pPr", "outlineLvl")
        number = child(style, "pPr", "numPr", "numId")
        level = child(style, "pPr", "numPr", "ilvl")
        is_list = number is not None and value_of(number) != "0"
        styles[attribute(style, "styleId") or ""] = _Style(
            name=value_of(child(style, "name")) or "",
            parent=value_of(child(style, "basedOn")),
            outline=_outline(outline) if outline is not None else None,
            list_level=number_in(value_of(level), low=0, high=8) + 1 if is_list else None,
            number_id=value_of(number) if is_list else None,
        )
    return styles


class Numbering:
    """Counts numbered paragraphs as Word does: one count per list and level; a higher level starts lower ones anew."""

    def __init__(self, root: Element | None) -> None:
        abstract: dict[str, dict[int, Element]] = {}
        self._lists: dict[str, tuple[str, dict[int, Element]]] = {}  # list id -> whose count it shares, its levels
        for each in root if root is not None else []:
            levels = {number_in(attribute(e, "ilvl"), low=0, high=8): e for e in each if local_name(e) == "lvl"}
            if local_name(each) == "abstractNum":
                abstract[attribute(each, "abstractNumId") or ""] = levels
            elif local_name(each) == "num":
                shared = value_of(child(each, "abstractNumId")) or ""
                list_id = attribute(each, "numId") or ""
                restarts = any(local_name(e) == "lvlOverride" for e in each)
                self._lists[list_id] = (list_id if restarts else f"abstract {shared}", abstract.get(shared, {}))
        self._counts: dict[str, list[int | None]] = {}

    def level_of_style(self, list_id: str, style_id: str | None) -> int | None:
        """The level that a list keeps for a paragraph style."""
        levels = self._lists.get(list_id, ("", {}))[1]
        found = (level for level, each in levels.items() if style_id and value_of(child(each, "pStyle")) == style_id)
        return next(found, None)

    def next(self, list_id: str, level: int) -> str:
        """Count one paragraph; its number, e.g. '2.1', or '' for a bullet and for what cannot be shown."""
        key, levels = self._lists.get(list_id, ("", {}))
        if level not in levels:
            return ""
        counts = self._counts.setdefault(key, [None] * 9)
        for upper in range(level):
            if counts[upper] is None:
                counts[upper] = _start(levels.get(upper))
        before = counts[level]
        counts[level] = _start(levels[level]) if before is None else before + 1
        counts[level + 1 :] = [None] * (8 - level)
        if value_of(child(levels[level], "numFmt")) in ("bullet", "none"):
            return ""
        shown = value_of(child(levels[level], "lvlText")) or ""
        is_legal = is_on(child(levels[level], "isLgl"))
        for place in range(level + 1):
            shape = value_of(child(levels.get(place), "numFmt")) or "decimal"
            shown = shown.replace(f"%{place + 1}", _counted(counts[place] or 0, "decimal" if is_legal else shape))
        return shown.strip().rstrip(".")


def _start(level: Element | None) -> int:
    start = child(level, "start")
    return number_in(value_of(start), low=0, high=100_000) if start is not None else 1


def _counted(number: int, shape: str) -> str:
    """A number as letters or Roman numerals where the list says so.

    >>> _counted(14, "lowerRoman"), _counted(28, "upperLetter"), _counted(3, "decimal")
    ('xiv', 'BB', '3')
    """
    if shape in ("lowerLetter", "upperLetter") and number > 0:
        letters = chr(97 + (number - 1) % 26) * min((number - 1) // 26 + 1, 9)
        return letters if shape == "lowerLetter" else letters.upper()
    if shape in ("lowerRoman", "upperRoman") and 0 < number < 4000:
        roman = ""
        for value, sign in _ROMAN:
            roman += sign * (number // value)
            number %= value
        return roman if shape == "lowerRoman" else roman.upper()
    return str(number)


def _outline(element: Element) -> int | None:
    level = number_in(value_of(element), low=0, high=9)
    return level + 1 if level < 9 else None  # 9 is Word's word for body text


def value_of(element: Element | None) -> str | None:
    """Its w:val."""
    return attribute(element, "val") if element is not None else None


def is_on(element: Element | None) -> bool:
    """Whether an on/off property is there and not switched off."""
    return element is not None and value_of(element) not in ("0", "false", "off")


def number_in(text: str | None, *, low: int, high: int) -> int:
    """The number clamped to a range, `low` for what is none."""
    digits = (text or "").strip()
    return min(max(int(digits), low), high) if digits.isascii() and digits.isdigit() and len(digits) < 10 else low
