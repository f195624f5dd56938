"""People's names from a list the user gives: the only names the scan can know for sure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from clara.errors import UsageError
from clara.quality.findings import Span

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


class Names:
    """Whole names, in any case and with any white space between their words."""

    def __init__(self, names: list[str]) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        for name in names:
            words = tuple(word.group().casefold() for word in _WORD.finditer(name))
            if words:
                self._by_first.setdefault(words[0], []).append(words)
        for known in self._by_first.values():
            known.sort(key=len, reverse=True)

    @classmethod
    def read(cls, path: Path) -> Names:
        """One name a line; lines that start with # are comments. Raises UsageError when the file cannot be read."""
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--names {path}: cannot be read as UTF-8 text: {error}") from error
        return cls([line for line in lines if line.strip() and not line.startswith("#")])

    def find(self, text: str) -> Iterator[Span]:
        """Every place where a listed name stands; of a first name and a full name the longer one."""
        if not self._by_first:
            return
        words = list(_WORD.finditer(text))
        done = 0
        for number, word in enumerate(words):
            if number < done:
                continue
            for known in self._by_first.get(word.group().casefold(), ()):
                part = words[number : number + len(known)]
                same = tuple(one.group().casefold() for one in part) == known
                gaps = (text[a.end() : b.start()] for a, b in pairwise(part))
                if same and all(len(gap) <= 3 and not gap.strip(" \t\n.,") for gap in gaps):
                    yield Span(part[0].start(), part[-1].end(), "name", "listed name")
                    done = number + len(known)
                    break
