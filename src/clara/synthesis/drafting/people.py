"""Who? Agents of passives ('was designed by Nia Silva') and subjects of actives ('Kessor Works makes it')."""

from __future__ import annotations

import re

from clara.synthesis.drafting.asking import Statement, noun_phrase
from clara.synthesis.drafting.subjects import looks_like_person, names_itself
from clara.synthesis.drafting.words import DATE, PAST_OF, PERSON_VERBS, THIRD_OF
from clara.synthesis.drafts import Draft

_AGENT = re.compile(r"(?:^|\s)by (?P<agent>(?:the |a |an )?[^,;:]+)$")
_NAME = re.compile(r"^(?:the |a |an )?(?:[\w-]+ ){0,4}?[A-ZÀ-Ý]")


def draft_people(said: Statement) -> list[Draft]:
    return _agent(said) if said.clause.is_passive else _doer(said)


def _agent(said: Statement) -> list[Draft]:
    clause = said.clause
    match = _AGENT.search(clause.rest)
    if (
        match is None
        or re.match(DATE, match["agent"])
        or re.match(r"(?:a |an )?[\d.,]+ ?%?|\w+ing\b|area|population|size", match["agent"])
    ):
        return []
    before = clause.rest[: match.start()]
    agent, after = match["agent"], ""
    cut = re.search(r" (?:in|on|at|for|during|from|with|to|as|after|before|under|through|who|whose|using)\b", agent)
    if cut:
        agent, after = agent[: cut.start()], agent[cut.start() :]
    named = _NAME.match(agent) is not None
    if " by " in agent or len(agent.split()) > 7 or re.match(r"\s*(?:and|or|'s)\b", after) or clause.verb == "follow":
        return []
    rest = before + after
    passive = said.ask("Who" if named else "What", f"{rest} by")
    verb = THIRD_OF.get(clause.verb, "") if clause.auxiliary in ("is", "are") else PAST_OF.get(clause.verb, "")
    if clause.form != "passive":
        verb = ""
    who = "Who" if named and clause.verb in PERSON_VERBS else ("Who" if looks_like_person(agent) else "What")
    active = f"{who} {verb} {said.subject} {said.settle(rest)}?" if verb else ""
    passive = said.ask(who, f"{rest} by")
    questions = [active, passive] if clause.verb in PERSON_VERBS else [passive, active]
    return said.draft("agent", agent, *questions)


def _who_or_what(doer: str, verb: str) -> str:
    if looks_like_person(doer) or re.match(r"the \w+(?:ers|ors|ists|ians|men|people|ans)$", doer.lower()):
        return "Who"
    return "Who" if verb in PERSON_VERBS and not doer.lower().startswith("the ") else "What"


def _doer(said: Statement) -> list[Draft]:
    clause = said.clause
    if clause.form not in ("past", "present", "have") or clause.subject.lower() in ("it", "he", "she", "they"):
        return []
    if clause.form == "have" and not re.match(r"the \w*(?:est|most|least|only|first)\b", clause.rest):
        return []
    if said.subject.lower() != clause.subject.lower() or len(clause.subject.split()) > 6:
        return []
    if not names_itself(clause.subject) and not re.match(r"the \w+$", said.subject):
        return []
    if clause.subject.split()[0].lower() in ("a", "an", "some", "many", "most", "all", "both"):
        return []
    done = said.settle(clause.rest)
    if len(done.split()) < 1 or len(done.split()) > 12 or not (names_itself(f"x {done}") or clause.opening_date):
        return []
    if not noun_phrase(done) or re.match(r"(?:to|in|from|with|at|on|by|into|as|for|that)\b|\d", done):
        return []
    if re.match(r" (?:that|how|whether|why)\b", clause.tail) or clause.verb in ("become", "include", "contain"):
        return []
    who = _who_or_what(clause.subject, clause.verb)
    when = f" in {clause.opening_date}" if re.fullmatch(r"\d{4}", clause.opening_date) else ""
    questions = [f"{who} {clause.words} {done}{when}?"]
    if clause.verb in ("make", "manufacture", "produce", "build") and clause.form == "present":
        questions.append(f"Which company {clause.words} {done}?")
    return said.draft("doer", clause.subject, *questions)


def draft_subject(said: Statement) -> list[Draft]:
    """Who or what is it that ...? The last resort: only for a short named subject of something particular."""
    clause = said.clause
    if said.subject != clause.subject or not names_itself(clause.subject) or len(clause.subject.split()) > 5:
        return []
    told = said.settle(clause.rest)
    particular = names_itself(f"x {told}") or bool(re.search(r"\d", told))
    if not particular or not 4 <= len(told.split()) <= 14 or re.match(r"(?:that|to|not|as|so|very)\b", told):
        return []
    if re.search(r"['’]s? |^(?:Figure|Table|Section|Chapter)\b", f"{clause.subject} ") or re.search(
        r"\b(?:its|his|her|their)\b", told
    ):
        return []
    helper = f"{clause.auxiliary} " if clause.form in ("passive", "perfect", "modal") else ""
    who = _who_or_what(clause.subject, clause.verb)
    return said.draft("subject", clause.subject, f"{who} {helper}{clause.words} {told}?")
