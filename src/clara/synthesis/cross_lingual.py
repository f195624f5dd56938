"""Rows whose question is in one language and whose passages are in another."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from clara.schema import EndToEndExample, Example, InstructionExample
from clara.synthesis.facts import PassageFacts, row_id
from clara.synthesis.neighbours import Neighbours


def cross_lingual_rows(
    corpus: Sequence[PassageFacts],
    neighbours: Neighbours,
    *,
    stage: str,
    language: str,
    num_passages: int,
    seed: int,
) -> Iterator[Example]:
    """A row per translated fact; negatives are those of the question as it was asked in the passage's own language."""
    for facts in corpus:
        for number, (original, translated) in enumerate(facts.translated):
            identity = row_id(f"{stage}_{language}", facts.passage, number)
            draw = random.Random(f"{seed}/{identity}")
            wanted = draw.randint(1, num_passages) if stage == "instruction" else num_passages
            negatives = neighbours.hard_negatives(
                original.questions[0],
                gold=facts.position,
                answers=[original.answer, translated.answer],
                count=wanted - 1,
            )
            chosen = [*negatives, facts.position]
            draw.shuffle(chosen)
            texts = [corpus[position].passage.text for position in chosen]
            gold = chosen.index(facts.position)
            sources = [corpus[position].passage.source for position in chosen]
            metadata = {
                "kind": translated.kind,
                "task": "cross_lingual",
                "evidence": translated.evidence,
                "cross_lingual": language,
            }
            if stage == "instruction":
                yield InstructionExample(
                    data_type="instruction", instruction=translated.questions[0], input="", output=translated.answer,
                    docs=texts, id=identity, sources=sources, metadata={**metadata, "gold": gold},
                )  # fmt: skip
            else:
                yield EndToEndExample(
                    data_type="end_to_end", question=list(translated.questions), context=texts,
                    answer=translated.answer, pos_index=[gold], id=identity, sources=sources, metadata=metadata,
                )  # fmt: skip
