"""What is it? 'X is a lamp', 'its colour is amber', 'X is the largest city in Florida', 'the casing is amber'."""

from __future__ import annotations

import re

from clara.synthesis.drafting.asking import Statement, noun_phrase
from clara.synthesis.drafting.attributes import (
    attribute_kind,
    attribute_questions,
    is_colour,
    is_quantity,
    is_role,
    names_a_person,
)
from clara.synthesis.drafting.subjects import looks_like_person, names_itself
from clara.synthesis.drafting.words import DATE, MEASURES, ORDINALS, PARTICIPLE
from clara.synthesis.drafts import Draft

_OWNED = re.compile(r"^the (?P<attribute>[a-z][\w -]*?) of (?P<owner>.+)$")
_UNIQUE = re.compile(
    rf"^the (?:(?:\w+ )?(?:{'|'.join(sorted(ORDINALS))})\b|(?:\w+-)?(?:most|least|best|worst)\b|\w+est\b"
    r"|(?:capital|main|principal)\b)",
    re.IGNORECASE,
)
_NOT_SUPERLATIVE = re.compile(
    r"^the (?:west|east|forest|interest|request|test|rest|guest|contest|harvest|priest|protest|modest)\b", re.IGNORECASE
)


def draft_descriptions(said: Statement) -> list[Draft]:
    return [*_apposition(said), *_described(said)]


def _apposition(said: Statement) -> list[Draft]:
    clause = said.clause
    if (
        not re.match(r"(?:an?|the) ", clause.apposition)
        or not names_itself(clause.subject)
        or said.subject.lower() != clause.subject.lower()
    ):
        return []
    answer = re.split(r",| (?:who|which|that|whose|where) ", clause.apposition)[0]
    if not 2 <= len(answer.split()) <= 12:
        return []
    who = "Who" if looks_like_person(said.subject) else "What"
    tense = "were" if clause.auxiliary == "were" else "was" if clause.auxiliary in ("was", "did", "had") else "is"
    return said.draft("definition", answer, f"{who} {tense} {said.subject}?")


def _described(said: Statement) -> list[Draft]:
    clause = said.clause
    if clause.is_passive and clause.verb in ("paint", "finish", "color", "colour"):
        match = re.match(r"(?:in )?(?P<colour>[a-z -]+)$", clause.rest)
        if match and is_colour(match["colour"]):
            x = said.subject
            return said.draft("colour", match["colour"], f"What colour is {x}?", f"What is the colour of {x}?")
    if clause.verb == "come" and clause.rest.startswith("in ") and is_colour(clause.rest[3:]):
        x = said.subject
        return said.draft("colour", clause.rest[3:], f"What colour is {x}?", f"What is the colour of {x}?")
    if clause.form != "be" or not clause.rest:
        return []
    return _role_of(said) or _attribute(said) or _colour(said) or _unique(said) or _definition(said)


def _attribute(said: Statement) -> list[Draft]:
    """'The weight of X is 61 kg', 'Its lead engineer is Nia Silva', 'X's colour is amber'."""
    clause = said.clause
    owned = _OWNED.match(said.subject)
    possessive = re.match(r"^(?P<owner>(?:[Tt]he )?[A-Z][\w .-]*?)['’]s (?P<attribute>[a-z][\w -]*)$", said.subject)
    match = owned or possessive
    if match is None:
        return []
    attribute, owner = match["attribute"], match["owner"]
    value = clause.rest
    if (
        len(value.split()) > 6
        or (is_colour(value) and "colo" not in attribute)
        or re.match(r"(?:a|an|in|at|on|made|very|not|to)\b", value)
    ):
        return []
    head = attribute.split()[-1]
    measurable = is_quantity(value) or re.fullmatch(DATE, value) is not None
    naming = bool(re.match(r"(?:the )?[A-Z]", value)) and re.fullmatch(r"(?:the )?[\w'’.& -]+", value) is not None
    if not (
        measurable
        or naming
        or is_colour(value)
        or is_role(head)
        or head in MEASURES
        or (said.discourse.title and len(value.split()) <= 2)
    ):
        return []
    if re.match(r"\w+(?:ed|ing|ly|ive|able|ous|al|ic)$", value) and not is_colour(value):
        return []
    if clause.auxiliary in ("was", "were"):
        who = "Who" if is_role(head) and looks_like_person(value) else "What"
        return said.draft(attribute_kind(attribute), value, f"{who} was the {attribute} of {owner}?")
    return said.draft(attribute_kind(attribute), value, *attribute_questions(attribute, owner, value))


def _colour(said: Statement) -> list[Draft]:
    clause = said.clause
    value = re.sub(r" in colou?r$", "", clause.rest)
    if not is_colour(value):
        return []
    x = said.subject
    return said.draft(
        "colour", value, f"What colour {clause.auxiliary} {x}?", f"What {clause.auxiliary} the colour of {x}?"
    )


