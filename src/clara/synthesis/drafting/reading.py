"""Every clause of a sentence that is plain enough to be sure of, with its subject, verb and the phrases that follow.

Goes further than clauses.py: also after 'because' and 'when', inside relative clauses and after long openings. A clause
is found by matching letters of tagging.py: a noun phrase where one may begin, then a finite verb.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from clara.synthesis.drafting.phrases import LIST, LONG_PHRASE, NOUN_PHRASE, is_date
from clara.synthesis.drafting.tagging import Tagged, tag_sentence
from clara.synthesis.drafting.verbs import VerbGroup, read_verb
from clara.synthesis.drafting.words import DATE, PARTICIPLE, word_set

_SUBJECT = re.compile(
    rf"(?P<subject>R|{LIST}(?:o{NOUN_PHRASE})?|{LONG_PHRASE}(?:q(?:p{NOUN_PHRASE}){{1,2}})?)(?P<aside>\([^()]*\),?)?(?:,(?P<apposition>[dKhnjwqpga#][^;:-]{{0,30}}?),)?"
    r"(?P<adverbs>a*)(?=[BHMvf])"
)
_RELATIVE = re.compile(rf"(?P<subject>{NOUN_PHRASE}),?w(?P<adverbs>a*)(?=[BHMvf])")
_REDUCED = re.compile(rf"(?P<subject>{NOUN_PHRASE})(?P<aside>\([^()]*\))?,a?(?P<verb>[qf])(?=p)")
_KIND_OF = re.compile(
    rf"(?P<subject>{NOUN_PHRASE})(?:\([^()]*\))?Ba?(?=d)(?:{LIST}|{NOUN_PHRASE})(?:p{NOUN_PHRASE})?"
    r",?(?:(?:a?[qf],?)*ca?)?(?P<verb>[qf])(?=p)"
)
_LEAD = re.compile(rf"p{NOUN_PHRASE}(?:[po]{NOUN_PHRASE}){{0,2}},")
_OPENS_ASIDE = re.compile(r"[pSgqat-]")
_NO_COMMA = re.compile(r"p(?:[dhj]*[nK#])+")  # 'In 1908 the Oru was'
_FINITE = re.compile(r"[BHMXvf]")
_OPENING_DATE = re.compile(
    rf"^(?P<preposition>In|On|By|During|Since|From|Around|After|Before|Until|As of) (?P<date>(?:the )?{DATE}),? "
)
_OBJECT = rf"(?:{LIST}|{NOUN_PHRASE})"
_CHUNK = re.compile(
    rf"(?P<infinitive>ti.*)|(?P<prepositional>[pto]{_OBJECT})|(?P<gerund>p?g.*)|(?P<noun>{_OBJECT})|(?P<adverb>a+)"
    rf"|(?P<participle>q[^,]*)|(?P<adjective>a?[jq](?=[pt,]|$))|(?P<comma>,)|(?P<other>.+)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A phrase of a predicate. `kind`: noun, prepositional, infinitive, gerund, participle, adjective, adverb,
    other."""

    kind: str
    text: str
    preposition: str = ""
    object: str = ""  # of a preposition


@dataclass(frozen=True, slots=True)
class Reading:
    """One clause. `subject` is as written; `opening` is the date that the sentence opens with; `after` is what
    follows."""

    sentence: str
    subject: str
    verb: VerbGroup
    words: str  # the verb as written, without its auxiliary
    chunks: tuple[Chunk, ...]
    opening: str = ""
    opening_word: str = ""  # 'In', 'Since', ...
    lead: str = ""  # 'on a single night in 2009', before the subject
    apposition: str = ""
    after: str = ""
    tags: str = ""  # of the subject
    relative: bool = False

    @property
    def auxiliary(self) -> str:
        return self.verb.auxiliary

    @property
    def is_passive(self) -> bool:
        return self.verb.form == "passive" or self.words.startswith(("been ", "be "))

    @property
    def has_auxiliary(self) -> bool:
        """Whether the clause itself has the word that a question moves to the front."""
        return self.verb.form in ("passive", "perfect", "modal", "be")

    def rest(self, without: int | None = None) -> str:
        """The predicate's phrases, but for one."""
        return " ".join(chunk.text for place, chunk in enumerate(self.chunks) if place != without)


