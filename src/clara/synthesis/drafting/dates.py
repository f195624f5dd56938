"""When? Any clause that says a date, before its subject or inside its rest."""

from __future__ import annotations

import re

from clara.synthesis.drafting.asking import Statement
from clara.synthesis.drafting.words import DATE, YEAR
from clara.synthesis.drafts import Draft

_INSIDE = re.compile(
    rf"(?:^|\s)(?P<preposition>in|on|during|since|until|around|as early as|in around|in about) (?P<date>{DATE})"
)


def draft_dates(said: Statement) -> list[Draft]:
    clause = said.clause
    rest, date, preposition = clause.rest, clause.opening_date, "in"
    match = _INSIDE.search(rest)
    if match:
        if date and date != match["date"]:
            return []  # two dates: which one is asked for would be unclear
        date, preposition = match["date"], match["preposition"]
        rest = rest[: match.start()] + rest[match.end() :]
        if re.search(rf"\b{YEAR}\b", rest):
            return []
    if not date or re.match(r"\s*(?:,|and|or|to|through)\b", rest[match.start() :] if match else ""):
        return []
    if clause.form == "be" and not rest.strip():  # 'The launch was in 2004'
        return said.draft("date", date, said.ask("When", ""))
    if re.match(r" (?:that|how|whether|why)\b", clause.tail) or clause.form == "modal":
        return []
    if clause.form == "be" and re.match(r"(?:an?|the|one|some)\b", rest.strip()) and clause.auxiliary in ("is", "are"):
        return []  # 'is one of the few built in 1900': the date belongs to something else
    if clause.form == "have" or len(rest.split()) > 16:
        return []
    questions = [
        said.ask("Until when" if preposition == "until" else "Since when" if preposition == "since" else "When", rest)
    ]
    if re.fullmatch(YEAR, date) and preposition == "in":
        questions.append(said.ask("In which year", rest))
    return said.draft("date", date, *questions)
