"""Who or what is it that ...? Questions for the subject of a clause, in the sentence's own order."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clara.synthesis.drafting.circumstances import COUNTED, PERCENT
from clara.synthesis.drafting.complements import SUPERLATIVE
from clara.synthesis.drafting.phrases import KIND_NOUNS, is_date
from clara.synthesis.drafting.told import (
    THINGS,
    Told,
    asks_for,
    head_noun,
    is_whole,
    names_someone,
    opening_of,
    plain_rest,
    settled,
)
from clara.synthesis.drafting.words import QUANTIFIERS, word_set
from clara.synthesis.drafts import Draft

_ONLY_ONE = re.compile(
    r"^the (?:[\w-]+ )*?(?!(?:member|part|name|type|form|kind|result|number|process|use|state|lack|amount|case"
    r"|subject|idea|way|time|set|series)\b)"
    r"[a-z]+ of (?:the )?[A-Z]"
)


_ROLE_NAME = re.compile(
    r"^(?:the |an? )?(?P<role>(?:[A-Z][a-z]+ )?(?:[a-z][\w-]* ){0,2}[a-z][\w-]+) (?P<name>[A-Z][\w.’'-]+(?:"
    r" [A-Z][\w.’'-]+){1,3})$"
)


_DONE_TO_PEOPLE = word_set("elect appoint bear marry kill arrest defeat succeed invite teach award nominate crown")


def ask_subject(told: Told) -> Iterator[Draft]:
    """Who or what is it that ...? The question keeps the sentence's own order."""
    reading = told.reading
    subject = _small(told)
    if subject.lower() == "there":
        yield from _there_are(told)
    if (
        reading.tags[:1] == "R"
        and told.subject
        and told.subject[:1].isupper()
        and reading.verb.form == "be"
        and reading.chunks
    ):
        rest = plain_rest(told)
        if is_whole(told) and (SUPERLATIVE.match(rest) or _ONLY_ONE.match(rest)):
            wh = "Who" if reading.subject.lower() in ("he", "she") else asks_for(told, told.subject, "be")
            yield from told.draft("identity", told.subject, f"{wh} {told.says(rest)}?")
    if (
        reading.tags[:1] in ("R", "h")
        or not reading.chunks
        or re.search(r"\b(?:this|these|that|those|such|other|another)\b", subject.lower())
    ):
        return
    chunks = settled(told)
    rest = " ".join(chunk.text for chunk in chunks)
    plain = chunks and (is_whole(told) or len(chunks) > 1) and reading.chunks[0].kind != "other"
    if not plain or (told.lenient and reading.verb.form == "be"):
        yield from _word_for_word(told)
    if not plain:
        return
    date = f" {opening_of(reading)}"
    counted = COUNTED.match(subject)
    if counted and not counted["more"].startswith(" of the"):
        helper = told.says(rest)
        yield from told.draft(
            "count",
            _value_of(reading.subject),
            f"How many {counted['noun']}{counted['more']} {_plural_says(told, rest) or helper}{date}?",
        )
        return
    percent = PERCENT.match(subject)
    if percent:
        if percent["of"]:
            yield from told.draft(
                "share", percent["value"], f"What percentage of {percent['of']} {_plural_says(told, rest)}{date}?"
            )
        return
    named = names_someone(reading)
    if subject[0].isdigit():
        return
    first = subject.split()[0].lower()
    if reading.relative and first in ("a", "an"):
        return
    if first in QUANTIFIERS or len(subject.split()) > (11 if told.lenient else 7) or is_date(subject):
        return
    if not named and (reading.relative or (first in ("the", "this") and len(subject.split()) < 3 and not told.lenient)):
        return
    if not named and not re.search(r"[A-Z]|\d", rest + date) and len(rest.split()) < (3 if told.lenient else 5):
        return
    if re.search(r"\b(?:its|his|her|their)\b", rest) and not told.person(subject):
        return
    if reading.verb.form == "be" and not (SUPERLATIVE.match(rest) or _ONLY_ONE.match(rest)):
        return
    if reading.verb.verb in ("say", "believe", "think", "mean", "know") or not reading.verb.verb:
        return
    role = _ROLE_NAME.match(subject)
    if role and told.person(subject):
        yield from told.draft("subject", role["name"], f"Which {role['role']} {told.says(rest)}{date}?")
        return
    wh = asks_for(
        told, subject, "be" if reading.is_passive and reading.verb.verb not in _DONE_TO_PEOPLE else reading.verb.verb
    )
    if (
        reading.verb.form == "be"
        and wh == "Who"
        and chunks[0].kind == "noun"
        and head_noun(chunks[0].text) in {*THINGS, *KIND_NOUNS}
    ):
        wh = "What"
    yield from told.draft("subject", reading.subject, f"{wh} {told.says(rest)}{date}?", most=11 if told.lenient else 7)


