"""Stage 3 rows: phrasings of one need, the passage that answers it and hard negatives that do not."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence

from clara.schema import EndToEndExample
from clara.synthesis.facts import PassageFacts, row_id
from clara.synthesis.neighbours import Neighbours


def end_to_end_rows(
    corpus: Sequence[PassageFacts],
    neighbours: Neighbours,
    *,
    num_candidates: int,
    seed: int,
    skip: Collection[tuple[int, int]] = (),
) -> Iterator[EndToEndExample]:
    """A row per fact with up to num_candidates passages; `pos_index` is the true place of the positive.

    `skip`: (passage, fact) whose question another passage has asked already.
    """
    for facts in corpus:
        for number, draft in enumerate(facts.drafts):
            if (facts.position, number) in skip:
                continue
            identity = row_id("end_to_end", facts.passage, number)
            draw = random.Random(f"{seed}/{identity}")
            negatives = neighbours.hard_negatives(
                draft.questions[0], gold=facts.position, answers=[draft.answer], count=num_candidates - 1
            )
            chosen = [*negatives, facts.position]
            draw.shuffle(chosen)
            yield EndToEndExample(
                data_type="end_to_end",
                question=list(draft.questions),
                context=[corpus[position].passage.text for position in chosen],
                answer=draft.answer,
                pos_index=[chosen.index(facts.position)],
                id=identity,
                sources=[corpus[position].passage.source for position in chosen],
                metadata={"kind": draft.kind, "evidence": draft.evidence},
            )
