"""benchmarks/demo_seeds.py and the stage comparisons, on made-up folders small enough to work out by hand."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from clara.demo.comparing import compare_stages
from clara.demo.report import COLUMNS, ROWS
from clara.errors import ClaraError, UsageError
from clara.evaluation.metrics import paired_difference

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
try:
    import demo_seeds
    import demo_seeds_pages
finally:
    sys.path.remove(str(ROOT / "benchmarks"))

Scores = Sequence[float | None]
STAGE_SCORES: dict[str, tuple[Scores, Scores]] = {  # before and after, four questions about two documents
    "exact_match_gold_document": ([0, 0, 0, 0], [1, 1, 0, 1]),
    "exact_match_among_distractors": ([0, 1, 0, 1], [0, 1, 0, 1]),
    "retrieved": ([1, None, 0, 0], [1, 1, 1, 0]),
}
CHECKPOINTS = {
    "exact_match_gold_document": ("untrained", "after_pretrain"),
    "exact_match_among_distractors": ("after_pretrain", "after_instruction"),
    "retrieved": ("after_instruction", "after_end_to_end"),
}


def made_up_demo(folder: Path, seed: int, *, score: float, base: str = "b", lr: float = 1e-3, **stage: Any) -> Path:
    """A finished demo's folder as the benchmark reads it: every score is `score`, unseen phrasings 0.1 lower."""
    interval = {"mean": score, "low": score - 0.05, "high": score + 0.05, "count": 4}
    scores = {name: interval for _, name in COLUMNS} | {"num_failed": 0}
    scores["exact_match_unseen"] = {**interval, "mean": score - 0.1}
    baseline = {"exact_match": {**interval, "mean": 0.01}, "num_failed": seed}
    report = {
        "heldout": {"num_documents": 200, "num_questions": 402},
        "baselines": {name: baseline if name == "closed_book" else scores for _, name in ROWS[:-1]},
        "after_end_to_end": scores,
        "compression_rate": 6 + seed,
        "compression": {"mean_passage_tokens": 90, "memory_tokens": 12, "characters_per_token": 3.5},
        "seconds": {"train": 60 * (5 + seed), "total": 600},
        "machine": {"platform": "Linux-made-up", "cores": 2},
        "versions": {"torch": "2"},
    }
    identity = {"seed": seed, "corpus": f"of {seed}", "documents": 1000}
    identity["recipe"] = {"stages": {"end_to_end": {"learning_rate": lr}}}
    for name, content in (
        ("report.json", report),
        ("state.json", {"identity": identity, "steps": {}}),
        ("runs/end_to_end/model/config.json", {"base_fingerprint": base}),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / "evaluation").mkdir()
    for asked, sides in (STAGE_SCORES | stage).items():
        metric = "recall_at_1" if asked == "retrieved" else "exact_match"
        for checkpoint, values in zip(CHECKPOINTS[asked], sides, strict=True):
            rows = [
                {"row": f"sheet-{i // 2}.pdf", "question": f"{i}?"} | ({"error": "X"} if v is None else {metric: v})
                for i, v in enumerate(values)
            ]
            text = "".join(json.dumps(row) + "\n" for row in rows)
            (folder / "evaluation" / f"{checkpoint}.{asked}.rows.jsonl").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def summary(tmp_path: Path) -> dict[str, Any]:
    folders = [made_up_demo(tmp_path / f"seed-{seed}", seed, score=0.8 + 0.04 * seed) for seed in range(3)]
    return demo_seeds.summarize(demo_seeds.read_demos(folders)) | {"command": "python benchmarks/demo_seeds.py"}


def test_means_and_spread_over_the_seeds_are_what_a_hand_works_out(summary: dict[str, Any]) -> None:
    gold = summary["systems"]["after_end_to_end"]["exact_match_gold_document"]
    assert gold["mean"] == pytest.approx((0.80 + 0.84 + 0.88) / 3)
    assert (gold["lowest"], gold["highest"]) == (0.80, 0.88)
    assert gold["standard_deviation"] == pytest.approx(0.04)
    assert gold["by_seed"]["1"] == pytest.approx({"mean": 0.84, "low": 0.79, "high": 0.89, "count": 4})
    assert summary["systems"]["after_end_to_end"]["seen_minus_unseen"]["mean"] == pytest.approx(0.1)
    assert summary["systems"]["closed_book"]["recall_at_1"] is None
    assert summary["compression_rate"]["mean"] == 7
    assert summary["minutes_training"]["mean"] == 6
    assert summary["num_failed"]["closed_book"] == 3
    met = {target["target"]: target["met"] for target in summary["targets"]}
    assert met["exact match, gold document"]  # 0.84 >= 0.80
    assert not met["recall@1"]  # 0.84 < 0.85
    assert met["compression rate"]
    assert met["closed book"]
    assert met["pretrain raises exact match, gold document"]
    assert not met["instruction raises exact match, gold among others"]


