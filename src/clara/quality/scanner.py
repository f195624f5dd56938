"""One text in, everything private in it out: the detectors together, overlaps settled, placeholders left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clara.errors import MissingExtraError
from clara.quality.addresses import find_emails, find_ips
from clara.quality.assignments import find_assignments, secret_value
from clara.quality.cells import find_cells
from clara.quality.findings import Span, without_overlaps
from clara.quality.identity import DIGITS_FIRST, LETTERS_FIRST, find_identity
from clara.quality.names import Names
from clara.quality.numbers import DIGIT_RUN, find_card, find_iban, letters_before
from clara.quality.phones import find_phone
from clara.quality.tokens import find_tokens, long_words

# other scripts' digits and full-width letters and signs, one character for one character
_FOREIGN_DIGITS = re.compile("[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\uff01-\uff5e]")
_TO_ASCII = {
    **{base + digit: ord("0") + digit for base in (0x0660, 0x06F0, 0x0966) for digit in range(10)},
    **{full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)},
}
_THREE_LETTERS = re.compile(r"[A-Za-z]{3}[ -]$")
_PIECE = 8_000  # characters
_PLACEHOLDER = re.compile(r"\[(?:[A-Z]+_)*[A-Z]+_[0-9]+\]")


class Scanner:
    """Finds private data in texts. Holds no text between calls. Raises MissingExtraError without the data extra."""

    def __init__(self, names: Names | None = None) -> None:
        try:
            import phonenumbers  # noqa: F401
            import stdnum.iban  # noqa: F401
        except ImportError as error:
            raise MissingExtraError("phonenumbers or python-stdnum", extra="data") from error
        self._names = names

    def scan(self, text: str, field: str = "") -> list[Span]:
        """Everything private in a text, in order, without overlaps. `field` is the name of the field that holds it."""
        if len(text) <= _PIECE:
            return self._scan(text, field)
        return [
            Span(start + span.start, start + span.end, span.kind, span.label)
            for start, end in _pieces(text)
            for span in self._scan(text[start:end], "")
        ]

    def _scan(self, text: str, field: str) -> list[Span]:
        if len(text) < 4:
            return []
        if not text.isascii() and _FOREIGN_DIGITS.search(text):
            text = text.translate(_TO_ASCII)
        lower = text.lower()
        if len(lower) != len(text):  # a letter whose lower case is longer: positions would move
            lower = "".join(low if len(low := character.lower()) == 1 else character for character in text)
        words = long_words(text)
        spans = [*find_tokens(text, words), *find_assignments(text, lower, words)]
        spans += find_cells(text)
        spans += [*find_emails(text, lower), *find_ips(text)]
        spans += self._numbers(text)
        if self._names:
            spans += self._names.find(text)
        if field and not spans and secret_value(field, text):
            spans.append(Span(0, len(text), "password", "password"))
        if not spans:
            return []
        if "[" in text:
            placed = [match.span() for match in _PLACEHOLDER.finditer(text)]
            spans = [span for span in spans if not any(a < span.end and span.start < b for a, b in placed)]
        return without_overlaps(spans)

    @staticmethod
    def _numbers(text: str) -> Iterator[Span]:
        for match in DIGIT_RUN.finditer(text):
            start, end = match.span()
            letters = letters_before(text, start, end) if start else None
            if letters is not None:
                iban = find_iban(text, letters)
                if iban:
                    yield iban
                else:
                    found = list(find_identity(text, letters, LETTERS_FIRST))
                    if not found and _THREE_LETTERS.match(text, max(0, letters - 4), letters):
                        found = list(find_identity(text, letters - 4, LETTERS_FIRST))  # groups of an Italian number
                    yield from found
            if end - start >= 7:
                while start and match.start() - start < 2 and text[start - 1] in "+(":
                    start -= 1
                yield from _number(text, start, end)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """The text in pieces of whole lines, a private key block never cut: short strings are searched faster."""
    start = 0
    while start < len(text):
        end = min(len(text), start + _PIECE)
        if end < len(text):
            newline = text.rfind("\n", start + _PIECE // 2, end)
            space = text.rfind(" ", start + _PIECE // 2, end) if newline < 0 else newline
            end = space + 1 if space >= 0 else end
            begun = text.rfind("BEGIN ", start, end)
            if begun > max(start, end - 20_000) and "PRIVATE KEY" in text[begun : begun + 40]:
                closed = text.find("-----END", begun, begun + 20_000)
                if closed >= end:
                    end = min(len(text), closed + 60)
        yield start, end
        start = end


def _number(text: str, start: int, end: int) -> Iterator[Span]:
    digits = sum(character.isdigit() for character in text[start:end])
    if digits < 6:
        return
    if digits >= 13:
        card = find_card(text, start, end)
        if card:
            yield card
            return
    found = False
    at = start
    while at < end:  # an identity number may follow another number after a space
        if text[at].isdigit() and (at == start or text[at - 1] in " (+/\u00a0"):
            for span in find_identity(text, at, DIGITS_FIRST):
                yield span
                found = True
                at = span.end
        at += 1
        while at < end and text[at].isdigit():
            at += 1
    if not found and digits >= 7:
        phone = find_phone(text, start, end)
        if phone:
            yield phone
