"""Is the demo's result more than luck? Run `clara demo` with several seeds, and set what comes out beside the targets.

    python benchmarks/demo_seeds.py --seeds 0 1 2 --output runs/demo_seeds [--readme]

Each seed runs in its own folder inside --output, one after the other; a killed run goes on, a finished one is
only read. Writes demo_seeds.json and demo_seeds.md there, and with --readme the table between README's demo-table
marks. The exit status says whether the demos ran, not whether the targets are met.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import shlex
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo_seeds_pages import markdown, readme_block, write_block

from clara.demo.comparing import CLAIMS, compare_stages, verdict
from clara.demo.report import COLUMNS, ROWS
from clara.errors import ClaraError, UsageError
from clara.jsonl import write_lines

README = Path(__file__).resolve().parent.parent / "README.md"
RESULT = "after_end_to_end"


@dataclass(frozen=True, slots=True)
class Demo:
    """One finished demo."""

    seed: int
    folder: Path
    report: dict[str, Any]
    recipe: dict[str, Any]
    """All that must be the same in every folder: the demo's settings, seed aside, and the base's fingerprint."""

    def scores(self, system: str) -> dict[str, Any]:
        found: dict[str, Any] = self.report[RESULT] if system == RESULT else self.report["baselines"][system]
        return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="default: 0 1 2")
    parser.add_argument("--output", type=Path, default=Path("runs/demo_seeds"), help="default: runs/demo_seeds")
    parser.add_argument("--documents", type=int, help="passed on to clara demo; fewer make a quick trial")
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    chosen = parser.parse_args()
    seeds = sorted(set(chosen.seeds))
    options = [] if chosen.documents is None else ["--documents", str(chosen.documents)]
    try:
        for seed in seeds:
            run_demo(seed, chosen.output / f"seed-{seed}", options)
        summary = summarize(read_demos([chosen.output / f"seed-{seed}" for seed in seeds]))
        command = ["python", "benchmarks/demo_seeds.py", "--seeds", *map(str, seeds), *options]
        summary["command"] = shlex.join(command)
        page = markdown(summary)
        write_lines(chosen.output / "demo_seeds.json", [json.dumps(summary, indent=2, ensure_ascii=False)])
        write_lines(chosen.output / "demo_seeds.md", page)
        if chosen.readme:
            write_block(README, readme_block(summary))
    except ClaraError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("\n".join(page))
    return 0


def run_demo(seed: int, folder: Path, options: Sequence[str]) -> None:
    """`clara demo`, which goes on in a folder it began, and refuses one of another recipe."""
    command = ["demo", "--yes", "--seed", str(seed), "--output", str(folder), *options]
    print(f"\n$ clara {shlex.join(command)}", flush=True)
    status = subprocess.run([sys.executable, "-m", "clara", *command], check=False).returncode
    if status:
        raise ClaraError(f"seed {seed}: clara demo ended with status {status}, its words are above")


def read_demos(folders: Sequence[Path]) -> list[Demo]:
    """Finished demos of one recipe. Raises UsageError for an unfinished or damaged one, and when recipes are mixed."""
    demos = [_read(folder) for folder in folders]
    first = demos[0]
    for other in demos[1:]:
        ours, theirs = dict(_leaves(first.recipe)), dict(_leaves(other.recipe))
        if changed := sorted(key for key in ours | theirs if ours.get(key) != theirs.get(key)):
            raise UsageError(
                f"{other.folder} holds a demo of another recipe than {first.folder} ({', '.join(changed)}); "
                "run all seeds in a new --output"
            )
    return demos


def _read(folder: Path) -> Demo:
    try:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        identity = json.loads((folder / "state.json").read_text(encoding="utf-8"))["identity"]
        model = json.loads((folder / "runs/end_to_end/model/config.json").read_text(encoding="utf-8"))
        recipe = {key: value for key, value in identity.items() if key not in ("seed", "corpus")}
        return Demo(identity["seed"], folder, report, recipe | {"base": model["base_fingerprint"]})
    except OSError as error:
        raise UsageError(f"{folder} holds no finished demo ({error.filename}: {error.strerror})") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{folder} holds a damaged demo ({error}); remove it and start again") from None


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names with their values."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}" if name else key)
    else:
        yield name, value


# ---------------------------------------------------------------------------------------------------------- the numbers


def summarize(demos: Sequence[Demo]) -> dict[str, Any]:
    """Everything demo_seeds.json holds, but for the command."""
    systems = {
        name: {metric: across(demos, [demo.scores(name).get(metric) for demo in demos]) for _, metric in COLUMNS}
        for _, name in ROWS
    }
    for scores in systems.values():
        scores["seen_minus_unseen"] = _gap(demos, scores)
    reports = [demo.report for demo in demos]
    summary: dict[str, Any] = {
        "seeds": [demo.seed for demo in demos],
        "recipe": demos[0].recipe,
        "systems": systems,
        "num_failed": {name: sum(demo.scores(name)["num_failed"] for demo in demos) for _, name in ROWS},
        "compression_rate": across(demos, [report["compression_rate"] for report in reports]),
        "compression": {
            name: across(demos, [report["compression"][name] for report in reports])
            for name in ("mean_passage_tokens", "memory_tokens", "characters_per_token")
        },
        "minutes_training": across(demos, [report["seconds"]["train"] / 60 for report in reports]),
        "minutes_in_all": across(demos, [report["seconds"]["total"] / 60 for report in reports]),
        "num_documents": across(demos, [report["heldout"]["num_documents"] for report in reports]),
        "num_questions": across(demos, [report["heldout"]["num_questions"] for report in reports]),
        "stages": compare_stages([demo.folder / "evaluation" for demo in demos]),
        "stages_by_seed": {str(demo.seed): compare_stages([demo.folder / "evaluation"]) for demo in demos},
        "machines": list(dict.fromkeys(_machine(report["machine"]) for report in reports)),
        "versions": list(dict.fromkeys(_words(report["versions"]) for report in reports)),
    }
    return summary | {"targets": targets(summary)}


def across(demos: Sequence[Demo], values: Sequence[Any]) -> dict[str, Any] | None:
    """Mean and spread over the seeds of numbers, or of intervals by their means; None when a seed has none."""
    if any(value is None for value in values):
        return None
    means = [float(value["mean"] if isinstance(value, dict) else value) for value in values]
    return {
        "mean": statistics.fmean(means),
        "lowest": min(means),
        "highest": max(means),
        "standard_deviation": statistics.stdev(means) if len(means) > 1 else None,
        "by_seed": {str(demo.seed): value for demo, value in zip(demos, values, strict=True)},
    }


def _gap(demos: Sequence[Demo], scores: dict[str, Any]) -> dict[str, Any] | None:
    seen, unseen = scores["exact_match_seen"], scores["exact_match_unseen"]
    if seen is None or unseen is None:
        return None
    seeds = [str(demo.seed) for demo in demos]
    return across(demos, [seen["by_seed"][seed]["mean"] - unseen["by_seed"][seed]["mean"] for seed in seeds])


def targets(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """What the demo is to reach, in the mean over the seeds, and whether it does."""
    ours, closed = summary["systems"][RESULT], summary["systems"]["closed_book"]
    bounds = [
        ("exact match, gold document", ours["exact_match_gold_document"], "≥", 0.80),
        ("recall@1", ours["recall_at_1"], "≥", 0.85),
        ("exact match, end to end", ours["exact_match"], "≥", 0.70),
        ("seen minus unseen phrasings, either way", ours["seen_minus_unseen"], "≤", 0.10),
        ("closed book", closed["exact_match"], "≤", 0.15),
        ("compression rate", summary["compression_rate"], "≥", 6),
        ("characters a token", summary["compression"]["characters_per_token"], "≥", 3),
        ("minutes of training", summary["minutes_training"], "≤", 7),
        ("held-out documents", summary["num_documents"], "≥", 200),
        ("questions", summary["num_questions"], "≥", 400),
    ]
    found = []
    for name, value, sense, bound in bounds:
        mean = None if value is None else value["mean"]
        met = mean is not None and (mean >= bound if sense == "≥" else abs(mean) <= bound)
        by_seed = {} if value is None else value["by_seed"]
        found.append({"target": name, "bound": f"{sense} {bound:g}", "value": mean, "met": met, "by_seed": by_seed})
    for claim in CLAIMS:
        pooled = summary["stages"][claim.stage]
        by_seed = {seed: stages[claim.stage]["difference"] for seed, stages in summary["stages_by_seed"].items()}
        found.append(
            {
                "target": f"{claim.stage} raises {claim.score}",
                "bound": "> 0, p < 0.05",
                "value": pooled["difference"]["mean"],
                "met": verdict(pooled) == "yes" and pooled["p_value"] < 0.05,
                "by_seed": by_seed,
            }
        )
    return found


def _machine(machine: dict[str, Any]) -> str:
    known = machine["platform"] == platform.platform()  # else the demo ran elsewhere, and we cannot know on what
    processor = _processor() if known else ""
    return f"{machine['cores']} cores of {processor or 'a machine'} ({machine['platform'].partition('-')[0]})"


def _processor() -> str:
    try:
        named = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        named = None
    return named[1] if named else platform.processor()


def _words(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {text}" for name, text in versions.items())


if __name__ == "__main__":
    sys.exit(main())
