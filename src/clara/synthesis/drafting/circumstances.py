"""When, where, how many, by whom, why, in which: questions for what surrounds the verb of a clause."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clara.synthesis.drafting.phrases import is_date, is_place, kind_of_name
from clara.synthesis.drafting.subjects import names_itself
from clara.synthesis.drafting.told import (
    Told,
    asks_for,
    date_places,
    is_whole,
    opening_of,
    plain_rest,
    with_what_belongs,
)
from clara.synthesis.drafting.words import NUMBER, PAST_OF, THIRD_OF, word_set
from clara.synthesis.drafts import Draft

_ABOUT = (
    r"(?:about|around|approximately|roughly|nearly|almost|over|more than|less than|at least|up to|only"
    r"|some|an estimated)"
)


COUNTED = re.compile(
    rf"^(?:(?P<about>{_ABOUT}) )?(?:the |a total of |another )?(?P<value>{NUMBER}) (?P<noun>(?:[\w'’-]+"
    rf" )*?[A-Za-z]{{3,}}s|(?:[\w-]+ )*?(?:people|men|women|children))"
    r"(?P<more>(?: of .*)?)$",
    re.IGNORECASE,
)


_MONEY = re.compile(rf"^(?:(?P<about>{_ABOUT}) )?(?P<value>(?:US|A|C)?[$€£¥] ?{NUMBER})$")


PERCENT = re.compile(rf"^(?:(?P<about>{_ABOUT}) )?(?P<value>{NUMBER} ?(?:%|percent|per cent))(?: of (?P<of>.+))?$")


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


def ask_when(told: Told) -> Iterator[Draft]:
    reading = told.reading
    places = date_places(told)
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
    rest = plain_rest(told, place)
    if place is not None and reading.lead and len(rest.split()) < 5:
        rest = f"{rest} {opening_of(reading)}"
    if re.search(r"\b(?:1[0-9]{3}|20[0-9]{2})\b", rest):
        return
    lead = {"until": "Until when", "since": "Since when", "by": "By when"}.get(preposition, "When")
    if preposition in ("before", "after", "like", "than", "as", "as of"):
        return
    questions = [told.asks(lead, rest)]
    if re.fullmatch(r"\d{4}", date) and lead == "When":
        questions.append(told.asks("In what year", rest))
    yield from told.draft("date", date, *questions)


def ask_how_many(told: Told) -> Iterator[Draft]:
    reading = told.reading
    for place, chunk in enumerate(reading.chunks[:4]):
        rest = plain_rest(told, place)
        if chunk.kind == "noun" and place == 0 and not reading.is_passive:
            if (match := COUNTED.match(chunk.text)) and not _TIME_UNIT.match(match["noun"].split()[-1]):
                yield from told.draft(
                    "count",
                    match["value"],
                    told.asks(f"How many {match['noun']}{match['more']}", f"{rest} {opening_of(reading)}"),
                )
            elif match := _MONEY.match(chunk.text):
                yield from told.draft(
                    "money", match["value"], told.asks("How much money", f"{rest} {opening_of(reading)}")
                )
        elif chunk.kind == "prepositional" and not is_date(chunk.object):
            match = COUNTED.match(chunk.object)
            if match and chunk.preposition == "for" and _TIME_UNIT.match(match["noun"]):
                yield from told.draft("duration", f"{match['value']} {match['noun']}", told.asks("For how long", rest))
            elif match and chunk.preposition in ("in", "with", "by", "from", "to", "on", "at") and not match["more"]:
                unit = _TIME_UNIT.match(match["noun"].split()[-1])
                if not unit and names_itself(f"x {told.subject}"):
                    yield from told.draft(
                        "count", match["value"], told.asks(f"{chunk.preposition} how many {match['noun']}", rest)
                    )
            elif chunk.preposition == "by" and (match := PERCENT.match(chunk.object)) and not match["of"]:
                yield from told.draft("change", match["value"], told.asks("By what percentage", rest))
            elif (
                reading.verb.verb in _TRADED
                and chunk.preposition in ("for", "at")
                and (match := _MONEY.match(chunk.object))
            ):
                yield from told.draft("money", match["value"], told.asks(f"{chunk.preposition} how much", rest))


def ask_by_whom(told: Told) -> Iterator[Draft]:
    reading = told.reading
    if not reading.is_passive:
        return
    for place, chunk in enumerate(reading.chunks[:4]):
        if (
            chunk.preposition != "by"
            or is_date(chunk.object)
            or re.match(r"[\d$€£]|\w+ing\b|\w+ ?%|means|way", chunk.object)
        ):
            continue
        rest = f"{plain_rest(told, place)} {opening_of(reading)}"
        wh = asks_for(told, chunk.object, reading.verb.verb)
        active = ""
        if reading.verb.form == "passive":
            tense = THIRD_OF if reading.auxiliary in ("is", "are") else PAST_OF
            verb = tense.get(reading.verb.verb, "")
            adverb = " ".join(reading.words.split()[:-1])
            named_so = reading.verb.verb in ("consider", "regard", "see", "know")  # 'was considered as X by Y'
            active = f"{wh} {adverb} {verb} {told.subject} {rest}?" if verb and not named_so else ""
        passive = told.asks(wh, f"{rest} by") if not rest.strip() else ""
        if active or passive:
            yield from told.draft("agent", chunk.object, *(question for question in (active, passive) if question))


def ask_how(told: Told) -> Iterator[Draft]:
    """'is generated via the S-process', 'was found by drawing a line' -> how?"""
    reading = told.reading
    if reading.verb.form in ("be", "have") or not is_whole(told):
        return
    for place, chunk in enumerate(reading.chunks[:3]):
        if (
            chunk.kind == "prepositional"
            and chunk.preposition in ("via", "using", "through")
            and not is_place(chunk.object)
        ):
            if chunk.preposition == "through" and not reading.is_passive:
                continue
            yield from told.draft(
                "manner", chunk.text, told.asks("How", f"{plain_rest(told, place)} {opening_of(reading)}"), most=12
            )
            return
        if chunk.kind == "gerund" and reading.is_passive and re.match(r"(?:by|using|through) ", chunk.text):
            manner = re.split(r",| (?:and|which|that) ", chunk.text)[0]
            yield from told.draft(
                "manner", manner, told.asks("How", f"{plain_rest(told, place)} {opening_of(reading)}"), most=13
            )
            return


def ask_why(told: Told) -> Iterator[Draft]:
    reading = told.reading
    match = _CAUSE.match(reading.after)
    if match is None or not is_whole(told) or reading.verb.form == "have":
        return
    cause = re.split(
        r",? (?:but|which|while|although|so|where|and (?:it|they|he|she|the|was|were|is|are|has|had))\b|, ",
        match["cause"],
    )[0]
    if match["marker"] == "in order to":
        yield from told.draft("purpose", f"to {cause}", told.asks("Why", plain_rest(told)), most=16)
    else:
        yield from told.draft("cause", cause, told.asks("Why", plain_rest(told)), most=18)


def ask_where(told: Told) -> Iterator[Draft]:
    reading = told.reading
    if reading.verb.verb in _NOT_WHERE:
        return
    if (
        reading.verb.verb in _LOCATING
        and reading.chunks
        and reading.chunks[0].preposition not in ("", "by", "as", "for", "to")
    ):
        if not (reading.verb.verb == "base" and reading.chunks[0].preposition in ("on", "upon", "around")):
            yield from told.draft("place", with_what_belongs(reading, most=10), told.asks("Where", ""), most=11)
        return
    if (
        reading.verb.form == "be"
        and reading.chunks
        and reading.chunks[0].preposition in ("within", "near", "in", "at", "along")
    ):
        first = reading.chunks[0]
        if (
            re.match(r"(?:the )?(?:[a-z]+ )*[A-Z]", first.object)
            and not is_date(first.object)
            and names_itself(f"x {told.subject}")
        ):
            yield from told.draft("place", with_what_belongs(reading, most=10), told.asks("Where", ""), most=11)
            return
    if not is_whole(told):
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
            yield from told.draft(
                "place", chunk.object, told.asks("Where", f"{plain_rest(told, place)} {opening_of(reading)}")
            )
            return


def ask_which(told: Told) -> Iterator[Draft]:
    """'played in the Premier League' -> in which league?"""
    reading = told.reading
    if not is_whole(told) or reading.verb.form == "be":
        return
    for place, chunk in enumerate(reading.chunks):
        if chunk.kind != "prepositional" or not (kind := kind_of_name(chunk.object)) or is_place(chunk.object):
            continue
        if (
            chunk.preposition in ("in", "at", "from", "for", "to", "on", "with", "during", "by")
            and " and " not in chunk.object
        ):
            if chunk.preposition == "by" and reading.is_passive:
                continue
            yield from told.draft(
                "which",
                chunk.object,
                told.asks(f"{chunk.preposition} which {kind}", f"{plain_rest(told, place)} {opening_of(reading)}"),
            )
            return


_CASE = re.compile(
    r"^,? ?(?P<case>(?:when|if|unless|until|after|before|while|once) [^,;:().]{8,90})$|^,? ?(?P<first>(?:when"
    r"|if|unless|until|after|before) [^,;:().]{8,90}),"
)


def ask_when_clause(told: Told) -> Iterator[Draft]:
    """'The brackets may be left out when nothing is unclear' -> when may they be left out?"""
    reading = told.reading
    match = _CASE.match(reading.after.rstrip(". "))
    if match is None or reading.opening or date_places(told) or not is_whole(told) or reading.relative:
        return
    case = match["case"] or match["first"]
    if case.startswith("while") or reading.verb.form == "be":
        return
    yield from told.draft("occasion", case, told.asks("When", plain_rest(told)), most=13)


_MADE_TO = word_set(
    """ask force allow enable cause want tell order require permit encourage urge persuade lead expect invite help teach
    need get challenge convince instruct authorize compel have give show choose seek direct advise warn appoint elect
    consider believe tend continue"""
)


_FOR_ITSELF = re.compile(
    r"\b(?:right|rights|power|powers|ability|attempts?|efforts?|way|ways|plans?|chance|opportunity|decision|permission|authority|need|freedom|desire|failure|license|first|only|last|time|likely|able)$"
)


def ask_purpose(told: Told) -> Iterator[Draft]:
    """'They used the war to win support' -> why did they use the war?"""
    reading = told.reading
    if (
        reading.verb.form not in ("past", "present", "passive")
        or reading.verb.verb in _MADE_TO
        or len(reading.chunks) < 2
    ):
        return
    *chunks, last = [chunk for chunk in reading.chunks if chunk.kind != "adverb"]
    if last.kind != "infinitive" or not chunks or any(chunk.kind not in ("noun", "prepositional") for chunk in chunks):
        return
    if (reading.verb.form == "passive" and chunks[0].kind != "prepositional") or _FOR_ITSELF.search(chunks[-1].text):
        return
    aim = re.split(r", | and to ", last.text)[0]
    if any(re.search(r"\b(?:first|only|last)\b", chunk.text) for chunk in chunks) or len(aim.split()) > 13:
        return
    rest = " ".join(chunk.text for chunk in chunks)
    yield from told.draft("purpose", aim, told.asks("Why", rest), most=13)
