"""Rows whose answer needs several facts, of one passage or of related ones: all needed passages are in the row."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

from clara.schema import EndToEndExample, InstructionExample, Passage, PretrainExample
from clara.synthesis.drafts import ComplexDraft
from clara.synthesis.facts import UnitFacts
from clara.synthesis.neighbours import Neighbours
from clara.synthesis.verify import passages_quoted

Positions = Mapping[str, int]  # passage id -> its place among the passages of this split


def complex_pretrain_rows(units: Sequence[UnitFacts]) -> Iterator[PretrainExample]:
    """One qa row per unit: the compressed passages must hold what the questions combine."""
    for unit in units:
        for needed, drafts in _by_need(unit).items():
            passages = [unit.passages[place] for place in needed]
            yield PretrainExample(
                data_type="qa",
                question=[draft.questions[0] for draft in drafts],
                answers=[draft.answer for draft in drafts],
                docs=[passage.text for passage in passages],
                id=f"complex_qa/{_unit_id(passages)}",
                sources=[passage.source for passage in passages],
                metadata={
                    "kinds": [draft.kind for draft in drafts],
                    "task": "complex",
                    "hops": [len(draft.evidence) for draft in drafts],
                },
            )


def complex_instruction_rows(
    units: Sequence[UnitFacts],
    positions: Positions,
    corpus: Sequence[Passage],
    neighbours: Neighbours,
    *,
    num_documents: int,
    seed: int,
) -> Iterator[InstructionExample]:
    """A row per question with all needed passages and distractors; `metadata.gold` lists the places of the needed."""
    for identity, needed, draft in _each(units, "complex_instruction"):
        if len(needed) > num_documents:
            continue
        draw = random.Random(f"{seed}/{identity}")
        question = draw.choice(draft.questions)
        wanted = draw.randint(len(needed), num_documents) - len(needed)
        chosen, gold = _with_negatives(draft, question, needed, positions, neighbours, count=wanted, draw=draw)
        yield InstructionExample(
            data_type="instruction",
            instruction=question,
            input="",
            output=draft.answer,
            docs=[corpus[position].text for position in chosen],
            id=identity,
            sources=[corpus[position].source for position in chosen],
            metadata={"kind": draft.kind, "task": "complex", "evidence": list(draft.evidence), "gold": gold},
        )


def complex_end_to_end_rows(
    units: Sequence[UnitFacts],
    positions: Positions,
    corpus: Sequence[Passage],
    neighbours: Neighbours,
    *,
    num_candidates: int,
    seed: int,
) -> Iterator[EndToEndExample]:
    """A row per question; `pos_index` names every passage that is needed."""
    for identity, needed, draft in _each(units, "complex_end_to_end"):
        if len(needed) >= num_candidates:
            continue
        draw = random.Random(f"{seed}/{identity}")
        chosen, gold = _with_negatives(
            draft, draft.questions[0], needed, positions, neighbours, count=num_candidates - len(needed), draw=draw
        )
        yield EndToEndExample(
            data_type="end_to_end",
            question=list(draft.questions),
            context=[corpus[position].text for position in chosen],
            answer=draft.answer,
            pos_index=gold,
            id=identity,
            sources=[corpus[position].source for position in chosen],
            metadata={
                "kind": draft.kind,
                "task": "complex",
                "evidence": list(draft.evidence),
                "hops": len(draft.evidence),
            },
        )


def _with_negatives(
    draft: ComplexDraft,
    question: str,
    needed: Sequence[Passage],
    positions: Positions,
    neighbours: Neighbours,
    *,
    count: int,
    draw: random.Random,
) -> tuple[list[int], list[int]]:
    """The needed passages and hard negatives in a drawn order, and where the needed ones ended up."""
    right = [positions[passage.id] for passage in needed]
    negatives = neighbours.hard_negatives(question, gold=right[0], also=right[1:], answers=[draft.answer], count=count)
    chosen = [*negatives, *right]
    draw.shuffle(chosen)
    return chosen, sorted(chosen.index(position) for position in right)


def _by_need(unit: UnitFacts) -> dict[tuple[int, ...], list[ComplexDraft]]:
    """The unit's drafts by the passages their evidence comes from."""
    found: dict[tuple[int, ...], list[ComplexDraft]] = {}
    for draft in unit.drafts:
        found.setdefault(tuple(passages_quoted(draft.evidence, unit.passages)), []).append(draft)
    return found


def _each(units: Sequence[UnitFacts], task: str) -> Iterator[tuple[str, list[Passage], ComplexDraft]]:
    for unit in units:
        for needed, drafts in _by_need(unit).items():
            passages = [unit.passages[place] for place in needed]
            for number, draft in enumerate(drafts):
                yield f"{task}/{_unit_id(passages)}/{number}", passages, draft


def _unit_id(passages: Sequence[Passage]) -> str:
    return "+".join(passage.id for passage in passages)
