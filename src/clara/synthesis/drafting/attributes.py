"""Questions for 'the <attribute> of <subject> is <value>', however the text said it: label, table cell or sentence."""

from __future__ import annotations

import re

from clara.synthesis.drafting.words import (
    COLOURS,
    DURATION_UNIT,
    MEASURES,
    NOT_ROLES,
    PARTICIPLE,
    PERSONS,
    QUANTITY,
    ROLES,
)

# attribute's last word(s) -> phrasings; {a} is the attribute as written, {x} the subject
_PHRASINGS: dict[str, tuple[str, ...]] = {
    "weight": ("What is the {a} of {x}?", "How much does {x} weigh?"),
    "mass": ("What is the {a} of {x}?", "How much does {x} weigh?"),
    "length": ("What is the {a} of {x}?", "How long is {x}?"),
    "height": ("What is the {a} of {x}?", "How tall is {x}?"),
    "width": ("What is the {a} of {x}?", "How wide is {x}?"),
    "depth": ("What is the {a} of {x}?", "How deep is {x}?"),
    "age": ("What is the {a} of {x}?", "How old is {x}?"),
    "price": ("What is the {a} of {x}?", "How much does {x} cost?"),
    "cost": ("What is the {a} of {x}?", "How much does {x} cost?"),
    "colour": ("What is the {a} of {x}?", "What {a} is {x}?"),
    "color": ("What is the {a} of {x}?", "What {a} is {x}?"),
    "maker": ("Who is the {a} of {x}?", "Who makes {x}?", "Which company makes {x}?"),
    "manufacturer": ("Who is the {a} of {x}?", "Who makes {x}?", "Which company makes {x}?"),
    "producer": ("Who is the {a} of {x}?", "Who makes {x}?"),
    "designer": ("Who is the {a} of {x}?", "Who designed {x}?"),
    "inventor": ("Who is the {a} of {x}?", "Who invented {x}?"),
    "founder": ("Who is the {a} of {x}?", "Who founded {x}?"),
    "author": ("Who is the {a} of {x}?", "Who wrote {x}?"),
    "population": ("What is the {a} of {x}?", "How many people live in {x}?"),
    "material": ("What is the {a} of {x}?", "What is {x} made of?"),
    "location": ("What is the {a} of {x}?", "Where is {x} located?"),
    "address": ("What is the {a} of {x}?", "Where is {x} located?"),
    "headquarters": ("Where are the {a} of {x}?", "Where is {x} headquartered?"),
    "kind": ("What kind of thing is {x}?", "What is {x}?"),
    "type": ("What type of thing is {x}?", "What is {x}?"),
    "category": ("What is the {a} of {x}?", "What is {x}?"),
    "capacity": ("What is the {a} of {x}?", "How large is the {a} of {x}?"),
    "capital": ("What is the {a} of {x}?", "Which city is the {a} of {x}?"),
    "name": ("What is the {a} of {x}?",),
}
_GENERAL = ("What is the {a} of {x}?", "What {a} does {x} have?")
_PEOPLE = ("Who is the {a} of {x}?", "Which person is the {a} of {x}?")
_LASTING = ("How long is the {a} of {x}?", "What is the {a} of {x}?")
_NAME_LABELS = {"name", "product", "product name", "title", "item", "model name"}
_PARTICIPLE_WITH_PLACE = re.compile(r"^(?P<verb>\w+) (?P<preposition>in|at|by|since|on|from|for|with)$")


def attribute_questions(attribute: str, subject: str, value: str) -> tuple[str, ...]:
    """Phrasings that ask for `value`, the most direct first.

    >>> attribute_questions("Weight", "the Oru", "61 kg")
    ('What is the weight of the Oru?', 'How much does the Oru weigh?')
    >>> attribute_questions("Assembled in", "the Oru", "Perth")
    ('Where is the Oru assembled?', 'In which place is the Oru assembled?')
    >>> attribute_questions("lead engineer", "the Oru", "Nia Silva")[0]
    'Who is the lead engineer of the Oru?'
    """
    a = lower_first(attribute.strip())
    event = _event_label(a, subject, value)
    if event:
        return event
    head = a.split(" of ")[0].split()[-1]
    if head in ("year", "date"):
        forms: tuple[str, ...] = ("What is the {a} of {x}?", "Which {a} does {x} have?")
    elif is_role(head):
        forms = _PHRASINGS.get(head, _PEOPLE)
        if len(a.split()) > 1:  # 'lead designer': 'who designed it' would be another question
            forms = _PEOPLE
    elif head in _PHRASINGS and a == head:
        forms = _PHRASINGS[head]
    elif head in ("weight", "mass", "price", "colour", "color") and len(a.split()) <= 3:
        forms = ("What is the {a} of {x}?", "What {a} does {x} have?")
    elif is_quantity(value) and DURATION_UNIT.search(value):
        forms = _LASTING
    else:
        forms = _GENERAL
    if head.endswith("s") and not head.endswith(("ss", "us", "is")) and head not in _PHRASINGS:
        forms = tuple(
            form.replace("What is the", "What are the").replace("Who is the", "Who are the") for form in forms
        )
    return tuple(form.format(a=a, x=subject) for form in forms)


