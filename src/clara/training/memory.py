"""Stage 3's passages, compressed once by the frozen compressor into a memory store, and read from there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from clara.modeling import ClaraModel
from clara.rag.indexing import build_index
from clara.retrieval.store import MemoryStore
from clara.schema import Passage

RESIDENT_BYTES = 4 << 30  # a training memory up to this size is read into RAM once


class StoredMemory:
    """texts -> memory [texts, n, h], from a MemoryStore; wholly in RAM where it fits."""

    def __init__(self, store: MemoryStore, texts: Sequence[str], *, bytes_in_all: int) -> None:
        self._store = store
        self._rows = {passage_id(text): row for row, text in enumerate(texts)}
        self._resident = store.get(list(self._rows)) if bytes_in_all <= RESIDENT_BYTES else None

    def get(self, texts: Sequence[str]) -> Tensor:
        ids = [passage_id(text) for text in texts]
        if self._resident is None:
            return self._store.get(ids)
        return self._resident[torch.tensor([self._rows[name] for name in ids])]


def build_training_memory(
    folder: Path, texts: Sequence[str], model: ClaraModel, *, progress: Callable[[int, int], None] | None = None
) -> StoredMemory:
    """Compress each distinct text once, in eval mode and the compute dtype; resumes, and rebuilds a stale store."""
    texts = list(dict.fromkeys(texts))
    store_path = folder / model.fingerprint()
    passages = [
        Passage(id=passage_id(text), document=passage_id(text), page=1, start=0, end=len(text), text=text)
        for text in texts
    ]
    build_index(store_path, passages, model, model_path=str(folder), prune=True, progress=progress)
    size = len(texts) * model.config.num_memory_tokens * model.hidden_size * model.dtype.itemsize
    return StoredMemory(MemoryStore.open(store_path, fingerprint=model.fingerprint()), texts, bytes_in_all=size)


def passage_id(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
