"""How a fictional product's facts are worded and laid out on one or two pages. Knows no file format (writers.py does).

Every page opens with the product's name as its heading, so that a page makes sense alone, and stays within PAGE_BUDGET
characters, so that it fits in one 128-token passage of a 2,000-word vocabulary.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PAGE_BUDGET = 365  # characters of Markdown, title included
TABLE_SHARE = 0.36  # of the files
SUBTITLE_SHARE = 0.5  # of the second pages

LABELS: dict[str, str] = {  # the kind is always told in a sentence: it opens the first page
    "maker": "Maker",
    "engineer": "Lead engineer",
    "city": "Assembly city",
    "year": "Year of first sale",
    "weight": "Weight",
    "colour": "Casing colour",
    "price": "Price",
    "warranty": "Warranty",
    "battery": "Battery life",
    "range": "Operating range",
    "material": "Casing material",
    "noise": "Noise level",
}

SENTENCES: dict[str, tuple[str, ...]] = {
    "kind": ("{name} is {a} {value}.", "The {name} is {a} {value}.", "The {name} is {a} {value}."),
    "maker": (
        "It is made by {value}.",
        "The {name} is made by {value}.",
        "It is manufactured by {value}.",
        "Its maker is {value}.",
        "{value} makes it.",
    ),
    "engineer": (
        "Its lead engineer is {value}.",
        "The lead engineer is {value}.",
        "The lead engineer of the {name} is {value}.",
        "{value} is the lead engineer.",
    ),
    "city": (
        "It is assembled in {value}.",
        "The {name} is assembled in {value}.",
        "It is put together in {value}.",
        "Every unit is assembled in {value}.",
    ),
    "year": (
        "It was first sold in {value}.",
        "The {name} was first sold in {value}.",
        "It has been sold since {value}.",
        "It went on sale in {value}.",
    ),
    "weight": (
        "It weighs {value}.",
        "The {name} weighs {value}.",
        "Its weight is {value}.",
        "It has a weight of {value}.",
    ),
    "colour": (
        "Its casing is {value}.",
        "The casing is {value}.",
        "The casing colour is {value}.",
        "Its casing colour is {value}.",
        "The casing is painted {value}.",
    ),
    "price": ("It costs {value}.", "The {name} costs {value}.", "Its price is {value}.", "It is sold for {value}."),
    "warranty": (
        "Its warranty lasts {value}.",
        "The warranty is {value}.",
        "It comes with a warranty of {value}.",
    ),
    "battery": ("Its battery life is {value}.", "The battery lasts {value}.", "It has a battery life of {value}."),
    "range": (
        "Its operating range is {value}.",
        "It has an operating range of {value}.",
        "The operating range is {value}.",
    ),
    "material": (
        "Its casing is made of {value}.",
        "The casing is made of {value}.",
        "The casing material is {value}.",
    ),
    "noise": ("Its noise level is {value}.", "The noise level is {value}.", "It has a noise level of {value}."),
}

OPENINGS_WITH_MAKER = (
    "The {name} is {a} {kind} made by {maker}.",
    "{name} is {a} {kind} made by {maker}.",
)

FILLERS = (
    "Spare parts are easy to find.",
    "Please read the manual before use.",
    "Small repairs need no special tools.",
    "Keep it dry when it is not in use.",
    "Users like how simple it is.",
    "Clean it with a soft cloth.",
    "Most orders leave within a week.",
    "Ask for training if you need it.",
    "A quick guide comes in the box.",
    "Both small workshops and large sites use it.",
    "Old units can be sent back for recycling.",
    "Do not open the case while it is running.",
    "Questions are answered by phone or by mail.",
    "Check the seals every spring.",
    "Partners can ask for drawings.",
    "Let it cool down before you put it away.",
    "Schools and clubs can ask for a lower rate.",
    "Many owners keep it for a long time.",
)
SUBTITLES = ("Technical data", "Further details", "Specifications", "At a glance")
TABLE_HEADERS = (("Property", "Value"), ("Item", "Detail"))
WORDING = " ".join(  # every fixed word of the sheets: no invented name may be one of them
    (
        *LABELS.values(),
        *(template for templates in SENTENCES.values() for template in templates),
        *(*OPENINGS_WITH_MAKER, *FILLERS, *SUBTITLES),
        *(word for header in TABLE_HEADERS for word in header),
    )
)


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A header row and at least one row below it; two columns."""

    rows: tuple[tuple[str, str], ...]


Part = Paragraph | Bullets | Table


