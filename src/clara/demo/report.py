"""The demo's result three ways: a table on the terminal, report.json, and report.html with plots."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from clara.demo.comparing import CLAIMS, p_text, verdict
from clara.evaluation.answers import answer_block
from clara.evaluation.metrics import exact_match
from clara.jsonl import write_lines
from clara.rag.engine import SourceHit
from clara.reporting.interval import Interval
from clara.reporting.page import Section, cards, code, figure, note, paragraph, render_report, table
from clara.reporting.plots import bar_chart, learning_curves, staircase

ROWS = (
    ("closed book (no document)", "closed_book"),
    ("BM25 + full text, bare base", "bm25_full_text"),
    ("gold full text, bare base", "gold_text"),
    ("CLaRa, untrained adapters", "untrained"),
    ("CLaRa after pretrain", "after_pretrain"),
    ("CLaRa after instruction", "after_instruction"),
    ("CLaRa after end_to_end", "after_end_to_end"),
)
COLUMNS = (
    ("EM, gold document", "exact_match_gold_document"),
    ("EM, gold among others", "exact_match_among_distractors"),
    ("recall@1", "recall_at_1"),
    ("recall@5", "recall_at_5"),
    ("EM, end to end", "exact_match"),
    ("seen phrasings", "exact_match_seen"),
    ("unseen phrasings", "exact_match_unseen"),
)
CHECKPOINTS = (
    ("untrained", "untrained"),
    ("pretrain", "after_pretrain"),
    ("instruction", "after_instruction"),
    ("end_to_end", "after_end_to_end"),
)
COMPARED = ("stage", "raises", "before", "after", "difference", "p", "earns its place")


def write_reports(report: dict[str, Any], out: Path, runs: Path) -> None:
    """Write report.json and report.html into `out`."""
    write_lines(out / "report.json", [json.dumps(report, indent=2, ensure_ascii=False)])
    write_lines(out / "report.html", [_page(report, runs)])


def print_table(report: dict[str, Any], console: Console) -> None:
    """The same rows and columns as report.html, on the terminal."""
    scores = _all_scores(report)
    rows = [([title], scores[name]) for title, name in ROWS]
    console.print(score_table(scope(report), rows, strong=len(ROWS) - 1))
    if failed := _failures(scores):
        console.print(failed, style="bold", highlight=False)
    console.print(stage_table(report["stages"]))
    print_answers(report["answers"], console)
    seconds = report["seconds"]
    console.print(
        f"\ncompression rate {report['compression_rate']:.1f}; {seconds['total'] / 60:.1f} minutes in all, "
        f"{seconds['train'] / 60:.1f} of them training",
        highlight=False,
    )


def scope(report: Mapping[str, Any]) -> str:
    """What the scores are over, for a title."""
    heldout = report["heldout"]
    return (
        f"{heldout['num_documents']} documents never trained on, {heldout['num_questions']} questions "
        "(mean and 95 % interval)"
    )


def score_table(
    title: str,
    rows: Sequence[tuple[Sequence[str], Mapping[str, Any]]],
    *,
    heads: Sequence[str] = ("",),
    strong: int | None = None,
) -> Table:
    """A terminal table of (first cells, scores): the cells under `heads`, then one column for each of COLUMNS."""
    shown = Table(title=title, title_justify="left")
    for number, head in enumerate(heads):
        shown.add_column(head, justify="right" if number else "left")
    for head, _ in COLUMNS:
        shown.add_column(head, justify="right")
    for number, (cells, scores) in enumerate(rows):
        values = [_text(interval(scores.get(metric))) for _, metric in COLUMNS]
        shown.add_row(*cells, *values, style="bold" if number == strong else "")
    return shown


def print_answers(answers: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Question, answer, what the sheet says where that differs, and up to three sources of each."""
    for answer in answers:
        is_right = exact_match(answer["answer"], [answer["expected"]]) == 1
        right = "" if is_right else f"   (the sheet says: {answer['expected']})"
        console.print(f"\nQ  {answer['question']}\nA  {answer['answer']}{right}", highlight=False, markup=False)
        for source in answer["sources"][:3]:
            console.print(f"     {source['document']} p.{source['page']}  score {source['score']:.3f}", highlight=False)


