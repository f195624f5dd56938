"""How well an extracted Document holds a known truth: words, their order, headings, tables, pages, notes, charts.

Words are runs of letters and digits, in lower case and Unicode form NFKC; of Chinese, Japanese and Thai every letter
is a word. All scores are shares from 0 to 1; None where the truth has nothing to score.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from clara.schema import Document

Rows = list[list[str]]

_WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\W_\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")
_RULE_CELL = re.compile(r":?-+:?")


@dataclass(slots=True)
class Truth:
    """What a file holds. A block is {"kind": heading | paragraph | list_item | table | chart | note | footnote, "text"
    or "rows", "level"?}; `pages` is None when only the words, headings and tables are known."""

    words: list[str] = field(default_factory=list)
    headings: list[str] | None = None
    tables: list[Rows] | None = None
    pages: list[list[dict[str, Any]]] | None = None


@dataclass(slots=True, kw_only=True)
class Scores:
    """Shares from 0 to 1; None: the truth has none of it."""

    recall: float | None = None
    precision: float | None = None
    order: float | None = None
    headings_recall: float | None = None
    headings_precision: float | None = None
    tables: float | None = None
    pages: float | None = None
    notes: float | None = None
    charts: float | None = None

    def as_json(self) -> dict[str, float | None]:
        return {name: None if value is None else round(value, 4) for name, value in asdict(self).items()}


def words(text: str) -> list[str]:
    """The words of a text in order.

    >>> words("Effi\u00adcient **ﬁlter**, 12.5 l<br>a | b")
    ['efficient', 'filter', '12', '5', 'l', 'a', 'b']
    """
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKC", _BREAK.sub(" ", text)))
    return _WORD.findall(visible.lower())


def bag_overlap(wanted: Sequence[str], found: Sequence[str]) -> int:
    """How many words both hold, each as often as in the one that has it less often."""
    return (Counter(wanted) & Counter(found)).total()


def common_subsequence(left: Sequence[str], right: Sequence[str]) -> int:
    """Length of the longest common subsequence, a bit for every word of `left` (Hyyrö's bit-parallel recurrence).

    >>> common_subsequence("a b c d".split(), "b a c d".split())
    3
    """
    places: dict[str, int] = {}
    for position, word in enumerate(left):
        places[word] = places.get(word, 0) | 1 << position
    full = (1 << len(left)) - 1
    state = full
    for word in right:
        matches = state & places.get(word, 0)
        state = ((state + matches) | (state - matches)) & full
    return len(left) - state.bit_count()


def order(wanted: Sequence[str], found: Sequence[str]) -> float | None:
    """2·LCS / (length + length)."""
    total = len(wanted) + len(found)
    return 2 * common_subsequence(wanted, found) / total if total else None


def table_rows(markdown: str) -> Rows:
    """The cells of a Markdown table, its rule left out.

    >>> table_rows("| a | b\\\\|c |\\n|---|---|\\n| 1 |  |")
    [['a', 'b|c'], ['1', '']]
    """
    rows = []
    for line in markdown.splitlines():
        line = line.strip()
        if "|" not in line:
            continue
        cells = [cell.strip().replace("\\|", "|") for cell in _BETWEEN_CELLS.split(line)]
        if line.startswith("|"):
            cells = cells[1:]
        if line.endswith("|") and not line.endswith("\\|"):
            cells = cells[:-1]
        if not all(_RULE_CELL.fullmatch(cell) for cell in cells):
            rows.append(cells)
    return rows


def cell_key(cell: str) -> str:
    """What makes two cells the same: their words, and of a number its value."""
    number = cell.strip().replace(",", "")
    try:
        return f"{float(number):g}"
    except ValueError:
        return " ".join(words(cell))


def adjacent_pairs(rows: Rows) -> Counter[tuple[str, str]]:
    """Neighbouring cells of a row; empty cells are passed over."""
    pairs: Counter[tuple[str, str]] = Counter()
    for row in rows:
        keys = [key for cell in row if (key := cell_key(cell))]
        pairs.update(itertools.pairwise(keys))
    return pairs


def table_score(wanted: Sequence[Rows], found: Sequence[Rows]) -> float | None:
    """Share of the truth's adjacent cell pairs that stand, in this order, in one row of a table that was found."""
    pairs = Counter[tuple[str, str]]()
    for rows in wanted:
        pairs += adjacent_pairs(rows)
    if not pairs:
        return None
    there: Counter[tuple[str, str]] = Counter()
    for rows in found:
        for row in rows:
            keys = [key for cell in row if (key := cell_key(cell))]
            there.update({(left, right) for place, left in enumerate(keys) for right in keys[place + 1 :]})
    return (pairs & there).total() / pairs.total()


def score(document: Document, truth: Truth) -> Scores:
    """Every score the truth allows."""
    found = words("\n".join(page.text for page in document.pages))
    overlap = bag_overlap(truth.words, found)
    result = Scores()
    if truth.words:
        result.recall = overlap / len(truth.words)
        result.precision = overlap / len(found) if found else 0.0
        result.order = order(truth.words, found)
    blocks = [block for page in document.pages for block in page.blocks]
    if truth.headings:
        wanted = Counter(" ".join(words(heading)) for heading in truth.headings)
        headings = Counter(" ".join(words(block.text)) for block in blocks if block.kind == "heading")
        matched = (wanted & headings).total()
        result.headings_recall = matched / wanted.total()
        result.headings_precision = matched / headings.total() if headings else None
    tables = [table_rows(block.text) for block in blocks if block.kind == "table"]
    if truth.tables:
        result.tables = table_score(truth.tables, tables)
    if truth.pages is not None:
        _score_pages(document, truth.pages, result)
    return result


def _score_pages(document: Document, pages: Sequence[Sequence[dict[str, Any]]], result: Scores) -> None:
    placed = list(_placed(document, pages))
    result.pages = sum(placed) / len(placed) if placed else None
    notes, charts = [], []
    by_number = {page.number: page for page in document.pages}
    for number, blocks in enumerate(pages, start=1):
        page = by_number.get(number)
        for block in blocks:
            if block["kind"] == "note":
                said = "\n".join(known.text for known in page.blocks if known.kind == "note") if page else ""
                notes.append(f" {' '.join(words(block['text']))} " in f" {' '.join(words(said))} ")
            elif block["kind"] == "chart":
                tables = [table_rows(known.text) for known in page.blocks if known.kind == "table"] if page else []
                charts.append(table_score([block["rows"]], tables) or 0.0)
    result.notes = sum(notes) / len(notes) if notes else None
    result.charts = sum(charts) / len(charts) if charts else None


def _placed(document: Document, pages: Sequence[Sequence[dict[str, Any]]]) -> Iterator[bool]:
    """For every block that was found somewhere: is it on the page with the right number? And is no page too many?"""
    text = {page.number: _pairs(words(page.text)) for page in document.pages}
    for number, blocks in enumerate(pages, start=1):
        for block in blocks:
            pairs = _pairs(block_words(block))
            if not pairs:
                continue
            hits = {page: (pairs & there).total() for page, there in text.items()}
            best = max(hits.values(), default=0)
            if best * 2 >= pairs.total():
                yield hits.get(number, 0) == best
    yield len(document.pages) == len(pages)


def _pairs(found: Sequence[str]) -> Counter[tuple[str, str]]:
    return Counter(itertools.pairwise(found))


def block_words(block: dict[str, Any]) -> list[str]:
    """The words of a block of the truth, table cells row by row."""
    if "rows" in block:
        return [word for row in block["rows"] for cell in row for word in words(cell)]
    return words(block["text"])


def truth_of_pages(pages: list[list[dict[str, Any]]]) -> Truth:
    """The truth of a file all of whose blocks are known."""
    blocks = [block for page in pages for block in page]
    return Truth(
        words=[word for block in blocks for word in block_words(block)],
        headings=[block["text"] for block in blocks if block["kind"] == "heading"],
        tables=[block["rows"] for block in blocks if block["kind"] == "table"],
        pages=pages,
    )
