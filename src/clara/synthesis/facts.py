"""What is known of one passage once its drafts are verified: the input of the three row writers."""

from __future__ import annotations

from dataclasses import dataclass, field

from clara.schema import Passage
from clara.synthesis.drafts import Draft, Rejected


@dataclass(slots=True, kw_only=True)
class PassageFacts:
    """`position` is the passage's place in the corpus; `drafts` are verified and in text order."""

    position: int
    passage: Passage
    drafts: list[Draft] = field(default_factory=list)
    paraphrase: str | None = None
    rejected: list[Rejected] = field(default_factory=list)
    rejected_paraphrases: list[tuple[str, str]] = field(default_factory=list)  # (text, reason)


def row_id(task: str, passage: Passage, number: int) -> str:
    """A stable id: the same passage and fact get the same id in every run."""
    return f"{task}/{passage.id}/{number}"
