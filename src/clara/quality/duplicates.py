"""Texts that say nearly the same: MinHash over word shingles (datasketch), each hit confirmed by its exact overlap."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clara.errors import MissingExtraError
from clara.text import words

SHINGLE = 3  # words
PERMUTATIONS = 64
CANDIDATE_SHARE = 0.75  # of the threshold: MinHash misses pairs near its own, so it looks lower and overlap decides
SIMILAR = 0.8  # Jaccard overlap of shingles from which two texts count as nearly the same


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts and the exact overlap of their shingles, 1.0 for the same words."""

    first: Hashable
    second: Hashable
    overlap: float


class NearDuplicates:
    """An index of texts by name; `similar(text)` finds the names whose text nearly is it."""

    def __init__(self, texts: Mapping[Any, str], *, threshold: float = SIMILAR) -> None:
        try:
            from datasketch import MinHashLSH
        except ImportError as error:
            raise MissingExtraError("datasketch", extra="data") from error
        self.threshold = threshold
        self._shingles = {name: shingles(text) for name, text in texts.items()}
        self._index: Any = MinHashLSH(threshold=CANDIDATE_SHARE * threshold, num_perm=PERMUTATIONS)
        for name, held in self._shingles.items():
            if held:
                self._index.insert(name, _signature(held))

    def similar(self, text: str) -> list[tuple[Any, float]]:
        """(name, overlap) of every text at least as near as the threshold, nearest first."""
        held = shingles(text)
        if not held:
            return []
        found = [(name, overlap(held, self._shingles[name])) for name in self._index.query(_signature(held))]
        return sorted([pair for pair in found if pair[1] >= self.threshold], key=lambda pair: (-pair[1], str(pair[0])))

    def pairs(self) -> Iterator[Pair]:
        """Every pair of names that are near each other, once each, in order of insertion."""
        order = {name: position for position, name in enumerate(self._shingles)}
        for name, held in self._shingles.items():
            if not held:
                continue
            near = [other for other in self._index.query(_signature(held)) if order[other] > order[name]]
            for other in sorted(near, key=order.__getitem__):
                if (found := overlap(held, self._shingles[other])) >= self.threshold:
                    yield Pair(name, other, round(found, 3))


def shingles(text: str) -> frozenset[str]:
    """Runs of three words, or the whole text when it is shorter.

    >>> sorted(shingles("a b c d")), sorted(shingles("Hello there"))
    (['a b c', 'b c d'], ['hello there'])
    """
    found = words(text)
    if len(found) < SHINGLE:
        return frozenset([" ".join(found)] if found else [])
    return frozenset(" ".join(found[i : i + SHINGLE]) for i in range(len(found) - SHINGLE + 1))


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard: what both hold over what either holds."""
    return len(one & other) / len(one | other) if one or other else 1.0


def distinct(texts: Sequence[str]) -> list[str]:
    """The texts without exact repetitions, in order."""
    return list(dict.fromkeys(texts))


def _signature(held: frozenset[str]) -> Any:
    from datasketch import MinHash

    made = MinHash(num_perm=PERMUTATIONS, seed=1)
    made.update_batch([shingle.encode() for shingle in sorted(held)])
    return made
