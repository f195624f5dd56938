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

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any, Literal, get_args

from clara.dialects import prompts, squad
from clara.dialects.containers import lines_of, write_rows
from clara.errors import LossyConversionError, RecordProblem, RecordsError, UsageError
from clara.jsonl import ALL_EXAMPLES, Line, dump, no_records, validate, write_lines
from clara.problems import Problem, describe_value
from clara.schema import (
    MAX_PASSAGES,
    STAGES,
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

_PASSAGES = ("docs", "context", "content")  # the first one present is read
_ANSWERS = ("answer", "gold_answer", "answers", "golden_answers")
_ORIGINAL = "original"  # the metadata key that holds what our record has no place for


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
        rows.examples = _one_row_a_passage(rows.examples)
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
            losses.update(_lost_in_squad(example))
            continue
        losses["sources"] += example.sources is not None
        losses["metadata"] += _loses_metadata(example, dialect)
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
    found = _Foreign(line.value)
    if found.problems:
        return None, found.problems
    own = found.as_own(stage)
    example, problems = validate(own, allowed)
    return example, [(found.their_name(where), message) for where, message in problems]


class _Foreign:
    """One foreign row: which of its keys plays which part, and what is missing."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row
        self.is_pretrain = isinstance(row.get("question"), list) and row.get("data_type") in ("qa", "paraphrase")
        self.passages_key = next((key for key in _PASSAGES if key in row), "")
        answers = ("answers",) if self.is_pretrain else _ANSWERS
        self.answer_key = next((key for key in answers if key in row), "")
        self.problems = [
            problem
            for keys, found in (
                (("question",), "question" in row),
                (_PASSAGES, self.passages_key),
                (answers, self.answer_key),
            )
            if not found and (problem := _missing(row, keys))
        ]
        typo = next((key for key in row if get_close_matches(key, ["pos_index"], cutoff=0.8)), "pos_index")
        if "pos_index" not in row and typo != "pos_index":
            self.problems.append((typo, "unknown key; did you mean 'pos_index'?"))
        if not self.problems and not self.is_pretrain:
            self.answer = self._first_answer()

    def as_own(self, stage: Stage | None) -> dict[str, Any]:
        """The row under our keys; its values are still unchecked."""
        row, passages = self.row, self.row[self.passages_key]
        used = {"question", self.passages_key, self.answer_key}
        if self.is_pretrain:
            own = {
                "data_type": row["data_type"],
                "question": row["question"],
                "answers": row["answers"],
                "docs": passages,
            }
            return self._with_the_rest(own, used | {"data_type"})
        if isinstance(row[self.answer_key], list) and len(row[self.answer_key]) > 1:
            used.remove(self.answer_key)  # the other accepted answers stay in the original
        if row.get("data_type") in STAGES:
            used.add("data_type")
        question = row["question"]
        if self._stage(stage) == "end_to_end":
            questions = question if isinstance(question, list) else [question]
            own = {"data_type": "end_to_end", "question": questions, "context": passages, "answer": self.answer}
            if row.get("pos_index") is not None:
                own["pos_index"] = row["pos_index"]
            return self._with_the_rest(own, used | {"pos_index"})
        if isinstance(question, list) and len(question) == 1:
            question = question[0]
        own = {
            "data_type": "instruction",
            "instruction": question,
            "input": "",
            "output": self.answer,
            "docs": passages,
        }
        return self._with_the_rest(own, used)

    def their_name(self, field_path: str) -> str:
        """Our field path under the name it has in this row."""
        names = {"context": self.passages_key, "docs": self.passages_key, "instruction": "question"}
        names |= {"output": self.answer_key, "answer": self.answer_key}
        ours = field_path.partition("[")[0]
        theirs = names.get(ours, ours) + field_path[len(ours) :]
        return "question" if theirs == "question[0]" and isinstance(self.row["question"], str) else theirs

    def _stage(self, asked: Stage | None) -> Stage:
        said = self.row.get("data_type")
        for stage in STAGES:
            if said == stage or (said not in STAGES and asked == stage != "pretrain"):
                return stage
        passages = self.row[self.passages_key]
        many = isinstance(passages, list) and len(passages) > MAX_PASSAGES
        return "end_to_end" if self.row.get("pos_index") is not None or many else "instruction"

    def _first_answer(self) -> Any:
        answer = self.row[self.answer_key]
        if isinstance(answer, list):
            wrong = [index for index, item in enumerate(answer) if not isinstance(item, str)]
            for index in wrong:
                got = describe_value(answer[index])
                self.problems.append((f"{self.answer_key}[{index}]", f"expected a string, got {got}"))
            if not answer:
                self.problems.append((self.answer_key, "empty list (give at least one answer)"))
            return answer[0] if answer else ""
        return answer

    def _with_the_rest(self, own: dict[str, Any], used: set[str]) -> dict[str, Any]:
        """Add id, sources and metadata, and keep every other key in metadata["original"]."""
        rest = {key: value for key, value in self.row.items() if key not in used}
        for key in _ANSWERS:
            if not self.is_pretrain and key in rest and rest[key] in (self.answer, [self.answer]):
                del rest[key]  # says the same again
        if isinstance(identity := rest.get("id"), int) and not isinstance(identity, bool):
            own["id"] = str(identity)  # the number itself stays in the original
        elif "id" in rest:
            own["id"] = rest.pop("id")
        if isinstance(sources := rest.get("sources"), list) and all(isinstance(source, dict) for source in sources):
            own["sources"] = rest.pop("sources")
        metadata = rest.pop("metadata") if isinstance(rest.get("metadata"), dict) else {}
        if rest:
            original = metadata.get(_ORIGINAL)
            metadata = {**metadata, _ORIGINAL: {**(original if isinstance(original, dict) else {}), **rest}}
        if metadata or "metadata" in self.row:
            own["metadata"] = metadata
        return own


def _missing(row: dict[str, Any], keys: Sequence[str]) -> Problem:
    others = f"; {' or '.join(repr(key) for key in keys[1:])} will do" if len(keys) > 1 else ""
    meant = next((key for key in row if get_close_matches(key, keys, cutoff=0.6)), None)
    hint = f"; is '{meant}' meant?" if meant else ""
    return keys[0], f"missing (add it{others}{hint})"


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
    if isinstance(example, EndToEndExample):
        # phrasings of one need share an id, so that they can be told from unrelated questions
        identity = example.id
        if identity is None and len(example.question) > 1:
            identity = hashlib.sha256(dump(example).encode()).hexdigest()[:16]
        return [_foreign_row(example, question, identity, dialect) for question in example.question]
    question = example.prompt if isinstance(example, InstructionExample) else ""
    return [_foreign_row(example, question, example.id, dialect)]


def _foreign_row(example: Example, question: str, identity: str | None, dialect: Dialect) -> dict[str, Any]:
    row: dict[str, Any]
    original = _original(example)
    match example:
        case PretrainExample():
            row = {"data_type": example.data_type, "question": example.question, "answers": example.answers}
            row["docs"] = example.docs
        case InstructionExample():
            row = {"question": question, "docs": example.docs, "answer": example.output}
        case EndToEndExample():
            row = {"question": question, "docs": example.context, "answer": example.answer}
            if example.pos_index is not None and dialect == "upstream":
                row["pos_index"] = example.pos_index
    if dialect == "gold_answer":
        row["gold_answer"] = original.get("gold_answer", row["answer"])
    if identity is not None:
        row["id"] = original["id"] if str(original.get("id")) == identity else identity
    return row | {key: value for key, value in original.items() if key not in row}


def _original(example: Example) -> dict[str, Any]:
    original = (example.metadata or {}).get(_ORIGINAL)
    return original if isinstance(original, dict) else {}


def _loses_metadata(example: Example, dialect: Dialect) -> bool:
    """Whether anything of the metadata would not be in the written row."""
    if example.metadata is None:
        return False
    original = _original(example)
    if not original or set(example.metadata) != {_ORIGINAL}:
        return True
    written = _rows(example, dialect)[0]
    return isinstance(written, dict) and any(written.get(key) != value for key, value in original.items())


_KEPT_IN_SQUAD = frozenset(("answer_start", "accepted_answers"))


def _lost_in_squad(example: Example) -> dict[str, int]:
    rows, lost = squad.rows_of(example)
    metadata = set(example.metadata or {}) - _KEPT_IN_SQUAD
    passages = example.context if isinstance(example, EndToEndExample) else getattr(example, "docs", [])
    located = any((source.page, source.start, source.end) != (None,) * 3 for source in example.sources or ())
    found = {
        "rows (the answer is no span of a passage)": int(bool(lost) or not rows),
        "docs (passages without the answer)": int(len(passages) > 1),
        "sources (page, start, end)": int(located),
        "metadata": int(bool(metadata)),
        "input (joined to the question)": int(isinstance(example, InstructionExample) and bool(example.input)),
    }
    return {name: count for name, count in found.items() if count}


def _one_row_a_passage(examples: list[Example]) -> list[Example]:
    """Pretrain rows about the same passage that follow each other, as one row."""
    merged: list[Example] = []
    for example in examples:
        last = merged[-1] if merged else None
        if isinstance(last, PretrainExample) and isinstance(example, PretrainExample) and last.docs == example.docs:
            ids = [*(last.metadata or {}).get("ids", [last.id]), example.id]
            merged[-1] = PretrainExample(
                data_type="qa",
                question=[*last.question, *example.question],
                answers=[*last.answers, *example.answers],
                docs=last.docs,
                id=last.id,
                sources=last.sources,
                metadata={"ids": ids},
            )
        else:
            merged.append(example)
    return merged
