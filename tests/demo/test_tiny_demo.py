"""The trained demo checkpoint as it ships: small, for this base, for this corpus, and as good as its card says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from clara.assets import tiny_base_path, tiny_demo_path
from clara.demo.pretrained import TrainingRecord
from clara.modeling import ClaraModel

ROUNDING = 0.02
"""Machines and versions round differently: of about 400 answers some turn."""


def test_it_is_small_and_fits_the_base_and_the_corpus_of_this_version() -> None:
    files = [path for folder in (tiny_base_path(), tiny_demo_path()) for path in folder.rglob("*") if path.is_file()]
    assert sum(file.stat().st_size for file in files) < 16_000_000
    record = TrainingRecord.read(tiny_demo_path())
    assert len(record.world().part("heldout")) == record.settings(Path()).held_out
    model = ClaraModel.from_pretrained(tiny_demo_path(), device="cpu")
    assert model.adapter_names == ["compressor", "generator", "query_reasoner"]
    assert model.config.base_model == "tiny"


def test_its_card_tells_where_it_comes_from() -> None:
    record = TrainingRecord.read(tiny_demo_path())
    card = (tiny_demo_path() / "README.md").read_text(encoding="utf-8")
    assert f"for seed {record.seed}" in card
    assert "has seen compress-and-read and retrieval" in card
    for name in ("exact_match_gold_document", "recall_at_1", "exact_match"):
        interval = record.scores[name]
        assert f"{interval['mean']:.3f} | {interval['low']:.3f}–{interval['high']:.3f}" in card


@pytest.mark.slow
def test_it_answers_as_well_as_its_record_says(clara: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    code, _, _ = clara("demo", "--pretrained", "--output", tmp_path / "answers")
    assert code == 0
    report = json.loads((tmp_path / "answers" / "report.json").read_text(encoding="utf-8"))
    recorded = TrainingRecord.read(tiny_demo_path()).scores
    for name in ("exact_match_gold_document", "recall_at_1", "exact_match"):
        assert report["heldout"][name] == pytest.approx(recorded[name]["mean"], abs=ROUNDING)
