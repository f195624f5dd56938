"""A short real training run ends inside the band that several seeds measured: a silent break of the recipe fails here.

benchmarks/learning_band.py is the run; what ten seeds gave is in LOG.md (48). Floors are the mean less three standard
deviations, and so are the gains over the untrained adapters, which already answer half of the questions: where nothing
is learned (adapters left frozen, labels shifted, memory not passed on), the gains are what falls to nothing first.
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

FLOORS = {"exact_match_gold_document": 0.63, "recall_at_1": 0.79, "exact_match": 0.43}
GAINS = {"exact_match_gold_document": 0.06, "exact_match": 0.11}  # over the untrained adapters


def test_a_minute_of_training_learns_what_it_always_learned(tmp_path: Path) -> None:
    scores = learning_band.short_run(0, tmp_path)
    for name, floor in FLOORS.items():
        assert scores[name] >= floor, scores
    for name, gain in GAINS.items():
        assert scores[name] - scores[f"untrained_{name}"] >= gain, scores
