"""Secrets in Markdown tables: no cell says that it is one, the title of its column or the cell before does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clara.quality.assignments import secret_value
from clara.quality.findings import Span

_ROW = re.compile(r"^[ \t]*\|(.*)\|[ \t]*$", re.MULTILINE)
_CELL = re.compile(r"(?:\\.|[^|\\])+")
_RULE = re.compile(r"[ :|-]+")
_LETTER, _OTHER = re.compile(r"[^\W\d_]"), re.compile(r"[\d\W_]")


def find_cells(text: str) -> Iterator[Span]:
    """
    >>> [span.label for span in find_cells("| User | Password |\\n|---|---|\\n| root | x9-Korva |\\n| a | required |")]
    ['password in a table']
    """
    if "|" not in text:
        return
    titles: list[str] = []
    end = -1
    for row in _ROW.finditer(text):
        if row.start() != end + 1:
            titles = []  # another table
        end = row.end()
        if _RULE.fullmatch(row.group(1)):
            continue
        cells = [(cell.start() + row.start(1), cell.group()) for cell in _CELL.finditer(row.group(1))]
        values = [value.strip() for _, value in cells]
        for place, value in enumerate(values):
            names = [titles[place]] if place < len(titles) else []
            names += [values[place - 1]] if place else []
            # a word alone is more often a rule ('required') than a password
            if _LETTER.search(value) and _OTHER.search(value) and any(secret_value(name, value) for name in names):
                start = cells[place][0] + cells[place][1].index(value)
                yield Span(start, start + len(value), "password", "password in a table")
        titles = titles or values
