"""What is known of passages once their drafts are verified: the input of the row writers."""

from __future__ import annotations

from dataclasses import dataclass, field

from clara.schema import Passage
from clara.synthesis.coverage import Coverage
from clara.synthesis.drafts import Assignment, ComplexDraft, Draft, Rejected


@dataclass(slots=True, kw_only=True)
class PassageFacts:
    """`position` is the passage's place in the corpus; `drafts` are verified and in text order."""

    position: int
    passage: Passage
    drafts: list[Draft] = field(default_factory=list)
    paraphrase: str | None = None
    rejected: list[Rejected] = field(default_factory=list)
    rejected_paraphrases: list[tuple[str, str, int]] = field(default_factory=list)  # (text, reason, round)
    translated: list[tuple[Draft, Draft]] = field(default_factory=list)  # (kept draft, the same in another language)
    covered_first: Coverage | None = None  # after the first round
    covered: Coverage | None = None  # at the end


@dataclass(slots=True, kw_only=True)
class UnitFacts:
    """What was made of several facts at once: of one passage, or of several related ones of the same split."""

    passages: tuple[Passage, ...]
    drafts: list[ComplexDraft] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def row_id(task: str, passage: Passage, number: int) -> str:
    """A stable id: the same passage and fact get the same id in every run."""
    return f"{task}/{passage.id}/{number}"
