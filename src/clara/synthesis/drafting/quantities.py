"""How much, how many, how long? Numbers with units, prices, counts and 'a population of 853,382'."""

from __future__ import annotations

import re

from clara.synthesis.drafting.asking import Statement
from clara.synthesis.drafting.attributes import attribute_kind, attribute_questions
from clara.synthesis.drafting.subjects import names_itself
from clara.synthesis.drafting.words import MEASURES, NUMBER, QUANTITY, UNIT
from clara.synthesis.drafts import Draft

_ABOUT = (
    r"(?:about|around|approximately|roughly|nearly|almost|over|more than|less than|at least|up to|just|only|some"
    r"|an estimated|exactly)"
)
_VALUE = rf"(?:{_ABOUT} )?(?P<value>{QUANTITY})"
_MEASURES = "|".join(sorted(MEASURES, key=len, reverse=True))
_ATTRIBUTE_OF = re.compile(
    rf"(?:^|\s)(?:with|has|had|have|at)?\s*(?:an? |the )(?:(?:estimated|total|maximum|average|overall) )?"
    rf"(?:(?P<attribute>(?:[a-z]+ ){{0,2}}?(?:{_MEASURES}))"
    rf" of (?:{_ABOUT} )?(?P<value>{QUANTITY}|{NUMBER}(?! \w+s\b))"
    rf"|(?P<other_attribute>[a-z]+(?: [a-z]+)?) of (?:{_ABOUT} )?(?P<other_value>{QUANTITY}))"
)
_SIZED = re.compile(rf"^(?:an? |the )?(?P<value>{NUMBER}[ -](?:{UNIT})) (?P<attribute>[a-z]+(?: [a-z]+)?)$")
_ADJECTIVE = re.compile(rf"^{_VALUE} (?P<adjective>tall|high|long|wide|deep|thick|old|heavy)\b")
_COUNT = re.compile(
    rf"^(?:{_ABOUT} |(?:a )?total of )?(?P<value>{NUMBER}) "
    r"(?P<noun>(?:[A-Za-z][\w-]* ){0,2}?[A-Za-z]{2,}s)\b(?! of\b|['’])"
)
_THERE = re.compile(
    rf"^(?:In (?P<year>\d{{4}}), )?[Tt]here (?P<be>are|were) (?:{_ABOUT} )?"
    rf"(?P<value>{NUMBER}) (?P<noun>[^,;.]+?)[.,;]?$"
)
_CHANGES = {"drop", "fall", "rise", "grow", "increase", "decrease", "decline", "jump", "shrink"}
_MONEY_VERBS = {
    "spend",
    "pay",
    "donate",
    "raise",
    "earn",
    "generate",
    "fund",
    "receive",
    "award",
    "invest",
    "give",
    "win",
    "lose",
    "contribute",
}
_BY_VERB = {
    "weigh": ("weight", "How much {do} {x} weigh?", "What is the weight of {x}?"),
    "cost": ("price", "How much {do} {x} cost?", "What is the price of {x}?"),
    "last": (
        "duration",
        "How long {do} {x} last?",
    ),
    "live": (
        "duration",
        "How long {do} {x} live?",
    ),
    "measure": (
        "size",
        "How much {do} {x} measure?",
    ),
    "contain": (
        "content",
        "How much {do} {x} contain?",
    ),
    "cover": ("area", "How large an area {do} {x} cover?", "What area {do} {x} cover?"),
    "span": (
        "length",
        "How far {do} {x} span?",
    ),
    "hold": ("capacity", "How much {do} {x} hold?", "What is the capacity of {x}?"),
}


def draft_quantities(said: Statement) -> list[Draft]:
    return _percentage(said) or _by_verb(said) or _adjective(said) or [*_attribute(said), *_count(said)]


def _percentage(said: Statement) -> list[Draft]:
    clause = said.clause
    match = re.match(
        rf"(?:{_ABOUT} )?(?P<value>{NUMBER} ?(?:%|percent|per cent)) of (?P<of>.+)$", clause.subject, re.IGNORECASE
    )
    if match is None or clause.form in ("perfect", "modal"):
        return []
    helper = f"{clause.auxiliary} " if clause.form == "passive" else ""
    return said.draft(
        "share", match["value"], f"What percentage of {match['of']} {helper}{clause.words} {said.settle(clause.rest)}?"
    )


