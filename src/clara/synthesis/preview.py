"""The first rows before the rest is made: question, answer, evidence and source, and what was refused and why."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PASSAGES_A_ROW = {True: 1, False: 4}  # by whether they cost something


@dataclass(frozen=True, slots=True)
class Shown:
    """One row or one refused draft, as a person reads it."""

    question: str
    answer: str
    evidence: str
    source: str
    reason: str = ""

    def lines(self) -> list[str]:
        head = f"refused: {self.reason}" if self.reason else "kept"
        body = [("question", self.question), ("answer", self.answer), ("evidence", self.evidence)]
        return [f"[{head}] {self.source}", *(f"  {name}: {' '.join(text.split())}" for name, text in body if text)]


def preview_rows(make: Callable[..., Any], count: int, *, costs: bool) -> tuple[list[Shown], list[Shown]]:
    """Up to `count` kept rows and `count` refused drafts, from the first passages of as many documents as possible.

    They are made as all rows are, in a folder that is thrown away; an endpoint's replies stay in the journal.
    """
    with tempfile.TemporaryDirectory(prefix="clara-preview-") as folder:
        make(Path(folder), sample=count * PASSAGES_A_ROW[costs])
        kept, refused = _kept(Path(folder)), dict.fromkeys(_refused(Path(folder)))  # a draft may fail in every round
        return list(kept)[:count], list(refused)[:count]


def show_preview(kept: list[Shown], refused: list[Shown]) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True, markup=False)
    console.print(f"preview: {len(kept)} rows and {len(refused)} refused drafts")
    for shown in [*kept, *refused]:
        for line in shown.lines():
            console.print(line)


def may_go_on(*, yes: bool) -> bool:
    """Asks on a terminal; elsewhere only --yes goes on."""
    if yes:
        return True
    if sys.stdin.isatty():
        from rich.prompt import Confirm

        return Confirm.ask("make the rest?", default=False)
    print("only the preview was made; give --yes to make the rest (replies are kept and not paid again)")
    return False


def _kept(folder: Path) -> Iterator[Shown]:
    seen: set[tuple[str, str]] = set()
    for name in ("end_to_end_data", "pretrain_data", "instruction_data"):
        for row in _read(folder, f"{name}.jsonl"):
            for question, answer in _pairs(row):
                if (question, answer) not in seen:
                    seen.add((question, answer))
                    yield Shown(question, answer, _text(row.get("metadata", {}).get("evidence")), _source(row))


def _pairs(row: dict[str, Any]) -> list[tuple[str, str]]:
    if row["data_type"] == "end_to_end":
        return [(row["question"][0], row["answer"])]
    if row["data_type"] == "instruction":
        return [("\n".join(filter(None, (row["instruction"], row["input"]))), row["output"])]
    return list(zip(row["question"], row["answers"], strict=False))


def _source(row: dict[str, Any]) -> str:
    metadata = row.get("metadata") or {}
    places = row.get("pos_index") or [metadata["gold"] if isinstance(metadata.get("gold"), int) else 0]
    sources = row.get("sources") or []
    return "; ".join(_place(sources[place]) for place in places if place < len(sources))


def _refused(folder: Path) -> Iterator[Shown]:
    for row in _read(folder, "rejects.jsonl"):
        draft = row["draft"]
        questions = draft.get("questions") or [draft.get("instruction") or ""]
        answer = draft.get("answer") or draft.get("output") or draft.get("text") or ""
        sources = [row["source"]] if "source" in row else row.get("sources", [])
        where = "; ".join(_place(source) for source in sources)
        yield Shown(questions[0], answer, _text(draft.get("evidence")), where, row["reason"])


def _place(source: dict[str, Any]) -> str:
    return f"{source['document']} page {source['page']}, characters {source['start']}-{source['end']}"


def _text(evidence: Any) -> str:
    return " … ".join(evidence) if isinstance(evidence, list) else str(evidence or "")


def _read(folder: Path, name: str) -> list[dict[str, Any]]:
    path = folder / name
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
