"""The fictional world of `clara demo`: products with invented names and the facts about them. Wording is sheets.py's.

Everything is a pure function of the seed. Held-out products, makers and engineers share no name with the train part;
closed value lists (kinds, cities, colours …) are shared on purpose: a reader has to know the words, not the facts.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from clara.demo.names import CITIES, COLOURS, MATERIALS, PRODUCT_KINDS, invented_name, person_name
from clara.demo.sheets import WORDING, SheetPage, lay_out
from clara.errors import UsageError

Split = Literal["train", "heldout"]
FileFormat = Literal["pdf", "docx", "pptx"]
FORMATS: tuple[FileFormat, ...] = ("pdf", "docx", "pptx")
TWO_PAGE_SHARE = 1 / 3
ONE_PAGE_EXTRA_SHARE = 1 / 2  # single pages that carry one extra attribute

COMPANY_WORDS = ("Works", "Instruments", "Labs", "Industries", "Tools", "Systems", "Devices", "Brothers")

EXTRAS: dict[str, Callable[[random.Random], str]] = {
    "price": lambda rng: f"{rng.randrange(15, 1000, 5)} euros",
    "warranty": lambda rng: f"{rng.choice((6, 12, 18, 24, 30, 36, 48, 60))} months",
    "battery": lambda rng: f"{rng.randint(2, 48)} hours",
    "range": lambda rng: f"{rng.randrange(20, 500, 10)} metres",
    "material": lambda rng: rng.choice(MATERIALS),
    "noise": lambda rng: f"{rng.randint(21, 79)} dB",
}


@dataclass(frozen=True, slots=True)
class Product:
    """An invented product. `facts` maps attribute to the value exactly as its sheet prints it."""

    name: str
    facts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of facts.jsonl: `value` stands, as printed, on `page` (from 1) of the file `document`."""

    split: Split
    document: str
    page: int
    product: str
    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One product, one file. `document` is the file's name inside its split's folder, e.g. 'sheet-0001.pdf'."""

    split: Split
    document: str
    product: Product
    pages: tuple[SheetPage, ...]

    @property
    def format(self) -> FileFormat:
        return next(format for format in FORMATS if self.document.endswith(f".{format}"))

    @property
    def facts(self) -> list[Fact]:
        return [
            Fact(self.split, self.document, number, self.product.name, attribute, self.product.facts[attribute])
            for number, page in enumerate(self.pages, start=1)
            for attribute in page.attributes
        ]


@dataclass(frozen=True, slots=True)
class World:
    """Every sheet of both parts, in file order."""

    seed: int
    sheets: tuple[Sheet, ...]

    def part(self, split: Split) -> list[Sheet]:
        return [sheet for sheet in self.sheets if sheet.split == split]

    def facts(self, split: Split) -> list[Fact]:
        return [fact for sheet in self.part(split) for fact in sheet.facts]


def make_world(seed: int, *, num_train: int = 1000, num_heldout: int = 200) -> World:
    """The world of this seed: the same seed and sizes give the same world, another seed gives other names and facts.

    Raises UsageError when a size is below 1.
    """
    if num_train < 1 or num_heldout < 1:
        raise UsageError(f"the demo needs at least 1 document in each part, not {num_train} and {num_heldout}")
    names = _Names()
    sheets: list[Sheet] = []
    parts: tuple[tuple[Split, int], ...] = (("train", num_train), ("heldout", num_heldout))
    for split, size in parts:
        rng = random.Random(f"{seed}/{split}")
        makers = [names.maker(rng) for _ in range(max(4, size // 5))]
        formats = _shuffled_thirds(rng, size)
        for format in formats:
            product, num_pages = _product(rng, names, makers)
            document = f"sheet-{len(sheets) + 1:04d}.{format}"
            sheets.append(Sheet(split, document, product, lay_out(rng, product.name, product.facts, num_pages)))
    return World(seed, tuple(sheets))


def _product(rng: random.Random, names: _Names, makers: list[str]) -> tuple[Product, int]:
    facts = {
        "kind": rng.choice(PRODUCT_KINDS),
        "maker": rng.choice(makers),
        "engineer": names.engineer(rng),
        "city": rng.choice(CITIES),
        "year": str(rng.randint(1985, 2024)),
        "weight": f"{rng.randint(2, 98)} kg",
        "colour": rng.choice(COLOURS),
    }
    num_pages = 2 if rng.random() < TWO_PAGE_SHARE else 1
    num_extras = rng.randint(2, 4) if num_pages == 2 else int(rng.random() < ONE_PAGE_EXTRA_SHARE)
    for attribute in rng.sample(sorted(EXTRAS), num_extras):
        facts[attribute] = EXTRAS[attribute](rng)
    return Product(names.product(rng), facts), num_pages


def _shuffled_thirds(rng: random.Random, size: int) -> list[FileFormat]:
    formats = [FORMATS[index % len(FORMATS)] for index in range(size)]
    rng.shuffle(formats)
    return formats


class _Names:
    """Hands out names that contain no name given before, so that no name is ever ambiguous or found in another part."""

    def __init__(self) -> None:
        self._words = WORDING.casefold()
        self._people: set[str] = set()

    def _word(self, rng: random.Random) -> str:
        for _ in range(10_000):
            word = invented_name(rng, split="demo")
            if word.casefold() not in self._words:
                self._words += f" {word.casefold()}"
                return word
        raise UsageError("the demo ran out of invented names; ask for fewer documents")

    def product(self, rng: random.Random) -> str:
        """'Moneculu 98', 'Moneculu K' or 'Moneculu'."""
        word, draw = self._word(rng), rng.random()
        if draw < 0.5:
            return f"{word} {rng.randint(2, 99)}"
        return f"{word} {rng.choice('ABDEGHKLMNRSTVX')}" if draw < 0.65 else word

    def maker(self, rng: random.Random) -> str:
        """'Sedka Works'."""
        return f"{self._word(rng)} {rng.choice(COMPANY_WORDS)}"

    def engineer(self, rng: random.Random) -> str:
        """A full name nobody else in the world has."""
        for _ in range(10_000):
            person = person_name(rng, split="demo")
            if person not in self._people:
                self._people.add(person)
                self._words += f" {person.split()[-1].casefold()}"
                return person
        raise UsageError("the demo ran out of engineers' names; ask for fewer documents")
