"""What did they build, what is it used for, what does it depend on? The object of a verb and of its preposition."""

from __future__ import annotations

import re

from clara.synthesis.drafting.asking import Statement, noun_phrase
from clara.synthesis.drafting.attributes import is_quantity
from clara.synthesis.drafting.words import BASES, DATE, NO_OBJECT_VERBS, phrase_set, word_set
from clara.synthesis.drafts import Draft

_NOT_AN_OBJECT = word_set(
    """it its their him her them his this that these those more less most only up out off as towards across perhaps
    together back away down there here much itself themselves himself herself in on at by for from with to into of than
    over under around about through during after before between among against along near within without beyond per even
    just when alone no how why what whether who if"""
)
_STRANDED = re.compile(
    r"^(?:[a-z]+ly )?(?P<preposition>as|for|from|with|to|of|on|in|at|into|against|through|between|upon|about|under)"
    r" (?P<thing>[^,;:()]+)$"
)
_IS_ADJECTIVE = re.compile(
    r"(?:able|ible|ent|ant|lar|ous|ful|ive|al|ic|ed|ent|rse|pt|near|close|due|full|free|rich|made)$"
)
_LIST_TAIL = re.compile(
    r"^(?:, (?:[\w'’-]+ ){0,3}[\w'’-]+){1,6},? (?:and|or) (?:[\w'’-]+ ){0,3}?[\w'’-]+(?= and | of | in |[,.;]|$)"
)
_CLAIMS = word_set(
    "argue contend assert claim state conclude find report suggest believe announce declare propose estimate warn show"
)
_WITH_INFINITIVE = word_set(
    "agree decide refuse attempt try plan aim intend promise threaten vote continue help serve seek"
)
_INSIDE_VERBS = word_set("use invest involve include find describe engage interest base result write store")
STRANDED_VERBS = phrase_set(
    """consist of; depend on; depend upon; rely on; rely upon; belong to; refer to; relate to; focus on; serve as; act
    as; work as; work for; work with; derive from; originate from; specialize in; compete with; compete for;
    participate in; suffer from; apply to; convert to; respond to; react with; agree to; agree on; stem from;
    range from; emerge from; account for; deal with; aim for; contribute to; result from; differ from; rise to;
    collaborate with; partner with; merge with; descend from; evolve from; function as; qualify for; vote for;
    fight for; fight against; call for; look for; connect to; extend to; adapt to; stand for; come from; consist
    in; begin with; end with; start with; go through; pass through; continue as; graduate from; move to; travel
    to; migrate to; lead to; feed on; turn into; develop into"""
)


def draft_objects(said: Statement) -> list[Draft]:
    """At most one question: these are the least specific, and only for what no other family has asked."""
    clause = said.clause
    if len(said.subject.split()) > 9:
        return []
    if re.match(r" (?:that|how|whether|why)\b", clause.tail):
        return _claimed(said)
    return (
        _stranded(said)
        or _manner(said)
        or _considered(said)
        or _claimed(said)
        or _to_do(said)
        or _had(said)
        or _adjective(said)
        or _became(said)
        or _object(said)
    )


def _stranded(said: Statement) -> list[Draft]:
    clause = said.clause
    match = _STRANDED.match(clause.rest)
    if match is None or clause.verb in ("call", "know", "name", "make", "compose"):
        return []
    preposition, thing = match["preposition"], match["thing"]
    if preposition == "in" and (clause.verb not in _INSIDE_VERBS or re.match(r"(?:the )?[A-Z0-9]", thing)):
        return []
    if preposition == "at" and not is_quantity(thing):
        return []
    if not clause.is_passive and f"{clause.verb} {preposition}" not in STRANDED_VERBS:
        return []
    if (
        preposition == "to"
        and re.match(r"[a-z]+\b", thing)
        and not re.match(r"(?:the|a|an|its|their)\b|\w+s\b|\w+(?:ion|ity|ment)\b", thing)
    ):
        if clause.is_passive and clause.verb == "use" and len(thing.split()) <= 8:
            return said.draft("purpose", f"to {thing}", said.ask("What", "for"))
        return []
    if re.match(DATE, thing) or re.match(r"(?:which|whom|it|them|him|her)\b", thing):
        return []
    after = ""
    if len(thing.split()) > 10:
        phrase = noun_phrase(thing, max_words=8)
        if not phrase:
            return []
        thing, after = phrase, ""
    kind = {"for": "purpose", "as": "role", "from": "origin", "of": "composition"}.get(preposition, "relation")
    return said.draft(kind, thing, said.ask("What", f"{after} {preposition}"))


def _adjective(said: Statement) -> list[Draft]:
    """'The agency is responsible for water' -> what is it responsible for?"""
    clause = said.clause
    match = re.match(
        r"^(?P<adjective>(?:\w+ly )?[a-z]+) (?P<preposition>for|to|with|from|of|on|in) (?P<thing>[^,;:()]+)$",
        clause.rest,
    )
    if clause.form != "be" or match is None or not _IS_ADJECTIVE.search(match["adjective"]):
        return []
    thing, preposition = match["thing"], match["preposition"]
    if len(thing.split()) > 10 or re.match(DATE, thing) or re.match(r"(?:its|their|his|her|it|them|which)\b", thing):
        return []
    if preposition == "to" and not re.match(r"(?:the|a|an)\b|[A-Z]|\w+s\b|\w+(?:ion|ity|ment)\b", thing):
        return []
    return said.draft("relation", thing, said.ask("What", f"{match['adjective']} {preposition}"))


