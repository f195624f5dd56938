"""What is asked and what counts as right: end_to_end rows as evaluation questions. Knows nothing of models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clara.errors import UsageError
from clara.jsonl import read_records
from clara.schema import EndToEndExample, Passage, Source
from clara.text import contains_answer


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationQuestion:
    """One phrasing of one need."""

    question: str
    answers: tuple[str, ...]
    """Accepted answers; the best score over them counts."""
    row: str
    """The need: phrasings of one row are not independent, and intervals draw them together."""
    documents: frozenset[str] = frozenset()
    """Documents that hold the answer; empty when the row does not say."""
    gold: tuple[str, ...] = ()
    """Texts of the passages that hold the answer."""

    @property
    def has_retrieval_truth(self) -> bool:
        """False when neither a document nor a passage with the answer is known: then it is left out of recall."""
        return bool(self.documents) or self._answer_is_literal

    @property
    def _answer_is_literal(self) -> bool:
        return any(self._holds_answer(text) for text in self.gold)

    def _holds_answer(self, text: str) -> bool:
        return any(contains_answer(text, answer) for answer in self.answers)

    def from_right_document(self, passage: Passage) -> bool:
        return passage.document in self.documents

    def is_answered_by(self, passage: Passage) -> bool:
        """Whether retrieving this passage is a hit: it is of the right document, and holds the answer.

        Where the row names no document, holding the answer is enough; where the answer is not literally in its gold
        passage (a yes, a summary), the right document is enough.
        """
        if not self.documents:
            return self._holds_answer(passage.text)
        return self.from_right_document(passage) and (not self._answer_is_literal or self._holds_answer(passage.text))


def read_questions(path: Path | str) -> list[EvaluationQuestion]:
    """Every phrasing of every end_to_end row of a JSONL file.

    Raises RecordsError naming each bad line, UsageError when the file is missing or holds no row.
    """
    examples = read_records(path, EndToEndExample)
    if not examples:
        raise UsageError(f"{path}: no question in this file (it wants end_to_end rows)")
    return questions_of(examples)


def questions_of(examples: Sequence[EndToEndExample]) -> list[EvaluationQuestion]:
    """Every phrasing of every row, in order."""
    return [
        EvaluationQuestion(
            question=question,
            answers=(example.answer,),
            row=example.id or f"row {number}",
            documents=frozenset(source.document for source in _positive_sources(example)),
            gold=tuple(example.context[position] for position in _gold_positions(example)),
        )
        for number, example in enumerate(examples, start=1)
        for question in example.question
    ]


def _positive_sources(example: EndToEndExample) -> list[Source]:
    """The sources of the gold passages when each passage has its source, else all that are given."""
    sources = example.sources or []
    if len(sources) != len(example.context):
        return sources
    return [sources[position] for position in _gold_positions(example)]


def _gold_positions(example: EndToEndExample) -> list[int]:
    """pos_index, or without it the passages that hold the answer."""
    if example.pos_index:
        return example.pos_index
    return [i for i, passage in enumerate(example.context) if contains_answer(passage, example.answer)]