def read_sentence(sentence: str, *, tagged: Tagged | None = None) -> list[Reading]:
    """The clauses of a sentence in text order.

    >>> [(r.subject, r.words, r.rest()) for r in read_sentence("When Ada died, the Oru was sold to Kessor in 1908.")]
    [('Ada', 'died', ''), ('the Oru', 'sold', 'to Kessor in 1908')]
    """
    if sentence.rstrip().endswith("?") or len(sentence) > 700:
        return []
    opening = _OPENING_DATE.match(sentence)
    tagged = tagged or tag_sentence(sentence)
    lead = _LEAD.match(tagged.tags)
    readings: list[Reading] = []
    taken: set[int] = set()
    for start in (*_places(tagged.tags), *_established(tagged)):
        match = _SUBJECT.match(tagged.tags, start)
        if match is None or match.end() in taken:
            continue
        if match["apposition"] and (match["apposition"][0] == "K" and "c" in match["apposition"]):
            continue  # a list of names
        if match["apposition"] and _FINITE.search(match["apposition"]) and "w" not in match["apposition"]:
            continue
        apposition = tagged.piece(match.start("apposition"), match.end("apposition")) if match["apposition"] else ""
        found = _read(tagged, match.start("subject"), match.end("subject"), match.end(), apposition=apposition)
        for reading, verb_place in found:
            taken.add(verb_place)
            date = opening["date"] if opening and start <= opening_end(tagged, opening.end()) else ""
            word = opening["preposition"] if opening and date else ""
            begun = lead is not None and lead.end() == start
            said = tagged.piece(0, start - 1) if begun else f"{word} {date}" if date else ""
            said = said[:1].lower() + said[1:] if len(said.split()) <= 9 else ""
            readings.append(replace(reading, opening=date, opening_word=word, lead=said))
    for match in _RELATIVE.finditer(tagged.tags):
        if match.end() not in taken and tagged.words[match.end("subject")][0] in (",", "who", "which"):
            found = _read(tagged, match.start("subject"), match.end("subject"), match.end())
            readings.extend(replace(reading, relative=True) for reading, _ in found)
    if readings and (opened := re.match(r"q(?=p)", tagged.tags)):
        first = _participle(tagged, opened, 0, subject=readings[0].subject, tags=readings[0].tags)
        readings.extend([first] if first else [])
    for match in (*_REDUCED.finditer(tagged.tags), *_KIND_OF.finditer(tagged.tags)):
        readings.extend(_read_reduced(tagged, match))
    return readings


def _read_reduced(tagged: Tagged, match: re.Match[str]) -> Iterator[Reading]:
    """'Oru, founded in 1908,' and 'Oru is a works founded in 1908' say that Oru was founded in 1908."""
    place: int | None = match.start("verb")
    while place is not None and tagged.tags[place] in "qf":
        reading = _participle(tagged, match, place)
        if reading is None:
            return
        yield reading
        place = _next_verb(tagged.tags, _clause_end(tagged.tags, place + 1, passive=True), passive=True)


def _participle(
    tagged: Tagged, match: re.Match[str], place: int, *, subject: str = "", tags: str = ""
) -> Reading | None:
    word = tagged.words[place][0].lower()
    if subject:
        return _passive(tagged, place, subject, tags) if word in PARTICIPLE and word not in ("based", "known") else None
    before = tagged.tags[match.start() - 1 : match.start()]
    if tagged.tags[place] == "f" and not re.search(r"[,)][^;:]*[BHMvf]", tagged.tags[place:]):
        return None
    if (
        match["subject"][0] == "d"
        and match["subject"][-1] == "n"
        and tagged.words[match.start()][0].lower() in ("a", "an")
    ):
        return None
    if word not in PARTICIPLE or before in ("o", "p", "c", "t", "y") or "K" not in match["subject"]:
        return None
    if (
        word in ("made", "set", "used", "found", "based", "called", "known", "named")
        and tagged.words[place + 1][0] != "by"
    ) and word not in ("based", "known"):
        return None
    return _passive(tagged, place, tagged.piece(match.start("subject"), match.end("subject")), match["subject"])


