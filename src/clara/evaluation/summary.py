"""An evaluation on disk: rows and summary of every system, and one page that compares them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from clara.evaluation.answers import answer_block
from clara.evaluation.evaluate import EvaluationReport
from clara.evaluation.metrics import mcnemar_test
from clara.jsonl import write_lines
from clara.rag.engine import SourceHit
from clara.reporting import page as report
from clara.reporting import plots
from clara.retrieval.info import StoreInfo

SHOWN_EXAMPLES = 3


def save_reports(folder: Path, reports: Mapping[str, EvaluationReport], *, store: StoreInfo) -> None:
    """Write `<system>.rows.jsonl`, `<system>.summary.json`, `summary.json` and `report.html` into `folder`.

    The first system is the one that the others are compared with.
    """
    for name, evaluation in reports.items():
        evaluation.save(folder, name=name)
    main = next(iter(reports))
    p_values = {name: compare(reports[main], other) for name, other in reports.items() if name != main}
    summary = {
        "systems": {name: evaluation.summary() for name, evaluation in reports.items()},
        "p_values": p_values,
        "store": store.model_dump(mode="json"),
    }
    write_lines(folder / "summary.json", [json.dumps(summary, ensure_ascii=False, indent=2)])
    write_lines(folder / "report.html", [_page(reports, p_values, store)])


def compare(first: EvaluationReport, second: EvaluationReport) -> float | None:
    """McNemar's exact p-value of equal exact match over the questions both answered; None when there are none."""
    other = {
        (result.question.row, result.question.question): score
        for result, score in zip(second.results, second.scores("exact_match"), strict=True)
    }
    pairs = [
        (score, other.get((result.question.row, result.question.question)))
        for result, score in zip(first.results, first.scores("exact_match"), strict=True)
    ]
    both = [(a, b) for a, b in pairs if a is not None and b is not None]
    return mcnemar_test([a for a, _ in both], [b for _, b in both]) if both else None


def _page(reports: Mapping[str, EvaluationReport], p_values: Mapping[str, float | None], store: StoreInfo) -> str:
    main = next(iter(reports))
    metrics = ["exact_match", "cover", "f1", "recall_at_1", "recall_at_5"]
    rows: list[list[report.Cell]] = [
        [name, *(evaluation.metrics.get(metric) for metric in metrics), p_values.get(name), evaluation.num_failed]
        for name, evaluation in reports.items()
    ]
    compared = report.table(["system", *metrics, "p (exact match)", "failed"], rows, strong=[0])
    bars = {name: evaluation.metrics.get("exact_match") for name, evaluation in reports.items()}
    chart = report.figure(
        plots.bar_chart(bars, x_label="exact match", highlight=[main]), "Exact match with 95 % intervals."
    )
    answered = [result for result in reports[main].results if result.error is None][:SHOWN_EXAMPLES]
    examples = [
        answer_block(
            result.question.question,
            result.prediction,
            [SourceHit.of(hit) for hit in result.hits[: reports[main].num_documents]],
            expected=" / ".join(result.question.answers),
        )
        for result in answered
    ]
    about = report.table(["store", ""], [[name, str(value)] for name, value in store.model_dump(mode="json").items()])
    return report.render_report(
        "Evaluation",
        [
            report.Section("Result", [compared, chart]),
            report.Section("Answers", examples),
            report.Section("Store", [about]),
        ],
        subtitle=f"{len(reports[main].results)} questions",
    )