@dataclass(frozen=True, slots=True)
class SheetPage:
    """One page or slide. `attributes` are the facts that stand on it, each of them on no other page."""

    title: str
    subtitle: str
    parts: tuple[Part, ...]
    attributes: tuple[str, ...]

    @property
    def markdown(self) -> str:
        """What a perfect extraction reads."""
        lines = [f"# {self.title}"] + ([f"## {self.subtitle}"] if self.subtitle else [])
        for part in self.parts:
            match part:
                case Paragraph(text):
                    lines.append(text)
                case Bullets(items):
                    lines.extend(f"- {item}" for item in items)
                case Table(rows):
                    header, *body = [f"| {' | '.join(row)} |" for row in rows]
                    lines.append("\n".join([header, "| --- | --- |", *body]))
        return "\n\n".join(lines)


def lay_out(rng: random.Random, name: str, facts: Mapping[str, str], num_pages: int) -> tuple[SheetPage, ...]:
    """The pages of one sheet: every fact on exactly one of them, the kind on the first."""
    attributes = [attribute for attribute in facts if attribute != "kind"]
    rng.shuffle(attributes)
    cut = len(attributes) if num_pages == 1 else (len(attributes) + rng.randint(-1, 1)) // 2
    shares = [["kind", *attributes[:cut]], attributes[cut:]][:num_pages]
    table_page = rng.randrange(num_pages) if rng.random() < TABLE_SHARE else -1
    return tuple(
        _fitting_page(rng, name, facts, share, with_table=index == table_page, is_second=index == 1)
        for index, share in enumerate(shares)
    )


def _fitting_page(
    rng: random.Random, name: str, facts: Mapping[str, str], share: Sequence[str], *, with_table: bool, is_second: bool
) -> SheetPage:
    subtitle = rng.choice(SUBTITLES) if is_second and rng.random() < SUBTITLE_SHARE else ""
    num_fillers = rng.randint(1, 4) + max(0, 6 - len(share))  # a page with few facts is filled up with plain remarks
    for _ in range(50):
        parts = _parts(rng, name, facts, share, with_table=with_table, num_fillers=num_fillers)
        page = SheetPage(name, subtitle, tuple(parts), tuple(share))
        if len(page.markdown) <= PAGE_BUDGET:
            return page
        num_fillers = max(0, num_fillers - 1)
    raise AssertionError(f"the facts of {name} do not fit on one page of {PAGE_BUDGET} characters")


def _parts(
    rng: random.Random, name: str, facts: Mapping[str, str], share: Sequence[str], *, with_table: bool, num_fillers: int
) -> list[Part]:
    """Prose first; then, by style, a table, label lines, bullets, or nothing but a second paragraph."""
    style = "table" if with_table else rng.choices(("prose", "labels", "bullets"), weights=(5, 3, 3))[0]
    num_told = len(share) if style == "prose" else min(len(share) - 2, rng.randint(2, 4))
    told, listed = share[:num_told], share[num_told:]
    sentences = _sentences(rng, name, facts, told)
    for filler in rng.sample(FILLERS, num_fillers):
        sentences.insert(rng.randint(1, len(sentences)), filler)
    if style != "prose":
        return [Paragraph(" ".join(sentences)), *_listing(rng, style, name, facts, listed)]
    middle = rng.randint(2, max(2, len(sentences) - 2))
    halves = [sentences[:middle], sentences[middle:]] if rng.random() < 0.6 else [sentences]
    return [Paragraph(" ".join(half)) for half in halves if half]


def _sentences(rng: random.Random, name: str, facts: Mapping[str, str], told: Sequence[str]) -> list[str]:
    def say(template: str, **more: str) -> str:
        return template.format(name=name, a=_article(facts["kind"]), **more)

    left = list(told)
    sentences = []
    if {"kind", "maker"} <= set(left) and rng.random() < 0.3:
        sentences.append(say(rng.choice(OPENINGS_WITH_MAKER), kind=facts["kind"], maker=facts["maker"]))
        left = [attribute for attribute in left if attribute not in ("kind", "maker")]
    sentences += [say(rng.choice(SENTENCES[attribute]), value=facts[attribute]) for attribute in left]
    return sentences


def _listing(rng: random.Random, style: str, name: str, facts: Mapping[str, str], listed: Sequence[str]) -> list[Part]:
    pairs = [(LABELS[attribute], facts[attribute]) for attribute in listed]
    if style == "table":
        return [Table((rng.choice(TABLE_HEADERS), *pairs))]
    lines = tuple(f"{label}: {value}" for label, value in pairs)
    if style == "labels":
        return [Paragraph(line) for line in lines]
    return [Bullets(lines if rng.random() < 0.6 else tuple(_sentences(rng, name, facts, listed)))]


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"