def test_stages_are_pooled_by_seed_and_document_and_failed_answers_drop_their_pair(summary: dict[str, Any]) -> None:
    pretrain, instruction, end_to_end = (summary["stages"][name] for name in ("pretrain", "instruction", "end_to_end"))
    assert (pretrain["before"], pretrain["after"], pretrain["difference"]["count"]) == (0, 0.75, 12)
    assert pretrain["difference"]["mean"] == 0.75
    by_document = paired_difference([1, 1, 0, 1] * 3, [0] * 12, groups=[i // 2 for i in range(12)])
    assert pretrain["difference"]["low"] == by_document.difference.low > 0
    assert pretrain["p_value"] == by_document.p_value
    assert [instruction["difference"][key] for key in ("mean", "low", "high")] == [0, 0, 0]
    assert instruction["p_value"] == 1
    assert end_to_end["num_dropped"] == 3
    assert (end_to_end["before"], end_to_end["after"]) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert end_to_end["difference"]["count"] == 9


@pytest.mark.parametrize(
    ("other", "named"),
    [({"lr": 2e-3}, r"\(recipe\.stages\.end_to_end\.learning_rate\)"), ({"base": "another"}, r"\(base\)")],
)
def test_folders_of_mixed_recipes_are_refused_with_one_clear_line(
    other: dict[str, Any], named: str, tmp_path: Path
) -> None:
    first = made_up_demo(tmp_path / "seed-0", 0, score=0.8)
    second = made_up_demo(tmp_path / "seed-1", 1, score=0.8, **other)
    with pytest.raises(UsageError, match=r"seed-1 holds a demo of another recipe than .*seed-0 " + named) as caught:
        demo_seeds.read_demos([first, second])
    assert "\n" not in str(caught.value)


def test_unfinished_folders_and_other_questions_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"seed-7 holds no finished demo \(.*report.json"):
        demo_seeds.read_demos([tmp_path / "seed-7"])
    demo = made_up_demo(tmp_path / "seed-0", 0, score=0.8, retrieved=([1, 0], [1]))
    with pytest.raises(UsageError, match="after_instruction and after_end_to_end were not asked the same questions"):
        compare_stages([demo / "evaluation"])
    (demo / "evaluation" / "untrained.exact_match_gold_document.rows.jsonl").unlink()
    with pytest.raises(UsageError, match=r"untrained\.exact_match_gold_document\.rows\.jsonl cannot be read"):
        compare_stages([demo / "evaluation"])


def test_readme_changes_between_its_marks_only_and_its_lines_stay_short(
    summary: dict[str, Any], tmp_path: Path
) -> None:
    page, readme = tmp_path / "README.md", (ROOT / "README.md").read_text(encoding="utf-8")
    page.write_text(readme, encoding="utf-8")
    demo_seeds_pages.write_block(page, demo_seeds_pages.readme_block(summary))
    demo_seeds_pages.write_block(page, demo_seeds_pages.readme_block(summary))
    changed = page.read_text(encoding="utf-8")

    def outside(text: str) -> list[str]:
        return re.split(r"<!-- demo-table -->.*<!-- /demo-table -->", text, flags=re.DOTALL)

    assert outside(changed) == outside(readme)
    assert len(outside(changed)) == 2
    assert "| **CLaRa after end_to_end** | 0.84 (0.80 to 0.88) |" in changed
    assert "| pretrain | exact match, gold document | 0.000 → 0.750 | +0.750 [" in changed
    assert "not met: recall@1;" in changed
    assert all(len(line) <= 200 for line in changed.splitlines())
    page.write_text("no marks", encoding="utf-8")
    with pytest.raises(UsageError, match="expected one place between"):
        demo_seeds_pages.write_block(page, [])


def test_a_demo_that_fails_ends_the_benchmark_with_its_seed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "seed-4").mkdir()
    (tmp_path / "seed-4" / "thesis.txt").write_text("mine")
    with pytest.raises(ClaraError, match="seed 4: clara demo ended with status"):
        demo_seeds.run_demo(4, tmp_path / "seed-4", ["--documents", "20"])
    assert "is not empty and holds no demo" in capfd.readouterr().err
