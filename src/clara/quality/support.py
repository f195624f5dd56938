"""Is an answer in the passages it is said to come from? By words, so that it needs no model."""

from __future__ import annotations

import re
from collections import Counter
from typing import Literal

from clara.quality.rows import Row
from clara.text import contains_answer, words

Support = Literal["quoted", "grounded", "partly", "unsupported"]
LEVELS: tuple[Support, ...] = ("quoted", "grounded", "partly", "unsupported")
GROUNDED = 0.8  # share of the answer's content words that the passages hold
PARTLY = 0.5
_NUMBER = re.compile(r"\d")
_FUNCTION_WORDS = frozenset(
    [
        *("a", "an", "the", "of", "in", "on", "at", "to", "for", "and", "or", "but", "by", "with", "from", "as", "not"),
        *(
            "is",
            "are",
            "was",
            "were",
            "be",
            "been",
            "has",
            "have",
            "had",
            "it",
            "its",
            "this",
            "that",
            "these",
            "those",
        ),
        *("which", "who", "what", "no", "so", "than", "then", "there", "their", "they", "he", "she", "his", "her"),
    ]
)


def answer_support(answer: str, passages: str) -> Support:
    """quoted: the answer stands there word for word; grounded: nearly all of its words and all of its numbers do.

    >>> answer_support("61 kg", "It weighs 61 kg."), answer_support("The pump weighs 62 kg", "The pump weighs 61 kg.")
    ('quoted', 'partly')
    """
    if contains_answer(passages, answer):
        return "quoted"
    known = set(words(passages))
    wanted = [word for word in words(answer) if word not in _FUNCTION_WORDS]
    if not wanted:
        return "unsupported"
    share = sum(word in known for word in wanted) / len(wanted)
    numbers_kept = all(word in known for word in wanted if _NUMBER.search(word))
    if share >= GROUNDED and numbers_kept:
        return "grounded"
    return "partly" if share >= PARTLY else "unsupported"


def support_of(row: Row) -> list[Support]:
    """One level for each answer of a row; a row that says no passage answers it is not judged."""
    held = "\n".join(row.passages[position] for position in row.support)
    return [answer_support(answer, held) for answer in row.answers] if held else []


def count_support(rows: list[Row]) -> dict[str, int]:
    """How many answers are of each level, best first."""
    found = Counter(level for row in rows for level in support_of(row))
    return {level: found[level] for level in LEVELS}
