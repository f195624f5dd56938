"""What a drafter hands over, and the one seam between the drafters and the rest of synthesis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

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
class Rejected:
    """A draft that failed verification, kept with the reason."""

    draft: Draft
    reason: str


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
