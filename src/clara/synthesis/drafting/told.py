"""A clause as questions are made of it: the words to front, the phrases to keep, and whether a question says enough."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clara.synthesis.drafting.asking import tidy_answer, tidy_question
from clara.synthesis.drafting.attributes import names_a_person
from clara.synthesis.drafting.phrases import KIND_NOUNS, is_date, is_person, is_place, kind_of_name
from clara.synthesis.drafting.reading import Chunk, Reading
from clara.synthesis.drafting.words import (
    DETERMINERS,
    MONTH,
    NATIONS,
    NOT_ROLES,
    PERSON_VERBS,
    PREPOSITIONS,
    THIRD_OF,
    word_set,
)
from clara.synthesis.drafts import Draft

_VAGUE = word_set(
    """one part place time way number many several some most all both such few others other another thing things those
    this these them it that much more less times lot use case place rise care account advantage effect end addition
    result example fact order half people members areas forms ways types kinds examples parts years cases control
    you we us them something anything everything nothing someone anyone everyone none each either same means work"""
)


_UNCLEAR = re.compile(
    r"\b(?:such|another|same|respectively|latter|former|above|below|following|aforementioned|as well|ones?|others?"
    r"|however|therefore|thus|hence|said|so|too|instead|else|otherwise|I|we|us|our|my|you|your|me|myself|mine"
    r"|him|them|herself|himself|now|today|ago|currently|recently)\b"
)


_STOP = word_set(
    """what who which when where why how many much did does do is are was were be been being has have had can could will
    would may might must should the a an of in on at by for from to with and or as into about during its his her their
    year kind that first only more most also two one it he she they than some any no not"""
)


THINGS = word_set(
    """group band company duo trio genus species family series place village settlement community municipality suburb
    neighborhood film movie game show episode drama sitcom play opera musical comedy single journal plant moth
    building ship vessel aircraft car website service software dialect railway highway route airline brand
    product drug protein gene disease condition event competition race tavern area region program computer
    number character thriller branch school style sport chain term concept theory practice process method
    technique technology language tradition festival holiday dish food cuisine chemical compound element mineral
    virus bacterium infection syndrome disorder treatment vaccine organization organisation institution agency
    programme magazine newspaper periodical album song track book novel poem sequel trilogy franchise studio
    label network channel format rank title office department county state province district town city country
    island river lake mountain sign symbol structure tower bridge church monument stadium house"""
)


KIN = word_set(
    """son daughter wife husband brother sister father mother uncle aunt nephew niece cousin grandson granddaughter heir
    count countess duke duchess baron baroness earl lord lady knight sultan noble nobleman noblewoman official peer
    member native winner champion champion judge critic activist veteran pioneer nun priest rabbi chef model host spy"""
)


_OWNED = re.compile(r"^(?:his|her|its|their) (?=\w+ (?!and\b|or\b)\w)")  # 'known for his collaborations with Ann Lee'


@dataclass(frozen=True, slots=True)
class Told:
    """A clause with its subject as a question can name it ('' when it cannot be said), and the surnames read so far."""

    reading: Reading
    subject: str
    surnames: frozenset[str]
    lenient: bool = False  # for a passage of which the strict rules make next to nothing

    def asks(self, wh: str, rest: str) -> str:
        """'When' + 'in Perth' -> 'When was the Oru built in Perth?'"""
        reading = self.reading
        auxiliary = reading.auxiliary
        if reading.verb.form == "be":
            return f"{wh} {auxiliary} {self.subject} {_inner_adverb(reading)}{rest}?"
        verb = reading.words if reading.has_auxiliary else reading.verb.verb
        return f"{wh} {auxiliary} {self.subject} {verb} {rest}?"

    def says(self, rest: str) -> str:
        """The predicate as it follows 'who' or 'what'."""
        reading = self.reading
        if reading.verb.form == "be":
            return f"{reading.words} {rest}"
        if reading.has_auxiliary:
            return f"{reading.auxiliary} {reading.words} {rest}"
        if reading.verb.form == "present" and reading.auxiliary == "do":
            return f"{THIRD_OF.get(reading.verb.verb, reading.words)} {rest}"
        return f"{'has' if reading.words == 'have' else reading.words} {rest}"

    def draft(self, kind: str, answer: str, *questions: str, most: int = 9) -> Iterator[Draft]:
        """The draft, when its question says enough and its answer can stand alone."""
        answer = _OWNED.sub("", tidy_answer(answer))
        most += 3 * self.lenient
        kept = tuple(tidy_question(question) for question in questions if question)
        kept = tuple(
            question for question in kept if says_enough(question, kind, generic=self.generic, lenient=self.lenient)
        )
        if kept and _answers(answer, most):
            yield Draft(questions=kept, answer=answer, evidence=self.reading.sentence, kind=kind)

    @property
    def generic(self) -> bool:
        """Whether the subject is a kind of thing ('lenses', 'a lens'), which needs no name."""
        words = self.subject.split()
        if not words or self.reading.tags[:1] == "R":
            return False
        if words[0] in ("a", "an"):
            return len(words) > 1
        if words[0] in DETERMINERS or not words[0].islower():
            return False
        return (
            len(words) < 3 or re.search(r"[^su]s$|ion$|ism$|ity$|ment$|ness$|ing$|ence$|ance$", words[-1]) is not None
        )

    def person(self, phrase: str) -> bool:
        return is_person(phrase, self.surnames)


def says_enough(question: str, kind: str, *, generic: bool = False, lenient: bool = False) -> bool:
    """Whether a question reads well and would be understood by one who has not seen the text.

    >>> says_enough("What does FES use?", "object"), says_enough("Who founded the Hale Museum in 1908?", "subject")
    (False, True)
    """
    words = question[:-1].split()
    least = (
        3 if kind in ("definition", "birth", "death") else 4 if generic or kind in ("date", "place") else 5 - lenient
    )
    if (
        not least <= len(words) <= 26
        or _UNCLEAR.search(re.sub(r"\b([A-Z]\w+) I\b|[\"“][A-Z][^\"”]*[\"”]", r"\1", question))
        or question.count(",") > 2
    ):
        return False
    if question.count('"') % 2 or re.search(
        r"[;:()\[\]|]|[.!] [A-Z]",
        re.sub(r"[\"“][A-Z][^\"”]*[\"”]|\b(?:[A-Z]|[JS]r|Dr|St|Mr|Mrs)\.", "", question),
    ):
        return False
    if "the authors" in question and len(words) < 6:
        return False
    last = words[-1].lower()
    if last in ("the", "a", "an", "and", "or", "of", "which", "that", "not", "its", "their", "his", "her"):
        return False
    if re.search(r"\b(\w+) \1\b|\b(?:in|at|of|by|to|for|with) (?:in|at|of|by|for|with)\b", question):
        return False
    if kind in ("definition", "birth", "death", "examples"):
        return True
    if re.search(
        rf"\b{MONTH} \d{{1,2}}(?:\?$| (?!\d{{4}}))|\b(?:as|to|of|on|for|with|from) at\b|^(?:When|Where|In \w+"
        rf" year|What) (?:do|does|did) [^?]*\b(?:won|was|were|had|became)\b",
        question,
    ):
        return False
    if question.count("“") != question.count("”") or re.match(r"\w* ?[Hh]ow many\b[^?]*? and (?:only )?\d", question):
        return False
    if kind == "claim":
        return len(words) >= 4
    content = [word for word in re.findall(r"[^\W_][\w'’.-]*", question)[1:] if word.lower() not in _STOP]
    named = any(word[0].isupper() or word[0].isdigit() for word in content)
    if kind in ("date", "relation", "place", "count", "identity", "action") and named:
        return len(content) >= 2
    return len(content) >= (2 if generic else 3 if named else 4) - lenient


def _answers(answer: str, most: int) -> bool:
    words = answer.split()
    if not words or len(words) > most or answer.lower() in _VAGUE or words[-1].lower() in PREPOSITIONS:
        return False
    bare = [word for word in words if word.lower() not in ("the", "a", "an")]
    if not bare or (len(bare) == 1 and bare[0].lower() in _VAGUE):
        return False
    if re.match(
        r"(?:this|these|that|those|such|another|other|its|his|her|their|our|my|it|he|she|they|no|any)\b",
        answer,
        re.IGNORECASE,
    ):
        return False
    return not re.search(r"\b(?:it|he|she|they|them|him|these|this|we|you)\b|(?<![A-Z]\w )(?<!\w)I\b(?=.* )", answer)


def _inner_adverb(reading: Reading) -> str:
    """'still' of 'is still the largest'."""
    words = reading.words.split()[1:]
    return " ".join(words) + " " if words else ""


def opening_of(reading: Reading) -> str:
    """What the sentence opens with ('in 1908', 'on a single night in May'), as it can end a question."""
    lead = reading.lead
    if re.search(
        r"\b(?:this|that|these|those|its|his|her|their|it|addition|fact|example|general|particular|contrast|order|case|turn|case|part|spite|result|times?)\b",
        lead,
    ):
        return ""
    return "" if lead.startswith(("despite", "unlike", "with", "for", "like", "as", "from")) else lead


def settled(told: Told, without: int | None = None) -> tuple[Chunk, ...]:
    """The phrases that a question can keep: up to the first that is not plain."""
    kept = []
    for place, chunk in enumerate(told.reading.chunks):
        if place == without:
            continue
        if chunk.kind == "prepositional" and re.search(r"\b(?:this|these|those|that|it|them|him|her)\b", chunk.text):
            continue
        if (
            chunk.kind == "comma"
            and place + 1 < len(told.reading.chunks)
            and told.reading.chunks[place + 1].kind != "prepositional"
        ):
            break
        if chunk.kind in ("other", "participle", "gerund") or (
            chunk.kind == "infinitive" and len(chunk.text.split()) > 9
        ):
            break
        kept.append(chunk)
    return tuple(kept)


def plain_rest(told: Told, without: int | None = None) -> str:
    return " ".join(chunk.text for chunk in settled(told, without))


def is_whole(told: Told) -> bool:
    """Whether every phrase of the predicate was understood, so that none is missing in a question."""
    chunks = told.reading.chunks
    if told.lenient and chunks and chunks[0].kind != "other":
        return True
    return all(chunk.kind != "other" for chunk in chunks)


def date_places(told: Told) -> list[int]:
    return [
        place
        for place, chunk in enumerate(told.reading.chunks)
        if chunk.kind == "prepositional" and is_date(chunk.object)
    ]


def with_what_belongs(reading: Reading, *, most: int, first: int = 0) -> str:
    """A noun phrase with what belongs to it: the prepositional phrases after it, as written."""
    end = first + 1
    while (
        end < len(reading.chunks)
        and reading.chunks[end].kind == "prepositional"
        and not is_date(reading.chunks[end].object)
    ):
        if sum(len(chunk.text.split()) for chunk in reading.chunks[first : end + 1]) > most:
            break
        end += 1
    joined = " ".join(chunk.text for chunk in reading.chunks[first:end])
    return joined if joined in reading.sentence else reading.chunks[first].text


def asks_for(told: Told, phrase: str, verb: str) -> str:
    """Who, what or which university: the word that asks for a phrase."""
    if told.person(phrase) or all(
        told.person(part) for part in re.split(r", | and (?:his |her )?(?:[a-z]+ )?", phrase)
    ):
        return "Who"
    if kind := kind_of_name(phrase):
        return f"Which {kind}"
    if is_place(phrase):
        return "What"
    if verb in PERSON_VERBS and re.match(r"[A-Z]", phrase) and " and " not in phrase:
        return "Who"
    if (
        re.search(r"(?:ists|ians|men|women|people|scholars|critics|soldiers|\wers|\wors)$", phrase)
        and verb in PERSON_VERBS
    ):
        return "Who"
    return "What"


def head_noun(phrase: str) -> str:
    """'album' of 'the second album by Cyndi Lauper'."""
    return re.split(r" (?:of|for|in|from|at|to|by|with|and|who|on)\b|,", phrase)[0].split()[-1].lower()


def who_or_what(told: Told, answer: str) -> str:
    """What is said decides: 'a clockmaker' is a person, 'a band' is none; else the name does."""
    head = head_noun(answer)
    if head in KIND_NOUNS or head in THINGS:
        return "What"
    person = (
        names_a_person(head)
        or head in KIN
        or re.search(r"(?:maker|player|keeper|writer|singer|baller|man|ician)$", head) is not None
    )
    person = person or (head.endswith("er") and len(re.findall(r"\b[A-Z]", told.subject)) > 1)
    if person and told.subject[:1].isupper() and not told.subject.startswith("The ") and head not in NOT_ROLES:
        return "Who"
    return "Who" if told.person(told.subject) else "What"


def names_someone(reading: Reading) -> bool:
    """Whether the subject holds a name that is more than 'American'."""
    words = re.findall(r"[^\W_][\w'’.-]*", reading.subject)
    if reading.tags[:1] != "K":
        words = words[1:]  # its capital is that of the sentence
    return "K" in reading.tags and any(word[0].isupper() and word.lower() not in NATIONS for word in words)
