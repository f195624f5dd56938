"""What a store says about itself: `store.json`, written last and whole, so that a torn build is no store."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from clara.errors import StoreError
from clara.retrieval.codec import MemoryEncoding

FORMAT_VERSION = 1
STORE_FILE = "store.json"  # the last complete state
BUILDING_FILE = "building.json"  # the same fields, while the first build is under way


class StoreInfo(BaseModel):
    """The identity and the counts of a store. Memory is comparable only where `fingerprint` is the same."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: int = FORMAT_VERSION
    model: str
    """The checkpoint folder that made the memory, as the user named it."""
    base_model: str = ""
    fingerprint: str
    """What memory depends on: see ClaraModel.fingerprint."""
    num_memory_tokens: int
    hidden_size: int
    dtype: str
    """The compute dtype that memory is handed back in, e.g. 'bfloat16'."""
    encoding: MemoryEncoding
    """How memory is kept on disk."""
    doc_max_length: int
    compression_rate: int
    num_passages: int = 0
    num_documents: int = 0
    table_version: int = 0
    """The version of the table these counts belong to; later versions belong to an unfinished change."""
    created: str = ""
    updated: str = ""


def read_info(path: Path) -> StoreInfo:
    """The info of a complete store.

    Raises StoreError when there is none, when its first build never finished, or when the file is of another format.
    """
    if (path / STORE_FILE).exists():
        return _parse(path / STORE_FILE)
    if (path / BUILDING_FILE).exists():
        raise StoreError(f"{path}: the build of this store was interrupted (run the same `clara index build` again)")
    what = "there is no store.json in this folder" if path.is_dir() else "no such store"
    raise StoreError(f"{path}: {what} (make one with `clara index build {path} DOCUMENTS --model CHECKPOINT`)")


def read_unfinished_info(path: Path) -> StoreInfo | None:
    """The info of a store or of a build under way, or None when `path` holds neither."""
    for name in (STORE_FILE, BUILDING_FILE):
        if (path / name).exists():
            return _parse(path / name)
    return None


def write_building(path: Path, info: StoreInfo) -> None:
    _write_atomically(path / BUILDING_FILE, info)


def write_info(path: Path, info: StoreInfo) -> None:
    """Declare the state of `info` complete; nothing may be written to this state afterwards."""
    _write_atomically(path / STORE_FILE, info)
    (path / BUILDING_FILE).unlink(missing_ok=True)


def _parse(file: Path) -> StoreInfo:
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(fields, dict) and fields.get("format_version") != FORMAT_VERSION:
            raise StoreError(
                f"{file}: store format {fields.get('format_version')!r}, but this clara reads {FORMAT_VERSION}"
                " (build the store again)"
            )
        return StoreInfo.model_validate(fields)
    except (ValueError, ValidationError) as error:
        raise StoreError(f"{file}: not a store description (build the store again): {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error).splitlines()[0]


def _write_atomically(file: Path, info: StoreInfo) -> None:
    beside = file.with_name(f".{file.name}.tmp")
    with beside.open("w", encoding="utf-8") as stream:
        stream.write(info.model_dump_json(indent=2) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(beside, file)
