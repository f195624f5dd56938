"""Who a sentence is about: pronouns, 'the unit' and 'the casing' resolved to a subject that names itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from clara.synthesis.drafting.words import DANGLING, DETERMINERS, GENERIC_UNITS, POSSESSIVES

_FILE_NAME = re.compile(r"\.(?:pdf|docx?|pptx?|xlsx?|html?|md|txt)$|[/\\]", re.IGNORECASE)


@dataclass(slots=True)
class Discourse:
    """What has been named so far in a passage. One per passage, fed sentence by sentence."""

    title: str = ""
    topic: str = ""  # what 'it' means
    person: str = ""  # what 'he' or 'she' means
    kinds: set[str] = field(default_factory=set)  # nouns the title was said to be: 'lamp' after 'Oru is a lamp'

    @classmethod
    def of(cls, title: str, text: str) -> Discourse:
        """`title` counts as a subject when it reads as a name and the passage is about it."""
        name = title.strip()
        usable = bool(name) and len(name.split()) <= 8 and not _FILE_NAME.search(name) and re.search(r"[A-Z]", name)
        name = name if usable else ""
        return cls(title=name, topic=name)

    def resolve(self, subject: str) -> str | None:
        """The subject as it can stand in a question on its own; None when nothing says what it means."""
        words = subject.split()
        lowered = [word.lower() for word in words]
        if not words:
            return None
        if lowered == ["it"]:
            return self.topic or None
        if lowered[0] in ("he", "she") and len(words) == 1:
            return self.person or None
        if lowered[0] in POSSESSIVES:
            owner = self.topic if lowered[0] == "its" else self.person if lowered[0] in ("his", "her") else ""
            return f"the {' '.join(words[1:])} of {owner}" if owner and len(words) > 1 else None
        if set(lowered) & DANGLING:
            if self.title and lowered[0] in ("this", "each", "one") and self._means_title(lowered[1:]):
                return self.title
            return None
        if self.title and lowered[0] in ("the", "a", "an", "one", "every", "each") and self._means_title(lowered[1:]):
            return self.title
        if names_itself(subject):
            return subject
        if self.title and lowered[0] in ("the", *("a", "an")) and 2 <= len(words) <= 4:
            return f"the {' '.join(words[1:])} of {self.title}"
        if self.title and len(words) <= 2 and lowered[0] not in DETERMINERS:
            return f"{subject[0].lower()}{subject[1:]} of {self.title}"
        if lowered[0] in ("the",):
            return None
        return subject[0].lower() + subject[1:] if lowered[0] in ("a", "an") or not names_itself(subject) else subject

    def _means_title(self, noun: list[str]) -> bool:
        return len(noun) == 1 and (noun[0] in GENERIC_UNITS or noun[0] in self.kinds)

    def heard(self, subject: str, resolved: str, *, person: bool) -> None:
        """A sentence about `resolved` has been read: later pronouns may mean it."""
        first = subject.split()[0].lower()
        if first in ("it", "its") or resolved == self.title:
            return  # still about the same thing
        if person:
            self.person = resolved
        elif names_itself(subject) and not self._title_is_central:
            self.topic = resolved

    _title_is_central: bool = False

    def about_title(self) -> None:
        """The text itself names the title: from now on 'it' is the title, whatever else is mentioned."""
        self._title_is_central = True


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
    if len(words) == 1 and words[0][0].isupper():
        return not words[0].lower().endswith("s") and len(words[0]) > 2 and words[0].lower() not in _COMMON_STARTS
    return False


_COMMON_STARTS = set(
    """production assembly work research demand construction development people water food money education music art
    science history energy power life death time today most many some several few all both other others more critics
    children women men none nothing everything everyone someone anyone what who which there""".split()
)


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
