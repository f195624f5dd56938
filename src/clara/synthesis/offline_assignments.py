"""Instruction rows without a model: what a table or a list says, taken out of it. Every value is copied."""

from __future__ import annotations

import re

from clara.schema import Passage
from clara.synthesis.asking import holds_file_path
from clara.synthesis.drafting.sentences import split_lines
from clara.synthesis.drafting.structured import read_tables, titles_its_columns
from clara.synthesis.drafting.subjects import name_of_title
from clara.synthesis.drafts import Assignment
from clara.synthesis.language import language_of

_FEWEST, _MOST = 2, 12  # rows or items
_PLACE = re.compile(r"(?:col|column)[-_ ]?\d+$", re.IGNORECASE)  # no title, the place of a column


def offline_assignments(passage: Passage) -> list[Assignment]:
    """'Extract …' of two-column tables, 'For each …' of wider ones, 'List …' of bullets under a heading."""
    title = name_of_title(passage.title)
    if not title or holds_file_path(title) or language_of(passage.text) == "zh":
        return []
    lines = split_lines(passage.text)
    made: list[Assignment] = []
    for header, rows, raw in read_tables(lines):
        full = [(cells, source) for cells, source in zip(rows, raw, strict=True) if all(cells)]
        if not _FEWEST <= len(full) <= _MOST or len({cells[0] for cells, _ in full}) < len(full):
            continue
        if not titles_its_columns(header) or not all(_says_something(cells) for cells, _ in full):
            continue
        evidence = tuple(source for _, source in full)
        if len(header) == 2:
            made.append(
                Assignment(
                    instruction=f"Extract these fields of {title}.",
                    input=", ".join(cells[0] for cells, _ in full),
                    output="\n".join(f"{cells[0]}: {cells[1]}" for cells, _ in full),
                    evidence=evidence,
                    kind="extract",
                )
            )
        elif re.match(r"[^\W\d]", header[0]) and not _PLACE.match(header[-1]) and header[0] != header[-1]:
            made.append(
                Assignment(
                    instruction=f"For each {header[0]} of {title}, give the {header[-1]}.",
                    input="",
                    output="\n".join(f"{cells[0]}: {cells[-1]}" for cells, _ in full),
                    evidence=evidence,
                    kind="extract",
                )
            )
    return [*made, *_lists(passage, title)]


def _says_something(cells: list[str]) -> bool:
    """Whether a row is about something that has a name, and its last cell is more than a mark."""
    named = re.search(r"[^\W\d]", cells[0]) is not None
    return named and (len(cells[-1]) > 1 or cells[-1].isdigit()) and cells[0] != cells[-1]


def _lists(passage: Passage, title: str) -> list[Assignment]:
    """Each run of bullets right under a heading that names what they are."""
    made, heading, items = [], "", []
    for line in [*split_lines(passage.text), None]:
        if line is not None and line.kind == "item":
            items.append(line.text)
            continue
        named = heading and heading.casefold() not in passage.title.casefold()
        if named and _FEWEST <= len(items) <= _MOST and all(len(item.split()) <= 25 for item in items):
            made.append(
                Assignment(
                    instruction=f"List what {title} names under “{heading}”.",
                    input="",
                    output="\n".join(f"- {item}" for item in items),
                    evidence=tuple(items),
                    kind="list",
                )
            )
        items = []
        heading = (
            line.text.lstrip("# ").rstrip(":").removeprefix(passage.title).strip()
            if line is not None and line.kind == "heading"
            else ""
        )
    return made
