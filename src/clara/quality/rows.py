"""A folder of training files as flat rows: one shape for all stages, with where each row stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from clara.errors import RecordProblem, UsageError
from clara.jsonl import check_file
from clara.problems import stage_of
from clara.schema import EndToEndExample, Example, InstructionExample, PretrainExample, Source

Split = Literal["train", "eval"]
EVAL_SUFFIX = "_eval"
NOT_ROWS = ("raw_knowledge", "rejects", "privacy", "sent", "facts")  # JSONL files beside the rows that are none


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One training row of any stage. `passages[i]` came from `sources[i]` where the row says so.

    `pairs` are (question, answer); a paraphrase has the question ''. `support` are the positions of the passages that
    hold the answer, all of them where the row does not say.
    """

    file: str
    line: int
    stage: str
    split: Split
    data_type: str
    pairs: tuple[tuple[str, str], ...]
    passages: tuple[str, ...]
    support: tuple[int, ...]
    sources: tuple[Source, ...] = ()
    other_phrasings: tuple[str, ...] = ()
    task: str = ""

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def questions(self) -> tuple[str, ...]:
        return tuple(question for question, _ in self.pairs if question) + self.other_phrasings

    @property
    def answers(self) -> tuple[str, ...]:
        return tuple(answer for _, answer in self.pairs)


@dataclass(slots=True, kw_only=True)
class Folder:
    """What was found in a folder: every line of its files is in `rows` or in `problems`."""

    files: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    problems: list[RecordProblem] = field(default_factory=list)

    def of(self, *, stage: str = "", split: str = "") -> list[Row]:
        return [row for row in self.rows if stage in ("", row.stage) and split in ("", row.split)]


def read_folder(folder: Path) -> Folder:
    """The rows of every training file of a folder; files whose name ends in _eval are the evaluation split, and may be
    empty: of a few documents, that share can be none.

    Raises UsageError when the folder holds no training file.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; name the one that holds pretrain_data.jsonl and its like")
    files = [path for path in sorted(folder.glob("*.jsonl")) if not path.name.startswith((*NOT_ROWS, "."))]
    named = [path for path in files if "_data" in path.stem] or files
    if not named:
        raise UsageError(f"{folder} holds no training file (such as pretrain_data.jsonl); run: clara synthesize")
    found = Folder(files=[path.name for path in named])
    for path in named:
        examples: list[Any]
        if path.stem.endswith(EVAL_SUFFIX) and not path.stat().st_size:
            continue
        examples, problems = check_file(path)
        found.problems += [replace(problem, file=path.name) for problem in problems]
        bad = {problem.line for problem in problems}
        split: Split = "eval" if path.stem.endswith(EVAL_SUFFIX) else "train"
        numbers = _good_lines(path, bad)
        found.rows += [
            flat_row(example, file=path.name, line=line, split=split)
            for example, line in zip(examples, numbers, strict=True)
        ]
    return found


def flat_row(example: Example, *, file: str, line: int, split: Split) -> Row:
    """A training example in the shape of this file."""
    sources, metadata = tuple(example.sources or ()), example.metadata or {}
    support: Sequence[int]
    data_type: str
    others: tuple[str, ...] = ()
    match example:
        case PretrainExample():
            questions = example.question if example.data_type == "qa" else [""]
            pairs, passages = tuple(zip(questions, example.answers, strict=False)), example.docs
            data_type, support = str(example.data_type), range(len(passages))
        case InstructionExample():
            pairs, passages = ((example.prompt, example.output),), example.docs
            data_type, support = example.data_type, range(len(passages))
        case EndToEndExample():
            pairs, passages = ((example.question[0], example.answer),), example.context
            data_type, others = example.data_type, tuple(example.question[1:])
            support = range(len(passages)) if example.pos_index is None else example.pos_index
        case _:
            raise TypeError(type(example))
    return Row(
        file=file,
        line=line,
        stage=stage_of(type(example)),
        split=split,
        data_type=data_type,
        pairs=pairs,
        passages=tuple(passages),
        support=tuple(support),
        sources=sources,
        other_phrasings=others,
        task=str(metadata.get("task") or ""),
    )


def _good_lines(path: Path, bad: set[int]) -> list[int]:
    """The numbers of the lines that hold good rows."""
    with path.open("rb") as file:
        return [number for number, line in enumerate(file, start=1) if line.strip() and number not in bad]
