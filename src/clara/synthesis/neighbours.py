"""Passages that look like the right one but do not hold the answer: hard negatives and distractors, by BM25."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clara.errors import MissingExtraError
from clara.text import contains_answer, words

DEPTH = 32  # neighbours looked at for each question


class Neighbours:
    """A BM25 index over passage texts; deterministic, ties broken by position."""

    def __init__(self, texts: Sequence[str]) -> None:
        try:
            import bm25s
        except ImportError:
            raise MissingExtraError("bm25s", extra="data") from None
        self.texts = list(texts)
        vocabulary: dict[str, int] = {}
        ids = [[vocabulary.setdefault(word, len(vocabulary)) for word in words(text)] for text in self.texts]
        self._vocabulary = vocabulary
        self._index: Any = None
        if vocabulary:
            self._index = bm25s.BM25()
            self._index.index((ids, vocabulary), show_progress=False)

    def hard_negatives(self, query: str, *, gold: int, answers: Sequence[str], count: int) -> list[int]:
        """At most `count` positions of passages near `query`, never `gold` nor one that holds an accepted answer or
        the gold passage's very text; nearest first. May return fewer when the corpus has no more."""
        if self._index is None or count <= 0:
            return []
        ids = [self._vocabulary[word] for word in dict.fromkeys(words(query)) if word in self._vocabulary]
        scores = self._index.get_scores_from_ids(ids) if ids else np.zeros(len(self.texts))
        found: list[int] = []
        depth = min(max(DEPTH, 4 * count), len(self.texts))
        for position in nearest(scores, depth):
            text = self.texts[position]
            if position == gold or text == self.texts[gold] or any(contains_answer(text, answer) for answer in answers):
                continue
            if any(text == self.texts[other] for other in found):
                continue
            found.append(position)
            if len(found) == count:
                break
        return found


def nearest(scores: np.ndarray, count: int) -> list[int]:
    """Positions of the highest scores, best first, ties in order of position."""
    if count < len(scores):
        cut = np.partition(scores, len(scores) - count)[len(scores) - count]
        candidates = np.flatnonzero(scores >= cut)
    else:
        candidates = np.arange(len(scores))
    order = np.lexsort((candidates, -scores[candidates]))
    return [int(position) for position in candidates[order][:count]]
