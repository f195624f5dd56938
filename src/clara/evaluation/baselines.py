"""Systems to compare with, on the same base model: no document, full text found by BM25, the right passage given.

Each is a `System` of evaluate.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from clara.errors import UsageError
from clara.evaluation.questions import EvaluationQuestion
from clara.rag.engine import Answer
from clara.retrieval.bm25 import LexicalIndex
from clara.retrieval.store import Hit

if TYPE_CHECKING:
    from torch import Tensor

    from clara.modeling import ClaraModel


class _Given:
    """Retrieves nothing."""

    num_documents = 0

    def retrieve(self, questions: Sequence[str], *, num_documents: int) -> list[list[Hit]]:
        return [[] for _ in questions]


class ClosedBook(_Given):
    """The bare base model, question only."""

    def __init__(self, model: ClaraModel) -> None:
        self.model = model

    def answer_from(
        self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], *, max_new_tokens: int = 32
    ) -> list[Answer]:
        texts = self.model.generate_from_text(
            list(questions), [[] for _ in questions], max_new_tokens=max_new_tokens, adapter=False
        )
        return [Answer(question, text) for question, text in zip(questions, texts, strict=True)]


class TextRag:
    """Text RAG: BM25 finds passages, the base model reads their full text."""

    def __init__(
        self, model: ClaraModel, index: LexicalIndex, *, num_documents: int | None = None, adapter: bool = False
    ) -> None:
        self.model, self.index, self.adapter = model, index, adapter
        self.num_documents = num_documents or model.config.num_documents

    def retrieve(self, questions: Sequence[str], *, num_documents: int) -> list[list[Hit]]:
        return self.index.search(questions, num_documents=num_documents)

    def answer_from(
        self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], *, max_new_tokens: int = 32
    ) -> list[Answer]:
        passages = [[hit.passage.text for hit in found] for found in hits]
        texts = self.model.generate_from_text(
            list(questions), passages, max_new_tokens=max_new_tokens, adapter=self.adapter
        )
        return [Answer(q, text, list(found)) for q, text, found in zip(questions, texts, hits, strict=True)]


class GoldText(_Given):
    """The base model reads the full text of the right passages: what perfect retrieval without compression gives."""

    def __init__(self, model: ClaraModel, questions: Sequence[EvaluationQuestion], *, adapter: bool = False) -> None:
        self.model, self.adapter = model, adapter
        self.gold = _gold_by_question(questions, model.config.num_documents)

    def answer_from(
        self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], *, max_new_tokens: int = 32
    ) -> list[Answer]:
        texts = self.model.generate_from_text(
            list(questions), [self.gold[q] for q in questions], max_new_tokens=max_new_tokens, adapter=self.adapter
        )
        return [Answer(question, text) for question, text in zip(questions, texts, strict=True)]


class GoldMemory(_Given):
    """The generator reads the memory of the right passages: what perfect retrieval with compression gives.

    `compress` gives the memory [texts, n, h] of passages, from a store that has them, say; else the model makes it.
    """

    def __init__(
        self,
        model: ClaraModel,
        questions: Sequence[EvaluationQuestion],
        *,
        compress: Callable[[list[str]], Tensor] | None = None,
    ) -> None:
        self.model = model
        self.gold = _gold_by_question(questions, model.config.num_documents)
        distinct = list(dict.fromkeys(passage for passages in self.gold.values() for passage in passages))
        self._memory = (compress or model.compress)(distinct)  # [distinct, n, h]
        self._row = {passage: i for i, passage in enumerate(distinct)}

    def answer_from(
        self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], *, max_new_tokens: int = 32
    ) -> list[Answer]:
        memory = [self._memory[[self._row[passage] for passage in self.gold[question]]] for question in questions]
        texts = self.model.generate(list(questions), memory, max_new_tokens=max_new_tokens)
        return [Answer(question, text) for question, text in zip(questions, texts, strict=True)]


def _gold_by_question(questions: Sequence[EvaluationQuestion], limit: int) -> dict[str, list[str]]:
    """The same words may be asked of two documents: then both gold passages are given.

    Raises UsageError for a question without any: answered from nothing, it would count as closed book.
    """
    for question in questions:
        if not question.gold:
            raise UsageError(f"{question.row}: no gold passage is known for {question.question!r} (leave it out)")
    gold: dict[str, list[str]] = {}
    for question in questions:
        known = gold.setdefault(question.question, [])
        known += [passage for passage in question.gold if passage not in known]
    return {question: passages[:limit] for question, passages in gold.items()}
