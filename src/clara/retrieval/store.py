"""The memory store: passages, their compressed memory, and exact search over it, in one LanceDB table.

Memory is a fixed-size binary column; the cosine that CLaRa retrieves by is computed here over fetched rows and is
always exact. LanceDB's own vector and full-text search only shortlist, and only in stores too large to score every row.
Readers see the state that `store.json` declares complete, whatever a later, unfinished change has added.

Shapes: q = questions, k = passages, n = memory tokens, h = hidden size.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import torch
from torch import Tensor

from clara.errors import MissingExtraError, StoreError
from clara.retrieval.codec import bytes_per_passage, decode_memory, flat_unit, pool
from clara.retrieval.info import (
    BUILDING_FILE,
    STORE_FILE,
    StoreInfo,
    read_info,
    read_unfinished_info,
    write_building,
    write_info,
)
from clara.retrieval.rows import PASSAGE_FIELDS, content_hash, table_schema, to_rows
from clara.schema import Passage

EXACT_LIMIT = 50_000  # below this many passages every row is scored
DEFAULT_CANDIDATES = 1_000  # above it: how many each of the two shortlists holds
SCAN_BYTES = 64 << 20  # memory decoded at a time while scanning
TABLE = "memory"
LOCK_FILE = ".lock"
DOCUMENTS = "documents"  # a folder of the store's folder that is the caller's: what was extracted to build it


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question; `score` is the cosine of the flattened memories, in [-1, 1]."""

    passage: Passage
    score: float


P = ParamSpec("P")
R = TypeVar("R")


@contextlib.contextmanager
def _table_errors(path: Path) -> Iterator[None]:
    """LanceDB reports a torn, missing or unwritable file as a RuntimeError in Rust's words: say which store it is."""
    try:
        yield
    except RuntimeError as error:
        if "lance error" not in str(error):
            raise
        reason = re.sub(r"^lance error: (LanceError\(\w+\): )?", "", str(error)).split(", /")[0]
        raise StoreError(
            f"{path}: a file of its table is damaged or cannot be used: {reason}"
            " (if it is damaged, remove this folder and build the store again)"
        ) from error


def _explained(method: Callable[Concatenate[MemoryStore, P], R]) -> Callable[Concatenate[MemoryStore, P], R]:
    @functools.wraps(method)
    def explained(self: MemoryStore, *args: P.args, **options: P.kwargs) -> R:
        with _table_errors(self.path):
            return method(self, *args, **options)

    return explained


