"""Who a sentence is about: pronouns, 'the unit' and 'the casing' resolved to a subject that names itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from clara.synthesis.drafting.words import (
    COMMON_STARTS,
    DANGLING,
    DETERMINERS,
    GENERIC_UNITS,
    NATIONS,
    POSSESSIVES,
    QUANTIFIERS,
)

_PERSON = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z]\.)?(?: [A-Z][a-z]+){1,2}")
_COMMON_ENDING = re.compile(r"(?:ity|ion|ness|ment|ture|ism|ing|ance|ence|ght)$")
_FILE_NAME = re.compile(r"\.(?:pdf|docx?|pptx?|xlsx?|html?|md|txt)$|[/\\]", re.IGNORECASE)
_SECTION = re.compile(
    r"^(?:chapter|section|part|article|appendix|annex|volume|table|figure|slide|page|sheet)\b\.?\s*(?:\d|[ivxlc]+\b|[a-z]\b)"
    r"|^(?:abstract|introduction|background|summary|executive summary|overview|conclusions?|(?:table of )?contents"
    r"|references|bibliography|appendix|methods?|results|discussion|preface|foreword|acknowledge?ments?|agenda|notes?"
    r"|purpose|scope|header|title|untitled.*|(?:document|presentation|slide|book)\s?\d*"
    r"|microsoft (?:word|powerpoint)\b.*)$"
    r"|\||\b[0-9a-f]{8}-[0-9a-f]{4}\b|\b(?:of|the|and|or|for|in|on|to|a|an|by|with|from)$",
    re.IGNORECASE,
)
_NUMBERING = re.compile(r"^\d+(?:\.\d+)*[.)]\s+|\s+[-–|]\s+Wikipedia$")


@dataclass(slots=True)
class Discourse:
    """What has been named so far in a passage. One per passage, fed sentence by sentence."""

    title: str = ""
    topic: str = ""  # what 'it' means
    person: str = ""  # what 'he' or 'she' means
    several: str = ""  # what 'they' means: the subject just before, when it was plural
    people: list[str] = field(default_factory=list)  # names of persons read so far, subjects or not
    kinds: set[str] = field(default_factory=set)  # nouns the title was said to be: 'lamp' after 'Oru is a lamp'
    lower_case: set[str] = field(default_factory=set)  # words the passage writes small: no names
    capitals: set[str] = field(default_factory=set)  # words it writes with a capital inside a sentence: names
    title_is_central: bool = False  # the text itself names the title: 'it' is the title, whatever else is mentioned

    @classmethod
    def of(cls, title: str, text: str) -> Discourse:
        """`title` counts as a subject when it reads as a name: not as a file, nor as the heading of a part."""
        name = name_of_title(title)
        usable = bool(name) and len(name.split()) <= 8 and not _FILE_NAME.search(name) and re.search(r"[A-Z]", name)
        name = name if usable else ""
        if name and re.search(rf"\b[Tt]he {re.escape(name)}\b", text):
            name = f"the {name}"  # as the text itself says it
        return cls(
            title=name,
            topic=name,
            lower_case=set(re.findall(r"(?<=\s)[a-z]+", text)),
            capitals=set(re.findall(r"(?<=[a-z,] )[A-Z][a-z]+", text)),
        )

    def read_ahead(self, prose: list[str]) -> None:
        name = self.title.removeprefix("the ").lower()
        self.title_is_central = bool(name) and any(name in text.lower() for text in prose)

    def resolve(self, subject: str) -> str | None:
        """The subject as it can stand in a question on its own; None when nothing says what it means.

        'The settlers' are left as they are: whether a question names enough else is for the verification to say.
        """
        words = subject.split()
        if not words:
            return None
        first, others = words[0].lower(), [word.lower() for word in words[1:]]
        if not others and first in ("it", "he", "she"):
            return (self.topic if first == "it" else self.person or self._only_person()) or None
        if not others and first == "they":
            return self.several or None
        if first in POSSESSIVES:
            owner = self.topic if first == "its" else self.person if first in ("his", "her") else ""
            return f"the {' '.join(words[1:])} of {owner}" if owner and others else None
        determined = first in ("the", "a", "an", "one", "this", "each", "every")
        if self.title and determined and len(others) == 1 and (others[0] in GENERIC_UNITS or others[0] in self.kinds):
            return self.title
        if self.title and subject.removeprefix("The ").lower() == self.title.removeprefix("the ").lower():
            return self.title
        if {word.split("’")[0].split("'")[0] for word in (first, *others)} & DANGLING or first in ("and", "but", "or"):
            return None
        if not others and first in QUANTIFIERS:
            return None
        subject = self._small_start(words)
        if names_itself(subject):
            return subject
        if self.title and first == "the" and len(words) <= 4:
            return f"{subject} of {self.title}"
        if self.title and len(words) <= 2 and first not in DETERMINERS:
            return f"{subject} of {self.title}"
        return subject

    def _small_start(self, words: list[str]) -> str:
        """The subject as it stands inside a sentence: 'The lamp' -> 'the lamp', 'Perth' stays."""
        first = words[0]
        low = first.lower()
        plain = first.isalpha() and (first[1:].islower() or first == "A")
        if first in self.capitals and low not in self.lower_case | DETERMINERS | QUANTIFIERS | COMMON_STARTS:
            return " ".join(words)  # 'Roberts' is no 'roberts'
        common = low in DETERMINERS or low in QUANTIFIERS or low in self.lower_case or low in COMMON_STARTS
        if low in ("new", "late", "early", "modern") and len(words) > 1 and words[1][0].isupper():
            common = False  # 'New England'
        if plain and len(words) > 1 and words[1][0].islower():
            common = common or not re.search(r"['’]s$", first)
            common = common and low not in NATIONS
        elif plain and len(words) == 1:
            common = common or not names_itself(first) or _COMMON_ENDING.search(first) is not None
        return " ".join([low, *words[1:]]) if plain and common else " ".join(words)

    def read(self, sentence: str) -> None:
        """Note the persons a sentence names; called after its own pronouns were resolved."""
        for match in _PERSON.finditer(sentence):
            if looks_like_person(match.group()) and match.group() not in self.people:
                self.people.append(match.group())

    def _only_person(self) -> str:
        return self.people[0] if len(self.people) == 1 else ""

    def heard(self, subject: str, resolved: str, *, rest: str = "", plural: bool = False) -> None:
        """A clause about `resolved` has been read: later pronouns may mean it."""
        if subject.split()[0].lower() != "they":
            self.several = resolved if plural else ""
        first = subject.split()[0].lower()
        if first in ("it", "its") or resolved == self.title or re.search(r"\b(?:it|its)\b", rest):
            return  # still about the same thing
        if not names_itself(subject):
            return
        person = looks_like_person(resolved)
        if person or (len(resolved.split()) <= 2 and not resolved.startswith("the ")):
            self.person = resolved
        if not person and not self.title_is_central and " and " not in resolved:
            self.topic = resolved


def name_of_title(title: str) -> str:
    """What a document's title names; "" for a heading that any document could have, or one that was cut.

    >>> name_of_title("5.1. The Noste programme"), name_of_title("CHAPTER 1 – INTRODUCTION"), name_of_title("Abstract")
    ('The Noste programme', '', '')
    """
    name = _NUMBERING.sub("", title.strip()).strip()
    return "" if _SECTION.search(name) else name


def names_itself(text: str) -> bool:
    """Whether a phrase holds a proper name, a code or a year.

    >>> names_itself("The Panthers defense"), names_itself("the casing"), names_itself("Sales"), names_itself("Oru")
    (True, False, False, True)
    """
    words = re.findall(r"[^\W_][\w'’.-]*", text)
    for position, word in enumerate(words):
        if any(char.isupper() for char in word[1:]) or (word[0].isupper() and any(char.isdigit() for char in word)):
            return True
        if word[0].isupper() and position > 0:
            return True
    if words and words[0][0].isupper() and re.search(r"['’]s$", words[0]):
        return True
    if len(words) == 1 and words[0][0].isupper():
        return not words[0].lower().endswith("s") and len(words[0]) > 2 and words[0].lower() not in COMMON_STARTS
    return False


def looks_like_person(name: str) -> bool:
    """Two or three capitalised words and nothing else: 'Nia Silva'. An honest guess, used for who and she/he only.

    >>> looks_like_person("Nia Silva"), looks_like_person("The Panthers"), looks_like_person("Kessor Works")
    (True, False, False)
    """
    words = name.split()
    if not 2 <= len(words) <= 4 or words[0] in ("The", "A", "An"):
        return False
    if not all(re.fullmatch(r"[A-Z][\w'’.-]*|de|von|van|der|la|di", word) for word in words):
        return False
    return not re.search(_ORGANISATION, name)


_ORGANISATION = (
    r"\b(?:Works?|Company|Corp\w*|Inc|Ltd|LLC|GmbH|Group|Industries|Labs?|Laborator\w+|University|College|School|Institute"
    r"|Museum|Church|Army|Navy|Party|Union|Bank|Empire|Kingdom|Republic|States?|City|County|Park|River|Lake|Mountains?|Island"
    r"|Street|Road|War|Battle|Treaty|Act|Council|Committee|League|Cup|Bowl|Series|System|Systems|Association|Society"
    r"|Agency|Court|House|Center|Centre|Hospital|Station|Airport|Bridge|Tower|Palace|Castle|Hall|Theatre|Theater"
    r"|Dynasty|Age|Era|Revolution|Plan|Project|Program|Network|Press|Times|News|Award|Prize|Games|Stadium|Manufacturing"
    r"|Electric|Motors|Partners|Brothers|Holdings|Technologies|Engineering|Foundry|Mills?|Factory|Studios?|Records)\b"
)
