"""What the made files say: plans of documents, every block and its page known, drawn from a seed. Our own words."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

Block = dict[str, Any]  # as extraction_scoring.Truth has them; tables also say whether they are "ruled"


def _bank(text: str, separator: str = " ") -> list[str]:
    return text.split(separator)


_PLACES = _bank("harbour workshop archive orchard station laboratory library foundry greenhouse observatory warehouse")
_THINGS = _bank(
    "pump valve ledger turbine lantern contract filter engine bridge catalogue furnace compass garden sample "
    "reservoir schedule instrument generator cabinet vessel conveyor microscope thermometer printer ferry"
)
_QUALITIES = _bank(
    "new old northern copper reliable narrow portable careful quiet seasonal public spare rebuilt annual"
)
_PEOPLE = _bank(
    "engineer librarian inspector gardener mayor captain surveyor chemist clerk apprentice director archivist"
)
_ACTIONS = _bank("replaced measured repaired described inspected delivered compared recorded moved tested ordered drew")
_WHEN = _bank(
    "before the winter,in the second week of May,after a long discussion,during the night shift,without any "
    "delay,at the request of the council,on the morning of the fair,within three days,for the first time in "
    "years,as the manual demands",
    ",",
)
_WHY = _bank(
    "because the earlier one leaked,since nobody had kept the receipts,so that the river could be "
    "watched,although the budget was small,while visitors waited outside,because the measurements did not "
    "agree,so the work could go on in spring,even though the road was closed",
    ",",
)
_TOPICS = _bank("Survey Repair Supply Storage History Safety Training Weather Budget Transport Inventory Lighting")
# with the places where they may be broken over two lines
_LONG = [
    word.split("-")
    for word in _bank(
        "main-te-nance re-spon-si-bil-i-ty ad-min-is-tra-tion un-der-stand-ing in-stal-la-tion cor-re-spon-dence tem-"
        "per-a-ture man-u-fac-tur-ing doc-u-men-ta-tion rec-om-men-da-tion ar-chi-tec-ture col-lab-o-ra-tion"
    )
]


@dataclass(slots=True, kw_only=True)
class Plan:
    """A document before it is written in some format."""

    name: str
    title: str
    pages: list[list[Block]]
    columns: int = 1
    header: str = ""
    footer: str = ""
    features: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Prose:
    """Ordinary English sentences, no two files alike."""

    def __init__(self, seed: str) -> None:
        self.random = Random(seed)
        self._count = 0

    def sentence(self, *, soft_hyphens: bool = False) -> str:
        pick = self.random.choice
        subject = f"{pick(_PEOPLE)} of the {pick(_PLACES)}"
        thing = f"{pick(_QUALITIES)} {pick(_THINGS)}"
        number = self.random.randint(2, 990)
        long = ("\u00ad" if soft_hyphens else "").join(pick(_LONG))
        return pick(
            [
                f"The {subject} {pick(_ACTIONS)} the {thing} {pick(_WHEN)}, {pick(_WHY)}.",
                f"In {self.random.randint(1870, 2020)} the {thing} needed {number} hours of {long} {pick(_WHEN)}.",
                f"A {thing} and {number} parts were {pick(['kept', 'found', 'sold'])} in the {pick(_PLACES)}.",
                f"Every {pick(_PEOPLE)} knows that {long} of the {thing} costs {number} crowns.",
                f"{pick(_WHEN).capitalize()}, the {subject} {pick(_ACTIONS)} {number} reports about {long}.",
                f"Who {pick(_ACTIONS)} the {thing}? The {subject} did, {pick(_WHY)}.",
            ]
        )

    def paragraph(self, sentences: int, *, soft_hyphens: bool = False) -> Block:
        text = " ".join(self.sentence(soft_hyphens=soft_hyphens) for _ in range(sentences))
        return {"kind": "paragraph", "text": text}

    def heading(self, level: int) -> Block:
        self._count += 1
        pick = self.random.choice
        text = f"{pick(_TOPICS)} of the {pick(_QUALITIES)} {pick(_THINGS)} {self._count}"
        return {"kind": "heading", "text": text, "level": level}

    def item(self, level: int = 1) -> Block:
        pick = self.random.choice
        text = f"{pick(_QUALITIES)} {pick(_THINGS)} for the {pick(_PEOPLE)}, {self.random.randint(2, 99)} pieces"
        return {"kind": "list_item", "text": text, "level": level}

    def table(self, rows: int, columns: int, *, ruled: bool) -> Block:
        pick = self.random.choice
        heads = self.random.sample(["Part", "Place", "Price", "Weight", "Year", "Owner"], columns)
        body = [
            [
                f"{pick(_QUALITIES)} {pick(_THINGS)}"
                if column == 0
                else pick([f"{self.random.randint(10, 9999)}", f"{self.random.uniform(1, 99):.1f}", pick(_PLACES)])
                for column in range(columns)
            ]
            for _ in range(rows)
        ]
        return {"kind": "table", "rows": [heads, *body], "ruled": ruled}

    def chart(self, *, series: int) -> Block:
        names = ["", *(f"{name} sold" for name in self.random.sample(_THINGS, series))]
        rows = [[str(year), *(str(self.random.randint(10, 990)) for _ in range(series))] for year in range(2019, 2023)]
        return {"kind": "chart", "rows": [names, *rows]}


def document_plans(seed: int, *, variants: int) -> list[Plan]:
    """Running texts: one and two columns, lists, tables, footnotes, running headers, words broken over lines."""
    plans = []
    for variant in range(variants):
        for name, make in _DOCUMENTS.items():
            prose = Prose(f"{seed}/{name}/{variant}")
            plan = make(prose)
            plan.name = f"{name}_{variant + 1}"
            plan.features = [name]
            plans.append(plan)
    return plans


def _plan(pages: list[list[Block]], **options: Any) -> Plan:
    return Plan(name="", title=pages[0][0]["text"], pages=pages, **options)


def _prose_pages(prose: Prose, pages: int) -> list[list[Block]]:
    return [
        [part for level, size in ((1, 4), (2, 5), (3, 3)) for part in (prose.heading(level), prose.paragraph(size))]
        for _ in range(pages)
    ]


def _headings(prose: Prose) -> Plan:
    return _plan(_prose_pages(prose, 3))


def _lists(prose: Prose) -> Plan:
    page = [
        prose.heading(1),
        prose.paragraph(3),
        prose.item(),
        prose.item(),
        prose.item(2),
        prose.item(2),
        prose.item(),
    ]
    return _plan([[*page, prose.paragraph(2)], [prose.heading(1), prose.item(), prose.item(2), prose.paragraph(4)]])


def _ruled(prose: Prose) -> Plan:
    return _tables(prose, ruled=True)


def _unruled(prose: Prose) -> Plan:
    return _tables(prose, ruled=False)


def _tables(prose: Prose, *, ruled: bool) -> Plan:
    first = [prose.heading(1), prose.paragraph(3), prose.table(5, 4, ruled=ruled), prose.paragraph(3)]
    return _plan([first, [prose.heading(2), prose.table(8, 3, ruled=ruled), prose.paragraph(2)]])


def _wrapped(prose: Prose) -> Plan:
    """Cells of several lines, as in tables of requirements."""
    pages = []
    for ruled in (True, False):
        table = prose.table(4, 3, ruled=ruled)
        for row in table["rows"][1:]:
            row[1] = prose.sentence()
        pages.append([prose.heading(1), prose.paragraph(3), table, prose.paragraph(2)])
    return _plan(pages)


def _column_tables(prose: Prose) -> Plan:
    """Small tables without rules in the columns of a page."""
    pages = []
    for _ in range(2):
        first = [prose.heading(1), prose.paragraph(5), prose.table(4, 3, ruled=False)]
        middle = [prose.paragraph(5) for _ in range(4)]
        pages.append([*first, *middle, prose.table(3, 3, ruled=False), prose.paragraph(3)])
    return _plan(pages, columns=2)


def _columns(prose: Prose) -> Plan:
    pages = [[prose.heading(1), *(prose.paragraph(5) for _ in range(7))] for _ in range(2)]
    return _plan(pages, columns=2)


def _columns_hyphenated(prose: Prose) -> Plan:
    pages = [[prose.heading(1), *(prose.paragraph(5, soft_hyphens=True) for _ in range(7))] for _ in range(2)]
    return _plan(pages, columns=2)


def _hyphenated(prose: Prose) -> Plan:
    return _plan([[prose.heading(1), *(prose.paragraph(6, soft_hyphens=True) for _ in range(3))] for _ in range(2)])


def _footnotes(prose: Prose) -> Plan:
    pages = []
    for _ in range(2):
        paragraphs = [prose.paragraph(4) for _ in range(3)]
        notes: list[Block] = []
        for paragraph in paragraphs[:2]:
            paragraph["footnote"] = prose.sentence()
            notes.append({"kind": "footnote", "text": paragraph["footnote"]})
        pages.append([prose.heading(1), *paragraphs, *notes])
    return _plan(pages)


def _running(prose: Prose) -> Plan:
    pick = prose.random.choice
    header = f"Yearbook of the {pick(_PLACES)} society"
    return _plan(_prose_pages(prose, 5), header=header, footer=f"Printed for every {pick(_PEOPLE)}")


def _mixed(prose: Prose) -> Plan:
    first = [prose.heading(1), prose.paragraph(3), prose.heading(2), prose.item(), prose.item(), prose.paragraph(2)]
    second = [prose.heading(2), prose.table(4, 3, ruled=True), prose.paragraph(3), prose.heading(3), prose.item()]
    third = [prose.heading(1), prose.paragraph(4), prose.table(3, 4, ruled=False), prose.paragraph(2)]
    return _plan([first, second, third], header="Quarterly papers", footer="Not for resale")


_DOCUMENTS = {
    "headings": _headings,
    "lists": _lists,
    "ruled_tables": _ruled,
    "unruled_tables": _unruled,
    "wrapped_cells": _wrapped,
    "tables_in_columns": _column_tables,
    "two_columns": _columns,
    "two_columns_hyphenated": _columns_hyphenated,
    "hyphenated": _hyphenated,
    "footnotes": _footnotes,
    "running_headers": _running,
    "mixed": _mixed,
}


def slide_plans(seed: int, *, variants: int) -> list[Plan]:
    """Slides: bullets, tables, charts, groups in groups, text boxes, speaker notes. A block in a group says so."""
    plans = []
    for variant in range(variants):
        for name in ("bullets", "tables", "charts", "groups", "notes", "everything"):
            prose = Prose(f"{seed}/slides {name}/{variant}")
            pages = [_slide(prose, name) for _ in range(4)]
            plan = Plan(name=f"{name}_{variant + 1}", title=pages[0][0]["text"], pages=pages, features=[name])
            plans.append(plan)
    return plans


def _slide(prose: Prose, name: str) -> list[Block]:
    every = name == "everything"
    blocks = [prose.heading(1)]
    if name in ("bullets", "notes", "everything"):
        blocks += [prose.item(), prose.item(2), prose.item()]
    if name == "tables" or every:
        blocks.append(prose.table(4, 3, ruled=True))
    if name == "charts" or every:
        blocks.append(prose.chart(series=prose.random.randint(1, 3)))
    if name == "groups" or every:
        depth = prose.random.randint(1, 3)
        blocks += [{"kind": "paragraph", "text": prose.sentence(), "group": depth} for _ in range(2)]
        blocks.append({"kind": "paragraph", "text": prose.sentence(), "group": 0})
    if name == "notes" or every:
        blocks.append({"kind": "note", "text": f"{prose.sentence()} {prose.sentence()}"})
    return blocks
