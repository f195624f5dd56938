"""Scores of answers and rankings, and how sure we are of their means. Pure functions, no models, no files.

Where conventions differ between papers the docstring says which one this is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clara.reporting.interval import Interval
from clara.text import normalize_answer

Z_95 = 1.959963984540054
DRAWS_AT_ONCE = 1_000_000  # numbers in memory, however many groups and samples


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """How much higher the first of two systems scored on the questions both were scored on."""

    first: float
    second: float
    """Means over the pairs."""
    difference: Interval
    """first - second; its `count` is the number of pairs."""
    p_value: float
    """Two-sided, of no difference."""
    num_dropped: int
    """Questions without a score on one side or on both: they are in none of these numbers."""


# ------------------------------------------------------------------------------------------------------------- answers


def exact_match(prediction: str, references: Sequence[str]) -> float:
    """1 if the normalised prediction equals a normalised reference.

    >>> exact_match("The Amber.", ["amber", "orange"]), exact_match("amber glass", ["amber"])
    (1.0, 0.0)
    """
    return float(any(normalize_answer(prediction) == normalize_answer(reference) for reference in references))


def cover(prediction: str, references: Sequence[str]) -> float:
    """1 if a normalised reference stands as whole words in the prediction (BERGEN's match, FlashRAG's acc, on words).

    >>> cover("It is made in Lund, Sweden.", ["Lund"]), cover("It has 12 doors", ["2"]), cover("", ["a b"])
    (1.0, 0.0, 0.0)
    """
    said = f" {normalize_answer(prediction)} "
    wanted = [normalize_answer(reference) for reference in references]
    return float(any(bool(reference) and f" {reference} " in said for reference in wanted))


def f1(prediction: str, references: Sequence[str]) -> float:
    """Bag-of-words F1, the best over the references; yes, no and noanswer count only when equal (HotpotQA's rule).

    >>> f1("a red steel box", ["red box"]), f1("blue", ["red"]), f1("yes it is", ["yes"])
    (0.8, 0.0, 0.0)
    """
    return max(
        (_f1(normalize_answer(prediction), normalize_answer(reference)) for reference in references), default=0.0
    )


def _f1(prediction: str, reference: str) -> float:
    closed = {"yes", "no", "noanswer"}
    if prediction != reference and (prediction in closed or reference in closed):
        return 0.0
    said, wanted = prediction.split(), reference.split()
    if not said or not wanted:
        return float(said == wanted)
    shared = sum((Counter(said) & Counter(wanted)).values())
    return 2 * shared / (len(said) + len(wanted))


# ------------------------------------------------------------------------------------------------------------ rankings


def recall_at_k(retrieved: Sequence[str], relevant: Collection[str], k: int) -> float:
    """The share of the relevant ids found in the first k.

    >>> recall_at_k(["a", "b", "c"], {"b", "z"}, 2)
    0.5
    """
    if not relevant:
        raise ValueError("recall is undefined without a relevant id (leave the question out and count it)")
    return len(set(retrieved[:k]) & set(relevant)) / len(set(relevant))


def hit_at_k(relevance: Sequence[bool], k: int) -> float:
    """1 if one of the first k retrieved is relevant.

    >>> hit_at_k([False, True], 1), hit_at_k([False, True], 2)
    (0.0, 1.0)
    """
    return float(any(relevance[:k]))


def reciprocal_rank(relevance: Sequence[bool]) -> float:
    """1 / rank of the first relevant one, 0 when none was retrieved; its mean over questions is the MRR.

    >>> reciprocal_rank([False, False, True, True]), reciprocal_rank([False])
    (0.3333333333333333, 0.0)
    """
    return next((1 / rank for rank, relevant in enumerate(relevance, start=1) if relevant), 0.0)


def mrr(relevances: Sequence[Sequence[bool]]) -> float:
    """Mean reciprocal rank over questions.

    >>> mrr([[True], [False, True]])
    0.75
    """
    return sum(map(reciprocal_rank, relevances)) / len(relevances)


# ----------------------------------------------------------------------------------------------------------- certainty


def wilson_interval(successes: float, count: int) -> Interval:
    """The 95 % Wilson score interval of a proportion; never leaves [0, 1], not empty at 0 or 1.

    >>> str(wilson_interval(8, 10))
    '0.800 [0.490, 0.943]'
    >>> str(wilson_interval(0, 20))
    '0.000 [0.000, 0.161]'
    """
    if count <= 0:
        raise ValueError("an interval needs at least one value")
    p, z = successes / count, Z_95
    centre = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return Interval(p, max(0.0, min(centre - half, p)), min(1.0, max(centre + half, p)), count)


def bootstrap_interval(
    values: Sequence[float], *, groups: Sequence[object] | None = None, samples: int = 2000, seed: int = 0
) -> Interval:
    """The 95 % percentile bootstrap interval of a mean. Values of one group (phrasings of one need) are drawn together.

    >>> str(bootstrap_interval([0.0, 1.0] * 50))
    '0.500 [0.400, 0.600]'
    """
    mean, means = _resampled_means(values, groups, samples=samples, seed=seed)
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(mean, float(low), float(high), len(values))


def mean_interval(values: Sequence[float], *, groups: Sequence[object] | None = None) -> Interval:
    """Wilson for independent zeros and ones, else the bootstrap; for grouped zeros and ones the wider of both.

    The bootstrap alone would give no width at all to a system that is always wrong.

    >>> mean_interval([1, 0, 1, 1]) == wilson_interval(3, 4)
    True
    """
    independent = groups is None or len(set(groups)) == len(values)
    if not values or any(value not in (0, 1) for value in values):
        return bootstrap_interval(values, groups=groups)
    wilson = wilson_interval(sum(values), len(values))
    if independent:
        return wilson
    resampled = bootstrap_interval(values, groups=groups)
    return Interval(wilson.mean, min(wilson.low, resampled.low), max(wilson.high, resampled.high), wilson.count)


def mcnemar_test(first: Sequence[float], second: Sequence[float]) -> float:
    """The exact two-sided p-value that two systems, scored 0 or 1 on the same questions, are equally good.

    >>> mcnemar_test([1] * 8 + [0, 1], [0] * 8 + [0, 1])
    0.0078125
    >>> mcnemar_test([1, 0], [0, 1])
    1.0
    """
    _check_paired(first, second)
    if any(value not in (0, 1) for value in (*first, *second)):
        raise ValueError("McNemar's test takes zeros and ones (use paired_bootstrap_test)")
    only_first = sum(a > b for a, b in zip(first, second, strict=True))
    only_second = sum(a < b for a, b in zip(first, second, strict=True))
    trials = only_first + only_second
    tail = sum(math.comb(trials, i) for i in range(min(only_first, only_second) + 1)) / 2**trials
    return min(1.0, 2 * tail)


def paired_bootstrap_test(
    first: Sequence[float],
    second: Sequence[float],
    *,
    groups: Sequence[object] | None = None,
    samples: int = 5000,
    seed: int = 0,
) -> float:
    """The two-sided p-value that two systems, scored on the same questions, have the same mean (shifted bootstrap).

    Questions of one group (about one document, say) are drawn together.

    >>> paired_bootstrap_test([0.9, 0.8, 0.7, 0.9] * 10, [0.1, 0.2, 0.3, 0.2] * 10) < 0.001
    True
    >>> paired_bootstrap_test([0.5, 0.4], [0.5, 0.4])
    1.0
    """
    _check_paired(first, second)
    differences = [a - b for a, b in zip(first, second, strict=True)]
    observed, means = _resampled_means(differences, groups, samples=samples, seed=seed)
    if observed == 0:
        return 1.0
    return float((np.sum(np.abs(means - observed) >= abs(observed)) + 1) / (samples + 1))


def paired_difference(
    first: Sequence[float | None],
    second: Sequence[float | None],
    *,
    groups: Sequence[object] | None = None,
    samples: int = 5000,
    seed: int = 0,
) -> PairedDifference:
    """How much higher `first` is than `second`, question by question; a None on either side drops the pair.

    The interval is the percentile bootstrap's, the p-value the shifted bootstrap's; both draw whole groups. Raises
    ValueError when the lists differ in length or no pair is left.

    >>> found = paired_difference([1, 1, 1, 0, None] * 20, [1, 0, 0, 0, 1] * 20)
    >>> found.difference.mean, found.difference.low > 0, found.p_value < 0.001, found.num_dropped
    (0.5, True, True, 20)
    """
    _check_paired(first, second)
    names = range(len(first)) if groups is None else groups
    pairs = [(a, b, g) for a, b, g in zip(first, second, names, strict=True) if a is not None and b is not None]
    if not pairs:
        raise ValueError("no question was scored on both sides")
    ours, theirs, kept = [a for a, _, _ in pairs], [b for _, b, _ in pairs], [g for _, _, g in pairs]
    difference = bootstrap_interval([a - b for a, b, _ in pairs], groups=kept, samples=samples, seed=seed)
    return PairedDifference(
        first=sum(ours) / len(pairs),
        second=sum(theirs) / len(pairs),
        difference=difference,
        p_value=paired_bootstrap_test(ours, theirs, groups=kept, samples=samples, seed=seed),
        num_dropped=len(first) - len(pairs),
    )


def _resampled_means(
    values: Sequence[float], groups: Sequence[object] | None, *, samples: int, seed: int
) -> tuple[float, NDArray[np.float64]]:
    """The mean, and the means of `samples` draws of as many groups as there are, with replacement."""
    if not len(values):
        raise ValueError("an interval needs at least one value")
    names = list(groups) if groups is not None else list(range(len(values)))
    index = {name: i for i, name in enumerate(dict.fromkeys(names))}
    members = np.array([index[name] for name in names])
    sums = np.bincount(members, weights=np.asarray(values, dtype=float))
    sizes = np.bincount(members)
    random = np.random.default_rng(seed)
    at_once = max(1, DRAWS_AT_ONCE // len(sums))
    means = np.empty(samples)
    for start in range(0, samples, at_once):
        drawn = random.integers(0, len(sums), (min(at_once, samples - start), len(sums)))
        means[start : start + len(drawn)] = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    return float(sums.sum() / sizes.sum()), means


def _check_paired(first: Sequence[object], second: Sequence[object]) -> None:
    if len(first) != len(second) or not len(first):
        raise ValueError(f"a paired test needs as many scores on both sides, got {len(first)} and {len(second)}")
