"""Facts that a sentence gives in passing: lifespans in brackets, appositions, 'such as' lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clara.synthesis.drafting.phrases import NOUN_PHRASE, SIMPLE, is_date, is_person, is_place
from clara.synthesis.drafting.tagging import Tagged
from clara.synthesis.drafting.words import DATE, MONTH
from clara.synthesis.drafts import Draft

_NAME = r"[A-ZÀ-Ý][\w.'’-]*(?: (?:de |von |van |der |di |da |al-)?[A-ZÀ-Ý][\w.'’-]*){1,4}"
_DAY = rf"(?:{DATE}|[A-Z][a-z]+ \d{{1,2}}, \d{{4}})"
_BORN = re.compile(rf"\([^()]{{0,80}}?\b(?:born|b\.)(?: [A-Z][^()\d;]{{2,60}};)?(?: on| in)? (?:c\. )?(?P<born>{_DAY})")
_CALLED = re.compile(
    r"^(?:The )?(?P<name>[A-ZÀ-Ý][\w.'’-]*(?: (?:(?:de|von|van|der|di|da|the|of|I+V?|al|ibn|bint)"
    r" )*[A-ZÀ-Ý\"][\w.'’\"-]*){0,5})(?=,? (?:\d\w+ [A-Z]|[A-Z][^(]{2,60})?\(|, [^(]{3,100}\(| \()"
)
_BORN_IN = re.compile(
    rf"(?P<name>{_NAME}),? (?:was )?born (?:on |in )?(?:{_DAY},? )?(?:in|at) (?P<place>[A-Z][\w'’-]+(?:,"
    rf" [A-Z][\w'’-]+| [A-Z][\w'’-]+)*)"
)
_LIFE = re.compile(
    rf"\((?:[^()]{{0,80}}?[;,] )??(?:(?:born|b\.) )?(?:c\. )?(?P<born>{_DAY})(?:,? (?:in )?[A-Z][^()–-]+?)?"
    rf" ?[–-] ?(?:(?:died|d\.) )?(?:c\. )?(?P<died>{_DAY})(?:,? (?:in )?[^()]+)?\)"
)
_CAST = re.compile(
    rf"(?P<actor>{_NAME}) as (?P<role>[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*)*?)(?=, (?:an?|the|who|his|her) |\.?$)"
)
# what a person is said to have been, behind titles and dates: ', 2nd Earl of Kent (1454 – 1505) was the son of Ann'
_WAS = re.compile(
    r"^(?:,? [^()]{0,60}?)?\s?\([^()]*\)[^.()]{0,40}?,? (?P<be>was|is) (?P<what>(?:an?|the) [^,.;:()\"“]{5,90}?)"
    r"(?=[,.;:]| and (?:\w+ )?(?:was|is|has|served|the|who)\b| (?:who|which|that|from \d{4}) )"
)
_AGE_NOT = re.compile(
    r"\b(?:reign|r\.|ruled|active|fl\.|war|battle|treaty|conference|festival|tournament|season|championships?"
    r"|was an? [a-z ]*(?:game|match|event|race))\b",
    re.IGNORECASE,
)
_APPOSED = re.compile(rf"(?P<name>K{{1,4}}),(?P<what>(?=d){SIMPLE}(?:[op]{NOUN_PHRASE}){{0,2}})(?=[,.;])")
_SUCH_AS = re.compile(
    rf"(?P<what>(?:[jqnKg]*n)(?:o{NOUN_PHRASE})?),?-S?p?(?P<list>{NOUN_PHRASE}(?:,{NOUN_PHRASE})*(?:,?c{NOUN_PHRASE})?)(?=,[wSgqdK]|[.;)])"
)
_PROFESSION = re.compile(
    r"\b(?:is|was) an? [^.,;]*?\b\w+(?:er|or|ist|ian|man|woman|eer|poet|pope|king|queen|model|coach)\b"
)


def draft_lives(sentence: str, *, lived: bool = False) -> list[Draft]:
    """When was she born, when did he die: from the brackets behind a name. `lived`: the passage goes on with he or
    she."""
    drafts: list[Draft] = []
    called = _CALLED.match(sentence)
    name = called["name"] if called else ""
    if (
        name
        and (match := _LIFE.search(sentence))
        and match.start() < 160
        and not _AGE_NOT.search(sentence[: match.end()])
    ):
        if is_person(name) or _PROFESSION.search(sentence[match.end() : match.end() + 120]) or lived or _days(match):
            drafts.append(_draft("birth", match["born"], sentence, f"When was {name} born?"))
            drafts.append(_draft("death", match["died"], sentence, f"When did {name} die?"))
    elif name and (match := _BORN.search(sentence)) and match.start() < 120:
        drafts.append(_draft("birth", match["born"], sentence, f"When was {name} born?"))
    if (match := _BORN_IN.search(sentence)) and is_person(match["name"]) and not is_date(match["place"]):
        drafts.append(_draft("birthplace", match["place"], sentence, f"Where was {match['name']} born?"))
    if name and drafts and (match := _WAS.match(sentence[len(called[0]) if called else 0 :])):
        drafts.append(_draft("definition", match["what"], sentence, f"Who {match['be']} {name}?"))
    if match := _CAST.match(sentence):
        drafts.append(_draft("actor", match["actor"], sentence, f"Who played {match['role']}?"))
    return drafts


def _days(match: re.Match[str]) -> bool:
    """Two full days in brackets are a life's, where nothing speaks of a war or a reign."""
    return all(re.search(rf"{MONTH} \d|\d {MONTH}", match[group]) for group in ("born", "died"))


