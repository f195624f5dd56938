"""Invented worlds the embedded base model learns from: ships, lakes, novels, … never product sheets (that is the demo).

entity = one invented thing with a fact per attribute · passage = a text that states some of its facts, in one of many
formats · question = asks for one fact; its answer is an exact span of the passage. Everything is a pure function of the
`random.Random` passed in, and every invented name is of the `base` split (names.py). Knows no tokenizer and no model.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from clara.demo import names
from clara.demo.worlds_culture import CULTURE_WORLDS
from clara.demo.worlds_made_up import made_up_table, typed_table
from clara.demo.worlds_travel import TRAVEL_WORLDS

HELD_OUT_KINDS = ("locomotive", "theatre")  # never trained on: their scores predict how skill transfers to the demo
TYPED_SHARE = 0.8  # of the worlds made up on the spot: the wording goes with the sort of value
CLOSED_LISTS = {
    "city": names.CITIES,
    "country": names.COUNTRIES,
    "colour": names.COLOURS,
    "material": names.MATERIALS,
    "month": names.MONTHS,
    "weekday": names.WEEKDAYS,
}
GENERIC_QUESTIONS = (
    "What is the {label} of {n}?",
    "What is the {label} of {n}?",
    "What is {n}'s {label}?",
    "What {label} does {n} have?",
    "Which {label} is given for {n}?",
    "Name the {label} of {n}.",
    "State the {label} of {n}.",
    "What does the text say about the {label} of {n}?",
    "{Label} of {n}?",
    "Tell me the {label} of {n}.",
    "{n} has which {label}?",
    "{n} has what {label}?",
    "The {label} of {n} is what?",
    "Which {label} does {n} have?",
    "I want to know the {label} of {n}.",
    "What do you know about the {label} of {n}?",
)
PERSON_QUESTIONS = (
    "Who is the {label} of {n}?",
    "Who is {n}'s {label}?",
    "Who is named as the {label} of {n}?",
    "Tell me who the {label} of {n} is.",
    "What is the name of the {label} of {n}?",
    "Which person is the {label} of {n}?",
)
TABLE_HEADERS = (
    ("Attribute", "Value"),
    ("Item", "Detail"),
    ("Field", "Entry"),
    ("Property", "Value"),
    ("Fact", "Data"),
)
SECTIONS = ("Overview", "Details", "Facts", "About", "History", "Summary", "Data", "Key figures", "Notes", "Background")
OPENINGS = (
    "This page is about {n}.",
    "{n} is {a} {kind}.",
    "Here is what we know about {n}.",
    "Many people know the {kind} {n}.",
    "{n} is {a} {kind} of some fame.",
    "The following notes describe {n}.",
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One thing that can be said and asked about an entity; templates use {s} subject, {v} value, {n} name."""

    label: str
    values: str
    statements: tuple[str, ...]
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class World:
    """A kind of thing with its attributes."""

    kind: str
    name_patterns: tuple[str, ...]
    fillers: tuple[str, ...]
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """`value` is the exact answer string."""

    attribute: Attribute
    value: str