def _event_label(label: str, subject: str, value: str) -> tuple[str, ...]:
    """'Launched: 2004', 'Assembled in: Perth', 'Made by: Kessor' read as passives."""
    if label in PARTICIPLE and re.search(r"\d{4}", value):
        return (f"When was {subject} {label}?", f"In which year was {subject} {label}?")
    match = _PARTICIPLE_WITH_PLACE.match(label)
    if match is None or match["verb"] not in PARTICIPLE:
        return ()
    verb, preposition = match["verb"], match["preposition"]
    if preposition == "by":
        return (f"Who was {subject} {verb} by?", f"By whom was {subject} {verb}?")
    if re.search(r"\d{4}", value) or preposition == "since":
        return (f"When was {subject} {verb}?", f"Since when is {subject} {verb}?")[: 2 if preposition == "since" else 1]
    if preposition in ("in", "at", "on"):
        return (f"Where is {subject} {verb}?", f"In which place is {subject} {verb}?")
    return (f"What is {subject} {verb} {preposition}?",)


def attribute_kind(attribute: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", attribute.lower()).strip("_") or "attribute"


def is_name_label(label: str) -> bool:
    return label.lower() in _NAME_LABELS


def is_known_attribute(label: str) -> bool:
    """Whether a label is one of those that things are described by.

    >>> is_known_attribute("Battery life"), is_known_attribute("Top speed"), is_known_attribute("Raster in webp")
    (True, True, False)
    """
    words = label.lower().split()
    if not words or not label[0].isalpha():
        return False
    if label.lower() in PARTICIPLE or (words[0] in PARTICIPLE and len(words) == 2):
        return True
    head = label.lower().split(" of ")[0].split()[-1]
    return head in _PHRASINGS or head in MEASURES or head in _COMMON_HEADS or is_role(head)


_COMMON_HEADS = {
    "year",
    "date",
    "life",
    "model",
    "version",
    "status",
    "country",
    "city",
    "region",
    "language",
    "power",
    "rating",
    "maker",
    "brand",
    "colour",
    "color",
    "number",
    "title",
    "owner",
    "period",
    "time",
    "size",
    "code",
    "currency",
    "email",
    "phone",
    "website",
    "genre",
    "industry",
    "casing",
    "material",
    "finish",
    "place",
    "origin",
}


def is_role(noun: str) -> bool:
    """Whether a noun names what a person does.

    >>> is_role("engineer"), is_role("number"), is_role("designer")
    (True, False, True)
    """
    word = noun.lower()
    if word in ROLES:
        return True
    return len(word) > 5 and word.endswith(("eer", "er", "or", "ist", "ian")) and word not in NOT_ROLES


def names_a_person(noun: str) -> bool:
    """Whether a noun can only be said of a person: stricter than is_role, which also lets 'scanner' through."""
    word = noun.lower()
    return word in ROLES or word in PERSONS or word.endswith(("ist", "ician", "eer", "woman"))


def is_colour(text: str) -> bool:
    """'amber', 'dark green', 'black and white'."""
    words = [
        word
        for word in re.findall(r"[a-z]+", text.lower())
        if word not in ("and", "dark", "light", "pale", "deep", "bright", "matte", "matt")
    ]
    return bool(words) and all(word in COLOURS for word in words)


def is_quantity(text: str) -> bool:
    return re.fullmatch(QUANTITY, text) is not None


def lower_first(text: str) -> str:
    """'Lead engineer' -> 'lead engineer'; 'IP rating' and 'Nia' of a name are left to the caller."""
    first = text.split(" ")[0]
    if len(first) > 1 and (first.isupper() or any(char.isupper() for char in first[1:])):
        return text
    return text[:1].lower() + text[1:]
