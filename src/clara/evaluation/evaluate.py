"""Ask a system every question and score what comes back. A failure is recorded as a failure, never as a zero."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from clara.errors import CheckpointError, ClaraError, StoreError
from clara.evaluation.metrics import cover, exact_match, f1, hit_at_k, mean_interval, reciprocal_rank
from clara.evaluation.questions import EvaluationQuestion
from clara.jsonl import write_jsonl, write_lines
from clara.rag.engine import Answer, SourceHit
from clara.reporting.interval import Interval
from clara.retrieval.store import Hit

if TYPE_CHECKING:
    from clara.modeling import ClaraModel

RECALL_AT = (1, 5)
BATCH = 128


class System(Protocol):
    """Anything that answers questions: rag.Engine, or one of baselines.py."""

    model: ClaraModel
    num_documents: int
    """Passages it answers from; 0 for a system that retrieves nothing."""

    def retrieve(self, questions: Sequence[str], *, num_documents: int) -> list[list[Hit]]: ...

    def answer_from(
        self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], *, max_new_tokens: int
    ) -> list[Answer]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One question's outcome. With an `error` there are no scores; `relevant` is None where no truth is known."""

    question: EvaluationQuestion
    prediction: str = ""
    hits: tuple[Hit, ...] = ()
    relevant: tuple[bool, ...] | None = None
    right_document: tuple[bool, ...] | None = None
    scores: dict[str, float] | None = None
    error: str | None = None

    def as_row(self) -> dict[str, Any]:
        """The result as one JSON line."""
        row: dict[str, Any] = {"row": self.question.row, "question": self.question.question}
        row["answers"] = list(self.question.answers)
        if self.error is not None:
            return row | {"error": self.error}
        sources = [asdict(SourceHit.of(hit)) for hit in self.hits]
        for i, source in enumerate(sources):
            source["relevant"] = None if self.relevant is None else self.relevant[i]
        return row | {"prediction": self.prediction, **(self.scores or {}), "sources": sources}


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """All results, in the order of the questions, and the means with their 95 % intervals."""

    results: list[Result]
    metrics: dict[str, Interval]
    """exact_match, cover, f1; recall_at_1, recall_at_5, mrr (see is_answered_by) and document_recall_at_1, _5."""
    num_documents: int

    @property
    def num_failed(self) -> int:
        return sum(result.error is not None for result in self.results)

    def summary(self) -> dict[str, Any]:
        return {
            "num_questions": len(self.results),
            "num_rows": len({result.question.row for result in self.results}),
            "num_failed": self.num_failed,
            "num_documents": self.num_documents,
            "num_with_retrieval_truth": sum(result.question.has_retrieval_truth for result in self.results),
            "num_naming_a_document": sum(bool(result.question.documents) for result in self.results),
            "metrics": {name: asdict(interval) for name, interval in self.metrics.items()},
        }

    def scores(self, metric: str) -> list[float | None]:
        """One value for each question, None where it failed or the metric is undefined: for paired tests."""
        return [(result.scores or {}).get(metric) for result in self.results]

    def save(self, folder: Path | str, *, name: str = "clara") -> None:
        """Write `<name>.rows.jsonl`, one line for each question, and `<name>.summary.json`."""
        write_jsonl(Path(folder) / f"{name}.rows.jsonl", (result.as_row() for result in self.results))
        write_lines(Path(folder) / f"{name}.summary.json", [json.dumps(self.summary(), indent=2)])


def evaluate(
    system: System,
    questions: Sequence[EvaluationQuestion],
    *,
    max_new_tokens: int = 32,
    allow_untrained: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> EvaluationReport:
    """Retrieve and answer for every question, and score it.

    Retrieval looks at the first max(RECALL_AT) passages; the answer is made from the first `system.num_documents`.
    Raises CheckpointError for untrained adapters unless `allow_untrained`; a missing query reasoner or a torn
    store ends the evaluation too. Anything else that goes wrong with a question is recorded in its result.
    """
    if not questions:
        raise ClaraError("nothing to evaluate: there is no question")
    if not allow_untrained:
        system.model.refuse_untrained()
    results: list[Result] = []
    for start in range(0, len(questions), BATCH):
        results += _ask(system, questions[start : start + BATCH], max_new_tokens)
        if progress is not None:
            progress(len(results), len(questions))
    return EvaluationReport(results, summarize(results), system.num_documents)


def summarize(results: Sequence[Result]) -> dict[str, Interval]:
    """The mean of every metric over the results that have it; failed questions are left out (and counted elsewhere)."""
    scored = [result for result in results if result.scores is not None]
    names = dict.fromkeys(name for result in scored for name in result.scores or {})
    metrics = {}
    for name in names:
        have = [result for result in scored if name in (result.scores or {})]
        values = [(result.scores or {})[name] for result in have]
        metrics[name] = mean_interval(values, groups=[result.question.row for result in have])
    return metrics


def _ask(system: System, batch: Sequence[EvaluationQuestion], max_new_tokens: int) -> list[Result]:
    texts = [question.question for question in batch]
    try:
        hits: list[list[Hit]] = [[] for _ in batch]
        if system.num_documents:
            hits = system.retrieve(texts, num_documents=max(system.num_documents, *RECALL_AT))
        read = [found[: system.num_documents] for found in hits]
        answers = system.answer_from(texts, read, max_new_tokens=max_new_tokens)
    except (CheckpointError, StoreError):
        raise
    except Exception as error:  # out of memory, a question too long for the base: find the questions it belongs to
        if len(batch) == 1:
            return [Result(question=batch[0], error=f"{type(error).__name__}: {error}")]
        middle = len(batch) // 2
        return _ask(system, batch[:middle], max_new_tokens) + _ask(system, batch[middle:], max_new_tokens)
    return [_score(*one, retrieves=system.num_documents > 0) for one in zip(batch, answers, hits, strict=True)]


def _score(question: EvaluationQuestion, answer: Answer, hits: Sequence[Hit], *, retrieves: bool) -> Result:
    scores = {
        "exact_match": exact_match(answer.text, question.answers),
        "cover": cover(answer.text, question.answers),
        "f1": f1(answer.text, question.answers),
    }
    relevant = right_document = None
    if retrieves and question.has_retrieval_truth:
        relevant = tuple(question.is_answered_by(hit.passage) for hit in hits)
        scores |= {f"recall_at_{k}": hit_at_k(relevant, k) for k in RECALL_AT}
        scores["mrr"] = reciprocal_rank(relevant)
    if retrieves and question.documents:
        right_document = tuple(question.from_right_document(hit.passage) for hit in hits)
        scores |= {f"document_recall_at_{k}": hit_at_k(right_document, k) for k in RECALL_AT}
    return Result(
        question=question,
        prediction=answer.text,
        hits=tuple(hits),
        relevant=relevant,
        right_document=right_document,
        scores=scores,
    )
