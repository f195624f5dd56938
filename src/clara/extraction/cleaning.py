"""Running headers and footers found by their repetition at the edges of pages, and taken out of the text; and words
whose hyphen was lost although the document writes them with one.

Conservative on purpose: at least three pages, a line that stands at the same height on a good share of them, and only
page numbers may differ. A heading keeps its first appearance. What is taken out is kept for the document's metadata.
Any reader that knows the lines at the edges of its pages may call this.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from clara.extraction.prose import one_line
from clara.schema import Block

MIN_PAGES = 3
MIN_SHARE = 0.4  # of the pages: left and right pages may have different lines, a first page has none
MAX_LENGTH = 150  # characters: longer lines are text
SAME_HEIGHT = 0.02  # of the page
_NUMBER = re.compile(r"\d+")
_BROKEN = re.compile(r"([^\W\d_]+)[-\u2010\ufffe\x02][ \t]*\r?\n[ \t]*([^\W\d_]+)")
_COMPOUND = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")
_PLAIN_WORD = re.compile(r"[^\W\d_]+")
_MARKER = re.compile(r"^[-–—•·]\s+")  # '- 3 -' was taken for a list item
_ROMAN = re.compile(r"(?i)^[ivxlc]{1,7}$")
# '… 3' at the top of page 3 is a chapter, not a page number
_NUMBERED_PART = re.compile(
    r"(?i)\b(chapter|section|part|step|question|lesson|unit|module|exercise|appendix|figure|fig\.|table|article|day"
    r"|week|phase|level|class|case|example|item|clause|schedule|kapitel|abschnitt|teil|chapitre|第)\s*#"
)


@dataclass(frozen=True, slots=True)
class EdgeLine:
    """A line at a page's edge; `height` is its place on the page from 0 (top) to 1."""

    text: str
    height: float


@dataclass(slots=True)
class Edges:
    """The lines at the top and at the bottom of one page, from the edge inwards."""

    top: list[EdgeLine] = field(default_factory=list)
    bottom: list[EdgeLine] = field(default_factory=list)


@dataclass(slots=True)
class Running:
    """What to take out of one page: lines at its top and at its bottom."""

    top: list[str] = field(default_factory=list)
    bottom: list[str] = field(default_factory=list)


def find_running_lines(pages: Sequence[Edges]) -> list[Running]:
    """For every page the lines at its edges that run through the document."""
    found = [Running() for _ in pages]
    if len(pages) < MIN_PAGES:
        return found
    for side in ("top", "bottom"):
        groups: dict[str, list[tuple[int, EdgeLine]]] = defaultdict(list)
        for index, edges in enumerate(pages):
            for line in getattr(edges, side):
                text = one_line(line.text)
                if 0 < len(text) <= MAX_LENGTH:
                    groups[_key(text)].append((index, EdgeLine(text, line.height)))
        for key, lines in groups.items():
            for index, text in _running(key, lines, num_pages=len(pages)):
                getattr(found[index], side).append(text)
    return found


def remove_running_lines(blocks: list[Block], running: Running, *, keep: set[str]) -> tuple[list[Block], list[str]]:
    """The page's blocks without those lines, and the lines that are in none of them any more.

    Headings whose text is not yet in `keep` stay, and are added to it.
    """
    left = list(blocks)
    for text in running.top:
        left = _take(left, text, from_start=True, keep=keep)
    for text in running.bottom:
        left = _take(left, text, from_start=False, keep=keep)
    still = "\n".join(one_line(block.text) for block in left)
    return left, [text for text in (*running.top, *running.bottom) if text not in still or text.isdigit()]


def summarise(lines: Sequence[str], *, limit: int = 20) -> list[str]:
    """Different lines, most frequent first, their changing numbers as '#', for the metadata."""
    alike: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        alike[_key(line)].append(line)
    return [_summary(group) for group in sorted(alike.values(), key=len, reverse=True)[:limit]]


def _summary(lines: list[str]) -> str:
    """The first of lines that differ in numbers only, those as '#'."""
    numbers = [_NUMBER.findall(line) for line in lines]
    values = [set(column) for column in zip(*numbers, strict=True)] if len(set(map(len, numbers))) == 1 else []
    shown = iter("#" if len(found) > 1 else next(iter(found)) for found in values)
    return _NUMBER.sub(lambda number: next(shown, number[0]), lines[0])


