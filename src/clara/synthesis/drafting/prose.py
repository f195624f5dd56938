"""Questions from the clauses of ordinary prose: who, what, which, when, where, how many, by whom, why.

Every question names what it asks about and keeps at least one detail beside it; what people would choose as an answer
(names, dates, numbers, short noun phrases) is asked for first. What is not sure to be right is not asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from clara.synthesis.drafting.asking import tidy_answer, tidy_question
from clara.synthesis.drafting.objects import STRANDED_VERBS
from clara.synthesis.drafting.attributes import names_a_person
from clara.synthesis.drafting.phrases import KIND_NOUNS, is_date, is_person, is_place, kind_of_name
from clara.synthesis.drafting.reading import Chunk, Reading
from clara.synthesis.drafting.subjects import names_itself
from clara.synthesis.drafting.words import (
    MONTH,
    NATIONS,
    NO_OBJECT_VERBS,
    NOT_ROLES,
    NUMBER,
    PAST_OF,
    PERSON_VERBS,
    PREPOSITIONS,
    QUANTIFIERS,
    THIRD_OF,
    word_set,
)
from clara.synthesis.drafts import Draft

_ABOUT = r"(?:about|around|approximately|roughly|nearly|almost|over|more than|less than|at least|up to|only|some|an estimated)"
_COUNTED = re.compile(
    rf"^(?:(?P<about>{_ABOUT}) )?(?:the |a total of |another )?(?P<value>{NUMBER}) (?P<noun>(?:[\w'’-]+ )*?[A-Za-z]{{3,}}s|(?:[\w-]+ )*?(?:people|men|women|children))"
    r"(?P<more>(?: of .*)?)$",
    re.IGNORECASE,
)
_MONEY = re.compile(rf"^(?:(?P<about>{_ABOUT}) )?(?P<value>(?:US|A|C)?[$€£¥] ?{NUMBER})$")
_PERCENT = re.compile(rf"^(?:(?P<about>{_ABOUT}) )?(?P<value>{NUMBER} ?(?:%|percent|per cent))(?: of (?P<of>.+))?$")
_TIME_UNIT = re.compile(r"^(?:years?|months?|weeks?|days?|hours?|minutes?|seconds?|decades?|centuries)$")
_CAUSE = re.compile(
    r"^,? ?(?:partly |mainly |largely |primarily |mostly |in part )?"
    r"(?P<marker>because of|due to|owing to|as a result of|because|in order to) (?P<cause>[^;.()]{3,120})"
)
_NOT_WHERE = word_set(
    "participate result invest interest believe involve include specialize engage lead increase differ rank appear star"
)
_TRADED = word_set("sell buy purchase offer price list acquire auction trade value estimate")
_LOCATING = word_set("locate situate lie base headquarter set sit")
_NO_OBJECT = {*NO_OBJECT_VERBS, "term", "dub", "see", "do"} - word_set(
    "include contain comprise show suggest demand begin start continue make find cause require leave keep"
)
_WITH_INFINITIVE = word_set(
    """fail refuse decide agree attempt try begin continue want plan seek help vote aim serve promise threaten intend hope
    manage choose start proceed tend"""
)
_NAMING = word_set("name call rename nickname title term dub entitle label")
_DONE_FOR = word_set("use design intend build create make develop allow require need employ")
_STRANDED_PASSIVE = word_set("as for to from with into of on upon")
_THINGS = word_set(
    """group band company duo trio genus species family series place village settlement community municipality suburb
    neighborhood film movie game show episode drama sitcom play opera musical comedy single journal plant moth building
    ship vessel aircraft car website service software dialect railway highway route airline brand product drug protein
    gene disease condition event competition race tavern area region program computer number character thriller"""
)
KIN = word_set(
    """son daughter wife husband brother sister father mother uncle aunt nephew niece cousin grandson granddaughter heir
    count countess duke duchess baron baroness earl lord lady knight sultan noble nobleman noblewoman official peer member
    native winner champion champion judge critic activist veteran pioneer nun priest rabbi chef model host spy"""
)
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
_CLAIMS = word_set(
    """argue contend assert claim state conclude find report suggest announce declare propose estimate warn discover
    observe note rule hold determine remark write insist agree decide confirm imply show say demonstrate believe recommend reveal explain predict"""
)
_TENSE = {"is": "is", "are": "are", "was": "was", "were": "were"}
_SUPERLATIVE = re.compile(
    r"^(?:the|[\w.'’ -]+['’]s) (?:[\w-]+ )?(?:first|second|third|last|only|most|least|\w+est|capital|main|principal"
    r"|largest|best|worst|original|official|sole|leading|highest)\b"
)
_ONLY_ONE = re.compile(
    r"^the (?:[\w-]+ )*?(?!(?:member|part|name|type|form|kind|result|number|process|use|state|lack|amount|case|subject|idea|way|time|set|series)\b)"
    r"[a-z]+ of (?:the )?[A-Z]"
)


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
        answer = tidy_answer(_without_article_of(answer))
        kept = tuple(tidy_question(question) for question in questions if question)
        kept = tuple(question for question in kept if says_enough(question, kind, generic=self.generic, lenient=self.lenient))
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
        return words[0] not in ("the", "this") and words[0].islower() and bool(re.search(r"[^su]s$|ion$|ism$|ity$", words[-1]))

    def person(self, phrase: str) -> bool:
        return is_person(phrase, self.surnames)


def draft_reading(told: Told) -> list[Draft]:
    """Every question of one clause, the surest kinds first; one per answer."""
    drafts: list[Draft] = []
    families: list[Callable[[Told], Iterator[Draft]]] = [_of_subject]
    if told.subject:
        families = [_when, _how_many, _by_whom, _why, _where, _which, _what_is, _named, _claim, _object, _stranded, _to_do, _in_case, _purpose, _of_subject]
    for family in families:
        for draft in family(told):
            if all(draft.answer not in other.answer and other.answer not in draft.answer for other in drafts):
                drafts.append(draft)
    return drafts


def says_enough(question: str, kind: str, *, generic: bool = False, lenient: bool = False) -> bool:
    """Whether a question reads well and would be understood by one who has not seen the text.

    >>> says_enough("What does FES use?", "object"), says_enough("Who founded the Hale Museum in 1908?", "subject")
    (False, True)
    """
    words = question[:-1].split()
    least = 3 if kind in ("definition", "birth", "death") else 4 if generic or kind in ("date", "place") else 5
    if not least <= len(words) <= 26 or _UNCLEAR.search(re.sub(r"\b([A-Z]\w+) I\b", r"\1", question)) or question.count(",") > 2:
        return False
    if question.count('"') % 2 or re.search(r"[;:()\[\]|]|[.!] [A-Z]", re.sub(r"\b(?:[A-Z]|[JS]r|Dr|St|Mr|Mrs)\.", "", question)):
        return False
    last = words[-1].lower()
    if last in ("the", "a", "an", "and", "or", "of", "which", "that", "not", "its", "their", "his", "her"):
        return False
    if re.search(r"\b(\w+) \1\b|\b(?:in|at|of|by|to|for|with) (?:in|at|of|by|for|with)\b", question):
        return False
    if kind in ("definition", "birth", "death", "examples"):
        return True
    if re.search(rf"\b{MONTH} \d{{1,2}}(?:\?$| (?!\d{{4}}))|\b(?:as|to|of|on|for|with|from) at\b|^(?:When|Where|In \w+ year|What) (?:do|does|did) [^?]*\b(?:won|was|were|had|became)\b", question):
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
    if re.match(r"(?:this|these|that|those|such|another|other|its|his|her|their|our|my|it|he|she|they|no|any)\b", answer, re.IGNORECASE):
        return False
    return not re.search(r"\b(?:it|he|she|they|them|him|these|this|we|you)\b|(?<![A-Z]\w )(?<!\w)I\b(?=.* )", answer)


def _inner_adverb(reading: Reading) -> str:
    """'still' of 'is still the largest'."""
    words = reading.words.split()[1:]
    return " ".join(words) + " " if words else ""


def _without_article_of(answer: str) -> str:
    return answer.strip()


def _opening(reading: Reading) -> str:
    """What the sentence opens with ('in 1908', 'on a single night in May'), as it can end a question."""
    lead = reading.lead
    if re.search(r"\b(?:this|that|these|those|its|his|her|their|it|addition|fact|example|general|particular|contrast|order|case|turn|case|part|spite|result|times?)\b", lead):
        return ""
    return "" if lead.startswith(("despite", "unlike", "with", "for", "like", "as", "from")) else lead


def _settled(told: Told, without: int | None = None) -> tuple[Chunk, ...]:
    """The phrases that a question can keep: up to the first that is not plain."""
    kept = []
    for place, chunk in enumerate(told.reading.chunks):
        if place == without:
            continue
        if chunk.kind == "prepositional" and re.search(r"\b(?:this|these|those|that|it|them|him|her)\b", chunk.text):
            continue
        if chunk.kind == "comma" and place + 1 < len(told.reading.chunks) and told.reading.chunks[place + 1].kind != "prepositional":
            break
        if chunk.kind in ("other", "participle", "gerund") or (chunk.kind == "infinitive" and len(chunk.text.split()) > 9):
            break
        kept.append(chunk)
    return tuple(kept)


def _plain(told: Told, without: int | None = None) -> str:
    return " ".join(chunk.text for chunk in _settled(told, without))


def _whole(told: Told) -> bool:
    """Whether every phrase of the predicate was understood, so that none is missing in a question."""
    chunks = told.reading.chunks
    if told.lenient and chunks and chunks[0].kind != "other":
        return True
    return all(chunk.kind != "other" for chunk in chunks)


def _date_places(told: Told) -> list[int]:
    return [
        place
        for place, chunk in enumerate(told.reading.chunks)
        if chunk.kind == "prepositional" and is_date(chunk.object)
    ]


def _when(told: Told) -> Iterator[Draft]:
    reading = told.reading
    places = _date_places(told)
    if len(places) + bool(reading.opening) != 1 or reading.verb.form == "modal":
        return
    if any(chunk.kind == "other" for chunk in reading.chunks[: places[0] if places else 1]):
        return
    if not places and reading.lead.split()[1:] != reading.opening.split():
        return  # 'on a single night in May 1908'
    if re.match(r",? ?that\b", reading.after):
        return
    if reading.verb.form == "be" and reading.auxiliary in ("is", "are"):
        return
    if reading.verb.form == "have" and reading.auxiliary != "did":
        return
    place = places[0] if places else None
    preposition = reading.chunks[place].preposition if place is not None else reading.opening_word.lower()
    date = reading.chunks[place].object if place is not None else reading.opening
    if place is not None and place > 0 and preposition in ("of", "from", "to"):
        return
    if any(chunk.kind in ("participle", "infinitive") for chunk in reading.chunks[: place or 0]):
        return
    rest = _plain(told, place)
    if place is not None and reading.lead and len(rest.split()) < 5:
        rest = f"{rest} {_opening(reading)}"
    if re.search(r"\b(?:1[0-9]{3}|20[0-9]{2})\b", rest):
        return
    lead = {"until": "Until when", "since": "Since when", "by": "By when"}.get(preposition, "When")
    if preposition in ("before", "after", "like", "than", "as", "as of"):
        return
    questions = [told.asks(lead, rest)]
    if re.fullmatch(r"\d{4}", date) and lead == "When":
        questions.append(told.asks("In what year", rest))
    yield from told.draft("date", date, *questions)


def _how_many(told: Told) -> Iterator[Draft]:
    reading = told.reading
    for place, chunk in enumerate(reading.chunks[:4]):
        rest = _plain(told, place)
        if chunk.kind == "noun" and place == 0 and not reading.is_passive:
            if (match := _COUNTED.match(chunk.text)) and not _TIME_UNIT.match(match["noun"].split()[-1]):
                yield from told.draft("count", match["value"], told.asks(f"How many {match['noun']}{match['more']}", f"{rest} {_opening(reading)}"))
            elif match := _MONEY.match(chunk.text):
                yield from told.draft("money", match["value"], told.asks("How much money", f"{rest} {_opening(reading)}"))
        elif chunk.kind == "prepositional" and not is_date(chunk.object):
            match = _COUNTED.match(chunk.object)
            if match and chunk.preposition == "for" and _TIME_UNIT.match(match["noun"]):
                yield from told.draft("duration", f"{match['value']} {match['noun']}", told.asks("For how long", rest))
            elif match and chunk.preposition in ("in", "with", "by", "from", "to", "on", "at") and not match["more"]:
                unit = _TIME_UNIT.match(match["noun"].split()[-1])
                if not unit and names_itself(f"x {told.subject}"):
                    yield from told.draft("count", match["value"], told.asks(f"{chunk.preposition} how many {match['noun']}", rest))
            elif chunk.preposition == "by" and (match := _PERCENT.match(chunk.object)) and not match["of"]:
                yield from told.draft("change", match["value"], told.asks("By what percentage", rest))
            elif reading.verb.verb in _TRADED and chunk.preposition in ("for", "at") and (match := _MONEY.match(chunk.object)):
                yield from told.draft("money", match["value"], told.asks(f"{chunk.preposition} how much", rest))


def _by_whom(told: Told) -> Iterator[Draft]:
    reading = told.reading
    if not reading.is_passive:
        return
    for place, chunk in enumerate(reading.chunks[:4]):
        if chunk.preposition != "by" or is_date(chunk.object) or re.match(r"[\d$€£]|\w+ing\b|\w+ ?%|means|way", chunk.object):
            continue
        rest = f"{_plain(told, place)} {_opening(reading)}"
        wh = _asks_for(told, chunk.object, reading.verb.verb)
        active = ""
        if reading.verb.form == "passive":
            tense = THIRD_OF if reading.auxiliary in ("is", "are") else PAST_OF
            verb = tense.get(reading.verb.verb, "")
            adverb = " ".join(reading.words.split()[:-1])
            active = f"{wh} {adverb} {verb} {told.subject} {rest}?" if verb else ""
        passive = told.asks(wh, f"{rest} by") if not rest.strip() else ""
        if active or passive:
            yield from told.draft("agent", chunk.object, *(question for question in (active, passive) if question))


def _why(told: Told) -> Iterator[Draft]:
    reading = told.reading
    match = _CAUSE.match(reading.after)
    if match is None or not _whole(told) or reading.verb.form == "have":
        return
    cause = re.split(r",? (?:but|which|while|although|so|where|and (?:it|they|he|she|the|was|were|is|are|has|had))\b|, ", match["cause"])[0]
    if match["marker"] == "in order to":
        yield from told.draft("purpose", f"to {cause}", told.asks("Why", _plain(told)), most=16)
    else:
        yield from told.draft("cause", cause, told.asks("Why", _plain(told)), most=18)


def _where(told: Told) -> Iterator[Draft]:
    reading = told.reading
    if reading.verb.verb in _NOT_WHERE:
        return
    if reading.verb.verb in _LOCATING and reading.chunks and reading.chunks[0].preposition not in ("", "by", "as", "for", "to"):
        yield from told.draft("place", _longer(reading, most=10), told.asks("Where", ""), most=11)
        return
    if not _whole(told):
        return
    for place in reversed(range(len(reading.chunks))):
        chunk = reading.chunks[place]
        if chunk.preposition in ("in", "at", "near", "on") and is_place(chunk.object) and not is_date(chunk.object):
            if place and reading.chunks[place - 1].kind in ("participle", "infinitive", "gerund"):
                return
            if place and reading.verb.form == "be" and reading.chunks[0].kind == "noun":
                return  # 'is a city in Ohio': part of what it is
            if " and " in chunk.object and not kind_of_name(chunk.object):
                return
            yield from told.draft("place", chunk.object, told.asks("Where", f"{_plain(told, place)} {_opening(reading)}"))
            return


def _which(told: Told) -> Iterator[Draft]:
    """'played in the Premier League' -> in which league?"""
    reading = told.reading
    if not _whole(told) or reading.verb.form == "be":
        return
    for place, chunk in enumerate(reading.chunks):
        if chunk.kind != "prepositional" or not (kind := kind_of_name(chunk.object)) or is_place(chunk.object):
            continue
        if chunk.preposition in ("in", "at", "from", "for", "to", "on", "with", "during", "by") and " and " not in chunk.object:
            if chunk.preposition == "by" and reading.is_passive:
                continue
            yield from told.draft("which", chunk.object, told.asks(f"{chunk.preposition} which {kind}", f"{_plain(told, place)} {_opening(reading)}"))
            return


def _what_is(told: Told) -> Iterator[Draft]:
    reading = told.reading
    apposition = re.split(r",| (?:who|which|that|whose|where) ", reading.apposition)[0]
    if re.match(r"(?:an?|the|one of) ", apposition) and names_itself(f"x {told.subject}"):
        tense = "was" if reading.auxiliary in ("was", "did", "had", "were") else "is"
        who = _who_or_what(told, apposition)
        yield from told.draft("definition", apposition, f"{who} {tense} {told.subject}?", most=12)
    if reading.verb.form != "be" or not reading.chunks or reading.opening:
        return
    yield from _described(told)
    first = reading.chunks[0]
    if first.kind != "noun" or not (re.match(r"(?:an?|one of|any) ", first.text) or _is_post(first.text)):
        return
    if _vague_definition(first.text):
        return
    named = names_itself(told.subject) or names_itself(f"x {told.subject}")
    if not named and not re.match(r"(?:an? )?[a-z][\w-]*(?: [a-z][\w-]*){0,2}$", told.subject):
        return
    if re.search(r"\b(?:of|in|for|with)\b", told.subject) and not named:
        return
    answer = _longer(reading, most=12)
    who = _who_or_what(told, answer)
    yield from told.draft("definition", answer, f"{who} {reading.auxiliary} {told.subject}?", most=13)


def _head(phrase: str) -> str:
    """'album' of 'the second album by Cyndi Lauper'."""
    return re.split(r" (?:of|for|in|from|at|to|by|with|and|who|on)\b|,", phrase)[0].split()[-1].lower()


def _who_or_what(told: Told, answer: str) -> str:
    """What is said decides: 'a clockmaker' is a person, 'a band' is none; else the name does."""
    head = _head(answer)
    if head in KIND_NOUNS or head in _THINGS:
        return "What"
    person = names_a_person(head) or head in KIN or re.search(r"(?:maker|player|keeper|writer|singer|baller|man|ician)$", head)
    person = person or (head.endswith("er") and len(re.findall(r"\b[A-Z]", told.subject)) > 1)
    if person and told.subject[:1].isupper() and not told.subject.startswith("The ") and head not in NOT_ROLES:
        return "Who"
    return "Who" if told.person(told.subject) else "What"


def _described(told: Told) -> Iterator[Draft]:
    """'The capital of Norway is Oslo' -> what is the capital of Norway?"""
    reading = told.reading
    words = told.subject.split()
    if not re.match(r"(?:the|\w+['’]s) ", told.subject) or len(words) < 3 or len(words) > 12:
        return
    if not (_SUPERLATIVE.match(told.subject) or re.search(r" (?:of|for|in|between) (?:the )?(?:[\w-]+ )*\w", told.subject)):
        return
    first = reading.chunks[0]
    if first.kind == "infinitive":
        yield from told.draft("description", first.text, f"What {reading.auxiliary} {told.subject}?", most=14)
    elif first.kind == "noun" and not re.search(r"(?:er|ive|able|al|ous|ent|mild|bad|high|low)$", first.text.split()[0] if len(first.text.split()) == 1 else ""):
        who = "Who" if told.person(first.text) else "What"
        yield from told.draft("description", _longer(reading, most=10), f"{who} {reading.auxiliary} {told.subject}?", most=18)


def _is_post(text: str) -> bool:
    """'President and Co-Founder of Vexel', 'vice president of Norway'."""
    head = re.split(r" (?:of|and|for|in)\b|,", text)[0].split()[-1].lower()
    return names_a_person(head) or head in KIN or head in ("ceo", "chair", "chairman", "mayor", "minister")


def _vague_definition(text: str) -> bool:
    return re.match(r"(?:an?|one) (?:[\w-]+ )?(?:lot|number|variety|series|part|result|example|case|time|way|reason|matter|few|fact|need|member|kind|type|form|source|sign|little|bit|cause|means|factor|great deal|deal)\b", text) is not None and not re.search(r" of [a-z]+ ?\w*$", text)


def _longer(reading: Reading, *, most: int, first: int = 0) -> str:
    """A noun phrase with what belongs to it: the prepositional phrases after it, as written."""
    end = first + 1
    while end < len(reading.chunks) and reading.chunks[end].kind == "prepositional" and not is_date(reading.chunks[end].object):
        if sum(len(chunk.text.split()) for chunk in reading.chunks[first : end + 1]) > most:
            break
        end += 1
    joined = " ".join(chunk.text for chunk in reading.chunks[first:end])
    return joined if joined in reading.sentence else reading.chunks[first].text


def _named(told: Told) -> Iterator[Draft]:
    reading = told.reading
    if not reading.is_passive or not reading.chunks:
        return
    first = reading.chunks[0]
    if reading.verb.verb in _NAMING and first.kind == "noun" and not re.match(r"(?:by|for|in)\b", first.text):
        yield from told.draft("name", first.text.strip('"“”'), told.asks("What", _opening(reading)), most=12)
    elif reading.verb.verb in ("name", "call") and first.preposition == "after":
        wh = "Who" if told.person(first.object) else "What"
        yield from told.draft("named_after", first.object, told.asks(wh, "after"))


def _claim(told: Told) -> Iterator[Draft]:
    """'Leon Panetta announced that the ban had been lifted' -> what did he announce?"""
    reading = told.reading
    match = re.match(r"^,? ?that (?P<claim>[^;:()]+)$", reading.after)
    if match is None or reading.verb.verb not in _CLAIMS or reading.verb.form in ("be", "have", "modal"):
        return
    if any(chunk.kind not in ("prepositional", "adverb") for chunk in reading.chunks):
        return
    claim = re.split(r", (?:and|but|which|while|although|who|with)\b", match["claim"])[0]
    if reading.is_passive or not (names_someone(reading) or told.generic or reading.tags[:1] == "R"):
        return
    yield from told.draft("claim", claim, told.asks("What", f"{_plain(told)} {_opening(reading)}"), most=28)


def _object(told: Told) -> Iterator[Draft]:
    reading = told.reading
    verb = reading.verb.verb
    if reading.is_passive or reading.verb.form == "be" or not reading.chunks:
        return
    if reading.verb.form == "have" and not (told.lenient and len(reading.chunks[0].text.split()) > 2):
        return
    first = reading.chunks[0]
    if first.kind != "noun" or verb in _NO_OBJECT:
        return
    if is_date(first.text) or re.match(r"[\d$€£]", first.text) or re.match(r"(?:some|many|several|various|certain|such|other|each|any|no|one)\b", first.text.lower()):
        return
    answer = _longer(reading, most=8)
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
    yield from told.draft("object", answer, told.asks(wh, f"{rest} {_opening(reading)}"))


def _stranded(told: Told) -> Iterator[Draft]:
    """'was composed of oak', 'was known for its cheese', 'is responsible for water'."""
    reading = told.reading
    if not reading.chunks or not _whole(told):
        return
    chunks = [chunk for chunk in reading.chunks if chunk.kind != "adverb"]
    adjective = ""
    if reading.verb.form == "be" and chunks and chunks[0].kind == "adjective":
        adjective, chunks = chunks[0].text, chunks[1:]
    if not chunks or chunks[0].kind != "prepositional":
        return
    first = chunks[0]
    if first.preposition == "to" and re.match(r"[a-z]+$", first.object) or is_date(first.object) or is_place(first.object):
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
    wh = "Who" if told.person(first.object) else "What"
    rest = " ".join([adjective, first.preposition, *(chunk.text for chunk in after)])
    yield from told.draft("relation", answer, told.asks(wh, f"{rest} {_opening(reading) if not after else ''}"))


_CASE = re.compile(r"^,? ?(?P<case>(?:when|if|unless|until|after|before|while|once) [^,;:().]{8,90})$|^,? ?(?P<first>(?:when|if|unless|until|after|before) [^,;:().]{8,90}),")


def _in_case(told: Told) -> Iterator[Draft]:
    """'The brackets may be left out when nothing is unclear' -> when may they be left out?"""
    reading = told.reading
    match = _CASE.match(reading.after.rstrip(". "))
    if match is None or reading.opening or _date_places(told) or not _whole(told) or reading.relative:
        return
    case = match["case"] or match["first"]
    if case.startswith("while") or reading.verb.form == "be":
        return
    yield from told.draft("occasion", case, told.asks("When", _plain(told)), most=13)


_MADE_TO = word_set(
    """ask force allow enable cause want tell order require permit encourage urge persuade lead expect invite help teach
    need get challenge convince instruct authorize compel have give show choose seek direct advise warn appoint elect
    consider believe tend continue"""
)
_FOR_ITSELF = re.compile(r"\b(?:right|rights|power|powers|ability|attempts?|efforts?|way|ways|plans?|chance|opportunity|decision|permission|authority|need|freedom|desire|failure|license|first|only|last|time|likely|able)$")


def _purpose(told: Told) -> Iterator[Draft]:
    """'They used the war to win support' -> why did they use the war?"""
    reading = told.reading
    if reading.verb.form not in ("past", "present", "passive") or reading.verb.verb in _MADE_TO or len(reading.chunks) < 2:
        return
    *chunks, last = [chunk for chunk in reading.chunks if chunk.kind != "adverb"]
    if last.kind != "infinitive" or not chunks or any(chunk.kind not in ("noun", "prepositional") for chunk in chunks):
        return
    if reading.verb.form == "passive" and chunks[0].kind != "prepositional" or _FOR_ITSELF.search(chunks[-1].text):
        return
    aim = re.split(r", | and to ", last.text)[0]
    if any(re.search(r"\b(?:first|only|last)\b", chunk.text) for chunk in chunks) or len(aim.split()) > 13:
        return
    rest = " ".join(chunk.text for chunk in chunks)
    yield from told.draft("purpose", aim, told.asks("Why", rest), most=13)


def _to_do(told: Told) -> Iterator[Draft]:
    """'was designed to carry water', 'refused to pay the tax' -> what was it designed to do?"""
    reading = told.reading
    chunks = [chunk for chunk in reading.chunks if chunk.kind != "adverb"]
    if not chunks or chunks[0].kind != "infinitive" or not (reading.is_passive or reading.verb.verb in _WITH_INFINITIVE):
        return
    action = chunks[0].text.removeprefix("to ")
    if not 2 <= len(action.split()) <= 13 or reading.verb.verb in ("say", "report", "know", "believe", "think", "consider"):
        return
    if action.startswith("be "):
        yield from told.draft("action", action[3:], told.asks("What", "to be"), most=12)
    else:
        yield from told.draft("action", action, told.asks("What", "to do"), most=13)


def _asks_for(told: Told, phrase: str, verb: str) -> str:
    """Who, what or which university: the word that asks for a phrase."""
    if told.person(phrase):
        return "Who"
    if kind := kind_of_name(phrase):
        return f"Which {kind}"
    if is_place(phrase):
        return "What"
    if verb in PERSON_VERBS and re.match(r"[A-Z]", phrase) and " and " not in phrase:
        return "Who"
    if re.search(r"(?:ists|ians|men|women|people|scholars|critics|soldiers|\wers|\wors)$", phrase) and verb in PERSON_VERBS:
        return "Who"
    return "What"


_ROLE_NAME = re.compile(r"^(?:the |an? )?(?P<role>(?:[A-Z][a-z]+ )?(?:[a-z][\w-]* ){0,2}[a-z][\w-]+) (?P<name>[A-Z][\w.’'-]+(?: [A-Z][\w.’'-]+){1,3})$")


def _of_subject(told: Told) -> Iterator[Draft]:
    """Who or what is it that ...? The question keeps the sentence's own order."""
    reading = told.reading
    subject = _small(told)
    if subject.lower() == "there":
        yield from _there_are(told)
    if reading.tags[:1] == "R" and told.subject and told.subject[:1].isupper() and reading.verb.form == "be" and reading.chunks:
        rest = _plain(told)
        if _whole(told) and (_SUPERLATIVE.match(rest) or _ONLY_ONE.match(rest)):
            wh = "Who" if reading.subject.lower() in ("he", "she") else _asks_for(told, told.subject, "be")
            yield from told.draft("identity", told.subject, f"{wh} {told.says(rest)}?")
    if reading.tags[:1] in ("R", "h") or not reading.chunks or re.search(r"\b(?:this|these|that|those|such|other|another)\b", subject.lower()):
        return
    chunks = _settled(told)
    rest = " ".join(chunk.text for chunk in chunks)
    if not chunks or (not _whole(told) and len(chunks) < 2):
        return
    if any(chunk.kind == "other" for chunk in reading.chunks[:1]):
        return
    date = f" {_opening(reading)}"
    counted = _COUNTED.match(subject)
    if counted and not counted["more"].startswith(" of the"):
        helper = told.says(rest)
        yield from told.draft("count", _value_of(reading.subject), f"How many {counted['noun']}{counted['more']} {_plural_says(told, rest) or helper}{date}?")
        return
    percent = _PERCENT.match(subject)
    if percent:
        if percent["of"]:
            yield from told.draft("share", percent["value"], f"What percentage of {percent['of']} {_plural_says(told, rest)}{date}?")
        return
    named = names_someone(reading)
    if subject[0].isdigit():
        return
    first = subject.split()[0].lower()
    if reading.relative and first in ("a", "an"):
        return
    if first in QUANTIFIERS or len(subject.split()) > 7 or is_date(subject):
        return
    if not named and (reading.relative or (first in ("the", "this") and len(subject.split()) < 3 and not told.lenient)):
        return
    if not named and not re.search(r"[A-Z]|\d", rest + date) and len(rest.split()) < (3 if told.lenient else 5):
        return
    if re.search(r"\b(?:its|his|her|their)\b", rest) and not told.person(subject):
        return
    if reading.verb.form == "be" and not (_SUPERLATIVE.match(rest) or _ONLY_ONE.match(rest)):
        return
    if reading.verb.verb in ("say", "believe", "think", "mean", "know") or not reading.verb.verb:
        return
    role = _ROLE_NAME.match(subject)
    if role and told.person(subject):
        yield from told.draft("subject", role["name"], f"Which {role['role']} {told.says(rest)}{date}?")
        return
    wh = _asks_for(told, subject, reading.verb.verb)
    if reading.verb.form == "be" and wh == "Who" and chunks[0].kind == "noun" and _head(chunks[0].text) in {*_THINGS, *KIND_NOUNS}:
        wh = "What"
    yield from told.draft("subject", reading.subject, f"{wh} {told.says(rest)}{date}?", most=7)


