"""The files rows come in: JSON Lines, one JSON document, Parquet, and a folder that Hugging Face datasets saved.

Every container hands over the same lines as jsonl.py does; the number of a line is the row's place, from 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from clara.dialects.squad import flat_rows
from clara.errors import MissingExtraError, UsageError
from clara.jsonl import Line, iter_lines, parse_object, write_lines
from clara.problems import describe_value

MAX_JSON_BYTES = 2 * 2**30
_JSON_TEXT = ("metadata", "sources")  # columns that hold JSON text in a table: their keys differ from row to row
_SAVED = "state.json"  # what datasets' save_to_disk writes beside its Arrow files


def lines_of(path: str | Path) -> Iterator[Line]:
    """The rows of any container, lazily where it can be.

    Raises UsageError when the file cannot be opened, MissingExtraError for a table without pyarrow.
    """
    path = Path(path)
    if path.is_dir():
        return _lines(row for file in _arrow_files(path) for row in _table_rows(file))
    if path.suffix in (".parquet", ".arrow"):
        return _lines(_table_rows(path))
    if path.suffix == ".json":
        return _document_lines(path)
    return iter_lines(path)


def write_rows(path: str | Path, rows: Iterable[dict[str, Any]], *, as_squad: bool = False) -> int:
    """Write plain rows into the container that the suffix names; returns how many."""
    path = Path(path)
    if path.suffix == ".parquet":
        return _write_parquet(path, list(rows))
    if path.suffix == ".json":
        from clara.dialects.squad import document_of

        held = list(rows)
        document = document_of(held) if as_squad else held
        write_lines(path, [json.dumps(document, ensure_ascii=False, indent=1)])
        return len(held)
    return write_lines(path, (json.dumps(row, ensure_ascii=False) for row in rows))


def _document_lines(path: Path) -> Iterator[Line]:
    """A JSON array of rows, {"data": [rows]}, a SQuAD document, or else JSON Lines under another name."""
    try:
        size = path.stat().st_size
        if size > MAX_JSON_BYTES:
            raise UsageError(f"{path} has more than {MAX_JSON_BYTES // 2**30} GiB: make it JSON Lines, one row a line")
        text = path.read_text(encoding="utf-8-sig")
        value = json.loads(text)
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError):
        return iter_lines(path)
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        return _lines(flat_rows(value["data"]))
    if isinstance(value, list):
        return _lines(flat_rows(value))
    return iter_lines(path) if isinstance(value, dict) else _lines([value])


def _lines(rows: Iterable[Any]) -> Iterator[Line]:
    """Rows as lines, checked as a line of text would be (depth, numbers, text that is no Unicode)."""
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            problem = ("", f"expected an object, got {describe_value(row)}")
            yield Line(number=number, raw=json.dumps(row).encode(), value=None, problems=(problem,))
            continue
        try:
            raw = json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass")
        except (TypeError, ValueError, RecursionError) as error:
            yield Line(number=number, raw=b"", value=None, problems=(("", f"cannot be written as JSON: {error}"),))
            continue
        value, problems = parse_object(raw)
        yield Line(number=number, raw=raw, value=value, problems=tuple(problems))


def _arrow_files(folder: Path) -> list[Path]:
    state = folder / _SAVED
    if not state.is_file():
        inside = sorted(child.name for child in folder.iterdir() if (child / _SAVED).is_file())
        hint = f"; name one of its splits: {', '.join(inside)}" if inside else ""
        raise UsageError(f"{folder} is a folder, not a saved dataset (it has no {_SAVED}){hint}")
    try:
        named = [entry["filename"] for entry in json.loads(state.read_text(encoding="utf-8"))["_data_files"]]
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(f"{state} is damaged; save the dataset again") from None
    files = [folder / Path(name).name for name in named]  # the base name: a path in a file is nobody's order
    if missing := [file.name for file in files if not file.is_file()]:
        raise UsageError(f"{folder} lacks {', '.join(missing)}; save the dataset again")
    return files


def _table_rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtraError("pyarrow", extra="serve") from error
    try:
        if path.suffix == ".parquet":
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(batch_size=1000):
                    yield from map(_plain_row, batch.to_pylist())
            return
        with pa.memory_map(str(path)) as source:
            try:
                for batch in pa.ipc.open_stream(source):
                    yield from map(_plain_row, batch.to_pylist())
            except pa.ArrowInvalid:
                reader = pa.ipc.open_file(source)
                for index in range(reader.num_record_batches):
                    yield from map(_plain_row, reader.get_batch(index).to_pylist())
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"cannot read {path}: {reason}") from error


def _plain_row(row: dict[str, Any]) -> dict[str, Any]:
    """A table's row without the gaps that other rows' columns leave in it."""
    kept = {key: value for key, value in row.items() if value is not None}
    for key in _JSON_TEXT:
        if isinstance(kept.get(key), str):
            try:
                kept[key] = json.loads(kept[key])
            except ValueError:
                continue
    return kept


def _write_parquet(path: Path, rows: list[dict[str, Any]]) -> int:
    import os

    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtraError("pyarrow", extra="serve") from error
    names = list(dict.fromkeys(key for row in rows for key in row))
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        if name in _JSON_TEXT:
            values = [None if value is None else json.dumps(value, ensure_ascii=False) for value in values]
        try:
            columns[name] = pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise UsageError(f"{path}: the column {name!r} holds values of several types: {error}") from None
    beside = path.with_name(f"{path.name}.writing")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), beside)
        os.replace(beside, path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error
    return len(rows)