def _word_for_word(told: Told) -> Iterator[Draft]:
    """The predicate as it stands, where its phrases were not understood: 'What was shown to destroy the cilia?'."""
    reading = told.reading
    said = " ".join(chunk.text for chunk in reading.chunks if chunk.kind != "comma")
    first = reading.subject.split()[0].lower()
    if not told.lenient or reading.relative or said not in reading.sentence or not told.subject:
        return
    if not re.match(r"\s*(?:[,.;]|$)", reading.after) or re.match(r",? ?(?:and|or)\b", reading.after):
        return
    if not (names_someone(reading) or told.generic or (first == "the" and 3 <= len(reading.subject.split()) <= 7)):
        return
    if first in QUANTIFIERS or len(reading.subject.split()) > 8 or is_date(reading.subject) or first.isdigit():
        return
    if re.match(r"(?:an?|the|one|some|not|so|too|very|much|more|less|it|\d)\b", said) and reading.verb.form == "be":
        return
    if not 3 <= len(said.split()) <= 16 or _ANOTHER_CLAUSE.search(said):
        return
    if reading.verb.form == "be" and not re.search(r"[A-Z]|\d|\bto \w+ \w|\w+ed \w+ ", said):
        return
    wh = "Who" if told.person(reading.subject) else "What"
    if reading.subject != told.subject and reading.subject.lower() != told.subject.lower():
        return
    yield from told.draft("subject", reading.subject, f"{wh} {told.says(said)} {opening_of(reading)}?", most=9)


_ANOTHER_CLAUSE = re.compile(
    r"\b(?:which|who|whom|whose|that|it|he|she|they|this|these|its|his|her|their|is|are|was|were|has|have|had|will|would|can|could|may"
    r"|and \w+(?:s|ed) (?:a|an|the|to|in|by)|include|because|if|as follows)\b|[\"“”:;()]"
)


def _there_are(told: Told) -> Iterator[Draft]:
    """'There are 140 airfields in Ohio' -> how many airfields are there in Ohio?"""
    reading = told.reading
    chunks = [chunk for chunk in reading.chunks if chunk.kind != "adverb"]
    match = COUNTED.match(chunks[0].text) if chunks and reading.verb.form == "be" else None
    if match is None or (len(chunks) < 2 and not match["more"]):
        return
    rest = " ".join(chunk.text for chunk in settled(told)[1:] if chunk.kind == "prepositional")
    asked = f"How many {match['noun']}{match['more']} {reading.auxiliary} there {rest} {opening_of(reading)}?"
    yield from told.draft("count", match["value"], asked)


def _value_of(subject: str) -> str:
    match = COUNTED.match(subject)
    return match["value"] if match else ""


def _plural_says(told: Told, rest: str) -> str:
    """The predicate after a plural: 'live in Perth', not 'lives'."""
    reading = told.reading
    if reading.verb.form in ("past", "present", "have"):
        return f"{reading.words} {rest}"
    return told.says(rest)


def _small(told: Told) -> str:
    """The subject as it stands inside a sentence."""
    return (
        told.subject if told.subject and told.subject.lower() == told.reading.subject.lower() else told.reading.subject
    )