class MemoryStore:
    """Passages with their memory. Made by `create`, `open` or `open_for_writing`, not directly.

    A writer holds a lock on the folder until it is closed; used as a context manager it commits when the block ends
    well. Readers need no lock.
    """

    def __init__(self, path: Path, info: StoreInfo, table: Any, *, lock: Any = None) -> None:
        self.path, self.info, self._table, self._lock = path, info, table, lock
        self._hashes = self._read_hashes() if lock else {}

    # ------------------------------------------------------------------------------------------------ open and close

    @classmethod
    def create(cls, path: Path | str, info: StoreInfo) -> MemoryStore:
        """A new, empty store, open for writing. Raises StoreError when `path` already holds something."""
        path = Path(path)
        if not _is_vacant(path):
            raise StoreError(f"{path}: not empty (name a new folder for the store, or remove this one)")
        return cls.open_for_writing(path, info)

    @classmethod
    def open_for_writing(cls, path: Path | str, info: StoreInfo) -> MemoryStore:
        """The store at `path` at its newest state, made if absent: an interrupted build goes on where it was.

        Raises StoreError when it was made by another model or with another encoding, or another process writes to it.
        """
        path = Path(path)
        found = read_unfinished_info(path)
        if found is None and not _is_vacant(path):
            raise StoreError(f"{path}: not a memory store, and not empty (name a new folder for the store)")
        if found is not None:
            _check_fingerprint(path, found, info.fingerprint)
            if found.encoding is not info.encoding:
                raise StoreError(f"{path}: holds {found.encoding} memory, not {info.encoding} (name a new folder)")
            found = found.model_copy(update={"model": info.model})  # the same compressor may have moved
        try:
            path.mkdir(parents=True, exist_ok=True)
            lock = _lock(path)
        except OSError as error:
            raise StoreError(f"{path}: cannot be written ({error.strerror or error})") from error
        try:
            with _table_errors(path):
                database = _connect(path)
                if found is None:
                    found = info.model_copy(update={"created": _now()})
                    write_building(path, found)
                complete = (path / STORE_FILE).exists()
                try:
                    table = database.open_table(TABLE)
                except ValueError:  # not there yet, or killed while it was being made
                    if complete:
                        raise
                    table = database.create_table(TABLE, schema=table_schema(found), mode="overwrite")
                return cls(path, found, table, lock=lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open(cls, path: Path | str, *, fingerprint: str | None = None) -> MemoryStore:
        """The last complete state of the store at `path`, for reading.

        Raises StoreError when it is missing, torn, or, with `fingerprint` given, made by another model.
        """
        path = Path(path)
        info = read_info(path)
        if fingerprint is not None:
            _check_fingerprint(path, info, fingerprint)
        try:
            table = _connect(path).open_table(TABLE)
            table.checkout(info.table_version)
            count = table.count_rows()
        except (ValueError, RuntimeError, OSError) as error:
            raise StoreError(
                f"{path}: store.json is there but its table is missing or damaged (remove this folder, build it again)"
            ) from error
        if count != info.num_passages:
            raise StoreError(f"{path}: {count} passages where store.json counts {info.num_passages} (build it again)")
        return cls(path, info, table)

    def close(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> MemoryStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None and self._lock is not None:
                self.commit()
        finally:
            self.close()

    # --------------------------------------------------------------------------------------------------------- change

    def holds(self, passage: Passage) -> bool:
        """Whether a writer's store has this very passage (same id, same text)."""
        return self._hashes.get(passage.id) == content_hash(passage)

    @_explained
    def add(self, passages: Sequence[Passage], memory: Any) -> None:
        """Append one block [k, n, h] in one atomic step; a passage whose id is known replaces the old one.

        `memory` is a tensor or an array. Raises StoreError for a wrong shape, repeated ids or numbers not finite.
        """
        self._need_lock()
        memory = torch.as_tensor(memory)
        expected = (len(passages), self.info.num_memory_tokens, self.info.hidden_size)
        if tuple(memory.shape) != expected:
            raise StoreError(f"memory has shape {tuple(memory.shape)}, the store expects {expected}")
        if not torch.isfinite(memory).all():
            raise StoreError("memory holds numbers that are not finite (nan or inf)")
        hashes = {passage.id: content_hash(passage) for passage in passages}
        if len(hashes) != len(passages):
            raise StoreError("two passages of one block have the same id")
        if not passages:
            return
        rows = to_rows(passages, memory, self.info)
        if hashes.keys() & self._hashes.keys():
            merge = self._table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
            merge.execute(rows)
        else:
            self._table.add(rows)
        self._hashes |= hashes

    @_explained
    def delete_passages(self, ids: Iterable[str]) -> int:
        """Remove passages from a writer's store; returns how many were there. Readers see it after `commit`."""
        self._need_lock()
        there = [id for id in dict.fromkeys(ids) if id in self._hashes]
        for part in _chunks(there, 1000):
            self._table.delete(f"id IN {_sql_list(part)}")
        for id in there:
            del self._hashes[id]
        return len(there)

    def delete_document(self, document: str) -> int:
        """Remove every passage of `document`, for readers too, and return how many there were.

        On a store opened for reading this takes the writer's lock for a moment; it is refused with StoreError while an
        interrupted build waits to be finished.
        """
        if self._lock is not None:
            return self.delete_passages(self._ids_of(document))
        with MemoryStore.open_for_writing(self.path, self.info) as writer:
            if writer._table.version != writer.info.table_version:
                raise StoreError(f"{self.path}: an interrupted build waits here (finish it with `clara index build`)")
            removed = writer.delete_passages(writer._ids_of(document))
            writer.commit()
        self.info = writer.info
        self._table.checkout(self.info.table_version)
        return removed

    @_explained
    def commit(self) -> StoreInfo:
        """Declare what has been written complete: readers that open the store from now on see it."""
        from lancedb.index import FTS, BTree

        self._need_lock()
        if self._table.count_rows():
            # "icu" splits Chinese and Thai too; the default tokenizer finds nothing in them
            self._table.create_index("text", config=FTS(base_tokenizer="icu"), replace=True)
            self._table.create_index("id", config=BTree(), replace=True)
        self.info = self.info.model_copy(
            update={
                "num_passages": len(self),
                "num_documents": len(self.documents()),
                "table_version": self._table.version,
                "updated": _now(),
            }
        )
        write_info(self.path, self.info)
        return self.info

    # ----------------------------------------------------------------------------------------------------------- read

    def __len__(self) -> int:
        return int(self._table.count_rows())

    @_explained
    def passages(self) -> list[Passage]:
        """All passages by document, page and position: the order of the sources, however they arrived."""
        rows = self._table.search().select(PASSAGE_FIELDS).to_arrow().to_pylist()
        return sorted((Passage(**row) for row in rows), key=lambda p: (p.document, p.page, p.start, p.end, p.id))

    @_explained
    def documents(self) -> list[str]:
        """The documents that have a passage here, sorted."""
        rows = self._table.search().select(["document"]).to_arrow()
        return sorted(rows["document"].unique().to_pylist())

    @_explained
    def get(self, ids: Sequence[str]) -> Tensor:
        """Memory [k, n, h] of these passages in this order, in `info.dtype`. Raises StoreError for an unknown id."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Tensor] = {}
        for part in _chunks(wanted, 1000):
            found.update(self._scan(f"id IN {_sql_list(part)}", one_by_one=True))
        missing = [id for id in wanted if id not in found]
        if missing:
            raise StoreError(f"{self.path}: no passage {missing[0]!r} ({len(missing)} of {len(wanted)} unknown)")
        dtype = getattr(torch, self.info.dtype)
        if not ids:
            return torch.empty(0, self.info.num_memory_tokens, self.info.hidden_size, dtype=dtype)
        return torch.stack([found[id] for id in ids]).to(dtype)

    @_explained
    def search(
        self,
        query_memory: Any,
        *,
        num_documents: int,
        query_text: Sequence[str] | None = None,
        candidates: int | None = None,
    ) -> list[list[Hit]]:
        """The `num_documents` passages nearest each query [q, n, h], best first; equal scores are ordered by id.

        Every row is scored below EXACT_LIMIT passages. Above it, or with `candidates` given, only the union of the
        `candidates` nearest by pooled vector and, with `query_text` given, the `candidates` best by BM25 is scored.
        """
        query_memory = torch.as_tensor(query_memory)
        shape = (self.info.num_memory_tokens, self.info.hidden_size)
        if query_memory.dim() != 3 or tuple(query_memory.shape[1:]) != shape:
            raise StoreError(
                f"the queries have shape {tuple(query_memory.shape)}, the store expects [q, {shape[0]}, {shape[1]}]"
            )
        if candidates is None and len(self) < EXACT_LIMIT:
            ids, scores = self._score(flat_unit(query_memory), where=None)
        else:
            shortlists = self._shortlists(
                query_memory, query_text, max(candidates or DEFAULT_CANDIDATES, num_documents)
            )
            union = sorted(set().union(*shortlists)) if shortlists else []
            ids, scores = self._score(flat_unit(query_memory), where=union)
            for row, shortlist in zip(scores, shortlists, strict=True):
                row[torch.tensor([id not in shortlist for id in ids], dtype=torch.bool)] = -torch.inf
        scores, order = torch.sort(scores, dim=1, descending=True, stable=True)
        best = [
            [(ids[i], score) for i, score in zip(row, row_scores, strict=True) if score > -torch.inf]
            for row, row_scores in zip(
                order[:, :num_documents].tolist(), scores[:, :num_documents].tolist(), strict=True
            )
        ]
        passages = self._passages_by_id({id for row in best for id, _ in row})
        return [[Hit(passages[id], score) for id, score in row] for row in best]

    # ------------------------------------------------------------------------------------------------------ mechanism

    def _score(self, query: Tensor, *, where: list[str] | None) -> tuple[list[str], Tensor]:
        """Cosines [q, rows] of unit queries with every row, or with the rows `where`; rows are sorted by id."""
        ids: list[str] = []
        blocks = [torch.empty(len(query), 0)]
        filters = [None] if where is None else [f"id IN {_sql_list(part)}" for part in _chunks(where, 1000)]
        for condition in filters:
            for block_ids, memory in self._scan(condition):
                ids += block_ids
                blocks.append(query @ flat_unit(memory).T)
        order = sorted(range(len(ids)), key=ids.__getitem__)
        return [ids[i] for i in order], torch.cat(blocks, dim=1)[:, order]

    def _scan(self, condition: str | None, *, one_by_one: bool = False) -> Iterator[tuple[Any, Tensor]]:
        """(ids, memory [k, n, h]) block by block, or (id, memory [n, h]) one by one."""
        shape = (self.info.num_memory_tokens, self.info.hidden_size)
        width = bytes_per_passage(*shape, self.info.encoding)
        query = self._table.search().select(["id", "memory"])
        if condition:
            query = query.where(condition)
        for batch in query.to_batches(max(1, SCAN_BYTES // (4 * shape[0] * shape[1]))):
            if not batch.num_rows:
                continue
            column = batch["memory"]
            data = column.buffers()[1][column.offset * width : (column.offset + len(column)) * width]
            ids, memory = batch["id"].to_pylist(), decode_memory(data, shape=shape, encoding=self.info.encoding)
            if one_by_one:
                yield from zip(ids, memory, strict=True)
            else:
                yield ids, memory

    def _shortlists(self, query_memory: Tensor, query_text: Sequence[str] | None, candidates: int) -> list[set[str]]:
        lists = []
        for i, vector in enumerate(pool(query_memory).numpy()):
            near = self._table.search(vector, vector_column_name="vector").distance_type("cosine")
            found = {row["id"] for row in near.select(["id", "_distance"]).limit(candidates).to_arrow().to_pylist()}
            if query_text is not None and query_text[i].strip():
                lexical = self._table.search(query_text[i], query_type="fts").select(["id", "_score"]).limit(candidates)
                found |= {row["id"] for row in lexical.to_arrow().to_pylist()}
            lists.append(found)
        return lists

    def _passages_by_id(self, ids: set[str]) -> dict[str, Passage]:
        found: dict[str, Passage] = {}
        for part in _chunks(sorted(ids), 1000):
            rows = self._table.search().where(f"id IN {_sql_list(part)}").select(PASSAGE_FIELDS).to_arrow()
            found |= {row["id"]: Passage(**row) for row in rows.to_pylist()}
        return found

    def _ids_of(self, document: str) -> list[str]:
        rows = self._table.search().where(f"document = {_sql_text(document)}").select(["id"]).to_arrow()
        return rows["id"].to_pylist()

    def _read_hashes(self) -> dict[str, str]:
        rows = self._table.search().select(["id", "content_hash"]).to_arrow()
        return dict(zip(rows["id"].to_pylist(), rows["content_hash"].to_pylist(), strict=True))

    def _need_lock(self) -> None:
        if self._lock is None:
            raise StoreError(f"{self.path}: opened for reading")


def _check_fingerprint(path: Path, info: StoreInfo, fingerprint: str) -> None:
    if info.fingerprint != fingerprint:
        raise StoreError(
            f"{path}: made by another compressor ({info.model}, fingerprint {info.fingerprint[:12]}, this model has"
            f" {fingerprint[:12]}); name that checkpoint with --model, or build a new store"
        )


def _is_vacant(path: Path) -> bool:
    """Whether a store can be made here: nothing is there but what the command line extracted for it, and what a build
    leaves that was killed before its first line."""
    begun = (DOCUMENTS, LOCK_FILE, f".{BUILDING_FILE}.tmp")
    return not path.exists() or (path.is_dir() and all(entry.name in begun for entry in path.iterdir()))


def _connect(path: Path) -> Any:
    try:
        import lancedb
    except ImportError as error:
        raise MissingExtraError("lancedb", extra="serve") from error
    return lancedb.connect(str(path))


def _lock(path: Path) -> Any:
    try:
        import filelock
    except ImportError as error:
        raise MissingExtraError("filelock", extra="serve") from error
    lock = filelock.FileLock(path / LOCK_FILE)
    try:
        return lock.acquire(timeout=0).lock
    except filelock.Timeout as error:
        raise StoreError(f"{path}: another process is writing to this store (wait for it to end)") from error


def _sql_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _sql_list(values: Sequence[str]) -> str:
    return "(" + ", ".join(map(_sql_text, values)) + ")"


def _chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
