"""Instruction rows that ask for more than an answer: summarise, list, extract, explain, compare, rewrite."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from clara.schema import InstructionExample, Passage
from clara.synthesis.facts import UnitFacts

ONE_PASSAGE = ("summarise", "list", "extract", "explain", "rewrite")
SEVERAL_PASSAGES = ("compare",)
KINDS_PER_PASSAGE = 3


def choose_kinds(passages: Sequence[Passage], *, seed: int) -> tuple[str, ...]:
    """What is asked of these passages: of one, three kinds drawn by its id, so that a corpus shows all of them."""
    if len(passages) > 1:
        return SEVERAL_PASSAGES
    chosen = random.Random(f"{seed}/kinds/{passages[0].id}").sample(ONE_PASSAGE, KINDS_PER_PASSAGE)
    return tuple(kind for kind in ONE_PASSAGE if kind in chosen)


def assignment_rows(units: Sequence[UnitFacts], *, num_documents: int) -> Iterator[InstructionExample]:
    """A row per task over exactly the passages it is about: what else lay beside them would belong into a summary."""
    for unit in units:
        if len(unit.passages) > num_documents:
            continue
        name = "+".join(passage.id for passage in unit.passages)
        for number, row in enumerate(unit.assignments):
            yield InstructionExample(
                data_type="instruction",
                instruction=row.instruction,
                input=row.input,
                output=row.output,
                docs=[passage.text for passage in unit.passages],
                id=f"assignment/{name}/{number}",
                sources=[passage.source for passage in unit.passages],
                metadata={"kind": row.kind, "task": "assignment", "evidence": list(row.evidence)},
            )
