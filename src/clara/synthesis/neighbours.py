"""Passages that look like the right one but do not hold the answer: hard negatives and distractors, by BM25, by a
sentence-embedding model, or by both in turn."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain, zip_longest
from typing import Any

import numpy as np

from clara.errors import MissingExtraError
from clara.synthesis.embedding import Embedder
from clara.text import contains_answer, words

DEPTH = 32  # neighbours looked at for each question


class Neighbours:
    """An index over passage texts; deterministic, ties broken by position. With an `embedder`, `negatives` says whether
    BM25 is used beside it ('both') or not ('embedding')."""

    def __init__(
        self,
        texts: Sequence[str],
        *,
        negatives: str = "bm25",
        embedder: Embedder | None = None,
        documents: Sequence[str] = (),
    ) -> None:
        try:
            import bm25s
        except ImportError:
            raise MissingExtraError("bm25s", extra="data") from None
        self.texts, self._documents = list(texts), list(documents)
        vocabulary: dict[str, int] = {}
        ids = [[vocabulary.setdefault(word, len(vocabulary)) for word in words(text)] for text in self.texts]
        self._vocabulary = vocabulary
        self._index: Any = None
        if vocabulary:
            self._index = bm25s.BM25()
            self._index.index((ids, vocabulary), show_progress=False)
        self._negatives = negatives if embedder is not None else "bm25"
        self._embedder = embedder
        self._vectors = None
        if embedder is not None and self.texts:
            self._vectors = embedder.embed(self.texts, documents=documents)

    def prepare(self, queries: Sequence[str]) -> None:
        """Embed many queries at once, so that each is not a request of its own."""
        if self._embedder is not None and queries:
            self._embedder.embed(queries, documents=self._documents)

    def scores(self, query: str) -> np.ndarray:
        """BM25 of every passage for a query."""
        ids = [self._vocabulary[word] for word in dict.fromkeys(words(query)) if word in self._vocabulary]
        if self._index is None or not ids:
            return np.zeros(len(self.texts))
        return np.asarray(self._index.get_scores_from_ids(ids))

    def hard_negatives(
        self, query: str, *, gold: int, answers: Sequence[str], count: int, also: Collection[int] = ()
    ) -> list[int]:
        """At most `count` positions of passages near `query`, never `gold` (nor one of `also`), nor one that holds an
        accepted answer or the very text of those; nearest first. May return fewer when the corpus has no more."""
        if self._index is None or count <= 0:
            return []
        right = {gold, *also}
        right_texts = {self.texts[position] for position in right}
        found: list[int] = []
        for position in self._nearest(query, min(max(DEPTH, 4 * count), len(self.texts))):
            text = self.texts[position]
            if position in right or text in right_texts or any(contains_answer(text, answer) for answer in answers):
                continue
            if any(text == self.texts[other] for other in found):
                continue
            found.append(position)
            if len(found) == count:
                break
        return found

    def _nearest(self, query: str, depth: int) -> list[int]:
        by_words = nearest(self.scores(query), depth) if self._negatives in ("bm25", "both") else []
        if self._embedder is None or self._vectors is None:
            return by_words
        by_meaning = nearest(self._vectors @ self._embedder.embed([query])[0], depth)
        in_turn = chain.from_iterable(zip_longest(by_words, by_meaning))
        return list(dict.fromkeys(position for position in in_turn if position is not None))


def nearest(scores: np.ndarray, count: int) -> list[int]:
    """Positions of the highest scores, best first, ties in order of position."""
    if count < len(scores):
        cut = np.partition(scores, len(scores) - count)[len(scores) - count]
        candidates = np.flatnonzero(scores >= cut)
    else:
        candidates = np.arange(len(scores))
    order = np.lexsort((candidates, -scores[candidates]))
    return [int(position) for position in candidates[order][:count]]