def stage_table(stages: Mapping[str, dict[str, Any]]) -> Table:
    """What compare_stages found, for the terminal."""
    shown = Table(title="Does each stage earn its place? (paired, mean and 95 % interval)", title_justify="left")
    for title in COMPARED:
        shown.add_column(title, justify="left" if title in COMPARED[:2] else "right")
    for row in _compared(stages):
        shown.add_row(*row)
    return shown


def _page(report: dict[str, Any], runs: Path) -> str:
    heldout, scores = report["heldout"], _all_scores(report)
    rows = [[title, *(interval(scores[name].get(metric)) for _, metric in COLUMNS)] for title, name in ROWS]
    sections = [
        Section("In one line", [_cards(report), paragraph(_summary(report))]),
        Section(
            "Every system, the same questions",
            [
                table(["", *(title for title, _ in COLUMNS)], rows, strong=[len(rows) - 1]),
                note(
                    "EM = exact match after normalisation. Gold document: the right passage's memory is given. Among "
                    "others: with its nearest neighbours by BM25, num_documents passages in all. End to end: the model "
                    "retrieves and answers. recall@1: the top passage is of the right file and holds the answer. "
                    "Before end_to_end there is no query reasoner: its starting point, a copy of the compressor, "
                    "retrieves. Seen phrasings occur "
                    "in training rows about other products, unseen ones in none. Intervals are 95 %; a dash means "
                    "not applicable."
                ),
                *([paragraph(failed)] if (failed := _failures(scores)) else []),
                figure(_bars(scores, "exact_match_gold_document"), "Exact match when the right document is given"),
                figure(_bars(scores, "exact_match"), "Exact match end to end: retrieve, then answer"),
                figure(_bars(scores, "recall_at_1"), "Recall@1"),
            ],
        ),
        Section("Does each stage earn its place?", _stages(report["stages"], scores)),
        Section("By attribute, after each stage (end to end)", [_attributes(scores)]),
        Section("Learning curves", _curves(runs)),
        Section("Three answers with sources", [_answer(answer) for answer in report["answers"]]),
        Section("What it was made of", _facts(report)),
    ]
    subtitle = f"{heldout['num_documents']} held-out fictional product sheets, {heldout['num_questions']} questions"
    return render_report("clara demo", sections, subtitle=subtitle)


def _cards(report: dict[str, Any]) -> str:
    heldout = report["heldout"]
    return cards(
        [
            (f"{heldout['exact_match_gold_document']:.2f}", "exact match, gold document"),
            (f"{heldout['recall_at_1']:.2f}", "recall@1"),
            (f"{heldout['exact_match']:.2f}", "exact match, end to end"),
            (f"{report['compression_rate']:.1f}×", "fewer tokens than the text"),
            (f"{report['seconds']['total'] / 60:.1f} min", f"on {report['machine']['cores']} CPU cores"),
        ]
    )


def _summary(report: dict[str, Any]) -> str:
    compression = report["compression"]
    return (
        f"{report['data']['documents']} documents became training data, the three stages ran in "
        f"{report['seconds']['train'] / 60:.1f} minutes, and a passage of {compression['mean_passage_tokens']:.0f} "
        f"tokens on average is read as {compression['memory_tokens']} memory tokens."
    )


def _bars(scores: Mapping[str, dict[str, Any]], metric: str) -> str:
    known = {title: interval(scores[name][metric]) for title, name in ROWS if scores[name].get(metric)}
    return bar_chart(known, x_label=metric.replace("_", " "), highlight=[ROWS[-1][0]])


