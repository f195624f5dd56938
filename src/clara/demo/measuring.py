"""The systems the demo compares, asked the same held-out questions: each checkpoint, and what it must beat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor

from clara.demo.questions import HeldoutQuestion
from clara.evaluation.baselines import ClosedBook, GoldMemory, GoldText, TextRag
from clara.evaluation.evaluate import EvaluationReport, System, evaluate
from clara.evaluation.metrics import mean_interval
from clara.evaluation.questions import EvaluationQuestion
from clara.modeling import ClaraModel
from clara.modeling.prompts import seeded_draw
from clara.rag.engine import Answer, Engine
from clara.rag.indexing import build_index
from clara.retrieval.bm25 import LexicalIndex
from clara.retrieval.store import Hit, MemoryStore
from clara.schema import Passage

MAX_NEW_TOKENS = 16
Progress = Callable[[int, int], None]


class GoldAmongDistractors:
    """The generator reads the memory of the right passage among its BM25 neighbours, in an order that tells nothing."""

    num_documents = 0

    def __init__(
        self,
        model: ClaraModel,
        questions: Sequence[EvaluationQuestion],
        passages: Sequence[Passage],
        *,
        compress: Callable[[list[str]], Tensor],
    ) -> None:
        self.model = model
        lexical = LexicalIndex(passages)
        count = model.config.num_documents
        texts = [question.question for question in questions]
        self._given: dict[str, list[str]] = {}
        for question, hits in zip(questions, lexical.search(texts, num_documents=2 * count), strict=True):
            others = [
                h.passage.text
                for h in hits
                if h.passage.text not in question.gold and not question.is_answered_by(h.passage)
            ]
            chosen = [question.gold[0], *others[: count - 1]]
            self._given[question.question] = sorted(chosen, key=lambda text: seeded_draw(question.question, text))
        distinct = list(dict.fromkeys(text for given in self._given.values() for text in given))
        self._memory = compress(distinct)  # [distinct, n, h]
        self._row = {text: row for row, text in enumerate(distinct)}

    def retrieve(self, questions: Sequence[str], *, num_documents: int) -> list[list[Hit]]:
        return [[] for _ in questions]

    def answer_from(
        self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], *, max_new_tokens: int = 32
    ) -> list[Answer]:
        memory = [self._memory[[self._row[text] for text in self._given[question]]] for question in questions]
        texts = self.model.generate(list(questions), memory, max_new_tokens=max_new_tokens)
        return [Answer(question, text) for question, text in zip(questions, texts, strict=True)]


def as_evaluation_questions(
    questions: Sequence[HeldoutQuestion], passages: Sequence[Passage]
) -> list[EvaluationQuestion]:
    """Held-out questions with the passages of their page that hold the answer (all of the page, if none does)."""
    found = []
    for question in questions:
        page = [p for p in passages if p.document == question.document and p.page == question.page]
        plain = EvaluationQuestion(
            question=question.question,
            answers=question.answers,
            row=question.document,  # questions about one sheet are not independent: intervals draw them together
            documents=frozenset({question.document}),
            gold=tuple(p.text for p in page),
        )
        gold = tuple(p.text for p in page if plain.is_answered_by(p)) or plain.gold
        found.append(
            EvaluationQuestion(
                question=plain.question, answers=plain.answers, row=plain.row, documents=plain.documents, gold=gold
            )
        )
    return found


def memory_in(store: MemoryStore, passages: Sequence[Passage]) -> Callable[[list[str]], Tensor]:
    """Memory [texts, n, h] of passages by their text, read from the store that holds them: nothing compressed twice."""
    ids = {passage.text: passage.id for passage in passages}
    return lambda texts: store.get([ids[text] for text in texts])


def measure_checkpoint(
    model: ClaraModel,
    model_path: str,
    store_path: Path,
    passages: Sequence[Passage],
    asked: Sequence[HeldoutQuestion],
    folder: Path,
    name: str,
    *,
    allow_untrained: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Score one checkpoint: the right passage given, among distractors, and retrieved from the store.

    A checkpoint that has no query reasoner yet retrieves with a copy of its compressor, which is what end_to_end starts
    from.
    """
    questions = as_evaluation_questions(asked, passages)
    model.start_query_reasoner()
    build_index(store_path, passages, model, model_path=model_path, prune=True)
    store = MemoryStore.open(store_path, fingerprint=model.fingerprint())
    stored = memory_in(store, passages)
    systems: list[tuple[str, System]] = [
        ("exact_match_gold_document", GoldMemory(model, questions, compress=stored)),
        ("exact_match_among_distractors", GoldAmongDistractors(model, questions, passages, compress=stored)),
        ("retrieved", Engine(model, store)),
    ]
    scores: dict[str, Any] = {}
    for number, (metric, system) in enumerate(systems):

        def show(done: int, total: int, number: int = number) -> None:
            if progress is not None:
                progress(number * total + done, len(systems) * total)

        report = evaluate(
            system, questions, max_new_tokens=MAX_NEW_TOKENS, allow_untrained=allow_untrained, progress=show
        )
        report.save(folder, name=f"{name}.{metric}")
        if metric == "retrieved":
            scores |= retrieval_scores(report) | answer_scores(report, asked)
        else:
            scores[metric] = asdict(report.metrics["exact_match"])
        scores["num_failed"] = scores.get("num_failed", 0) + report.num_failed
    return scores