def _passive(tagged: Tagged, place: int, subject: str, tags: str) -> Reading:
    word, start, end = tagged.words[place]
    word = word.lower()
    last = _clause_end(tagged.tags, place + 1, passive=True)
    auxiliary = "is" if word in ("based", "known", "located", "situated", "headquartered") else "was"
    return Reading(
        sentence=tagged.text,
        subject=subject,
        verb=VerbGroup("passive", auxiliary, PARTICIPLE[word], start, end),
        words=word,
        chunks=tuple(_chunks(tagged, place + 1, last)),
        after=tagged.text[tagged.words[last][1] :] if last < len(tagged.words) else "",
        tags=tags,
        relative=True,
    )


def opening_end(tagged: Tagged, character: int) -> int:
    """The word at which what follows `character` begins."""
    return next((place for place, word in enumerate(tagged.words) if word[1] >= character), 0)


def _places(tags: str) -> Iterator[int]:
    """The words at which a clause may begin."""
    first = re.match(r"(?:[ab\"],?)*", tags)
    yield first.end() if first else 0
    segment = 0
    for place in range(1, len(tags)):
        before = tags[place - 1]
        prefix = tags[segment : place - 1]
        if before == ";":
            segment = place
            yield place
        elif before == "S" and tags[place] not in "BHMXvf":
            yield place
        elif before == ",":
            aside = _OPENS_ASIDE.match(prefix.lstrip('abc"'))
            finite = _FINITE.search(prefix)
            if aside and (prefix.lstrip('abc"')[:1] == "S" or not finite):
                yield place
        elif before in "cb" and place > 1 and tags[place - 2] == ",":
            if _FINITE.search(tags[segment : place - 2]):
                yield place
        elif before == "c" and tags[place] == "d" and re.match(rf"{NOUN_PHRASE}[BHM]", tags[place:]):
            if _FINITE.search(prefix):
                yield place
        elif (before == "a" and place > 1 and tags[place - 2] in ";") or (
            before in "nK#" and segment == 0 and tags[place] in "dhKR" and _NO_COMMA.fullmatch(prefix + before)
        ):
            yield place


_ESTABLISHING = word_set(
    """show shows showed shown demonstrate demonstrates demonstrated find finds found observe observed reveal reveals
    revealed confirm confirms confirmed discover discovered indicate indicates indicated establish established known
    noted note notes prove proved proven meant means realized realised learned fact determined"""
)


def _established(tagged: Tagged) -> Iterator[int]:
    """Where a clause begins that the sentence holds to be true: 'a survey showed that ...', not 'it denied that'."""
    for place in range(2, len(tagged.tags)):
        shown = tagged.tags[place - 1] == "T" and tagged.words[place - 2][0].lower() in _ESTABLISHING
        denied = "Z" in tagged.tags[max(place - 6, 0) : place - 1]
        if shown and not denied and tagged.tags[place] not in "BHMXvf":
            yield place


def _read(tagged: Tagged, start: int, end: int, verb: int, *, apposition: str = "") -> list[tuple[Reading, int]]:
    """The clause whose subject is words `start` to `end`, and those that 'and' joins to it with the same subject."""
    found: list[tuple[Reading, int]] = []
    subject = tagged.piece(start, end)
    subject_tags = tagged.tags[start:end]
    place: int | None = verb
    helper = ""
    for _ in range(3):
        if place is None:
            break
        group = _joined_passive(tagged, place, helper) or read_verb(list(tagged.words), place)
        if group is None or (group.form == "be" and tagged.tags[place] not in "B"):
            break
        first = next((i for i, word in enumerate(tagged.words) if word[1] >= group.end), len(tagged.words))
        if first < len(tagged.tags) and tagged.tags[first] == "Z":
            break
        last = _clause_end(tagged.tags, first, passive=group.form == "passive")
        words = tagged.text[group.start : group.end]
        reading = Reading(
            sentence=tagged.text,
            subject=subject,
            verb=group,
            words=words,
            chunks=tuple(_chunks(tagged, first, last)),
            apposition=apposition,
            after=tagged.text[tagged.words[last][1] :] if last < len(tagged.words) else "",
            tags=subject_tags,
        )
        found.append((reading, place))
        helper = group.auxiliary if group.form == "passive" else ""
        place = _next_verb(tagged.tags, last, passive=group.form == "passive")
    return found


