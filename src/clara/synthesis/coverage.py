"""Which facts of a passage some kept question covers, and which none does: numbers, dates, names and table rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clara.schema import Passage
from clara.synthesis.claims import dates_in, names_in, numbers_in, squeezed
from clara.synthesis.drafts import Draft
from clara.synthesis.language import is_unspaced
from clara.text import table_cells, words

_ROW = re.compile(r"^\|(.+)\|[ \t]*$")
_RULE = re.compile(r"^[|:\s-]+$")
_ENGLISH_NAME_RUN = re.compile(r"(?:[A-ZÀ-Ý][\w'’-]+)(?: (?:of |de |van |von )?[A-ZÀ-Ý][\w'’-]+)*")


@dataclass(frozen=True, slots=True)
class SourceFact:
    """Something a reader could ask about. `kind`: number, date, name or row (of a table)."""

    kind: str
    text: str


@dataclass(slots=True)
class Coverage:
    """Facts in all and covered ones, by kind."""

    facts: Counter[str]
    covered: Counter[str]

    @property
    def share(self) -> float:
        total = sum(self.facts.values())
        return sum(self.covered.values()) / total if total else 1.0


def source_facts(passage: Passage) -> list[SourceFact]:
    """The facts of a passage that can be told without understanding it, each once, in text order by kind.

    What is only in the title is left out: it is what the questions are about.
    """
    facts: list[SourceFact] = []
    prose: list[str] = []
    header_passed = False
    for line in passage.text.split("\n"):
        row = _ROW.match(line.strip())
        if row is None:
            header_passed = False
            prose.append(line)
        elif _RULE.match(line):
            header_passed = True
        elif header_passed:
            facts.append(SourceFact("row", " | ".join(cell.replace("|", "\\|") for cell in table_cells(row[1]))))
    text = "\n".join(prose)
    dates = dates_in(text)
    facts += [SourceFact("date", date) for date in dates]
    for date in dates:
        text = text.replace(date, " ")
    facts += [SourceFact("number", number) for number in numbers_in(text)]
    title = squeezed(passage.title).casefold()
    facts += [SourceFact("name", name) for name in _whole_names(text) if squeezed(name).casefold() not in title]
    return list(dict.fromkeys(facts))


def _whole_names(text: str) -> Iterable[str]:
    """Names as a reader would say them: 'Mara Lind', not 'Mara' and 'Lind'."""
    if is_unspaced(text):
        return names_in(text)
    certain = set(names_in(text))  # capitalised inside a sentence
    runs = []
    for line in text.split("\n"):
        if not line.startswith("#"):
            runs += [run for run in _ENGLISH_NAME_RUN.findall(line) if set(run.split()) & certain]
    return [" ".join(word for word in run.split() if word not in ("The", "A", "An")) for run in runs]


def is_covered(fact: SourceFact, drafts: Sequence[Draft]) -> bool:
    """Whether an answer or its evidence holds the fact; a table row: whether an answer is one of its cells and the
    question, or the evidence, names the row."""
    if fact.kind == "row":
        cells = [squeezed(cell).casefold() for cell in table_cells(fact.text)]
        return any(_asks_row(cells, draft) for draft in drafts)
    if is_unspaced(fact.text) or fact.kind == "date":
        wanted = squeezed(fact.text)
        return any(wanted in squeezed(f"{draft.answer}\n{draft.evidence}") for draft in drafts)
    found = [f" {' '.join(words(f'{draft.answer} . {draft.evidence}'))} " for draft in drafts]
    return any(f" {' '.join(words(fact.text))} " in text for text in found)


def _asks_row(cells: Sequence[str], draft: Draft) -> bool:
    answer = squeezed(draft.answer).casefold()
    said = squeezed(" ".join([*draft.questions, draft.evidence])).casefold()
    return any(answer and (answer in cell or cell in answer) for cell in cells if cell) and (
        cells[0] in said or cells[0] in answer
    )


def measure(facts: Sequence[SourceFact], drafts: Sequence[Draft]) -> tuple[Coverage, list[SourceFact]]:
    """How many of the facts are covered, and those that are not."""
    missing = [fact for fact in facts if not is_covered(fact, drafts)]
    total = Counter(fact.kind for fact in facts)
    return Coverage(facts=total, covered=total - Counter(fact.kind for fact in missing)), missing


def summed(parts: Iterable[Coverage]) -> Coverage:
    whole = Coverage(facts=Counter(), covered=Counter())
    for part in parts:
        whole.facts.update(part.facts)
        whole.covered.update(part.covered)
    return whole