def _manner(said: Statement) -> list[Draft]:
    """'Points are found by drawing a line' -> how are they found?"""
    clause = said.clause
    match = re.match(r"^(?P<manner>(?:by|through) \w+ing [^,;:]+|using [^,;:]+)$", clause.rest)
    if not clause.is_passive or match is None or len(match["manner"].split()) > 14:
        return []
    return said.draft("manner", match["manner"], said.ask("How", ""))


def _considered(said: Statement) -> list[Draft]:
    """'Bronze is considered an alloy' -> what is it considered?"""
    clause = said.clause
    if not clause.is_passive or clause.verb not in (
        "consider",
        "elect",
        "appoint",
        "declare",
        "deem",
        "crown",
        "title",
    ):
        return []
    match = re.match(r"^(?P<what>(?:to be |as )?(?:an?|the|part|one|editor|king|president)\b[^,;:]*)$", clause.rest)
    if match is None or len(match["what"].split()) > 12 or " by " in match["what"]:
        return []
    return said.draft("role", match["what"], said.ask("What", ""))


def _claimed(said: Statement) -> list[Draft]:
    """'Rodney contends that profits fell' -> what does he contend?"""
    clause = said.clause
    match = re.match(r"^ that (?P<claim>[^;:]+)$", clause.tail)
    if match is None or clause.rest or clause.verb not in _CLAIMS or len(match["claim"].split()) > 22:
        return []
    return said.draft("claim", match["claim"], said.ask("What", ""))


def _to_do(said: Statement) -> list[Draft]:
    """'Voters are required to number six boxes' -> what are they required to do?"""
    clause = said.clause
    match = re.match(r"^to (?P<what>(?P<verb>[a-z]+) [^,;:]+)$", clause.rest)
    if match is None or match["verb"] not in BASES or not 2 <= len(match["what"].split()) <= 14:
        return []
    if not clause.is_passive and clause.verb not in _WITH_INFINITIVE:
        return []
    return said.draft("action", match["what"], said.ask("What", "to do"))


def _had(said: Statement) -> list[Draft]:
    """'Pitt has an emphasis on research' -> what does it have an emphasis on?"""
    clause = said.clause
    match = re.match(
        r"^(?P<what>(?:an?|the) [^,;]+?) (?P<preposition>on|for|in|with|to|over|from) (?P<thing>[^,;:()]+)$",
        clause.rest,
    )
    if clause.form != "have" or match is None or re.match(DATE, match["thing"]):
        return []
    what, thing = match["what"], match["thing"]
    if match["preposition"] == "to" and thing.split()[0] in BASES:
        return []
    if not 1 < len(what.split()) <= 6 or len(thing.split()) > 10 or re.search(r"\b(?:and|that)\b", what):
        return []
    return said.draft("relation", thing, said.ask("What", f"{what} {match['preposition']}"))


def _became(said: Statement) -> list[Draft]:
    clause = said.clause
    if (
        clause.verb != "become"
        or not re.match(r"(?:the|a|an|part|known)\b", clause.rest)
        or len(clause.rest.split()) > 12
    ):
        return []
    if re.match(r"(?:the|a|an) \w+est\b|the first\b", clause.rest) and len(said.subject.split()) <= 5:
        return (
            said.draft("identity", clause.subject, f"What {clause.words} {clause.rest}?")
            if said.subject == clause.subject
            else []
        )
    when = f" in {clause.opening_date}" if re.fullmatch(r"\d{4}", clause.opening_date) else ""
    return said.draft("role", clause.rest, said.ask("What", when))


def _object(said: Statement) -> list[Draft]:
    clause = said.clause
    if clause.form == "have":
        return _possession(said)
    if (
        clause.form not in ("past", "present", "perfect", "modal")
        or clause.is_passive
        or clause.verb in NO_OBJECT_VERBS
    ):
        return []
    thing = noun_phrase(clause.rest, max_words=9)
    listed = _LIST_TAIL.match(clause.tail) if thing == clause.rest else None
    if listed:
        thing = clause.rest + listed.group()
    if not re.match(r"[\w\"“]", thing) or _starts_no_object(thing) or is_quantity(thing) or re.match(DATE, thing):
        return []
    after = clause.rest[len(thing) :]
    if re.match(r"\s*(?:and|or|that|to be)\b", after):
        whole = clause.rest
        if len(whole.split()) > 10 or re.search(r"\b(?:to|that|by|in|at) ", whole):
            return []
        thing, after = whole, ""
    if len(after.split()) > 10:
        after = ""
    if thing in ("place", "part", "care", "advantage"):
        return []
    if re.search(r"\b(?:all|both|each|ever|not|only|more|even|\w+ed|known|made|built|held|led)$", thing):
        return []
    if re.search(r"\b(?:is|are|was|were|has|have|had|will|would|can|could)\b", thing):
        return []
    when = f" in {clause.opening_date}" if re.fullmatch(r"\d{4}", clause.opening_date) else ""
    return said.draft("object", thing, said.ask("What", f"{after}{when}"))


def _starts_no_object(thing: str) -> bool:
    first = thing.split()[0].lower()
    return first in _NOT_AN_OBJECT or first.endswith(("ing", "ly"))


def _possession(said: Statement) -> list[Draft]:
    """'Pitt has a long tradition of teaching' -> what does it have?"""
    clause = said.clause
    thing = clause.rest
    if not re.match(r"(?:an?|the|several|many|two|three|more)\b", thing) or not 3 <= len(thing.split()) <= 12:
        return []
    if re.search(r"\b(?:is|are|was|were|has|have|had|this|that|these|it|them|been)\b|\b\w+ed$", thing):
        return []
    return said.draft("possession", thing, said.ask("What", ""))
