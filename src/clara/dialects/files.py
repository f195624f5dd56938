"""Reading and writing rows in a dialect.

own          data_type, and the fields of schema.py. own -> own is the identity.
upstream     stage 1: data_type, question [..], answers [..], docs [..] (the same as our pretrain rows);
             stages 2 and 3: question, docs, answer, and in stage 3 pos_index.
gold_answer  question, docs, gold_answer, answer. It has no stage 1.
alpaca, chat instruction rows only: see prompts.py.
squad        a passage with its questions: see squad.py.

Reading `upstream` or `gold_answer`: docs > context > content; answer > gold_answer > answers > golden_answers; of a
list the first answer. What our record has no place for is kept in metadata["original"] and written back on the way
out. Rows of stages 2 and 3 do not say which they are: `stage` tells, otherwise a row with pos_index or more than 5
passages is end_to_end and any other is instruction.

Writing them: an instruction's input is joined to the question, several phrasings become several rows with one id
(reading such rows back does not merge them), and sources and metadata have no place, which is a loss.

A file's suffix names its container (containers.py): .jsonl, .json, .parquet, or a saved Hugging Face dataset.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal, get_args

from clara.dialects import prompts, squad, upstream
from clara.dialects.containers import lines_of, write_rows
from clara.errors import LossyConversionError, RecordProblem, RecordsError, UsageError
from clara.jsonl import ALL_EXAMPLES, Line, dump, no_records, validate, write_lines
from clara.problems import Problem
from clara.schema import (
    EndToEndExample,
    Example,
    InstructionExample,
    PretrainExample,
    Stage,
)

Dialect = Literal["own", "upstream", "gold_answer", "alpaca", "chat", "squad"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
STAGE_TYPES: dict[Stage, type[Example]] = {
    "pretrain": PretrainExample,
    "instruction": InstructionExample,
    "end_to_end": EndToEndExample,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A row that could not be read: `row` is its text as it stands in the file (None when it is too long to hold)."""

    line: int
    row: str | None
    problems: tuple[RecordProblem, ...]

    def as_json(self) -> dict[str, Any]:
        problems = [{"field": problem.field, "message": problem.message} for problem in self.problems]
        return {"file": self.problems[0].file, "line": self.line, "problems": problems, "row": self.row}


@dataclass(slots=True, kw_only=True)
class DialectRows:
    """What read_dialect found: every row of the file is in `examples` or in `rejects`."""

    examples: list[Example] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    @property
    def problems(self) -> list[RecordProblem]:
        return [problem for reject in self.rejects for problem in reject.problems]


def load_examples(path: str | Path, stage: Stage) -> list[Example]:
    """The training rows of a file in any dialect, all of one stage.

    Raises RecordsError naming every bad line, rows of another stage among them, and for a file without rows.
    """
    rows = read_dialect(path, detect_dialect(path), stage=stage)
    if rows.problems:
        raise RecordsError(rows.problems)
    if not rows.examples:
        raise RecordsError([no_records(path)])
    return rows.examples


def detect_dialect(path: str | Path) -> Dialect:
    """The dialect most of a file's first 100 rows are in; own when nothing tells."""
    lines = islice(lines_of(path), 100)
    votes = Counter(row_dialect(line.value) for line in lines if line.value is not None)
    return max(DIALECTS, key=lambda dialect: votes[dialect])  # a tie goes to the earlier one


def row_dialect(row: dict[str, Any]) -> Dialect:
    """The dialect of one row.

    >>> row_dialect({"question": "Why?", "docs": ["So."], "golden_answers": ["So"]})
    'upstream'
    """
    if prompts.is_chat(row):
        return "chat"
    if prompts.is_alpaca(row):
        return "alpaca"
    if squad.is_squad(row):
        return "squad"
    if "gold_answer" in row:
        return "gold_answer"
    if isinstance(row.get("question"), str) or ("golden_answers" in row and "data_type" not in row):
        return "upstream"
    return "own"


def read_dialect(path: str | Path, dialect: Dialect, *, stage: Stage | None = None) -> DialectRows:
    """Every row of the file as an example or as a reject with its reasons; nothing is raised for a bad row.

    With `stage`, rows of another stage are rejects. Raises UsageError when the file cannot be opened.
    """
    rows = DialectRows()
    for line in lines_of(path):
        example, problems = _read_line(line, dialect, stage)
        if example is not None:
            rows.examples.append(example)
            continue
        row = line.raw.decode("utf-8", errors="backslashreplace") if line.raw else None
        found = tuple(RecordProblem(str(path), line.number, where, message) for where, message in problems)
        rows.rejects.append(Reject(line=line.number, row=row, problems=found))
    if dialect == "squad" and stage == "pretrain":
        rows.examples = squad.one_row_a_passage(rows.examples)
    return rows