def _joined_passive(tagged: Tagged, place: int, helper: str) -> VerbGroup | None:
    """'was built in Perth and sold to Kessor': the second participle shares the helping verb."""
    word, start, end = tagged.words[place]
    if not helper or tagged.tags[place] not in "qfv" or word not in PARTICIPLE:
        return None
    return VerbGroup("passive", helper, PARTICIPLE[word], start, end)


def _next_verb(tags: str, last: int, *, passive: bool) -> int | None:
    match = re.compile(r",?[cb]a*(?=[BHMvf])" if not passive else r",?[cb]a*(?=[BHMvfq])").match(tags, last)
    return match.end() if match else None


_LISTED = re.compile(r",(?:[^,;:.wSTBHMvfR]{1,9},)*[^,;:.wSTBHMvfR]{0,9}?,?c[^,;:.wSTBHMvfR]")


def _clause_end(tags: str, first: int, *, passive: bool) -> int:
    """The word at which the clause's own predicate ends."""
    depth = 0
    place = first
    listed = 0
    while place < len(tags):
        tag = tags[place]
        if tag == "(":
            depth += 1
        elif tag == ")":
            depth -= 1
        elif depth > 0:
            pass
        elif tag in ";:.-wST":
            return place
        elif tag == ",":
            if place < listed:
                place += 1
                continue
            joins = tags[place - 1 : place] in ("K", "#") and re.match(r",(?:K|#)", tags[place:])
            after = tags[place + 2 : place + 3]
            if joins and (after in ("", ",", ".", "p", "c") or tags[place - 1] == "#"):
                place += 1
                continue
            many = _LISTED.match(tags, place)
            if many and tags[place - 1] in "nK#":
                listed = many.end()
                place += 1
                continue
            return place
        elif tag in "cb":
            following = tags[place + 1 : place + 3].lstrip("a")[:1]
            if (following in "BHMXvf" and following) or tag == "b" or tags[place + 1 : place + 2] == "a":
                return place
            if following == "q" and (passive or tags[place - 1] not in "q"):
                return place
            if following == "R":
                return place
            if re.match(rf"{NOUN_PHRASE}a?[BHMvf]", tags[place + 1 :]):
                return place
        place += 1
    return place


def _chunks(tagged: Tagged, first: int, last: int) -> Iterator[Chunk]:
    """The predicate's phrases; words in brackets are left out."""
    kept = _without_brackets(tagged.tags, first, last)
    place = 0
    letters = "".join(tagged.tags[i] for i in kept)
    while place < len(letters):
        match = _CHUNK.match(letters, place)
        if match is None:
            return
        kind = match.lastgroup or "other"
        span = kept[match.start() : match.end()]
        text = _join(tagged, span)
        date = _date_ahead(tagged, kept, place)
        if date:
            span = kept[place:date]
            kind, text = "prepositional", _join(tagged, span)
            place = date
        else:
            place = match.end()
        if kind == "prepositional":
            yield Chunk(kind, text, tagged.words[span[0]][0], _join(tagged, span[1:]))
        else:
            yield Chunk(kind, text)


def _date_ahead(tagged: Tagged, kept: list[int], place: int) -> int:
    """Where the date after the preposition at `place` ends ('on May 5, 1910'); 0 when there is none."""
    if tagged.tags[kept[place]] != "p":
        return 0
    for end in range(min(len(kept), place + 9), place + 1, -1):
        if end < len(kept) and tagged.tags[kept[end]] in "nKjy":
            continue  # 'in the 2007 recession'
        if is_date(_join(tagged, kept[place + 1 : end])):
            return end
    return 0


def _without_brackets(tags: str, first: int, last: int) -> list[int]:
    kept, depth = [], 0
    for place in range(first, last):
        depth += tags[place] == "("
        if depth == 0:
            kept.append(place)
        depth -= tags[place] == ")" and depth > 0
    return kept


def _join(tagged: Tagged, span: list[int]) -> str:
    """The text of the words, without what was left out between them."""
    if not span:
        return ""
    if span[-1] - span[0] == len(span) - 1:
        return tagged.piece(span[0], span[-1] + 1)
    pieces: list[str] = []
    start = span[0]
    for before, here in zip(span, [*span[1:], None], strict=True):  # type: ignore[list-item]
        if here is None or here != before + 1:
            pieces.append(tagged.piece(start, before + 1))
            start = here if here is not None else start
    return " ".join(pieces)
