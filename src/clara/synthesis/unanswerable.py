"""Instruction rows without the passage that answers: the right output is to say so.

There are no such end_to_end rows: stage 3 tops a row up with passages of other rows, which could bring the answer back.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence

from clara.schema import InstructionExample
from clara.synthesis.facts import PassageFacts, row_id
from clara.synthesis.language import Language, language_of
from clara.synthesis.neighbours import Neighbours

REFUSALS: dict[Language, str] = {
    "en": "The documents do not answer this question.",
    "zh": "所给资料没有回答这个问题。",
}


def unanswerable_rows(
    corpus: Sequence[PassageFacts],
    neighbours: Neighbours,
    *,
    share: float,
    num_documents: int,
    seed: int,
    skip: Collection[tuple[int, int]] = (),
) -> Iterator[InstructionExample]:
    """For `share` of the facts a row of passages near the question, none of which holds its answer."""
    for facts in corpus:
        for number, draft in enumerate(facts.drafts):
            identity = row_id("unanswerable", facts.passage, number)
            draw = random.Random(f"{seed}/{identity}")
            if draw.random() >= share or (facts.position, number) in skip:
                continue
            question = draw.choice(draft.questions)
            chosen = neighbours.hard_negatives(
                question, gold=facts.position, answers=[draft.answer], count=draw.randint(1, num_documents)
            )
            if not chosen:
                continue
            draw.shuffle(chosen)
            yield InstructionExample(
                data_type="instruction",
                instruction=question,
                input="",
                output=REFUSALS[language_of(question)],
                docs=[corpus[position].passage.text for position in chosen],
                id=identity,
                sources=[corpus[position].passage.source for position in chosen],
                metadata={
                    "kind": draft.kind,
                    "task": "unanswerable",
                    "unanswerable": True,
                    "withheld": facts.passage.source.model_dump(),
                },
            )
