"""What the privacy scan reports: where something private stands and what it is, never the thing itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

Category = Literal["secret", "pii"]
CATEGORIES: tuple[Category, ...] = ("secret", "pii")
# kind -> category. The order is the precedence where two kinds claim the same characters.
KINDS: dict[str, Category] = {
    "private_key": "secret",
    "token": "secret",
    "credentials": "secret",
    "iban": "pii",
    "card": "pii",
    "password": "secret",
    "national_id": "pii",
    "email": "pii",
    "ip": "pii",
    "phone": "pii",
    "name": "pii",
    "high_entropy": "secret",
}
_PRECEDENCE = {kind: number for number, kind in enumerate(KINDS)}
_AROUND = 24  # characters of surroundings in an excerpt


class Span(NamedTuple):
    """text[start:end] is something private; `label` says what exactly, e.g. 'US social security number'."""

    start: int
    end: int
    kind: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One private thing in one place. `line` counts from 1; `start`/`end` are characters of `field` (of the file when
    there is no field, then of that line); `excerpt` shows the surroundings with everything found masked.
    """

    file: str
    line: int
    field: str
    record: str
    kind: str
    category: Category
    label: str
    start: int
    end: int
    excerpt: str

    @property
    def place(self) -> str:
        record = f" ({self.record})" if self.record else ""
        field = f": {self.field}" if self.field else ""
        return f"{self.file}:{self.line}{record}{field}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def without_overlaps(spans: Sequence[Span]) -> list[Span]:
    """The spans in text order, none touching another's characters; the kind that comes first in KINDS wins.

    >>> without_overlaps([Span(0, 9, "phone", ""), Span(2, 9, "card", "")])
    [Span(start=2, end=9, kind='card', label='')]
    """
    if len(spans) < 2:
        return list(spans)
    kept: list[Span] = []
    taken: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda span: (_PRECEDENCE[span.kind], span.start - span.end, span.start)):
        if any(span.start < end and start < span.end for start, end in taken):
            continue
        kept.append(span)
        taken.append((span.start, span.end))
    return sorted(kept)


def excerpt(text: str, spans: Sequence[Span], chosen: Span) -> str:
    """The chosen span's surroundings, every span masked by what it is and how long it is.

    >>> excerpt("write to ann@example.org now", [Span(9, 24, "email", "")], Span(9, 24, "email", ""))
    'write to <email, 15 characters> now'
    """
    low, high = max(0, chosen.start - _AROUND), min(len(text), chosen.end + _AROUND)
    shown: list[str] = []
    at = low
    for span in spans:
        if span.end <= low or span.start >= high:
            continue
        shown += [text[at : span.start], f"<{span.label or span.kind}, {span.end - span.start} characters>"]
        at = span.end
    shown.append(text[at:high] if at < high else "")
    return " ".join("".join(shown).split())