def _stages(stages: Mapping[str, dict[str, Any]], scores: Mapping[str, dict[str, Any]]) -> list[str]:
    lines = {
        title: {step: interval(scores[name].get(metric)) for step, name in CHECKPOINTS}
        for title, metric in (*COLUMNS[:3], COLUMNS[4])
    }
    dropped = sum(comparison["num_dropped"] for comparison in stages.values())
    return [
        table(COMPARED, [[cell.replace(" ", "\u00a0") for cell in row] for row in _compared(stages)]),
        note(
            "Each stage against the checkpoint before it, question by question. Questions about one document are drawn "
            "together in the interval (95 %) and in the two-sided p-value, both by the bootstrap. "
            + (f"Pairs left out because an answer failed: {dropped}." if dropped else "No answer failed.")
        ),
        figure(staircase(lines), "Each score before training and after each stage, with 95 % intervals"),
    ]


def _compared(stages: Mapping[str, dict[str, Any]]) -> list[list[str]]:
    """Rows of COMPARED."""
    rows = []
    for claim in CLAIMS:
        found = stages[claim.stage]
        difference = "{mean:+.3f} [{low:+.3f}, {high:+.3f}]".format(**found["difference"])
        before, after = f"{found['before']:.3f}", f"{found['after']:.3f}"
        rows.append([claim.stage, claim.score, before, after, difference, p_text(found["p_value"]), verdict(found)])
    return rows


def _attributes(scores: Mapping[str, dict[str, Any]]) -> str:
    systems = [(title, name) for title, name in ROWS if name.startswith("after_")] + [ROWS[2]]
    names = list(scores["after_end_to_end"]["by_attribute"])
    rows = [[name, *(interval(scores[system]["by_attribute"].get(name)) for _, system in systems)] for name in names]
    return table(["attribute", *(title for title, _ in systems)], rows)


def _curves(runs: Path) -> list[str]:
    blocks = []
    for stage in ("pretrain", "instruction", "end_to_end"):
        lines = [json.loads(line) for line in (runs / stage / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
        logged = [line for line in lines if "loss" in line]
        blocks.append(figure(learning_curves(logged, keys=["answer_loss"]), f"{stage}: answer loss by step"))
        if stage == "end_to_end" and any("recall_at_1" in line for line in logged):
            recall = learning_curves(logged, keys=["recall_at_1", "selected_a_positive"])
            blocks.append(figure(recall, "end_to_end: retrieval within training batches, by step"))
    return blocks


def _answer(answer: dict[str, Any]) -> str:
    sources = [SourceHit(**source) for source in answer["sources"][:3]]
    return answer_block(answer["question"], answer["answer"], sources, expected=answer["expected"])


def _facts(report: dict[str, Any]) -> list[str]:
    data = report["data"]
    seconds = {name: value for name, value in report["seconds"].items() if not isinstance(value, dict)}
    return [
        table(["step", "seconds"], [[name, round(value, 1)] for name, value in seconds.items()]),
        table(["training file", "rows"], [[name, count] for name, count in data["rows"].items()]),
        table(["what", "version"], [[name, text] for name, text in report["versions"].items()]),
        note(f"Seeds {report['seeds']}; machine {report['machine']['platform']}, {report['machine']['cores']} cores."),
        code(json.dumps(report["configuration"], indent=2)),
    ]


def _failures(scores: Mapping[str, dict[str, Any]]) -> str:
    """Answers that failed and so are in no mean, for each system that has any; '' when there is none."""
    counts = ", ".join(f"{title}: {count}" for title, name in ROWS if (count := scores[name]["num_failed"]))
    return f"Answers that FAILED and are in no mean: {counts}" if counts else ""


def _all_scores(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {**report["baselines"], "after_end_to_end": report["after_end_to_end"]}


def interval(value: dict[str, Any] | None) -> Interval | None:
    """An interval as report.json writes it; None stays None."""
    return None if value is None else Interval(**value)


def _text(value: Interval | None) -> str:
    return "–" if value is None else f"{value.mean:.2f} [{value.low:.2f}, {value.high:.2f}]"
