"""Why, what for, made of, called, named after, includes: relations that one phrase gives away."""

from __future__ import annotations

import re

from clara.synthesis.drafting.asking import Statement
from clara.synthesis.drafts import Draft

_CAUSE = re.compile(
    r"(?:^|,? )(?P<marker>because of|due to|as a result of|owing to|because|thanks to) (?P<cause>[^;.]{3,110})$"
)
_CALLED = re.compile(
    r"^(?P<adverb>(?:also|often|commonly|sometimes|usually|generally) )?(?:as )?[\"“]?(?P<name>[^,;\"”]+)[\"”]?$"
)
_ACRONYM = re.compile(
    r"(?P<full>(?:[A-Za-z][\w-]*[ -](?:(?:of|the|and|for|in) )?){1,6}[A-Za-z][\w-]*) \((?P<short>[A-Z]{2,6})s?\)"
)


def draft_relations(said: Statement) -> list[Draft]:
    return [*_cause(said), *(_named(said) or _made_of(said) or _effect(said) or _includes(said))]


def _cause(said: Statement) -> list[Draft]:
    clause = said.clause
    whole = f"{clause.rest}{clause.tail}"
    match = _CAUSE.search(whole)
    if match is None or clause.form == "have" or (clause.form == "be" and re.match(r"(?:an?|the)\b", clause.rest)):
        return []
    before = whole[: match.start()]
    if "," in before or len(before.split()) > 14 or not (before.strip() or clause.form == "passive"):
        return []
    cause = match["cause"] if match["marker"] != "because" else f"because {match['cause']}"
    cause = re.split(r", (?:but|and|which|while|although|so)\b", cause)[0]
    return said.draft("cause", cause, said.ask("Why", before))


def _named(said: Statement) -> list[Draft]:
    clause = said.clause
    if not clause.is_passive or clause.verb not in ("call", "know", "name", "nickname", "rename", "term", "refer"):
        return []
    rest = clause.rest
    if rest.startswith("after "):
        return said.draft("named_after", rest[6:], said.ask("What", "after"), said.ask("Who or what", "after"))
    match = _CALLED.match(rest)
    if match is None or (clause.verb in ("know", "refer") and " as " not in f" {rest}"[:20]):
        return []
    name = match["name"]
    if re.search(r"\b(?:by|for|in|on|to|at|with|because)\b", name) or len(name.split()) > 6:
        return []
    known = clause.verb in ("know", "refer")
    return said.draft("name", name, said.ask("What", "as" if known else ""))


def _made_of(said: Statement) -> list[Draft]:
    clause = said.clause
    match = re.match(r"(?:up )?(?P<preposition>of|from|out of|with) (?P<material>[^,;]+)$", clause.rest)
    if not clause.is_passive or match is None or clause.verb not in ("make", "compose", "build", "construct", "cast"):
        return []
    if len(match["material"].split()) > 8 or (match["preposition"] == "with" and clause.verb != "make"):
        return []
    return said.draft("material", match["material"], said.ask("What", match["preposition"]))


def _effect(said: Statement) -> list[Draft]:
    clause = said.clause
    match = (
        re.match(r"(?:to|in) (?P<effect>[^,;]+)$", clause.rest)
        if clause.verb in ("lead", "result", "contribute")
        else None
    )
    if (
        match is None
        or clause.form not in ("past", "present", "perfect", "modal")
        or clause.is_passive
        or len(match["effect"].split()) > 12
    ):
        return []
    preposition = "in" if clause.rest.startswith("in ") else "to"
    if re.match(r"[\d]", match["effect"]):
        return []
    return said.draft("effect", match["effect"], said.ask("What", preposition))


def _includes(said: Statement) -> list[Draft]:
    clause = said.clause
    if (
        clause.verb not in ("include", "comprise", "contain")
        or clause.form not in ("past", "present", "perfect", "modal")
        or clause.is_passive
    ):
        return []
    listed = clause.complement
    if len(listed.split()) > 22 or ("," not in listed and " and " not in listed):
        return []
    listed = re.split(r"; | which | who | where | while |, but ", listed)[0]
    return said.draft("list", listed, said.ask("What", ""))


def draft_acronyms(sentence: str) -> list[tuple[str, str]]:
    """(question, answer) of 'the International Ice Hockey Federation (IIHF)'."""
    found = []
    for match in _ACRONYM.finditer(sentence):
        words = [
            word for word in re.split(r"[ -]", match["full"]) if word.lower() not in ("of", "the", "and", "for", "in")
        ]
        letters = match["short"]
        wanted = words[-len(letters) :]
        if len(wanted) == len(letters) and all(
            word[0].lower() == letter.lower() for word, letter in zip(wanted, letters, strict=True)
        ):
            start = match["full"].rfind(wanted[0])
            found.append((f"What does {letters} stand for?", match["full"][start:]))
    return found
