"""What is it, what is it called, what did they build, claim or begin to do: questions for what the verb needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clara.synthesis.drafting.attributes import names_a_person
from clara.synthesis.drafting.objects import STRANDED_VERBS
from clara.synthesis.drafting.phrases import is_date, is_place, kind_of_name
from clara.synthesis.drafting.reading import Reading
from clara.synthesis.drafting.subjects import names_itself
from clara.synthesis.drafting.told import (
    KIN,
    Told,
    is_whole,
    names_someone,
    opening_of,
    plain_rest,
    who_or_what,
    with_what_belongs,
)
from clara.synthesis.drafting.words import NO_OBJECT_VERBS, word_set
from clara.synthesis.drafts import Draft

_NO_OBJECT = {*NO_OBJECT_VERBS, "term", "dub", "see", "do", "rename", "nickname", "title", "deem"} - word_set(
    "include contain comprise show suggest demand begin start continue make find cause require leave keep"
)


_WITH_INFINITIVE = word_set(
    """fail refuse decide agree attempt try begin continue want plan seek help vote aim serve promise threaten intend
    hope manage choose start proceed tend"""
)


_NAMING = word_set("name call rename nickname title term dub entitle label")


_STRANDED_PASSIVE = word_set("as for to from with into of on upon")


_CLAIMS = word_set(
    """argue contend assert claim state conclude find report suggest announce declare propose estimate warn discover
    observe note rule hold determine remark write insist agree decide confirm imply show say demonstrate believe
    recommend reveal explain predict"""
)


SUPERLATIVE = re.compile(
    r"^(?:the|[\w.'’ -]+['’]s) (?:[\w-]+ )?(?:first|second|third|last|only|most|least|\w+est|capital|main|principal"
    r"|largest|best|worst|original|official|sole|leading|highest)\b"
)


def ask_what_is(told: Told) -> Iterator[Draft]:
    reading = told.reading
    apposition = re.split(r",| (?:who|which|that|whose|where) ", reading.apposition)[0]
    if re.match(r"(?:an?|the|one of) ", apposition) and names_itself(f"x {told.subject}"):
        tense = "was" if reading.auxiliary in ("was", "did", "had", "were") else "is"
        who = who_or_what(told, apposition)
        yield from told.draft("definition", apposition, f"{who} {tense} {told.subject}?", most=12)
    if reading.verb.form != "be" or not reading.chunks or reading.opening:
        return
    yield from _described(told)
    first = reading.chunks[0]
    if first.kind != "noun" or not (
        re.match(r"(?:an?|one of|any) ", first.text)
        or _is_post(first.text)
        or _is_told_apart(told)
        or _are_a_kind(told)
    ):
        return
    if _vague_definition(first.text):
        return
    named = names_itself(told.subject) or names_itself(f"x {told.subject}")
    if not named and not re.match(r"(?:an? )?[a-z][\w-]*(?: [a-z][\w-]*){0,2}$", told.subject):
        return
    if re.search(r"\b(?:of|in|for|with)\b", told.subject) and not named:
        return
    answer = with_what_belongs(reading, most=12)
    if told.subject.split()[0].lower() in ("a", "an") and reading.relative:
        return  # 'look for an adviser who is a member'
    who = who_or_what(told, answer)
    question = f"{who} {reading.auxiliary} {told.subject}?"
    yield from told.draft("definition", _to_its_end(reading, answer), question, most=22)


def _is_told_apart(told: Told) -> bool:
    """'The withers is the ridge between the shoulder blades': 'the', and what tells which one."""
    chunks = told.reading.chunks
    return (
        chunks[0].text.startswith("the ")
        and len(chunks) > 1
        and chunks[1].kind == "prepositional"
        and len(told.subject.split()) < 5
        and not re.match(
            r"the (?:same|result|reason|case|cause|subject|product|basis|part|main|most|only|number)\b", chunks[0].text
        )
    )


def _are_a_kind(told: Told) -> bool:
    """'Ctenophores are marine animals with tentacles': a plural said of a plural."""
    first = told.reading.chunks[0].text
    return (
        told.generic
        and told.reading.auxiliary == "are"
        and len(told.subject.split()) <= 3
        and len(first.split()) >= 2
        and re.search(r"[^su]s$", first.split(" of ")[0]) is not None
        and not re.match(r"(?:the|these|those|no|all|its|their|more|most|some|many)\b", first)
    )


def _to_its_end(reading: Reading, answer: str) -> str:
    """The definition with the clause that says which one: 'a joint' -> 'a joint that holds two bodies'."""
    place = reading.sentence.find(answer)
    if place < 0:
        return answer
    after = reading.sentence[place + len(answer) :]
    match = re.match(
        r" (?:that|which|who|[a-z]+ed by|written by|found in|used (?:to|in|for|as|by)) [^,;:.()\"“]+(?=[,;.])", after
    )
    if match is None or len(f"{answer}{match.group()}".split()) > 20:
        return answer
    return answer + match.group()


def _described(told: Told) -> Iterator[Draft]:
    """'The capital of Norway is Oslo' -> what is the capital of Norway?"""
    reading = told.reading
    words = told.subject.split()
    if not re.match(r"(?:the|\w+['’]s) ", told.subject) or len(words) < 3 or len(words) > 12:
        return
    if not (
        SUPERLATIVE.match(told.subject) or re.search(r" (?:of|for|in|between) (?:the )?(?:[\w-]+ )*\w", told.subject)
    ):
        return
    first = reading.chunks[0]
    if first.kind == "infinitive":
        yield from told.draft("description", first.text, f"What {reading.auxiliary} {told.subject}?", most=14)
    elif first.kind == "noun" and not re.search(
        r"(?:er|ive|able|al|ous|ent|mild|bad|high|low)$", first.text.split()[0] if len(first.text.split()) == 1 else ""
    ):
        who = "Who" if told.person(first.text) else "What"
        yield from told.draft(
            "description", with_what_belongs(reading, most=10), f"{who} {reading.auxiliary} {told.subject}?", most=18
        )


def _is_post(text: str) -> bool:
    """'President and Co-Founder of Vexel', 'vice president of Norway'."""
    head = re.split(r" (?:of|and|for|in)\b|,", text)[0].split()[-1].lower()
    return names_a_person(head) or head in KIN or head in ("ceo", "chair", "chairman", "mayor", "minister")


def _vague_definition(text: str) -> bool:
    return re.match(
        r"(?:an?|one) (?:[\w-]+ )?(?:lot|number|variety|series|part|result|example|case|time|way|reason|matter"
        r"|few|fact|need|member|kind|type|form|source|sign|little|bit|cause|means|factor|great deal|deal)\b",
        text,
    ) is not None and not re.search(r" of [a-z]+ ?\w*$", text)


def ask_name(told: Told) -> Iterator[Draft]:
    reading = told.reading
    if not reading.is_passive or not reading.chunks:
        return
    first = reading.chunks[0]
    if reading.verb.verb in _NAMING and first.kind == "noun" and not re.match(r"(?:by|for|in)\b", first.text):
        yield from told.draft("name", first.text.strip('"“”'), told.asks("What", opening_of(reading)), most=12)
    elif reading.verb.verb in ("name", "call") and first.preposition == "after":
        wh = "Who" if told.person(first.object) else "What"
        yield from told.draft("named_after", first.object, told.asks(wh, "after"))


def ask_claim(told: Told) -> Iterator[Draft]:
    """'Leon Panetta announced that the ban had been lifted' -> what did he announce?"""
    reading = told.reading
    match = re.match(r"^,? ?that (?P<claim>[^;:()]+)$", reading.after)
    if match is None or reading.verb.verb not in _CLAIMS or reading.verb.form in ("be", "have", "modal"):
        return
    if any(chunk.kind not in ("prepositional", "adverb") for chunk in reading.chunks):
        return
    claim = re.split(r", (?:and|but|which|while|although|who|with|as|because|since)\b", match["claim"])[0]
    if len(claim.split()) > 24:
        claim = claim.split(", ")[0]
    if reading.is_passive or not (names_someone(reading) or told.generic or reading.tags[:1] == "R"):
        return
    yield from told.draft("claim", claim, told.asks("What", f"{plain_rest(told)} {opening_of(reading)}"), most=28)


def ask_object(told: Told) -> Iterator[Draft]:
    reading = told.reading
    verb = reading.verb.verb
    if reading.is_passive or reading.verb.form == "be" or not reading.chunks:
        return
    if reading.verb.form == "have" and not (told.lenient and len(reading.chunks[0].text.split()) > 2):
        return
    first = reading.chunks[0]
    if first.kind != "noun" or verb in _NO_OBJECT:
        return
    if (
        is_date(first.text)
        or re.match(r"[\d$€£]", first.text)
        or re.match(r"(?:some|many|several|various|certain|such|other|each|any|no|one)\b", first.text.lower())
    ):
        return
    answer = with_what_belongs(reading, most=12 if told.lenient else 8)
    if len(reading.chunks) > 1 and reading.chunks[1].kind == "participle" and told.lenient:
        longer = f"{first.text} {reading.chunks[1].text}"
        if longer in reading.sentence and len(longer.split()) <= 14 and len(reading.chunks) == 2:
            answer = longer
    used = len(answer.split()) - len(first.text.split())
    remaining, taken = [], 0
    for chunk in reading.chunks[1:]:
        if taken < used:
            taken += len(chunk.text.split())
        else:
            remaining.append(chunk)
    if any(chunk.kind in ("other", "noun", "participle", "adjective") for chunk in remaining):
        return
    rest = " ".join(chunk.text for chunk in remaining if chunk.kind not in ("gerund", "infinitive"))
    wh = "Who" if told.person(first.text) else "What"
    if kind := kind_of_name(first.text):
        wh = f"Which {kind}"
    yield from told.draft(
        "object", answer, told.asks(wh, f"{rest} {opening_of(reading)}"), most=14 if told.lenient else 9
    )


def ask_after_preposition(told: Told) -> Iterator[Draft]:
    """'was composed of oak', 'was known for its cheese', 'is responsible for water'."""
    reading = told.reading
    if not reading.chunks or not is_whole(told):
        return
    chunks = [chunk for chunk in reading.chunks if chunk.kind != "adverb"]
    adjective = ""
    if reading.verb.form == "be" and chunks and chunks[0].kind == "adjective":
        adjective, chunks = chunks[0].text, chunks[1:]
    if not chunks or chunks[0].kind != "prepositional":
        return
    first = chunks[0]
    if (
        (first.preposition == "to" and re.match(r"[a-z]+$", first.object))
        or is_date(first.object)
        or is_place(first.object)
    ):
        return
    allowed = (
        (adjective and first.preposition in ("for", "to", "with", "from", "of", "on", "than", "in"))
        or (reading.is_passive and first.preposition in _STRANDED_PASSIVE)
        or f"{reading.verb.verb} {first.preposition}" in STRANDED_VERBS
    )
    if not allowed or (reading.verb.form == "be" and not adjective):
        return
    answer, after = first.object, chunks[1:]
    if after and after[0].kind == "prepositional" and not is_date(after[0].object) and not is_place(after[0].object):
        longer = f"{first.object} {after[0].text}"
        if longer in reading.sentence and len(longer.split()) <= 9:
            answer, after = longer, after[1:]
    if any(chunk.kind != "prepositional" for chunk in after) or len(after) > 2:
        return
    wh = "Who" if told.person(first.object) and first.preposition not in ("as", "into", "on") else "What"
    rest = " ".join([adjective, first.preposition, *(chunk.text for chunk in after)])
    yield from told.draft("relation", answer, told.asks(wh, f"{rest} {opening_of(reading) if not after else ''}"))


def ask_to_do(told: Told) -> Iterator[Draft]:
    """'was designed to carry water', 'refused to pay the tax' -> what was it designed to do?"""
    reading = told.reading
    chunks = [chunk for chunk in reading.chunks if chunk.kind != "adverb"]
    if (
        not chunks
        or chunks[0].kind != "infinitive"
        or not (reading.is_passive or reading.verb.verb in _WITH_INFINITIVE)
    ):
        return
    action = chunks[0].text.removeprefix("to ")
    if not 2 <= len(action.split()) <= 13 or reading.verb.verb in (
        "say",
        "report",
        "know",
        "believe",
        "think",
        "consider",
    ):
        return
    if action.startswith("be "):
        yield from told.draft("action", action[3:], told.asks("What", "to be"), most=12)
    else:
        yield from told.draft("action", action, told.asks("What", "to do"), most=13)
