"""What did they build, what is it used for, what does it depend on? The object of a verb and of its preposition."""

from __future__ import annotations

import re

from clara.synthesis.drafting.asking import Statement, noun_phrase
from clara.synthesis.drafting.attributes import is_quantity
from clara.synthesis.drafting.words import DATE, NO_OBJECT_VERBS
from clara.synthesis.drafts import Draft

_STARTS_OBJECT = re.compile(
    r"(?:the|a|an|both|several|many|all|some|two|three)\b|[A-ZÀ-Ý]|[a-z]+(?:s|ion|ment|ity|ance|ence|ism)\b"
)
_NO_OBJECT = re.compile(
    r"(?:it|its|their|him|her|them|his|this|that|these|those|more|less|most|only|up|out|off|as|towards|across|perhaps|\w+ly)\b"
)
_STRANDED = re.compile(
    r"^(?P<preposition>as|for|from|with|to|of|on|into|against|through|between|upon|about|under) (?P<thing>[^,;:()]+)$"
)
_STRANDED_VERBS = {
    "consist of", "depend on", "depend upon", "rely on", "rely upon", "belong to", "refer to", "relate to", "focus on", "serve as",
    "act as", "work as", "work for", "work with", "derive from", "originate from", "specialize in", "compete with", "compete for",
    "participate in", "suffer from", "apply to", "convert to", "respond to", "react with", "agree to", "agree on", "stem from",
    "range from", "emerge from", "account for", "deal with", "aim for", "contribute to", "result from", "differ from", "rise to",
    "collaborate with", "partner with", "merge with", "descend from", "evolve from", "function as", "qualify for", "vote for",
    "fight for", "fight against", "call for", "look for", "connect to", "extend to", "adapt to", "stand for", "come from",
    "consist in", "graduate from", "move to", "travel to", "migrate to", "lead to", "feed on", "turn into", "develop into",
}  # fmt: skip


def draft_objects(said: Statement) -> list[Draft]:
    """At most one question: these are the least specific, and only for what no other family has asked."""
    clause = said.clause
    if len(said.subject.split()) > 9 or re.match(r" (?:that|how|whether|why)\b", clause.tail):
        return []
    return _stranded(said) or _became(said) or _object(said)


def _stranded(said: Statement) -> list[Draft]:
    clause = said.clause
    match = _STRANDED.match(clause.rest)
    if match is None or clause.verb in ("call", "know", "name", "make", "compose"):
        return []
    preposition, thing = match["preposition"], match["thing"]
    if not clause.is_passive and f"{clause.verb} {preposition}" not in _STRANDED_VERBS:
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
    if (
        clause.form not in ("past", "present", "perfect", "modal")
        or clause.is_passive
        or clause.verb in NO_OBJECT_VERBS
    ):
        return []
    thing = noun_phrase(clause.rest, max_words=9)
    if not _STARTS_OBJECT.match(thing) or _NO_OBJECT.match(thing) or is_quantity(thing) or re.match(DATE, thing):
        return []
    after = clause.rest[len(thing) :]
    if re.match(r"\s*(?:and|or|that|to be)\b", after):
        whole = clause.rest
        if len(whole.split()) > 10 or re.search(r"\b(?:to|that|by|in|at) ", whole):
            return []
        thing, after = whole, ""
    if len(after.split()) > 10:
        after = ""
    when = f" in {clause.opening_date}" if re.fullmatch(r"\d{4}", clause.opening_date) else ""
    return said.draft("object", thing, said.ask("What", f"{after}{when}"))
