"""Noun phrases over tagging.py's letters, and what a phrase names: a person, a date, a number, a place, a thing."""

from __future__ import annotations

import re

from clara.synthesis.drafting.subjects import looks_like_person
from clara.synthesis.drafting.words import DATE, MONTH, NATIONS, NUMBER, PERSONS, ROLES, YEAR, word_set

SIMPLE = r"(?:[dh]?(?:a?j(?:,j)*,?c(?=a?jn|a?jj)|a?[jq#$]|[nKyg%\"])*[nK#%](?:\"(?![nK]))?)"
NOUN_PHRASE = rf"(?:{SIMPLE}(?:o{SIMPLE})*)"
LIST = rf"(?:{NOUN_PHRASE}(?:,{NOUN_PHRASE})*,?c{NOUN_PHRASE})"
LONG_PHRASE = rf"(?:{NOUN_PHRASE}(?:p{NOUN_PHRASE})*)"

_DATE_PHRASE = re.compile(
    rf"(?:the )?(?:{DATE}|(?:early |late |mid[- ]?)?{MONTH}(?: \d{{1,2}})?|(?:early |late |mid[- ]?)?{YEAR}s?"
    rf"|(?:early |late |mid[- ]?)?(?:\d{{1,2}}(?:st|nd|rd|th)|[a-z]+(?:teenth|tieth|ninth|eighth|sixth)) century"
    rf"|(?:early |late |mid[- ]?)(?:{YEAR}s|{MONTH} {YEAR})|{YEAR} (?:and|to|until) {YEAR})$"
)
_NUMBERED = re.compile(rf"^(?:(?:US)?[$€£¥] ?)?{NUMBER}")
_PLACE_NOUNS = word_set(
    """City County River Lake Island Islands Mountain Mountains Street Road Avenue Park Square Valley Bay Beach Coast
    Sea Ocean Gulf Peninsula Province District Town Village Hall Hotel Palace Castle Cathedral Church Abbey Stadium
    Arena Airport Station Harbour Harbor Port Museum Theatre Theater School College University Hospital Building House
    Center Centre Bridge Desert Forest Hills Garden Gardens Cemetery Library Plaza Tower Kingdom Republic States"""
)
_PLACES = word_set(
    """Africa America Asia Europe Australia Antarctica Oceania England Britain Scotland Wales Ireland France Germany
    Italy Spain Portugal Greece Turkey Russia China Japan India Pakistan Bangladesh Iran Iraq Israel Egypt Syria Lebanon
    Palestine Jordan Kuwait Qatar Yemen Oman Afghanistan Nepal Bhutan Tibet Mongolia Korea Vietnam Thailand Cambodia
    Laos Myanmar Burma Malaysia Singapore Indonesia Philippines Taiwan Zealand Canada Mexico Cuba Haiti Jamaica Brazil
    Argentina Chile Peru Bolivia Colombia Venezuela Ecuador Uruguay Paraguay Panama Guatemala Honduras Nicaragua Kenya
    Nigeria Ghana Ethiopia Somalia Sudan Uganda Tanzania Rwanda Congo Angola Zambia Zimbabwe Mozambique Namibia Botswana
    Morocco Algeria Tunisia Libya Senegal Mali Austria Hungary Poland Czechoslovakia Romania Bulgaria Serbia Croatia
    Bosnia Slovenia Slovakia Albania Macedonia Yugoslavia Ukraine Belarus Lithuania Latvia Estonia Finland Sweden Norway
    Denmark Iceland Netherlands Holland Belgium Luxembourg Switzerland Armenia Georgia Azerbaijan Kazakhstan Cyprus
    Malta London Paris Berlin Rome Madrid Vienna Moscow Tokyo Beijing Shanghai Delhi Mumbai Bombay Calcutta Kolkata
    Madras Chennai Istanbul Constantinople Athens Jerusalem Cairo Alexandria Baghdad Tehran Karachi Sydney Melbourne
    Brisbane Perth Adelaide Auckland Toronto Montreal Vancouver Ottawa Boston Chicago Philadelphia Pittsburgh Detroit
    Cleveland Baltimore Washington Atlanta Miami Houston Dallas Denver Seattle Portland Oakland Hollywood Brooklyn
    Manhattan Nashville Memphis Minneapolis Milwaukee Cincinnati Phoenix Vegas Angeles Francisco Diego Orleans York
    Jersey Hampshire Vermont Massachusetts Connecticut Pennsylvania Delaware Maryland Virginia Carolina Florida Alabama
    Mississippi Louisiana Texas Oklahoma Arkansas Tennessee Kentucky Ohio Indiana Illinois Michigan Wisconsin
    Minnesota Iowa Missouri Kansas Nebraska Dakota Montana Wyoming Colorado Utah Nevada Idaho Oregon California
    Arizona Alaska Hawaii Maine Oxford Cambridge Manchester Liverpool Birmingham Leeds Glasgow Edinburgh Dublin
    Belfast Cardiff Bristol Brussels Amsterdam Hamburg Munich Frankfurt Cologne Dresden Leipzig Prague Warsaw
    Budapest Geneva Zurich Milan Venice Florence Naples Turin Genoa Barcelona Seville Valencia Lisbon
    Copenhagen Stockholm Oslo Helsinki Petersburg Kiev"""
)
_PERSON_TITLES = word_set(
    """President Prime Minister King Queen Prince Princess Emperor Pope Saint St. Sir Lord Lady Dr Dr. Mr Mrs Ms
    Professor General Captain Colonel Admiral Senator Governor Bishop Archbishop Cardinal Judge Justice Count Duke
    Father Rev"""
)
# nouns that may stand in 'Which <noun> ...?' for a name that ends with them
KIND_NOUNS = word_set(
    """company corporation university college school city county river lake island mountain party church war battle
    treaty act league cup bowl team band album film song book novel magazine newspaper museum hospital bridge station
    airport stadium street road park palace castle empire dynasty council committee court agency institute society
    association union bank army navy award prize festival series theory language religion ocean sea desert movement
    organization foundation network channel hotel theatre theater library cathedral abbey kingdom republic province
    district club conference tournament championship program project system plan group tribe law"""
)


