"""draft_prose: reads ordinary prose sentence by sentence, remembers who is meant, and asks every clause."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from clara.synthesis.drafting.asides import draft_asides, draft_lives, opening_name
from clara.synthesis.drafting.attributes import names_a_person
from clara.synthesis.drafting.phrases import is_person, is_place
from clara.synthesis.drafting.prose import draft_reading
from clara.synthesis.drafting.reading import Reading, read_sentence
from clara.synthesis.drafting.subjects import names_itself
from clara.synthesis.drafting.tagging import Tagged, tag_sentence
from clara.synthesis.drafting.told import KIN, Told, says_enough
from clara.synthesis.drafting.words import DANGLING, MEASURES, NATIONS, word_set
from clara.synthesis.drafts import Draft

_FULL_NAME = re.compile(r"(?<![\w.] )(?<!\w)[A-ZÀ-Ý][\w’'-]+(?: [A-ZÀ-Ý]\.)?(?: [A-ZÀ-Ý][\w’'-]+){1,2}(?!\w)")
_FORGOTTEN_AFTER = 3  # sentences until 'it' and 'he' may mean something else
_PLURAL = re.compile(r"(?:[^su]s|people|men|women|children)$")


@dataclass(slots=True)
class Memory:
    """Who and what has been the subject so far; pronouns are only read where one thing can be meant."""

    title: str = ""
    topic: str = ""
    topic_age: int = 99
    person: str = ""
    person_age: int = 99
    several: str = ""
    several_age: int = 99
    rivals: set[str] = field(default_factory=set)  # persons that have been subjects lately
    lived: bool = False  # the passage says he or she
    main: str = ""  # the first thing named as a subject
    lenient: bool = False
    kinds: dict[str, str] = field(default_factory=dict)  # 'company' -> 'Vexel Ltd', after 'Vexel Ltd is a company'

    def next_sentence(self) -> None:
        self.topic_age += 1
        self.person_age += 1
        self.several_age += 1

    def name(self, reading: Reading) -> str:
        """The subject as a question can say it; '' when nobody could know who is meant."""
        subject = reading.subject
        words = subject.split()
        first = words[0].lower()
        if subject[0] in '"“' and reading.tags == "K":
            return subject  # a title, whatever words it is made of
        if first == "we" and len(words) == 1:
            return "the authors" if self.lenient and reading.verb.verb in _RESEARCH else ""
        if any(word in ("In", "On", "At", "By", "As", "When", "It") for word in words[1:]):
            return ""  # a heading ran into the sentence
        if len(words) == 1 and first in ("it", "he", "she", "they"):
            return self._pronoun(first)
        if first in ("its", "his", "her", "their"):
            owner = self._pronoun({"its": "it", "his": "he", "her": "she", "their": "they"}[first])
            return (
                f"{_possessive(owner)} {' '.join(words[1:])}"
                if owner and len(words) > 1 and len(owner.split()) < 6
                else ""
            )
        if first in ("the", "this") and len(words) == 2:
            for kind in (words[1], *_SAID_OF.get(words[1], "").split()):
                if kind in self.kinds:
                    return self.kinds[kind]
        if {word.lower().split("'")[0].split("’")[0] for word in words} & DANGLING or reading.tags[:1] in (
            "R",
            "c",
            "b",
        ):
            return ""
        if (
            first in ("both", "all", "many", "some", "most", "several", "few", "each", "any", "more", "other")
            and len(words) < 3
        ):
            return ""
        return _small_start(subject, reading.tags)

    def _pronoun(self, word: str) -> str:
        if word == "it" and re.search(r" [a-z-]+[^su\W]s$", self.topic):
            return ""  # 'it' is not 'the Kessor lamps'
        if word == "it":
            return self.topic if self.topic_age < 2 or self.topic == self.title else ""
        if word == "they":
            return self.several if self.several_age < 2 else ""
        if (
            not self.person
            and self.main
            and " and " not in self.main
            and not self.main.lower().startswith("the ")
            and self.main not in self.kinds.values()
            and self.main.split()[-1][0].isupper()
            and not is_place(self.main)
        ):
            return self.main
        return self.person if self.person_age < _FORGOTTEN_AFTER and len(self.rivals) < 2 else ""

    def heard(self, reading: Reading, subject: str, surnames: frozenset[str]) -> None:
        first = reading.subject.split()[0].lower()
        if reading.relative or not subject:
            return
        if first == "it":
            self.topic_age = 0
        elif first in ("he", "she"):
            self.person_age = 0
        elif first == "they":
            self.several_age = 0
        elif "K" in reading.tags and first not in ("its", "his", "her", "their"):
            self._named(reading, subject, surnames)
        noun = self._kind(reading)
        if noun and names_itself(f"x {subject}"):
            self.kinds[noun] = subject

    def _named(self, reading: Reading, subject: str, surnames: frozenset[str]) -> None:
        self.main = self.main or subject
        kind = self._kind(reading)
        thing = bool(kind) and not names_a_person(kind) and kind not in KIN
        if thing or not self.lived:
            self.topic, self.topic_age = subject, 0
        if is_person(subject, surnames) and not thing:
            if subject.split()[-1] != self.person.split(" ")[-1]:
                self.rivals = {subject} if self.person_age > _FORGOTTEN_AFTER else {*self.rivals, subject}
                self.person = subject
            self.person_age = 0
        elif (
            "c" in reading.tags
            or _PLURAL.search(subject.split(" of ")[0])
            or reading.auxiliary in ("are", "were", "do")
        ):
            self.several, self.several_age = subject, 0
        else:
            self.topic, self.topic_age = subject, 0

    def _kind(self, reading: Reading) -> str:
        """'company' of 'Vexel Ltd is a Norwegian company in Oslo'."""
        if reading.verb.form != "be" or not reading.chunks or not re.match(r"an? ", reading.chunks[0].text):
            return ""
        return reading.chunks[0].text.split(" of ")[0].split()[-1]


_SAID_OF = {  # 'the company' may be said of what was called an airline
    "company": "airline firm manufacturer retailer publisher corporation brand label subsidiary startup bank",
    "film": "movie drama comedy thriller western musical sequel documentary",
    "movie": "film drama comedy thriller sequel",
    "song": "single track ballad",
    "book": "novel memoir biography",
    "novel": "book",
    "series": "show sitcom program programme drama",
    "show": "series sitcom program programme musical",
    "band": "group duo trio quartet",
    "group": "band duo trio organization organisation",
    "team": "club",
    "club": "team",
    "school": "college university academy",
    "university": "college school",
    "town": "municipality village settlement city",
    "village": "settlement municipality town",
    "city": "town municipality capital",
    "building": "house church tower skyscraper mansion",
    "organization": "association foundation charity society agency",
}
_TOO_FEW = 5
_CLOSED_FIRST = word_set("the a an in on at by for from as when while after before since during although though with")
_RESEARCH = word_set(
    """find show observe develop analyze analyse estimate demonstrate identify investigate compare use examine propose
    report describe detect evaluate measure assess isolate perform conduct test calculate study collect establish
    construct determine assume obtain apply generate select present"""
)
_ABOUT = re.compile(
    r"^This (?:is )?an? (?:document|article|page|text) (?:is )?about (?P<title>[A-Z0-9][^.]{1,60}?)(?: \([^)]*\))?\."
)


def draft_prose(sentences: Sequence[str], *, title: str = "") -> list[Draft]:
    """The drafts of a passage's prose, in text order; less telling ones only where there would be too few."""
    read: dict[str, tuple[Tagged, list[Reading]]] = {}  # each sentence is read once
    drafts = _draft_prose(sentences, read, title=title, lenient=False)
    return drafts if len(drafts) >= _TOO_FEW else _draft_prose(sentences, read, title=title, lenient=True)


