"""Passages into a memory store: compress in sorted blocks, write each block at once, go on after a kill.

Leaves reading and chunking documents to extraction and chunking; takes passages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clara.errors import StoreError
from clara.retrieval.codec import MemoryEncoding
from clara.retrieval.info import StoreInfo
from clara.retrieval.store import MemoryStore
from clara.schema import Passage

if TYPE_CHECKING:
    from clara.modeling import ClaraModel

BLOCK_PASSAGES = 512  # written at once: what a kill can cost, and 32 MiB on disk at 8 x 4096 numbers of bf16

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What a build did; every passage given is either compressed or reused."""

    info: StoreInfo
    compressed: int
    reused: int
    removed: int
    truncated: int
    """Passages longer than doc_max_length, of which the compressor read only the beginning."""


def build_index(
    store_path: Path | str,
    passages: Sequence[Passage],
    model: ClaraModel,
    *,
    model_path: str,
    encoding: MemoryEncoding | None = None,
    prune: bool = False,
    batch_tokens: int = 16384,
    block_passages: int = BLOCK_PASSAGES,
    progress: Progress | None = None,
) -> IndexReport:
    """Make the store hold exactly these passages of their documents, compressing only what it does not hold yet.

    Other documents in the store stay, unless `prune`. `progress` is called with (passages done, passages in all).
    Killed and started again, the store ends up bit for bit as if undisturbed: which passages are compressed together
    depends on the whole list, never on what is already there.

    Raises StoreError when there is no passage, ids repeat, or the store belongs to another model.
    """
    if not passages:
        raise StoreError("nothing to index: there is no passage (are the documents empty, or all refused?)")
    by_id = {passage.id: passage for passage in passages}
    if len(by_id) != len(passages):
        twice, _ = Counter(passage.id for passage in passages).most_common(1)[0]
        raise StoreError(f"two passages have the id {twice!r} (ids must differ)")

    lengths = dict(zip(by_id, model.count_tokens([passage.text for passage in passages]), strict=True))
    info = describe(model, model_path=model_path, encoding=encoding)
    with MemoryStore.open_for_writing(store_path, info) as store:
        stale = _stale_ids(store, by_id, prune=prune)
        removed = store.delete_passages(stale)
        ordered = sorted(passages, key=lambda passage: (-lengths[passage.id], passage.id))
        compressed = done = 0
        for start in range(0, len(ordered), block_passages):
            block = ordered[start : start + block_passages]
            missing = [passage for passage in block if not store.holds(passage)]
            if missing:
                texts = [passage.text for passage in missing]
                store.add(missing, model.compress(texts, batch_tokens=batch_tokens))
            compressed += len(missing)
            done += len(block)
            if progress is not None:
                progress(done, len(ordered))
        info = store.commit()
    return IndexReport(
        info=info,
        compressed=compressed,
        reused=len(passages) - compressed,
        removed=removed,
        truncated=sum(length > model.config.doc_max_length for length in lengths.values()),
    )


def describe(model: ClaraModel, *, model_path: str, encoding: MemoryEncoding | None = None) -> StoreInfo:
    """The StoreInfo of an empty store for this model; `encoding` defaults to the model's own dtype (exact)."""
    dtype = str(model.dtype).removeprefix("torch.")
    return StoreInfo(
        model=model_path,
        base_model=model.config.base_model,
        fingerprint=model.fingerprint(),
        num_memory_tokens=model.config.num_memory_tokens,
        hidden_size=model.hidden_size,
        dtype=dtype,
        encoding=encoding or MemoryEncoding(dtype),
        doc_max_length=model.config.doc_max_length,
        compression_rate=model.config.compression_rate,
    )


def _stale_ids(store: MemoryStore, by_id: dict[str, Passage], *, prune: bool) -> list[str]:
    """Ids the store has and should not: passages gone from a document that is given again, or, to prune, any other."""
    given = {passage.document for passage in by_id.values()}
    return [p.id for p in store.passages() if p.id not in by_id and (prune or p.document in given)]