def _by_verb(said: Statement) -> list[Draft]:
    clause = said.clause
    rest = clause.rest
    if clause.form == "passive" and clause.verb in ("price", "sell", "list", "offer"):
        match = re.match(rf"(?:at|for) {_VALUE}$", rest)
        if match:
            x = said.subject
            return said.draft("price", match["value"], f"How much does {x} cost?", f"What is the price of {x}?")
    if clause.form not in ("past", "present"):
        return []
    if clause.verb in ("run", "last", "work", "operate", "go") and (match := re.match(rf"for {_VALUE}", rest)):
        return said.draft("duration", match["value"], said.ask("How long", rest[match.end() :]))
    if clause.verb in ("sell", "retail") and (match := re.match(rf"(?:for|at) {_VALUE}$", rest)):
        x = said.subject
        return said.draft("price", match["value"], f"How much does {x} cost?", f"What is the price of {x}?")
    change = re.match(rf"by (?:{_ABOUT} )?(?P<value>{QUANTITY}|{NUMBER}%?)(?P<after>.*)$", rest)
    if change and clause.verb in _CHANGES and len(change["after"].split()) <= 8:
        return said.draft("change", change["value"], said.ask("By how much", change["after"]))
    money = re.match(
        rf"(?:{_ABOUT} )?(?P<value>(?:US)?[$€£¥] ?{NUMBER})(?P<after>(?: (?:on|for|in|to|from) .+)?)$", rest
    )
    if money and clause.verb in _MONEY_VERBS and len(money["after"].split()) <= 10:
        return said.draft("money", money["value"], said.ask("How much money", money["after"]))
    known = _BY_VERB.get(clause.verb)
    match = re.match(rf"{_VALUE}(?P<after>.*)$", rest)
    if known is None or match is None or len(match["after"].split()) > 6:
        return []
    kind, *forms = known
    unit_is_time = re.search(r"(?:hours?|days?|weeks?|months?|years?|minutes?)$", match["value"])
    if kind == "duration" and not unit_is_time:
        return []
    if kind == "price" and not re.search(r"[$€£¥]|euro|dollar|pound|franc|yen|[A-Z]{3}", match["value"]):
        return []
    questions = [form.format(do=clause.auxiliary, x=said.subject) for form in forms]
    after = match["after"].strip()
    if after:
        questions = [f"{questions[0][:-1]} {said.settle(after)}?"]
    return said.draft(kind, match["value"], *questions)


def _adjective(said: Statement) -> list[Draft]:
    if said.clause.form != "be" or not (match := _ADJECTIVE.match(said.clause.rest)):
        return []
    return said.draft("size", match["value"], f"How {match['adjective']} {said.clause.auxiliary} {said.subject}?")


def _attribute(said: Statement) -> list[Draft]:
    clause = said.clause
    text = f"{clause.words} {clause.rest}" if clause.form == "have" else clause.rest
    match = (
        _ATTRIBUTE_OF.search(text)
        or (clause.tail and re.match(r", (?:with|and has|and had) ", clause.tail) and _ATTRIBUTE_OF.search(clause.tail))
        or None
    )
    if match is None:
        sized = (
            _SIZED.match(clause.rest)
            if clause.form == "have" or clause.verb in ("carry", "come", "include", "offer", "feature")
            else None
        )
        sized = sized or (_SIZED.match(clause.rest.removeprefix("with ")) if clause.verb == "come" else None)
        match = sized
    if not match:
        return []
    owner = said.subject
    if not names_itself(f"x {said.clause.subject}") and re.match(r"\w+s$", said.clause.subject):
        owner = said.discourse.title  # 'Buyers get a warranty of 4 years'
    if not owner:
        return []
    groups = match.groupdict()
    attribute = (groups["attribute"] or groups.get("other_attribute") or "").strip()
    value = groups["value"] or groups.get("other_value") or ""
    if clause.auxiliary in ("was", "were", "did"):
        questions: tuple[str, ...] = (f"What was the {attribute} of {owner}?",)
    else:
        questions = attribute_questions(attribute, owner, value)
    return said.draft(attribute_kind(attribute), value, *questions)


def _count(said: Statement) -> list[Draft]:
    clause = said.clause
    if clause.form not in ("past", "present", "have", "perfect") or clause.is_passive:
        return []
    match = _COUNT.match(clause.rest)
    if match is None or re.search(rf"^(?:{UNIT})$", match["noun"].split()[0]):
        return []
    after = clause.rest[match.end() :]
    if len(after.split()) > 10 or re.match(r"\s*(?:and|or)\b", after):
        return []
    return said.draft("count", match["value"], said.ask(f"How many {match['noun']}", after))


def draft_there_are(sentence: str) -> list[tuple[str, str]]:
    """(question, answer) of 'There are 50 lamps in Perth.'"""
    match = _THERE.match(sentence.strip())
    if match is None or len(match["noun"].split()) < 3 or not names_itself(f"x {match['noun']}"):
        return []
    words = match["noun"].split()
    cut = next(
        (i for i, word in enumerate(words) if word in ("in", "at", "on", "of", "within", "for", "from", "with")), None
    )
    if not cut or not words[cut - 1].endswith(("s", "people", "men", "children")):
        return []
    when = f" in {match['year']}" if match["year"] else ""
    noun, place = " ".join(words[:cut]), " ".join(words[cut:])
    if words[cut] in ("of", "with"):
        return []
    return [(f"How many {noun} {match['be']} there {place}{when}?", match["value"])]
