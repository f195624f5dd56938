"""Where? Clauses whose verb puts something somewhere, and 'is in Perth'."""

from __future__ import annotations

import re

from clara.synthesis.drafting.asking import Statement
from clara.synthesis.drafting.words import DATE, MONTH, PLACE_VERBS
from clara.synthesis.drafts import Draft

_NAME = r"(?:the )?(?:[A-ZÀ-Ý][\w'’.-]*)(?:(?:,? (?:of|the|de|and)?\s?)(?:[A-ZÀ-Ý][\w'’.-]*))*"
_PLACE = re.compile(rf"(?:^|\s)(?P<preposition>in|at|near|on) (?P<place>{_NAME}(?:, {_NAME})?)")
_LIES = re.compile(
    r"^(?:about |approximately |just )?(?:\d+ (?:km|miles|kilomet\w+) )?"
    r"(?:north|south|east|west|near|between|across|adjacent"
    r"|along|on|next|in|at|within|outside|inside|behind|above|below|off)\w* (?!which)(?:\S+ ?){1,9}$"
)
_NOT_A_PLACE = re.compile(rf"^(?:the )?(?:{DATE}|{MONTH}\b|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)")


def draft_places(said: Statement) -> list[Draft]:
    clause = said.clause
    if clause.verb == "take" and clause.rest.startswith("place "):
        return _takes_place(said)
    if clause.verb not in PLACE_VERBS | {"lie", "sit"} and not (
        clause.form == "be" and re.match(r"(?:in|at|near) [A-Z]", clause.rest)
    ):
        return []
    match = _PLACE.search(clause.rest)
    if match is None or _NOT_A_PLACE.match(match["place"]):
        if clause.verb in ("lie", "sit", "stand", "locate", "situate") and _LIES.match(clause.rest):
            return said.draft("place", clause.rest, said.ask("Where", ""))
        return []
    if match["preposition"] == "on" and clause.verb not in ("locate", "situate", "build", "stand"):
        return []
    rest = clause.rest[: match.start()] + clause.rest[match.end() :]
    if rest.strip() and (len(rest.split()) > 12 or re.match(r"\s*(?:and|or|of|to)\b", clause.rest[match.end() :])):
        return []
    place = match["place"]
    tail = re.match(rf", ({_NAME})(?=[,.]|$)", clause.tail)
    if tail and clause.rest.endswith(place) and not _NOT_A_PLACE.match(tail[1]) and len(tail[1].split()) <= 3:
        place = f"{place}, {tail[1]}"
    if clause.form == "be" and not rest.strip():
        return said.draft(
            "place",
            place,
            f"Where {clause.auxiliary} {said.subject}?",
            f"Where {clause.auxiliary} {said.subject} located?",
        )
    return said.draft("place", place, said.ask("Where", rest), said.ask("In which place", rest))


def _takes_place(said: Statement) -> list[Draft]:
    match = re.match(rf"place (?:in|at) (?P<place>{_NAME})$", said.clause.rest)
    if match is None or _NOT_A_PLACE.match(match["place"]):
        return []
    return said.draft("place", match["place"], said.ask("Where", "place"))
