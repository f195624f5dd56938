"""Stage 2 rows: one fact asked as an instruction, over one to num_documents passages with the right one among them."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence

from clara.schema import InstructionExample
from clara.synthesis.facts import PassageFacts, row_id
from clara.synthesis.language import language_of
from clara.synthesis.neighbours import Neighbours

# with the question as `input`; the plain form asks the question itself
CHINESE_FORMS = (
    "根据资料回答问题。",
    "请简短回答下面的问题。",
    "在资料中找出答案，只回答答案本身。",
    "用资料中的内容回答。",
)
FORMS = (
    "Answer the question from the background.",
    "Give a short answer to this question.",
    "Use the documents to answer.",
    "Find the answer in the documents and reply with it only.",
    "Reply briefly to the question below.",
)
SHARE_WITH_INPUT = 0.4


def instruction_rows(
    corpus: Sequence[PassageFacts],
    neighbours: Neighbours,
    *,
    num_documents: int,
    seed: int,
    skip: Collection[tuple[int, int]] = (),
) -> Iterator[InstructionExample]:
    """A row per fact; distractors are near the question and hold no accepted answer. Same seed, same rows.

    `skip`: (passage, fact) whose question another passage has asked already.
    """
    for facts in corpus:
        for number, draft in enumerate(facts.drafts):
            if (facts.position, number) in skip:
                continue
            identity = row_id("instruction", facts.passage, number)
            draw = random.Random(f"{seed}/{identity}")
            question = draw.choice(draft.questions)
            wanted = draw.randint(1, num_documents) - 1
            distractors = neighbours.hard_negatives(question, gold=facts.position, answers=[draft.answer], count=wanted)
            chosen = [*distractors, facts.position]
            draw.shuffle(chosen)
            with_input = draw.random() < SHARE_WITH_INPUT
            yield InstructionExample(
                data_type="instruction",
                instruction=draw.choice(FORMS if language_of(question) == "en" else CHINESE_FORMS)
                if with_input
                else question,
                input=question if with_input else "",
                output=draft.answer,
                docs=[corpus[position].passage.text for position in chosen],
                id=identity,
                sources=[corpus[position].passage.source for position in chosen],
                metadata={"kind": draft.kind, "evidence": draft.evidence, "gold": chosen.index(facts.position)},
            )
