"""Small documents written for the tests, in several layouts. Nothing here comes from the demo's generator."""

from __future__ import annotations

from pathlib import Path

from clara.jsonl import write_jsonl
from clara.schema import Block, Document, Page

TOWNS = ("Vesper", "Orlin", "Taverley", "Quill", "Brannock", "Sable", "Pellan", "Marrow", "Idris", "Fenwold")


def document(name: str, title: str, *pages: list[Block]) -> Document:
    numbered = [Page(number=number, blocks=blocks) for number, blocks in enumerate(pages, start=1)]
    return Document(id=name, sha256="0" * 64, media_type="docx", title=title, pages=numbered)


def heading(text: str) -> Block:
    return Block(kind="heading", text=text, level=1)


def paragraph(text: str) -> Block:
    return Block(kind="paragraph", text=text)


def bridge(number: int) -> Document:
    """One of many bridges: two pages, prose and a table, every fact different."""
    town = TOWNS[number % len(TOWNS)]
    name = f"{town} Bridge {number}"
    prose = (
        f"{name} is a road bridge. It was built in {1900 + number} and designed by Mara Lind{number}. "
        f"Its length is {100 + number} metres. It weighs {2000 + 3 * number} tonnes."
    )
    table = f"| Property | Value |\n| --- | --- |\n| Height | {20 + number} metres |\n| Toll | {number + 1} euros |"
    return document(
        f"bridges/{number:03}.docx",
        name,
        [heading(name), paragraph(prose)],
        [heading(name), Block(kind="table", text=table)],
    )


def write_knowledge(folder: Path, *, count: int = 12) -> Path:
    path = folder / "raw_knowledge.jsonl"
    write_jsonl(path, [bridge(number) for number in range(count)])
    return path
