"""`clara demo --long`: the same demo with more training at three compression rates, and what the rate costs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from clara.demo.heldout import surroundings
from clara.demo.recipe import DemoSettings
from clara.demo.report import COLUMNS, interval, scope, score_table
from clara.demo.run import run_demo
from clara.demo.steps import Steps
from clara.jsonl import write_lines
from clara.modeling.base import resolve_base
from clara.reporting.page import Section, figure, note, paragraph, render_report, table
from clara.reporting.plots import staircase

HEADS = ("aimed at", "memory tokens", "measured rate", "minutes")
PLOTTED = ("exact_match_gold_document", "exact_match_among_distractors", "recall_at_1", "exact_match")


def run_long(settings: DemoSettings, *, console: Console) -> dict[str, Any]:
    """One whole demo for each rate, in `settings.output`/rate-N, then one report over them; returns its report.json.

    The rates share seed and documents. Run again after a kill, it goes on.
    """
    out, runs = settings.output, settings.at_each_rate()
    resolve_base(settings.base_model)  # before anything is written
    identity = {"long": {str(target): one.identity() for target, one in runs.items()}}
    Steps(out, identity, total=0, console=console)  # the folder is ours, or refused; each run keeps its own journal
    rates: dict[str, Any] = {}
    for number, (target, one) in enumerate(runs.items(), start=1):
        console.rule(f"run {number} of {len(runs)}: compression rate {target}")
        rates[str(target)] = _summary(run_demo(one, console=console), folder=one.output.name)
    report = {
        "rates": rates,
        "steps_factor": next(iter(runs.values())).steps_factor,
        "minutes": sum(rate["minutes"] for rate in rates.values()),
        "seeds": {"corpus": settings.seed, "training": settings.seed},
        **surroundings(),
    }
    write_lines(out / "report.json", [json.dumps(report, indent=2, ensure_ascii=False)])
    write_lines(out / "report.html", [_page(report)])
    _print(report, console)
    return report


def _summary(report: Mapping[str, Any], *, folder: str) -> dict[str, Any]:
    """What the comparison needs of one rate's report."""
    return {
        "folder": folder,
        "compression_rate": report["compression_rate"],
        "memory_tokens": report["compression"]["memory_tokens"],
        "minutes": report["seconds"]["total"] / 60,
        "training_minutes": report["seconds"]["train"] / 60,
        "heldout": report["heldout"],
        "after_end_to_end": report["after_end_to_end"],
    }


def _print(report: Mapping[str, Any], console: Console) -> None:
    rows = [
        (
            [target, str(rate["memory_tokens"]), f"{rate['compression_rate']:.1f}", f"{rate['minutes']:.1f}"],
            rate["after_end_to_end"],
        )
        for target, rate in report["rates"].items()
    ]
    console.rule("the three rates")
    console.print(score_table(_scope(report), rows, heads=HEADS))
    console.print(f"\n{report['minutes']:.0f} minutes in all", highlight=False)


def _scope(report: Mapping[str, Any]) -> str:
    """Every rate is asked about the same documents."""
    return scope(next(iter(report["rates"].values())))


def _page(report: Mapping[str, Any]) -> str:
    rates = report["rates"]
    rows = [
        [target, rate["memory_tokens"], f"{rate['compression_rate']:.1f}", f"{rate['minutes']:.1f}"]
        + [interval(rate["after_end_to_end"].get(metric)) for _, metric in COLUMNS]
        for target, rate in rates.items()
    ]
    lines = {
        title: {
            f"{rate['compression_rate']:.1f}": interval(rate["after_end_to_end"].get(metric)) for rate in rates.values()
        }
        for title, metric in COLUMNS
        if metric in PLOTTED
    }
    folders = ", ".join(str(Path(rate["folder"]) / "report.html") for rate in rates.values())
    sections = [
        Section(
            "Every rate, the same questions",
            [
                paragraph(f"Each rate is a whole demo with {report['steps_factor']:g} times the training steps."),
                table([*HEADS, *(title for title, _ in COLUMNS)], rows),
                note(
                    "After end_to_end; mean and 95 % interval. The measured rate is text tokens / (memory tokens + "
                    f"<SEP>) over the held-out passages. Each run has its own report: {folders}."
                ),
                figure(staircase(lines), "Each score by measured compression rate, with 95 % intervals"),
            ],
        )
    ]
    return render_report("clara demo --long", sections, subtitle=_scope(report))
