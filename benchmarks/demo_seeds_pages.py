"""What demo_seeds.py found, as Markdown: the whole page, and the block for README."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clara.demo.comparing import CLAIMS, p_text, verdict
from clara.demo.report import COLUMNS, ROWS
from clara.errors import UsageError
from clara.jsonl import write_lines

BLOCK = re.compile(r"(<!-- demo-table -->\n).*?(<!-- /demo-table -->)", re.DOTALL)
README_COLUMNS = [column for column in COLUMNS if not column[1].endswith("seen")]


def markdown(summary: dict[str, Any]) -> list[str]:
    """demo_seeds.md, line by line."""
    seeds = [str(seed) for seed in summary["seeds"]]
    rows = [
        [title, seed, *(_one(scores[metric] and scores[metric]["by_seed"][seed]) for _, metric in COLUMNS)]
        for title, name in ROWS
        for seed in seeds
        if (scores := summary["systems"][name])
    ]
    return [
        f"# The demo, seeds {', '.join(seeds)}",
        "",
        f"`{summary['command']}`; versions: {' / '.join(summary['versions'])}",
        "",
        *_facts(summary),
        "",
        "## Targets",
        "",
        *_target_table(summary, seeds),
        "",
        "## Every system: mean over the seeds (lowest to highest)",
        "",
        *_system_table(summary, [*COLUMNS, ("seen - unseen", "seen_minus_unseen")]),
        "",
        "## Each seed, with its 95 % interval",
        "",
        *_table(["", "seed", *(title for title, _ in COLUMNS)], rows),
        "",
        "## Does each stage earn its place?",
        "",
        *_stage_table(summary),
        "",
        "Paired over the questions of all seeds, with 95 % intervals and two-sided p-values; questions about one",
        "document of one seed are drawn together.",
    ]


def readme_block(summary: dict[str, Any]) -> list[str]:
    """What stands between README's marks: every system, the stages, and how many targets are met."""
    seeds = ", ".join(str(seed) for seed in summary["seeds"])
    missed = [target["target"] for target in summary["targets"] if not target["met"]]
    met = f"Of {len(summary['targets'])} targets set beforehand, {len(summary['targets']) - len(missed)} are met"
    return [
        *_facts(summary),
        "",
        *_system_table(summary, README_COLUMNS),
        "",
        f"EM = exact match; mean over seeds {seeds} (lowest to highest), made by `{summary['command']}`.",
        "Does each stage earn its place? The same questions before and after it, with 95 % intervals:",
        "",
        *_stage_table(summary),
        "",
        *textwrap.wrap(met + (f"; not met: {'; '.join(missed)}." if missed else "."), 120),
    ]


def write_block(page: Path, lines: Sequence[str]) -> None:
    """Put `lines` between the demo-table marks of `page`. Raises UsageError when it has none."""
    text = page.read_text(encoding="utf-8")
    inside = "".join(f"{line}\n" for line in lines)
    changed, count = BLOCK.subn(lambda marks: marks[1] + inside + marks[2], text)
    if count != 1:
        raise UsageError(f"{page}: expected one place between <!-- demo-table --> and <!-- /demo-table -->")
    write_lines(page, changed.splitlines())


def _facts(summary: dict[str, Any]) -> list[str]:
    documents, questions = summary["num_documents"]["mean"], summary["num_questions"]["mean"]
    passage, memory = (summary["compression"][name]["mean"] for name in ("mean_passage_tokens", "memory_tokens"))
    text = (
        f"{documents:.0f} documents never trained on and {questions:.0f} questions for each seed. A passage of "
        f"{passage:.0f} tokens is read as {memory:.0f} memory tokens, compression rate "
        f"{_spread(summary['compression_rate'], 1)}. A run takes {_spread(summary['minutes_in_all'], 1)} minutes, "
        f"{_spread(summary['minutes_training'], 1)} of them training, on {' / '.join(summary['machines'])}."
    )
    if failed := [f"{title}: {count}" for title, name in ROWS if (count := summary["num_failed"][name])]:
        text += f" Answers that FAILED and are in no mean: {', '.join(failed)}."
    return textwrap.wrap(text, 120)


def _target_table(summary: dict[str, Any], seeds: Sequence[str]) -> list[str]:
    rows = []
    for target in summary["targets"]:
        each = [_one(target["by_seed"].get(seed)) for seed in seeds]
        met = "met" if target["met"] else "NOT MET"
        rows.append([target["target"], target["bound"], _one(target["value"]), *each, met])
    return _table(["target", "", "mean", *(f"seed {seed}" for seed in seeds), ""], rows)


def _system_table(summary: dict[str, Any], columns: Sequence[tuple[str, str]]) -> list[str]:
    rows = [[title, *(_spread(summary["systems"][name][metric]) for _, metric in columns)] for title, name in ROWS]
    rows[-1][0] = f"**{rows[-1][0]}**"
    return _table(["", *(title for title, _ in columns)], rows)


def _stage_table(summary: dict[str, Any]) -> list[str]:
    rows = []
    for claim in CLAIMS:
        found = summary["stages"][claim.stage]
        before_after = f"{found['before']:.3f} → {found['after']:.3f}"
        difference = "{mean:+.3f} [{low:+.3f}, {high:+.3f}]".format(**found["difference"])
        rows.append([claim.stage, claim.score, before_after, difference, p_text(found["p_value"]), verdict(found)])
    return _table(["stage", "raises", "before → after", "difference", "p", "earns its place"], rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows)]


def _spread(value: dict[str, Any] | None, digits: int = 2) -> str:
    if value is None:
        return "–"
    return f"{value['mean']:.{digits}f} ({value['lowest']:.{digits}f} to {value['highest']:.{digits}f})"


def _one(value: Any) -> str:
    """One seed's number, or its interval."""
    if value is None:
        return "–"
    return "{mean:.2f} [{low:.2f}, {high:.2f}]".format(**value) if isinstance(value, dict) else f"{value:.4g}"