def _draft_prose(
    sentences: Sequence[str], read: dict[str, tuple[Tagged, list[Reading]]], *, title: str, lenient: bool
) -> list[Draft]:
    about = _ABOUT.match(sentences[0]) if sentences and not title else None
    title = about["title"] if about else title
    text = " ".join(sentences)
    small = frozenset(re.findall(r"(?<=\s)[a-z]+", text))
    names = frozenset(re.findall(r"(?<=[a-z,] )[A-ZÀ-Ý][\w’'-]+", text))
    surnames = frozenset(name.split()[-1] for name in _FULL_NAME.findall(text) if is_person(name))
    lived = re.search(r"\b(?:[Hh]e|[Ss]he|[Hh]is|[Hh]er)\b", text) is not None
    memory = Memory(title=title, topic=title, topic_age=0 if title else 99, lived=lived, lenient=lenient)
    if is_person(title):
        memory.person, memory.person_age, memory.topic = title, 0, ""
    opened = opening_name(mended(sentences[0])) if sentences and not title else ""
    if lived and len(opened.split()) > 1 and not is_place(opened) and opened.split()[0].lower() not in _CLOSED_FIRST:
        memory.person, memory.person_age, memory.main = opened, 0, opened
    elif opened and not lived and opened.split()[0].lower() not in _CLOSED_FIRST:
        memory.topic, memory.topic_age = opened, -1
    drafts: list[Draft] = []
    for source in sentences:
        sentence = mended(source)
        memory.next_sentence()
        if not _is_plain(sentence) or (about and source is sentences[0]):
            continue
        found = draft_lives(sentence, lived=lived and source == sentences[0])
        defined: dict[str, str] = {}
        if sentence not in read:
            tagged = tag_sentence(sentence, small=small, names=names)
            read[sentence] = tagged, read_sentence(sentence, tagged=tagged)
        tagged, readings = read[sentence]
        for reading in readings:
            subject = defined.get(reading.subject) or memory.name(reading)
            if reading.verb.form == "be" and reading.chunks and re.match(r"an? ", reading.chunks[0].text) and subject:
                defined[reading.chunks[0].text] = subject  # 'was a chemist who taught': it was she who taught
            told = Told(reading, subject, surnames, lenient)
            found.extend(_new(draft_reading(told), found))
            memory.heard(reading, subject, surnames)
        aside = [draft for draft in draft_asides(tagged, surnames) if says_enough(draft.questions[0], draft.kind)]
        found.extend(_new(aside, found))
        drafts.extend(as_written(draft, source) for draft in found)
    return [draft for draft in drafts if draft.answer]