def write_dialect(path: str | Path, examples: Sequence[Example], dialect: Dialect, *, allow_loss: bool = False) -> int:
    """Write the examples atomically in a dialect; returns the rows written, more than the examples when several
    phrasings became several rows.

    Raises LossyConversionError naming the fields the dialect has no place for, unless `allow_loss`; UsageError when the
    dialect has no such stage at all. The file is untouched then.
    """
    if dialect == "gold_answer" and any(isinstance(example, PretrainExample) for example in examples):
        raise UsageError(
            "the gold_answer dialect has no pretrain rows; use --to upstream, or convert the other rows alone"
        )
    if dialect in ("alpaca", "chat") and any(isinstance(example, PretrainExample) for example in examples):
        raise UsageError(f"the {dialect} dialect has no pretrain rows; convert the other rows alone")
    losses = dropped_fields(examples, dialect)
    if losses and not allow_loss:
        listed = ", ".join(f"{name} ({count} row{'s' * (count != 1)})" for name, count in losses.items())
        raise LossyConversionError(f"the {dialect} dialect has no place for: {listed}; add --allow-loss to drop them")
    rows = (row for example in examples for row in _rows(example, dialect))
    if Path(path).suffix in (".json", ".parquet"):
        return write_rows(path, (json.loads(dump(row)) for row in rows), as_squad=dialect == "squad")
    return write_lines(path, map(dump, rows))


def dropped_fields(examples: Iterable[Example], dialect: Dialect) -> dict[str, int]:
    """How many rows would lose each field when written in a dialect; empty when nothing is lost.

    >>> row = InstructionExample(data_type="instruction", instruction="Add.", input="1, 2", output="3", docs=["1+2=3"])
    >>> dropped_fields([row], "upstream")
    {'input (joined to the question)': 1}
    """
    if dialect == "own":
        return {}
    losses: Counter[str] = Counter()
    stages: Counter[type] = Counter()
    for example in examples:
        stages[type(example)] += 1
        if dialect in ("alpaca", "chat"):
            if not isinstance(example, PretrainExample):
                _, lost = prompts.alpaca_row(example) if dialect == "alpaca" else prompts.chat_row(example)
                losses.update({name: 1 for name, is_lost in lost.items() if is_lost})
            continue
        if dialect == "squad":
            losses.update(squad.lost_fields(example))
            continue
        losses["sources"] += example.sources is not None
        losses["metadata"] += upstream.loses_metadata(example, gold_answer=dialect == "gold_answer")
        if isinstance(example, InstructionExample):
            losses["input (joined to the question)"] += bool(example.input)
        elif isinstance(example, EndToEndExample) and dialect == "gold_answer":
            losses["pos_index"] += example.pos_index is not None
    if len(stages) > 1 and dialect not in ("alpaca", "chat", "squad"):
        losses["data_type (several stages in one file)"] = stages.total()
    return {name: count for name, count in losses.items() if count}


def _read_line(line: Line, dialect: Dialect, stage: Stage | None) -> tuple[Example | None, Sequence[Problem]]:
    if line.value is None:
        return None, line.problems
    allowed = ALL_EXAMPLES if stage is None else (STAGE_TYPES[stage],)
    if dialect == "own":
        return validate(line.value, allowed)
    if dialect in ("alpaca", "chat", "squad"):
        if dialect == "squad":
            own, problems = squad.as_own(line.value, stage)
        else:
            missing = [(key, "missing (add it)") for key in ("instruction", "output") if key not in line.value]
            if dialect == "alpaca" and missing:
                return None, missing
            own, problems = (prompts.alpaca_as_own if dialect == "alpaca" else prompts.chat_as_own)(line.value)
        return (None, problems) if problems else validate(own, allowed)
    found = upstream.ForeignRow(line.value)
    if found.problems:
        return None, found.problems
    own = found.as_own(stage)
    example, problems = validate(own, allowed)
    return example, [(found.their_name(where), message) for where, message in problems]


def _rows(example: Example, dialect: Dialect) -> list[Example | dict[str, Any]]:
    """The example as rows of a dialect: one, or one per phrasing."""
    if dialect == "own":
        return [example]
    if dialect == "alpaca":
        return [prompts.alpaca_row(example)[0]]
    if dialect == "chat":
        return [prompts.chat_row(example)[0]]
    if dialect == "squad":
        return list(squad.rows_of(example)[0])
    return list(upstream.rows_of(example, gold_answer=dialect == "gold_answer"))