def opening_name(sentence: str) -> str:
    """The name that a sentence opens with and then explains in brackets or between commas; '' when it does not."""
    called = _CALLED.match(sentence)
    return called["name"] if called else ""


def draft_asides(tagged: Tagged, surnames: frozenset[str]) -> Iterator[Draft]:
    """Appositions and lists of examples, wherever they stand."""
    for match in _APPOSED.finditer(tagged.tags):
        name = tagged.piece(match.start("name"), match.end("name"))
        what = tagged.piece(match.start("what"), match.end("what"))
        before = tagged.tags[match.start() - 1 : match.start()]
        if (
            before in (",", "c", "n", "j", "K", "-", "y")
            or is_place(name)
            or is_date(name)
            or not 2 <= len(what.split()) <= 11
        ):
            continue
        if not re.match(r"(?:an?|the) ", what) or re.search(r"\b(?:same|first|other|latter|former|next)\b", what):
            continue
        if re.match(r",[cdK]", tagged.tags[match.end() :]) and tagged.tags[match.end() + 1 : match.end() + 2] != "w":
            continue  # a list goes on
        person = is_person(name, surnames)
        if not person and len(name.split()) < 2:
            continue
        yield _draft("definition", what, tagged.text, f"{'Who' if person else 'What'} is {name}?")
    for match in _SUCH_AS.finditer(tagged.tags):
        if tagged.words[match.start("list") - 1][0] != "as":
            continue
        what = tagged.piece(match.start("what"), match.end("what"))
        listed = tagged.piece(match.start("list"), match.end("list"))
        head = what.split(" of ")[0].split()[-1]
        if not head.endswith("s") or len(what.split()) < 2 or len(listed.split()) > 14:
            continue
        if (
            re.match(r"(?:other|many|several|some|various|certain|different|these|such|more|few)\b", what)
            or what[0].isdigit()
        ):
            what = what.split(" ", 1)[1]
            if len(what.split()) < 2:
                continue
        if re.search(r"\b(?:its|his|her|their|this|these|that|those|it|they)\b", f"{what} {listed}"):
            continue
        yield _draft("examples", listed, tagged.text, f"What are some examples of {what}?")


def _draft(kind: str, answer: str, sentence: str, *questions: str) -> Draft:
    return Draft(questions=questions, answer=answer, evidence=sentence, kind=kind)