def measure_baselines(
    model: ClaraModel,
    passages: Sequence[Passage],
    asked: Sequence[HeldoutQuestion],
    folder: Path,
    *,
    progress: Progress | None = None,
) -> dict[str, dict[str, Any]]:
    """The same bare base without a document, with full text found by BM25, and with the right full text."""
    questions = as_evaluation_questions(asked, passages)
    systems: dict[str, System] = {
        "closed_book": ClosedBook(model),
        "bm25_full_text": TextRag(model, LexicalIndex(passages)),
        "gold_text": GoldText(model, questions),
    }
    found = {}
    for number, (name, system) in enumerate(systems.items()):

        def show(done: int, total: int, number: int = number) -> None:
            if progress is not None:
                progress(number * total + done, len(systems) * total)

        report = evaluate(system, questions, max_new_tokens=MAX_NEW_TOKENS, allow_untrained=True, progress=show)
        report.save(folder, name=name)
        found[name] = answer_scores(report, asked) | {"num_failed": report.num_failed}
        if name == "bm25_full_text":
            found[name] |= retrieval_scores(report)
    return found


def answer_scores(report: EvaluationReport, asked: Sequence[HeldoutQuestion]) -> dict[str, Any]:
    """Exact match over all questions, over seen and unseen phrasings, and by attribute; failures are left out."""
    values = report.scores("exact_match")
    scores: dict[str, Any] = {"exact_match": asdict(report.metrics["exact_match"])}
    for phrasing in ("seen", "unseen"):
        scores[f"exact_match_{phrasing}"] = _part(values, asked, [q.phrasing == phrasing for q in asked])
    attributes = sorted({question.attribute for question in asked})
    scores["by_attribute"] = {name: _part(values, asked, [q.attribute == name for q in asked]) for name in attributes}
    return scores


def _part(
    values: Sequence[float | None], asked: Sequence[HeldoutQuestion], belongs: Sequence[bool]
) -> dict[str, Any] | None:
    """Mean and interval over some of the questions, drawn together by document; None when there are none."""
    part = [(v, q.document) for v, q, ours in zip(values, asked, belongs, strict=True) if ours and v is not None]
    if not part:
        return None
    return asdict(mean_interval([v for v, _ in part], groups=[document for _, document in part]))


def retrieval_scores(report: EvaluationReport) -> dict[str, Any]:
    return {name: asdict(report.metrics[name]) for name in ("recall_at_1", "recall_at_5") if name in report.metrics}
