"""What a DOCX paragraph is by its style, its style's parents and its own properties: a heading, a list item, or text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clara.extraction.ooxml import Element, attribute, child, local_name
from clara.schema import Block

_HEADING = re.compile(r"heading\s*([1-9])$", re.IGNORECASE)
_LIST = re.compile(r"list\s*(?:bullet|number)\s*([1-9])?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    parent: str | None
    outline: int | None
    list_level: int | None  # None: no list


class Styles:
    """The paragraph styles of a document."""

    def __init__(self, root: Element | None) -> None:
        self._styles = _read_styles(root)

    def block(self, properties: Element | None, text: str) -> Block:
        """The text as the kind of block that the paragraph's properties make it."""
        style_id = value_of(child(properties, "pStyle"))
        chain = list(self._chain(style_id))
        if level := _heading_level(properties, chain, style_id):
            return Block(kind="heading", text=text, level=level)
        if level := _list_level(properties, chain):
            return Block(kind="list_item", text=text, level=level)
        return Block(kind="paragraph", text=text)

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
        )
    return styles


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
