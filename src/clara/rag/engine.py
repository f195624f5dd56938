"""Questions in, answers with sources out: query reasoner, store, generator. Leaves serving and scoring to others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from clara.errors import CheckpointError, StoreError
from clara.retrieval.info import read_info
from clara.retrieval.store import Hit, MemoryStore

if TYPE_CHECKING:
    from torch import Tensor

    from clara.modeling import ClaraModel

EXCERPT_CHARACTERS = 200
QUESTION_BATCH = 128  # questions whose memory is held at a time; the model batches further by length


@dataclass(frozen=True, slots=True)
class SourceHit:
    """One passage an answer was generated from. `start`/`end` are character offsets into that page's text."""

    document: str
    page: int
    score: float
    start: int
    end: int
    excerpt: str
    passage_id: str

    @classmethod
    def of(cls, hit: Hit) -> SourceHit:
        passage = hit.passage
        text = " ".join(passage.text.split())
        excerpt = text if len(text) <= EXCERPT_CHARACTERS else text[: EXCERPT_CHARACTERS - 1].rstrip() + "…"
        return cls(passage.document, passage.page, hit.score, passage.start, passage.end, excerpt, passage.id)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, and from which passages, nearest first; `hits` are the same with their whole text."""

    question: str
    text: str
    hits: list[Hit] = field(default_factory=list)

    @property
    def sources(self) -> list[SourceHit]:
        return [SourceHit.of(hit) for hit in self.hits]


class Engine:
    """A model and a store made by the same compressor. Raises StoreError when they are not."""

    def __init__(self, model: ClaraModel, store: MemoryStore, *, num_documents: int | None = None) -> None:
        if model.fingerprint() != store.info.fingerprint:
            raise StoreError(
                f"{store.path}: made by another compressor ({store.info.model});"
                " use that checkpoint, or build a new store with this one"
            )
        self.model, self.store = model, store
        self.num_documents = num_documents or model.config.num_documents

    def retrieve(self, questions: Sequence[str], *, num_documents: int | None = None) -> list[list[Hit]]:
        """The passages nearest each question, best first. Raises CheckpointError without a query reasoner."""
        if not len(self.store):
            raise StoreError(f"{self.store.path}: the store is empty (index documents first)")
        hits: list[list[Hit]] = []
        for start in range(0, len(questions), QUESTION_BATCH):
            batch = list(questions[start : start + QUESTION_BATCH])
            query = self.model.encode_query(batch)  # [questions, memory, hidden]
            hits += self.store.search(query, num_documents=num_documents or self.num_documents, query_text=batch)
        return hits

    def answer(
        self, questions: Sequence[str], *, num_documents: int | None = None, max_new_tokens: int = 32
    ) -> list[Answer]:
        """One answer for each question, generated from the memory of the passages retrieved for it."""
        hits = self.retrieve(questions, num_documents=num_documents)
        return self.answer_from(questions, hits, max_new_tokens=max_new_tokens)

    def answer_from(
        self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], *, max_new_tokens: int = 32
    ) -> list[Answer]:
        """One answer for each question from passages already found."""
        answers: list[Answer] = []
        for start in range(0, len(questions), QUESTION_BATCH):
            batch, found = list(questions[start : start + QUESTION_BATCH]), hits[start : start + QUESTION_BATCH]
            texts = self.model.generate(batch, self._memory(found), max_new_tokens=max_new_tokens)
            answers += [Answer(q, text, list(h)) for q, text, h in zip(batch, texts, found, strict=True)]
        return answers

    def _memory(self, hits: Sequence[Sequence[Hit]]) -> list[Tensor]:
        """Memory [documents, memory, hidden] for each question; a passage several questions share is read once."""
        ids = list(dict.fromkeys(hit.passage.id for found in hits for hit in found))
        memory, row = self.store.get(ids), {id: i for i, id in enumerate(ids)}
        return [memory[[row[hit.passage.id] for hit in found]] for found in hits]


def load_engine(
    store_path: Path | str, *, model: str | None = None, device: str | None = None, num_documents: int | None = None
) -> Engine:
    """The store at `store_path` with the checkpoint that made it, or with the checkpoint folder `model`.

    Raises StoreError when the store is missing or torn, was made by another compressor than `model`, or when the
    checkpoint it was made with is gone.
    """
    info = read_info(Path(store_path))
    import clara.modeling as modeling

    try:
        clara = modeling.ClaraModel.from_pretrained(model or info.model, device=device, dtype=info.dtype)
    except CheckpointError as error:
        if model is None and not Path(info.model).exists():
            raise StoreError(
                f"{store_path}: the checkpoint that made this store is gone ({info.model});"
                " name where it is now with --model"
            ) from error
        raise
    return Engine(clara, MemoryStore.open(store_path, fingerprint=clara.fingerprint()), num_documents=num_documents)
