"""draft_reading: every question of one clause of ordinary prose, the surest kinds first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clara.synthesis.drafting.circumstances import (
    ask_by_whom,
    ask_how,
    ask_how_many,
    ask_purpose,
    ask_when,
    ask_when_clause,
    ask_where,
    ask_which,
    ask_why,
)
from clara.synthesis.drafting.complements import (
    ask_after_preposition,
    ask_claim,
    ask_name,
    ask_object,
    ask_to_do,
    ask_what_is,
)
from clara.synthesis.drafting.doers import ask_subject
from clara.synthesis.drafting.told import Told
from clara.synthesis.drafts import Draft


def draft_reading(told: Told) -> list[Draft]:
    """Every question of one clause, the surest kinds first; one per answer."""
    drafts: list[Draft] = []
    families: list[Callable[[Told], Iterator[Draft]]] = [ask_subject]
    if told.subject:
        families = [
            ask_when,
            ask_how_many,
            ask_by_whom,
            ask_why,
            ask_how,
            ask_where,
            ask_which,
            ask_what_is,
            ask_name,
            ask_claim,
            ask_object,
            ask_after_preposition,
            ask_to_do,
            ask_when_clause,
            ask_purpose,
            ask_subject,
        ]
    for family in families:
        for draft in family(told):
            if all(draft.answer not in other.answer and other.answer not in draft.answer for other in drafts):
                drafts.append(draft)
    return drafts
