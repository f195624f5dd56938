"""Rows as apple/ml-clara writes them, and the `gold_answer` form: what a key means, what is kept apart, the way back.

files.py says which keys win; what our record has no place for is kept in metadata["original"].
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from clara.jsonl import dump
from clara.problems import Problem, describe_value
from clara.schema import MAX_PASSAGES, STAGES, EndToEndExample, Example, InstructionExample, PretrainExample, Stage

_PASSAGES = ("docs", "context", "content")  # the first one present is read
_ANSWERS = ("answer", "gold_answer", "answers", "golden_answers")
_ORIGINAL = "original"  # the metadata key that holds what our record has no place for


class ForeignRow:
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


def rows_of(example: Example, *, gold_answer: bool = False) -> list[dict[str, Any]]:
    """The example as upstream rows, or as gold_answer ones: one, or one for each phrasing."""
    if isinstance(example, EndToEndExample):
        # phrasings of one need share an id, so that they can be told from unrelated questions
        identity = example.id
        if identity is None and len(example.question) > 1:
            identity = hashlib.sha256(dump(example).encode()).hexdigest()[:16]
        return [_foreign_row(example, question, identity, gold_answer) for question in example.question]
    question = example.prompt if isinstance(example, InstructionExample) else ""
    return [_foreign_row(example, question, example.id, gold_answer)]


def _foreign_row(example: Example, question: str, identity: str | None, gold_answer: bool) -> dict[str, Any]:
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
            if example.pos_index is not None and not gold_answer:
                row["pos_index"] = example.pos_index
    if gold_answer:
        row["gold_answer"] = original.get("gold_answer", row["answer"])
    if identity is not None:
        row["id"] = original["id"] if str(original.get("id")) == identity else identity
    return row | {key: value for key, value in original.items() if key not in row}


def _original(example: Example) -> dict[str, Any]:
    original = (example.metadata or {}).get(_ORIGINAL)
    return original if isinstance(original, dict) else {}


def loses_metadata(example: Example, *, gold_answer: bool = False) -> bool:
    """Whether anything of the metadata would not be in the written row."""
    if example.metadata is None:
        return False
    original = _original(example)
    if not original or set(example.metadata) != {_ORIGINAL}:
        return True
    written = rows_of(example, gold_answer=gold_answer)[0]
    return any(written.get(key) != value for key, value in original.items())