def is_date(phrase: str) -> bool:
    """Whether a phrase says when.

    >>> is_date("May 5, 1910"), is_date("the early 19th century"), is_date("1,200"), is_date("1999")
    (True, True, False, True)
    """
    return _DATE_PHRASE.match(phrase) is not None


def is_number(phrase: str) -> bool:
    return _NUMBERED.match(phrase) is not None


def is_place(phrase: str) -> bool:
    """Whether a name is surely somewhere: a known place, or one that says so.

    >>> is_place("Western Australia"), is_place("Hale Park"), is_place("the Premier League")
    (True, True, False)
    """
    words = re.findall(r"[^\W_][\w'’-]*", phrase)
    return bool(words) and (words[-1] in _PLACES or words[-1] in _PLACE_NOUNS or words[0] in _PLACES - {"Washington"})


def is_person(phrase: str, surnames: frozenset[str] = frozenset()) -> bool:
    """Whether a phrase surely names a person: a title, a role before the name, a name already read in full.

    >>> is_person("the chemist Otto Hahn"), is_person("King Harald"), is_person("Kessor Works")
    (True, True, False)
    """
    words = phrase.replace(",", "").split()
    if not words:
        return False
    if words[0] in _PERSON_TITLES and len(words) > 1 and words[-1][0].isupper() and not is_place(phrase):
        return len(words) < 5 and "of" not in words
    if any(len(word) > 1 and word[:2].isupper() for word in words):
        return False
    if len(words) == 1:
        return words[0] in surnames
    small = [word for word in words if word[0].islower()]
    role = len(small) > 0 and (small[-1] in PERSONS or small[-1] in ROLES or small[-1].endswith("ist"))
    if role and looks_like_person(" ".join(words[words.index(small[-1]) + 1 :])):
        return True
    return looks_like_person(phrase) and not is_place(phrase) and not _is_thing_name(words)


def _is_thing_name(words: list[str]) -> bool:
    """A name of two or three words whose last is a common noun with a capital, or whose first is a nation."""
    last = words[-1].lower()
    if words[0].lower() in NATIONS or last in KIND_NOUNS or last.rstrip("s") in KIND_NOUNS:
        return True
    return bool(re.search(r"(?:tion|ment|ism|ity|ology|ings?|ists|ians|ers|ics|ance|ence|ship|hood|ware|works)$", last))


def kind_of_name(phrase: str) -> str:
    """'university' of 'Oxley University' and of 'the University of Oxley'; '' when the name does not say.

    >>> kind_of_name("the University of Oxley"), kind_of_name("the Second Boer War"), kind_of_name("Oru")
    ('university', 'war', '')
    """
    head = phrase.split(" of ")[0].split()[-1]
    if not head[0].isupper():
        return ""
    return head.lower() if head.lower() in KIND_NOUNS else ""
