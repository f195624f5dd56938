"""Which drafts of a passage of prose are handed over: the kinds that people ask for, others only until there are enough.

On SQuAD-form paragraphs a date, a count or an agent is three times out of seven what a person asked for too, a subject or
an object one time in four; handing over all of them would drown the telling ones.
"""

from __future__ import annotations

from collections.abc import Sequence

from clara.schema import Passage
from clara.synthesis.drafts import Draft
from clara.synthesis.verify import verify_draft
from clara.text import normalize_answer

# kinds whose answers people choose less often, those that they choose least come last
_SECOND = ("place", "definition", "purpose", "object", "subject", "possession", "identity", "doer", "occasion")
WORDS_PER_PAIR = 75  # so many pairs, at least two, are wanted of a passage before the second kinds are left out


def choose(drafts: Sequence[Draft], passage: Passage) -> list[Draft]:
    """The drafts to hand over, in their order; none that verification would refuse, no question twice."""
    asked: set[str] = set()
    sound: list[Draft] = []
    for draft in drafts:
        question = normalize_answer(draft.questions[0])
        if question not in asked and verify_draft(draft, passage, extractive=True) is None:
            asked.add(question)
            sound.append(draft)
    wanted = max(2, len(passage.text.split()) // WORDS_PER_PAIR)
    chosen = {id(draft) for draft in sound if draft.kind not in _SECOND}
    for draft in sorted(sound, key=lambda draft: _rank(draft.kind)):
        if len(chosen) >= wanted:
            break
        chosen.add(id(draft))
    return [draft for draft in sound if id(draft) in chosen]


def _rank(kind: str) -> int:
    return _SECOND.index(kind) if kind in _SECOND else -1
