from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clara.evaluation import metrics
from clara.evaluation.metrics import bootstrap_interval, mcnemar_test, mean_interval, wilson_interval


@pytest.mark.parametrize(
    ("prediction", "references", "em", "cover", "f1"),
    [
        ("The Amber.", ["amber"], 1, 1, 1),
        ("an amber glass", ["amber"], 0, 1, 2 / 3),
        ("in Lund, Sweden", ["Malmö", "Lund"], 0, 1, 0.5),
        ("chamber", ["amber"], 0, 0, 0),
        ("Sweden Lund", ["Lund, Sweden"], 0, 0, 1),
        ("", ["amber"], 0, 0, 0),
        ("yes, it does", ["yes"], 0, 1, 0),
        ("水壶是蓝色的", ["水壶是蓝色的。"], 1, 1, 1),
        ("amber", [], 0, 0, 0),
    ],
)
def test_hand_checked_answers(prediction: str, references: list[str], em: float, cover: float, f1: float) -> None:
    assert metrics.exact_match(prediction, references) == em
    assert metrics.cover(prediction, references) == cover
    assert metrics.f1(prediction, references) == pytest.approx(f1)


def test_hand_checked_rankings() -> None:
    assert metrics.recall_at_k(["a", "b", "c"], ["c", "a"], 2) == 0.5
    assert metrics.recall_at_k(["a", "a"], ["a"], 2) == 1
    assert metrics.mrr([[False, True], [False, False], [True]]) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="undefined"):
        metrics.recall_at_k(["a"], [], 1)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_solves_its_equation_and_stays_inside(counts: tuple[int, int]) -> None:
    successes, count = counts
    interval = wilson_interval(successes, count)
    assert 0 <= interval.low <= interval.mean <= interval.high <= 1
    for bound in (interval.low, interval.high):
        if 0 < bound < 1:  # (p - bound)^2 = z^2 bound (1 - bound) / n defines the Wilson bounds
            spread = metrics.Z_95**2 * bound * (1 - bound) / count
            assert (interval.mean - bound) ** 2 == pytest.approx(spread, rel=1e-6)


def test_intervals_hold_the_truth_about_95_times_in_100() -> None:
    random = np.random.default_rng(0)
    values = random.beta(2, 5, (300, 80))
    inside = [interval.low <= 2 / 7 <= interval.high for interval in map(bootstrap_interval, values.tolist())]
    assert 0.9 <= np.mean(inside) <= 0.985
    inside = [wilson_interval(k, 80).low <= 0.3 <= wilson_interval(k, 80).high for k in random.binomial(80, 0.3, 1000)]
    assert 0.92 <= np.mean(inside) <= 0.98


def test_phrasings_of_one_row_do_not_narrow_the_interval() -> None:
    values = [float(i % 2) for i in range(40)]
    alone = bootstrap_interval(values)
    repeated = bootstrap_interval(
        [v for v in values for _ in range(5)], groups=[i for i in range(40) for _ in range(5)]
    )
    assert repeated.high - repeated.low == pytest.approx(alone.high - alone.low, abs=1e-9)
    narrow = mean_interval([v for v in values for _ in range(5)])
    assert narrow.high - narrow.low < 0.6 * (alone.high - alone.low)


def test_mcnemar_is_the_sign_test_on_disagreements() -> None:
    assert mcnemar_test([1, 1, 1, 0, 0], [1, 0, 0, 1, 0]) == 1.0  # two against one: 2 * (1 + 3) / 8
    assert mcnemar_test([1] * 6, [0] * 6) == pytest.approx(2 / 64)
    assert mcnemar_test([1, 0], [1, 0]) == 1.0
    with pytest.raises(ValueError, match="as many"):
        mcnemar_test([1], [1, 0])
    with pytest.raises(ValueError, match="zeros and ones"):
        mcnemar_test([0.5], [1])


def test_paired_bootstrap_sees_a_difference_and_no_difference() -> None:
    random = np.random.default_rng(1)
    base = random.normal(size=200)
    assert metrics.paired_bootstrap_test((base + 0.3 + random.normal(size=200) * 0.5).tolist(), base.tolist()) < 0.001
    p_values = [
        metrics.paired_bootstrap_test(random.normal(size=40).tolist(), random.normal(size=40).tolist(), samples=400)
        for _ in range(100)
    ]
    assert 0 <= np.mean(np.array(p_values) < 0.05) <= 0.12


def test_a_paired_difference_of_equal_scores_is_exactly_nothing() -> None:
    scores = [float(i % 3 == 0) for i in range(90)]
    found = metrics.paired_difference(scores, scores, groups=[i // 2 for i in range(90)])
    assert (found.difference.mean, found.difference.low, found.difference.high, found.p_value) == (0, 0, 0, 1)


def test_a_paired_difference_finds_a_known_shift_about_95_times_in_100() -> None:
    random = np.random.default_rng(2)
    covered, significant = [], []
    for _ in range(60):
        about = np.repeat(random.normal(0, 0.2, 50), 2)  # what the two questions about one document share
        second = random.normal(size=100)
        first = second + 0.1 + about + random.normal(0, 0.1, 100)
        groups = [i // 2 for i in range(100)]
        found = metrics.paired_difference(first.tolist(), second.tolist(), groups=groups, samples=500)
        covered.append(found.difference.low <= 0.1 <= found.difference.high)
        significant.append((found.difference.low > 0 or found.difference.high < 0) == (found.p_value < 0.05))
    assert 0.86 <= np.mean(covered) <= 1
    assert np.mean(significant) >= 0.9  # interval and p-value tell the same story, but for close calls


def test_groups_widen_a_paired_interval_as_far_as_their_questions_say_the_same() -> None:
    random = np.random.default_rng(3)
    once = random.choice([-1.0, 0.0, 1.0], 60, p=[0.2, 0.4, 0.4])
    first, second = np.repeat(once, 4).tolist(), [0.0] * 240  # four questions a document, all with one outcome
    blind = metrics.paired_difference(first, second)
    grouped = metrics.paired_difference(first, second, groups=[i // 4 for i in range(240)])
    alone = metrics.paired_difference(once.tolist(), [0.0] * 60)
    assert grouped.difference.mean == pytest.approx(blind.difference.mean)

    def width(found: metrics.PairedDifference) -> float:
        return found.difference.high - found.difference.low

    assert width(grouped) == pytest.approx(2 * width(blind), rel=0.12)
    assert width(grouped) == pytest.approx(width(alone), abs=1e-9)
    assert grouped.p_value > blind.p_value


def test_a_failed_answer_drops_its_pair_from_both_sides() -> None:
    found = metrics.paired_difference([1, None, 1, 0, 1], [0, 1, None, 0, 1], groups=["a", "a", "b", "b", "c"])
    assert (found.first, found.second, found.num_dropped) == (2 / 3, 1 / 3, 2)
    without = metrics.paired_difference([1, 0, 1], [0, 0, 1], groups=["a", "b", "c"])
    assert found == replace(without, num_dropped=2)
    with pytest.raises(ValueError, match="no question was scored on both sides"):
        metrics.paired_difference([1, None], [None, 1])