SPARE_KINDS = word_set(
    "object doer possession cause place subject definition"
)  # of the plain rules: where all else is too little
KEPT_KINDS = MEASURES | word_set(
    """abbreviation date agent count claim relation effect list material composition role purpose name named_after
    change share money duration action manner"""
)


def mended(sentence: str) -> str:
    """A sentence whose words were pulled apart ('Perth 's mayor , who') as it was printed.

    >>> mended("Perth 's mayor , Ann Lee( born 1950) , left .")
    "Perth's mayor, Ann Lee (born 1950), left."
    """
    text = _CITATION.sub("", re.sub(r"\s+", " ", sentence)).strip()
    if re.search(r" [,.;:)]| ['’]s |\( ", text):
        text = re.sub(r"`` ?| ?''", '"', text)
        text = re.sub(r"(?<=\w) - (?=\w)", "-", text).replace(" -- ", "–")
        text = re.sub(r" (?=n't\b|['’](?:re|ve|ll|d|m)\b)", "", text)
        text = re.sub(r" (?=[,.;:)%]|['’]s\b|['’] )", "", re.sub(r"([($]) ", r"\1", text))
    text = re.sub(r"(?<=\w)\((?=[\w ])", " (", text)
    text = re.sub(r"\( +", "(", text)
    return re.sub(r"(?<=\w)- (?=\w)(?!and |or |to )", "-", text)


_CITATION = re.compile(
    r" ?\((?:[^()]*[<>=][^()]*|[A-Z][^()]*,? \d{4}[a-z]?(?:[;,] [^()]*)?|(?:[Ff]ig|[Tt]able|[Ss]ee)[^()]*)\)"
    r"| ?\[(?:[\d, –-]+|citation needed)\]| ?\(\d{1,3}(?:[,–-] ?\d{1,3})*\)(?= [(a-z]| ?[.,;])"
)


def as_written(draft: Draft, source: str) -> Draft:
    """The draft with evidence and answer as the passage writes them; no answer when it cannot be found there."""
    answer = draft.answer
    if answer not in source:
        pieces = re.findall(r"\w+|[^\w\s]", answer)
        match = re.search(
            r"\s*".join(
                re.escape(piece) if piece not in '"–' else "(?:\"|``|'')" if piece == '"' else "(?:–|--)"
                for piece in pieces
            ),
            source,
        )
        answer = match.group() if match else answer if draft.kind == "identity" else ""
    return replace(draft, answer=answer, evidence=source)


def keeps_in_prose(draft: Draft) -> bool:
    """Whether a draft of the plain rules is good enough for prose that they were not made for."""
    if re.match(r"(?:It|He|She|They|Its|His|Her|Their)\b", draft.evidence):
        return False  # who is meant is for the reader's own memory to say
    if draft.kind not in KEPT_KINDS or draft.questions[0].startswith("What kind of thing"):
        return False
    return says_enough(draft.questions[0], "definition" if draft.kind in ("definition", "abbreviation") else draft.kind)


def _new(drafts: list[Draft], found: list[Draft]) -> list[Draft]:
    """Those whose answer has not been asked for in the same sentence."""
    asked = {draft.answer for draft in found}
    return [draft for draft in drafts if draft.answer not in asked]


def _is_plain(sentence: str) -> bool:
    """Whether a sentence is one of prose: not speech, no list of numbers, no code."""
    if (
        re.match(r"[\"'“‘](?![A-Z][^\"”.!?]{2,50}[\"”] [a-z])", sentence)
        or re.search(r"[|{}<>=\\_]|https?:|\bet al\b", sentence)
        or sentence.count('"') % 2
    ):
        return False
    words = re.findall(r"[^\W_][\w'’-]*", sentence)
    return 3 <= len(words) <= 160 and sum(word[0].isalpha() for word in words) >= len(words) * 0.6


def _possessive(owner: str) -> str:
    return f"{owner}'" if owner.endswith("s") else f"{owner}'s"


_TITLE = re.compile(
    r"[A-Z][a-z]+(?: (?:of|on|in|at|the|a|and|to|from|for|with|by))* [A-Z][\w'’-]*"
    r"(?: (?:(?:of|on|in|at|the|and|to|for) )*[A-Z][\w'’-]*)*$"
)


def _small_start(subject: str, tags: str) -> str:
    """The subject as it stands inside a sentence: 'The lamp' -> 'the lamp', 'Perth' stays."""
    first = subject.split()[0]
    if tags[:1] in ("K", "y") or first.lower() in NATIONS or (not first[1:].islower() and first != "A"):
        return subject
    if first.isalpha() and is_place(first):
        return subject
    if tags[:1] not in "dhRjp#" and _TITLE.match(subject):
        return subject  # 'Swept from the Sea', 'Payment on Demand'
    return subject[0].lower() + subject[1:]
