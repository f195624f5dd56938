"""Lexical search over passages held in memory (BM25 by bm25s): the baseline for compressed retrieval."""

from __future__ import annotations

from collections.abc import Sequence

from clara.errors import MissingExtraError
from clara.retrieval.store import Hit
from clara.schema import Passage
from clara.text import words


class LexicalIndex:
    """BM25 over a fixed list of passages."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        try:
            import bm25s
        except ImportError as error:
            raise MissingExtraError("bm25s", extra="serve") from error
        self.passages = list(passages)
        self._index = bm25s.BM25()
        corpus = [words(passage.text) for passage in self.passages]
        self._known = {word for document in corpus for word in document}
        if self._known:
            self._index.index(corpus, show_progress=False)

    def search(self, questions: Sequence[str], *, num_documents: int) -> list[list[Hit]]:
        """The `num_documents` passages of highest BM25 score for each question, best first; equal scores keep order.

        A question none of whose words occurs anywhere gets the first passages, all with score 0.
        """
        count = min(num_documents, len(self.passages))
        found = []
        for question in questions:
            asked = [word for word in words(question) if word in self._known]
            scores = self._index.get_scores(asked).tolist() if asked else [0.0] * len(self.passages)
            order = sorted(range(len(scores)), key=lambda i: -scores[i])[:count]
            found.append([Hit(self.passages[i], scores[i]) for i in order])
        return found
