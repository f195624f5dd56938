"""Passages and their memory as rows of an Arrow table, and back. Knows nothing of LanceDB or of files on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from clara.retrieval.codec import bytes_per_passage, encode_memory, pool
from clara.retrieval.info import StoreInfo
from clara.schema import Passage

PASSAGE_FIELDS = ["id", "document", "page", "start", "end", "text", "title"]


def table_schema(info: StoreInfo) -> Any:
    """The Arrow schema of a store."""
    import pyarrow as pa

    width = bytes_per_passage(info.num_memory_tokens, info.hidden_size, info.encoding)
    return pa.schema(
        [
            ("id", pa.string()),
            ("document", pa.string()),
            ("page", pa.int64()),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("text", pa.string()),
            ("title", pa.string()),
            ("content_hash", pa.string()),
            ("memory", pa.binary(width)),
            ("vector", pa.list_(pa.float32(), info.hidden_size)),
        ]
    )


def to_rows(passages: Sequence[Passage], memory: Tensor, info: StoreInfo) -> Any:
    """An Arrow table of these passages with their memory [k, n, h]."""
    import pyarrow as pa

    schema = table_schema(info)
    columns: dict[str, Any] = {field: pa.array([getattr(p, field) for p in passages]) for field in PASSAGE_FIELDS}
    columns["content_hash"] = pa.array([content_hash(passage) for passage in passages])
    data = pa.py_buffer(encode_memory(memory, info.encoding))
    columns["memory"] = pa.FixedSizeBinaryArray.from_buffers(schema.field("memory").type, len(passages), [None, data])
    vectors = pa.array(pool(memory.cpu()).numpy().reshape(-1))
    columns["vector"] = pa.FixedSizeListArray.from_arrays(vectors, info.hidden_size)
    return pa.table(columns, schema=schema)


def content_hash(passage: Passage) -> str:
    """A hash of everything but the id: equal only if the stored row would be the same."""
    return hashlib.sha256(passage.model_dump_json(exclude={"id"}).encode()).hexdigest()