def _role_of(said: Statement) -> list[Draft]:
    """'Nia Silva is its lead engineer', 'Nia Silva is the designer of the Oru'."""
    clause = said.clause
    match = re.match(
        r"^(?:(?P<its>its|the) (?P<one>[a-z][\w-]*(?: [\w-]+)?)|the (?P<two>[a-z][\w -]*?) of (?P<owner>.+))$",
        clause.rest,
    )
    if match is None or (not looks_like_person(clause.subject) and not match["its"]):
        return []
    role = match["one"] or match["two"]
    owner = said.settle(match["owner"] or "") or said.discourse.topic
    if not owner or owner == said.subject or not names_itself(clause.subject) or not is_role(role.split()[-1]):
        return []
    if match["its"] == "the" and owner != said.discourse.title:
        return []
    if clause.auxiliary in ("was", "were"):
        return said.draft(attribute_kind(role), clause.subject, f"Who was the {role} of {owner}?")
    return said.draft(attribute_kind(role), clause.subject, *attribute_questions(role, owner, clause.subject))


def _unique(said: Statement) -> list[Draft]:
    clause = said.clause
    if not _UNIQUE.match(clause.rest) or _NOT_SUPERLATIVE.match(clause.rest) or said.subject != clause.subject:
        return []
    if not names_itself(clause.subject) or not names_itself(f"x {clause.rest}") or len(clause.rest.split()) > 16:
        return []
    if re.search(r"\b(?:it|one|its|among|not) ?$", clause.rest) or len(clause.subject.split()) > 6:
        return []
    who = "Who" if looks_like_person(clause.subject) else "What"
    return said.draft("identity", clause.subject, f"{who} {clause.auxiliary} {clause.rest}?")


def _definition(said: Statement) -> list[Draft]:
    clause = said.clause
    plural_noun = re.search(r"[a-z]{2}s$", noun_phrase(clause.rest)) and not re.match(
        r"\w+(?:ed|ly|ing)\b", clause.rest
    )
    several = clause.auxiliary in ("are", "were") and plural_noun and re.search(r"[^s]s$|people$", said.subject)
    if (
        re.match(r"to [a-z]+ ", clause.rest)
        and len(clause.rest.split()) <= 14
        and re.search(r" (?:of|in|for) ", said.subject)
    ):
        return said.draft("definition", clause.rest, f"What {clause.auxiliary} {said.subject}?")
    if not (re.match(r"(?:an?|one of|the|any)\b", clause.rest) or several) or clause.subject.lower() in (
        "he",
        "she",
        "they",
    ):
        return []
    if re.search(
        r"\b(?:lot|number|variety|series|part|result|example|case|time|way|reason|matter|same|few|fact|need)"
        r" ?(?:of|to|$)",
        clause.rest,
    ):
        return []
    if re.match(
        r"(?:an?|one|the) (?:[\w-]+ )?(?:example|reason|type|kind|result|effect|case|one)\b", clause.subject.lower()
    ):
        return []
    answer = _before_participle(clause.rest)
    if len(answer.split()) > 12:
        answer = noun_phrase(answer, max_words=9)
        cut = re.match(r"^.*? (?:of|in|for) [A-Z][\w-]*", clause.rest)
        answer = cut.group() if cut and len(cut.group().split()) <= 12 else answer
    tail = re.match(r"^ (?:that|which|who) [^,;.]{3,70}$", clause.tail)
    if tail and answer == clause.rest and len((answer + tail.group()).split()) <= 14:
        answer += tail.group()
    if len(answer.split()) < 2 or (clause.rest.startswith("the ") and len(answer.split()) < 3):
        return []
    plural = clause.auxiliary in ("are", "were")
    noun = (noun_phrase(answer).split(" of ")[0].split() or ["thing"])[-1]
    person = looks_like_person(said.subject) and names_a_person(noun)
    who = "Who" if person else "What"
    questions = [f"{who} {clause.auxiliary} {said.subject}?"]
    if not plural and not person and clause.auxiliary == "is":
        questions.append(f"What kind of thing is {said.subject}?")
    if not (
        names_itself(said.subject)
        or said.subject == said.discourse.title
        or re.match(r"(?:an? )?[a-z][\w-]*(?: [\w-]+){0,3}$|the (?:[\w-]+ ){1,3}of [a-z]", said.subject)
    ):
        return []
    return said.draft("definition", answer, *questions)


def _before_participle(phrase: str) -> str:
    """'a lamp' of 'a lamp designed by Nia Silva': what was done to it is another fact."""
    match = re.match(r"^(?P<head>an? (?:[\w-]+ ){1,5}?)(?P<verb>\w+) (?:by|in|at) ", phrase)
    return match["head"].strip() if match and match["verb"] in PARTICIPLE else phrase


def kind_noun(said: Statement) -> str:
    """'pump' of 'X is a compact heat pump for ...': how later sentences may call the subject."""
    if said.clause.form != "be" or not re.match(r"an? ", said.clause.rest):
        return ""
    phrase = noun_phrase(_before_participle(said.clause.rest)).split(" of ")[0].split()
    return phrase[-1].lower() if phrase else ""
