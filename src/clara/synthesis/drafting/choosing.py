"""Which drafts of a passage of prose are handed over: those that tell most, others only until there are enough.

Measured on SQuAD-form paragraphs: people ask for numbers, dates and names, for what a paragraph says first, and for who
did something rather than for what something is. Handing over every subject and object would drown those.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from clara.schema import Passage
from clara.synthesis.drafting.soundness import is_sound, is_vague
from clara.synthesis.drafting.words import word_set
from clara.synthesis.drafts import Draft
from clara.synthesis.verify import verify_draft
from clara.text import normalize_answer

ENOUGH = 2  # drafts of a passage, whatever their score
TELLING = 2  # the score from which a draft is handed over anyway
_TELLING_KINDS = word_set("description agent claim abbreviation count cause birth death birthplace money")
_DULL_KINDS = word_set("place doer occasion object definition subject purpose possession identity")


def choose(
    drafts: Sequence[Draft], passage: Passage, *, sentences: Sequence[str], spare: Sequence[Draft] = ()
) -> list[Draft]:
    """The drafts to hand over, in their order; none that verification would refuse, no question twice.

    `spare` drafts are taken only where the others are not enough.
    """
    asked: set[str] = set()
    sound: list[tuple[int, int, Draft]] = []
    places = {sentence: place for place, sentence in reversed(list(enumerate(sentences)))}
    for draft in (*drafts, *spare):
        if len(sound) >= ENOUGH and any(draft is other for other in spare):
            break
        question = normalize_answer(draft.questions[0])
        if question not in asked and is_sound(draft) and verify_draft(draft, passage, extractive=True) is None:
            asked.add(question)
            sound.append((telling(draft, places.get(draft.evidence, len(places))), len(sound), draft))
    best = {order for _, order, _ in sorted(sound, key=lambda item: (-item[0], item[1]))[:ENOUGH]}
    return [draft for score, order, draft in sound if order in best or score >= TELLING]


def telling(draft: Draft, place: int) -> int:
    """How likely a person would ask for this answer; `place` is that of its sentence, from 0.

    >>> date = Draft(questions=("When was Oru founded?",), answer="1908", evidence="", kind="date")
    >>> telling(date, 0), telling(date, 6)
    (4, 1)
    """
    score = 2 if re.search(r"\d", draft.answer) else 0
    score += any(word[0].isupper() for word in draft.answer.split()[1:]) or _opens_with_name(draft)
    score += 2 if place == 0 else 1 if place < 3 else -1 if place >= 5 else 0
    score -= 2 * is_vague(draft)
    return score + (draft.kind in _TELLING_KINDS) - (draft.kind in _DULL_KINDS)


def _opens_with_name(draft: Draft) -> bool:
    """A capital that is not that of a sentence."""
    return draft.answer[:1].isupper() and draft.kind not in ("subject", "doer")