@dataclass(frozen=True, slots=True)
class Entity:
    """One invented thing with a fact per attribute of its world."""

    world: World
    name: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A text that names its entity and holds every value of `facts` as an exact span."""

    text: str
    entity: Entity
    facts: tuple[Fact, ...]
    style: str


def parse_world(table: str) -> World:
    """Read one table of worlds_travel.py or worlds_culture.py (the format is described there)."""
    first, *rest = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    kind, patterns, fillers = first
    attributes = tuple(
        Attribute(label, values, _alternatives(statements), _alternatives(questions))
        for label, values, statements, questions in rest
    )
    return World(kind, _alternatives(patterns), _alternatives(fillers), attributes)


def all_worlds() -> tuple[World, ...]:
    """Every world, the held-out ones included."""
    return tuple(parse_world(table) for table in (*TRAVEL_WORLDS, *CULTURE_WORLDS))


def training_worlds() -> tuple[World, ...]:
    """The worlds training text may come from."""
    return tuple(world for world in all_worlds() if world.kind not in HELD_OUT_KINDS)


def held_out_worlds() -> tuple[World, ...]:
    """The worlds kept for measuring transfer."""
    return tuple(world for world in all_worlds() if world.kind in HELD_OUT_KINDS)


def draw_training_world(rng: Random, *, made_up_share: float = 0.35) -> World:
    """One of the training worlds, or a world made up on the spot."""
    if rng.random() >= made_up_share:
        return rng.choice(_TRAINING_WORLDS)
    return parse_world(typed_table(rng) if rng.random() < TYPED_SHARE else made_up_table(rng))


def draw_entity(rng: Random, world: World) -> Entity:
    """A fresh entity; its name, and every invented name among its values, is of the base split."""
    invented = names.invented_name(rng, split="base")
    name = rng.choice(world.name_patterns).format(x=invented, d=rng.randint(2, 990))
    return Entity(world, name, tuple(Fact(a, draw_value(rng, a.values)) for a in world.attributes))


def draw_value(rng: Random, spec: str) -> str:
    """A value for a table's `values` cell, e.g. 'qty:22-390:m,metres' -> '212 metres'."""
    sort, _, rest = spec.partition(":")
    if sort in CLOSED_LISTS:
        return rng.choice(CLOSED_LISTS[sort])
    if sort == "person":
        return names.person_name(rng, split="base")
    if sort == "named":
        return rng.choice(rest.split(",")).format(x=names.invented_name(rng, split="base"))
    if sort == "choice":
        return rng.choice(rest.split(","))
    if sort == "year":
        return str(_integer(rng, rest))
    if sort == "date":
        return f"{rng.randint(1, 28)} {rng.choice(names.MONTHS)} {rng.randint(1850, 2022)}"
    if sort == "monthyear":
        return f"{rng.choice(names.MONTHS)} {rng.randint(1850, 2022)}"
    if sort == "time":
        return f"{rng.randint(5, 22):02d}:{rng.choice((0, 5, 10, 15, 20, 30, 40, 45, 50)):02d}"
    if sort == "code":
        letters = "".join(rng.choice("ABCDEFGHKLMNPRSTVWX") for _ in range(2))
        return f"{letters}-{rng.randint(10, 999)}"
    if sort in ("qty", "dec"):
        bounds, unit = rest.split(":")
        amount = f"{_integer(rng, bounds) + rng.randint(0, 9) / 10}" if sort == "dec" else f"{_integer(rng, bounds)}"
        return amount if unit == "=" else f"{amount} {rng.choice(unit.split(','))}"
    raise ValueError(f"unknown kind of values '{spec}'")


def draw_passages(rng: Random, world: World, *, two_part_share: float = 0.25) -> list[Passage]:
    """One fresh entity told in one passage, or in two that share no fact (the second with only the title in front)."""
    entity = draw_entity(rng, world)
    facts = list(entity.facts)
    rng.shuffle(facts)
    if rng.random() >= two_part_share:
        return [_write(rng, entity, facts[: rng.randint(4, 7)], second_part=False)]
    cut = rng.randint(3, max(3, len(facts) - 3))
    return [
        _write(rng, entity, facts[:cut], second_part=False),
        _write(rng, entity, facts[cut : cut + 5], second_part=True),
    ]


def draw_question(rng: Random, entity: Entity, fact: Fact) -> str:
    """One phrasing of the question whose answer is `fact.value`."""
    attribute = fact.attribute
    if rng.random() < 0.5:
        template = rng.choice(attribute.questions)
    elif attribute.values == "person" and rng.random() < 0.6:
        template = rng.choice(PERSON_QUESTIONS)
    else:
        template = rng.choice(GENERIC_QUESTIONS)
    name = entity.name
    if rng.random() < 0.2 and not name.startswith("The ") and entity.world.kind not in name.lower():
        name = f"the {entity.world.kind} {name}"
    return _capitalised(template.format(n=name, label=attribute.label, Label=_capitalised(attribute.label)))