def _there_are(told: Told) -> Iterator[Draft]:
    """'There are 140 airfields in Ohio' -> how many airfields are there in Ohio?"""
    reading = told.reading
    chunks = [chunk for chunk in reading.chunks if chunk.kind != "adverb"]
    match = _COUNTED.match(chunks[0].text) if chunks and reading.verb.form == "be" else None
    if match is None or len(chunks) < 2 and not match["more"]:
        return
    rest = " ".join(chunk.text for chunk in _settled(told)[1:] if chunk.kind == "prepositional")
    asked = f"How many {match['noun']}{match['more']} {reading.auxiliary} there {rest} {_opening(reading)}?"
    yield from told.draft("count", match["value"], asked)


def _value_of(subject: str) -> str:
    match = _COUNTED.match(subject)
    return match["value"] if match else ""


def names_someone(reading: Reading) -> bool:
    """Whether the subject holds a name that is more than 'American'."""
    words = re.findall(r"[^\W_][\w'’.-]*", reading.subject)
    if reading.tags[:1] != "K":
        words = words[1:]  # its capital is that of the sentence
    return "K" in reading.tags and any(word[0].isupper() and word.lower() not in NATIONS for word in words)


def _plural_says(told: Told, rest: str) -> str:
    """The predicate after a plural: 'live in Perth', not 'lives'."""
    reading = told.reading
    if reading.verb.form in ("past", "present", "have"):
        return f"{reading.words} {rest}"
    return told.says(rest)


def _small(told: Told) -> str:
    """The subject as it stands inside a sentence."""
    return told.subject if told.subject and told.subject.lower() == told.reading.subject.lower() else told.reading.subject