def lost_hyphens(texts: Sequence[str]) -> dict[str, str]:
    """'wellknown' -> 'well-known' where a line ended in 'well-' and the document has 'well-known' but no 'wellknown'.

    Joining wrapped lines drops the hyphen at their end; whether it belongs to the word only the document can tell.
    """
    broken = {(first, second) for text in texts for first, second in _BROKEN.findall(text)}
    if not broken:
        return {}
    words = {word.casefold() for text in texts for word in _COMPOUND.findall(text)}
    return {
        first + second: f"{first}-{second}"
        for first, second in broken
        if f"{first}-{second}".casefold() in words and (first + second).casefold() not in words
    }


def put_back_hyphens(text: str, lost: dict[str, str]) -> str:
    """The text with those words as the document writes them."""
    return _PLAIN_WORD.sub(lambda word: lost.get(word[0], word[0]), text) if lost else text


def _key(text: str) -> str:
    folded = text.casefold()
    return "#roman" if _ROMAN.match(folded) else _NUMBER.sub("#", folded)


def _running(key: str, lines: list[tuple[int, EdgeLine]], *, num_pages: int) -> list[tuple[int, str]]:
    """The lines of one group that run: same height, on enough pages, numbers constant or counting the pages."""
    least = max(MIN_PAGES, MIN_SHARE * num_pages)
    height = median(line.height for _, line in lines)
    lines = [(index, line) for index, line in lines if abs(line.height - height) <= SAME_HEIGHT]
    if len({index for index, _ in lines}) < least:
        return []
    numbers = [_numbers(key, line.text) for _, line in lines]
    patterns = Counter(
        tuple(
            ("same", number) if choice else ("page", number - index)
            for number, choice in zip(values, kinds, strict=True)
        )
        for (index, _), values in zip(lines, numbers, strict=True)
        for kinds in _choices(len(values))
    )
    pattern, count = patterns.most_common(1)[0]
    if count < least:
        return []
    counts_pages = any(kind == "page" for kind, _ in pattern)
    if counts_pages and _NUMBERED_PART.search(key):
        return []
    return [
        (index, line.text)
        for (index, line), values in zip(lines, numbers, strict=True)
        if all(
            number == (value if kind == "same" else value + index)
            for number, (kind, value) in zip(values, pattern, strict=True)
        )
    ]


def _numbers(key: str, text: str) -> tuple[int, ...]:
    return (_roman(text),) if key == "#roman" else tuple(map(int, _NUMBER.findall(text)))


def _choices(length: int) -> list[tuple[bool, ...]]:
    """For every number of a line whether it stays the same or counts pages; at most one counts."""
    alike = (True,) * length
    return [alike, *((*alike[:place], False, *alike[place + 1 :]) for place in range(min(length, 4)))]


def _roman(text: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}[letter] for letter in text.casefold()]
    return sum(-value if value < max(values[place:]) else value for place, value in enumerate(values))


def _take(blocks: list[Block], text: str, *, from_start: bool, keep: set[str]) -> list[Block]:
    """The blocks without that line, when it is a block near that end, or begins or ends one."""
    order = range(len(blocks)) if from_start else range(len(blocks) - 1, -1, -1)
    for place in list(order)[:4]:
        block = blocks[place]
        found = one_line(block.text)
        if block.kind in ("table", "image"):
            continue
        if found == text or (block.kind == "list_item" and found == _MARKER.sub("", text)):
            if block.kind == "heading" and _key(text) not in keep:
                keep.add(_key(text))
                return blocks
            return blocks[:place] + blocks[place + 1 :]
        rest = ""
        if block.kind != "heading" and from_start and found.startswith(f"{text} "):
            rest = found[len(text) + 1 :]
        elif block.kind != "heading" and not from_start and found.endswith(f" {text}") and not text.isdigit():
            rest = found[: -len(text) - 1]
        if rest:
            return [*blocks[:place], block.model_copy(update={"text": rest}), *blocks[place + 1 :]]
    return blocks