def _write(rng: Random, entity: Entity, facts: list[Fact], *, second_part: bool) -> Passage:
    style = rng.choice(("prose", "prose", "prose", "lines", "bullets", "table", "headed", "headed", "mixed"))
    if style == "prose" and not second_part:
        text = _prose(rng, entity, facts, named=True)
    else:
        text = f"{_title(rng, entity)}{_body(rng, entity, facts, style)}"
    return Passage(text, entity, tuple(facts), style)


def _title(rng: Random, entity: Entity) -> str:
    kind = _capitalised(entity.world.kind)
    head = rng.choice(("# {n}", "# {n}", "{n}", "# {k} {n}", "{k}: {n}", "# {n} ({k})")).format(n=entity.name, k=kind)
    section = f"## {rng.choice(SECTIONS)}\n\n" if rng.random() < 0.4 else ""
    return f"{head}\n\n{section}"


def _body(rng: Random, entity: Entity, facts: list[Fact], style: str) -> str:
    if style in ("prose", "headed"):
        if len(facts) < 4 or rng.random() < 0.5:
            return _prose(rng, entity, facts, named=rng.random() < 0.4)
        half = len(facts) // 2
        first, second = (_prose(rng, entity, part, named=False) for part in (facts[:half], facts[half:]))
        return f"{first}\n\n## {rng.choice(SECTIONS)}\n\n{second}"
    if style == "mixed":
        half = len(facts) // 2
        rest = _body(rng, entity, facts[half:], rng.choice(("lines", "bullets", "table")))
        return f"{_prose(rng, entity, facts[:half], named=rng.random() < 0.5)}\n\n{rest}"
    if style == "table":
        left, right = rng.choice(TABLE_HEADERS)
        rows = [f"| {_label(rng, fact)} | {fact.value} |" for fact in facts]
        return "\n".join([f"| {left} | {right} |", "| --- | --- |", *rows])
    mark = rng.choice(("- ", "- ", "* ", "• ")) if style == "bullets" else ""
    return "\n".join(f"{mark}{_label(rng, fact)}: {fact.value}" for fact in facts)


def _label(rng: Random, fact: Fact) -> str:
    return fact.attribute.label if rng.random() < 0.4 else _capitalised(fact.attribute.label)


def _prose(rng: Random, entity: Entity, facts: list[Fact], *, named: bool) -> str:
    kind = entity.world.kind
    article = "an" if kind[0] in "aeiou" else "a"
    sentences = [_statement(rng, entity, fact) for fact in facts]
    if rng.random() < 0.3:
        sentences.insert(rng.randint(0, len(sentences)), rng.choice(entity.world.fillers))
    subjects = (f"the {kind}", f"the {kind}", "it", "it", f"this {kind}", entity.name)
    filled = [s.replace("{s}", rng.choice(subjects)) for s in sentences]
    if named and "{s}" in sentences[0] and rng.random() < 0.6:
        filled[0] = sentences[0].replace("{s}", entity.name)
    elif named:
        filled.insert(0, rng.choice(OPENINGS).format(n=entity.name, kind=kind, a=article).rstrip("."))
    return " ".join(f"{_capitalised(sentence)}." for sentence in filled)


def _statement(rng: Random, entity: Entity, fact: Fact) -> str:
    """A sentence with {s} left open; a value that starts with a small letter never opens it (its case would change)."""
    usable = [s for s in fact.attribute.statements if not (s.startswith("{v}") and fact.value[0].islower())]
    return rng.choice(usable).replace("{v}", fact.value)


def _alternatives(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";"))


def _integer(rng: Random, bounds: str) -> int:
    low, high = (int(part) for part in bounds.split("-"))
    return rng.randint(low, high)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def restyled(rng: Random, passage: Passage) -> Passage:
    """The same facts of the same entity written anew, in another order and format."""
    facts = list(passage.facts)
    rng.shuffle(facts)
    return _write(rng, passage.entity, facts, second_part=False)


_TRAINING_WORLDS = training_worlds()
