"""What a drafter hands over, and the one seam between the drafters and the rest of synthesis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from clara.schema import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One fact as questions and an answer, not yet verified.

    `questions` are phrasings of one need, the first the most natural; `evidence` is quoted from the passage; `kind` is
    the family of the fact ('weight', 'date', 'definition', …), for counts and coverage.
    """

    questions: tuple[str, ...]
    answer: str
    evidence: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplexDraft:
    """A question that needs two facts or more; `evidence` quotes each of them, from one passage or from several."""

    questions: tuple[str, ...]
    answer: str
    evidence: tuple[str, ...]
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Something to do with passages that is more than answering: summarise, list, extract, explain, compare, rewrite.

    `input` is what the instruction is applied to and may be empty; `evidence` quotes what the output rests on.
    """

    instruction: str
    input: str
    output: str
    evidence: tuple[str, ...]
    kind: str


AnyDraft = Draft | ComplexDraft | Assignment


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A draft that failed verification, kept with the reason, the task and the round it was made in (from 1)."""

    draft: AnyDraft
    reason: str
    round: int = 1
    task: str = "qa"


class Drafter(Protocol):
    """Drafts question-answer pairs and a restatement of one passage.

    `rejected` holds the earlier drafts that failed, with reasons; a drafter that cannot do better returns []. Async
    because an LLM's replies are waited for, many at a time.
    """

    name: str
    extractive: bool  # answers are promised to be spans of the passage
    max_rounds: int  # how often drafts are asked for in all, the first time included

    async def draft(self, passage: Passage, *, rejected: Sequence[Rejected] = ()) -> list[Draft]: ...

    async def paraphrase(self, passage: Passage, *, rejected: Sequence[str] = ()) -> str | None: ...


@runtime_checkable
class ModelDrafter(Drafter, Protocol):
    """A drafter that understands what it reads: it can be asked again for what is missing, and makes every task."""

    async def draft_missing(
        self, passage: Passage, *, missing: Sequence[str], rejected: Sequence[Rejected] = ()
    ) -> list[Draft]: ...

    async def combine(
        self, passages: Sequence[Passage], *, rejected: Sequence[Rejected] = ()
    ) -> list[ComplexDraft]: ...

    async def assign(
        self, passages: Sequence[Passage], kinds: Sequence[str], *, rejected: Sequence[Rejected] = ()
    ) -> list[Assignment]: ...

    async def translate(
        self, passage: Passage, drafts: Sequence[Draft], language: str, *, rejected: Sequence[Rejected] = ()
    ) -> list[Draft | None]: ...
