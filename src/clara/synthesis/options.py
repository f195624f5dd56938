"""Which tasks a run makes and how: one value, from the command line to the row writers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clara.errors import UsageError

TASKS = ("qa", "complex", "paraphrase", "instruction", "assignment", "end_to_end")
BASIC_TASKS = ("qa", "paraphrase", "instruction", "end_to_end")
OFFLINE_TASKS = ("qa", "paraphrase", "instruction", "assignment", "end_to_end")  # what rules do well
NEGATIVES = ("bm25", "embedding", "both")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOptions:
    tasks: tuple[str, ...] = BASIC_TASKS
    """Which of TASKS are made."""
    unanswerable_share: float = 0.0
    """Instruction rows without the passage that answers, as a share of the facts; their output is a fixed refusal."""
    cross_lingual: str = ""
    """A language code such as 'zh': every fact is asked in that language too, over passages of another."""
    negatives: str = "bm25"
    """How hard negatives are found: 'bm25', 'embedding' or 'both'."""
    unique_questions: bool = False
    """A question that asks the same as an earlier one of any passage makes no further instruction or end_to_end row."""

    def __post_init__(self) -> None:
        unknown = [task for task in self.tasks if task not in TASKS]
        if unknown or not self.tasks:
            raise UsageError(f"--tasks: {', '.join(unknown) or 'nothing'} is not known; choose from {', '.join(TASKS)}")
        if not 0 <= self.unanswerable_share <= 1:
            raise UsageError(f"--unanswerable-share must be between 0 and 1, not {self.unanswerable_share}")
        if self.negatives not in NEGATIVES:
            raise UsageError(f"--negatives {self.negatives}: choose from {', '.join(NEGATIVES)}")

    def makes(self, *tasks: str) -> bool:
        return any(task in self.tasks for task in tasks)

    @property
    def needs_facts(self) -> bool:
        """Whether single facts are drafted at all."""
        return bool(self.makes("qa", "instruction", "end_to_end") or self.unanswerable_share or self.cross_lingual)


def parse_tasks(listed: str, *, offline: bool) -> tuple[str, ...]:
    """'qa,complex' as a tuple; '' means what the drafter does well.

    >>> parse_tasks("complex, qa", offline=True), parse_tasks("", offline=True) == OFFLINE_TASKS
    (('qa', 'complex'), True)
    """
    named = [task.strip() for task in listed.split(",") if task.strip()]
    if not named:
        return OFFLINE_TASKS if offline else TASKS
    known: Sequence[str] = [task for task in TASKS if task in named]
    return (*known, *(task for task in named if task not in TASKS))
