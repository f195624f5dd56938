"""Does each stage earn its place? Paired comparisons with the stage before, on the same held-out questions.

Read from the rows files of evaluation folders, so that one demo and many (benchmarks/demo_seeds.py) are compared alike.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from clara.errors import UsageError
from clara.evaluation.metrics import paired_difference
from clara.schema import Stage


@dataclass(frozen=True, slots=True)
class Claim:
    """What a stage is there for: one score that it raises."""

    stage: Stage
    score: str
    """In a reader's words."""
    asked: str
    """Which of a checkpoint's rows files holds it (see measuring.measure_checkpoint)."""
    metric: str
    before: str
    after: str


CLAIMS = (
    Claim(
        "pretrain",
        "exact match, gold document",
        "exact_match_gold_document",
        "exact_match",
        before="untrained",
        after="after_pretrain",
    ),
    Claim(
        "instruction",
        "exact match, gold among others",
        "exact_match_among_distractors",
        "exact_match",
        before="after_pretrain",
        after="after_instruction",
    ),
    Claim("end_to_end", "recall@1", "retrieved", "recall_at_1", before="after_instruction", after="after_end_to_end"),
)


def compare_stages(evaluations: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """Each stage's claim, tested over the questions of all these evaluation folders; ready for JSON.

    A pair is one question, asked before and after; failed answers drop theirs. Intervals draw (folder, document)
    together. Raises UsageError when a rows file is missing or damaged, or two of them hold different questions.
    """
    found: dict[str, dict[str, Any]] = {}
    for claim in CLAIMS:
        before: list[float | None] = []
        after: list[float | None] = []
        groups: list[tuple[int, str]] = []
        for number, folder in enumerate(evaluations):
            earlier, later = (
                _scores(folder / f"{name}.{claim.asked}.rows.jsonl", claim.metric)
                for name in (claim.before, claim.after)
            )
            if [question for question, _ in earlier] != [question for question, _ in later]:
                raise UsageError(f"{folder}: {claim.before} and {claim.after} were not asked the same questions")
            before += [score for _, score in earlier]
            after += [score for _, score in later]
            groups += [(number, document) for (document, _), _ in earlier]
        difference = paired_difference(after, before, groups=groups)
        found[claim.stage] = {
            "score": claim.score,
            "before": difference.second,
            "after": difference.first,
            "difference": asdict(difference.difference),
            "p_value": difference.p_value,
            "num_dropped": difference.num_dropped,
        }
    return found


def verdict(comparison: dict[str, Any]) -> str:
    """'yes' when the whole interval is above nothing, 'no, it costs' when it is below, else 'not shown'.

    >>> verdict({"difference": {"low": 0.01, "high": 0.2}}), verdict({"difference": {"low": 0.0, "high": 0.2}})
    ('yes', 'not shown')
    """
    low, high = comparison["difference"]["low"], comparison["difference"]["high"]
    return "yes" if low > 0 else "no, it costs" if high < 0 else "not shown"


def p_text(p_value: float) -> str:
    """A p-value as it is printed.

    >>> p_text(0.0002), p_text(0.0312)
    ('< 0.001', '0.031')
    """
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def _scores(rows: Path, metric: str) -> list[tuple[tuple[str, str], float | None]]:
    """((document, question), score) for each line; None for a failed answer."""
    try:
        lines = [json.loads(line) for line in rows.read_text(encoding="utf-8").split("\n") if line]
        return [((str(line["row"]), str(line["question"])), line.get(metric)) for line in lines]
    except OSError as error:
        raise UsageError(f"{rows} cannot be read ({error.strerror}): this demo is not finished") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"{rows} is damaged; remove it and run the demo in a new --output") from None
