"""JSON Lines on disk: strict reading that reports every problem, atomic writing, appending that survives a crash.

Blank lines are allowed and skipped; everything else that is not one valid record is a problem with a file, a line and a
field. Other formats than our own are dialects.py's work.
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError

from clara.errors import ClaraError, RecordProblem, RecordsError, UsageError
from clara.problems import Problem, describe_value, example_type, field_path, validation_problems
from clara.schema import EndToEndExample, Example, InstructionExample, PretrainExample, Record

R = TypeVar("R", bound=Record)
ALL_EXAMPLES: tuple[type[Example], ...] = (PretrainExample, InstructionExample, EndToEndExample)
MAX_LINE_BYTES = 64 * 2**20  # a whole book is about 1 MiB of text
MAX_NESTING = 64  # records need 5; deeper metadata would break other readers before it breaks this one

_FILE_SIGNATURES = {
    b"\xff\xfe": "is UTF-16 text (save it as UTF-8)",
    b"\xfe\xff": "is UTF-16 text (save it as UTF-8)",
    b"\x1f\x8b": "is gzip-compressed (unpack it first)",
    b"PK\x03\x04": "is a zip archive or an Office file (unpack or extract it first)",
    b"%PDF": "is a PDF (run `clara extract` on its folder first)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One non-blank line: `value` is its JSON object, or None when `problems` say why there is none."""

    number: int
    raw: bytes  # without the line end; empty when longer than MAX_LINE_BYTES
    value: dict[str, Any] | None
    problems: tuple[Problem, ...]


def read_records(path: str | Path, types: type[R] | tuple[type[R], ...]) -> list[R]:
    """All records of a file, in order. For examples, data_type decides among `types`.

    Raises RecordsError naming every bad line of the file, UsageError when the file cannot be opened. An empty file
    gives an empty list.
    """
    return list(iter_records(path, types))


def iter_records(path: str | Path, types: type[R] | tuple[type[R], ...]) -> Iterator[R]:
    """Good records one at a time, in file order and constant memory.

    Raises RecordsError with all problems, but only after the last good record: keep nothing made from the records
    before the iteration has ended. UsageError when the file cannot be opened.
    """
    problems: list[RecordProblem] = []
    for _, record, found in iter_checked(path, types):
        problems += found
        if record is not None:
            yield record
    if problems:
        raise RecordsError(problems)


def check_file(
    path: str | Path, types: type[R] | tuple[type[R], ...] | None = None
) -> tuple[list[R], list[RecordProblem]]:
    """The good records of a file and every problem of the others; a file without any line is a problem too."""
    allowed: Any = ALL_EXAMPLES if types is None else types
    good: list[R] = []
    problems: list[RecordProblem] = []
    for _, record, found in iter_checked(path, allowed):
        problems += found
        if record is not None:
            good.append(record)
    if not good and not problems:
        problems.append(no_records(path))
    return good, problems


def no_records(path: str | Path) -> RecordProblem:
    """The problem of a file with nothing in it."""
    return RecordProblem(str(path), 0, "", "no records: the file is empty or holds blank lines only")


def iter_checked(
    path: str | Path, types: type[R] | tuple[type[R], ...]
) -> Iterator[tuple[Line, R | None, list[RecordProblem]]]:
    """Every non-blank line with its record, or with None and its problems."""
    for line in iter_lines(path):
        record, found = (None, list(line.problems)) if line.value is None else validate(line.value, types)
        yield line, record, [RecordProblem(str(path), line.number, field, message) for field, message in found]


def validate(row: dict[str, Any], types: type[R] | tuple[type[R], ...]) -> tuple[R | None, list[Problem]]:
    """The row as a record, or None and every problem it has."""
    allowed = types if isinstance(types, tuple) else (types,)
    record_type: Any = allowed[0]
    if all(issubclass(allowed_type, Example) for allowed_type in allowed):
        record_type = example_type(row, allowed)
        if isinstance(record_type, tuple):
            return None, [record_type]
    try:
        return record_type.model_validate(row), []
    except ValidationError as error:
        return None, validation_problems(error, record_type)


def iter_lines(path: str | Path) -> Iterator[Line]:
    """Every non-blank line parsed as one JSON object, lazily; a problem never ends the iteration before the file does.

    Raises UsageError when the file cannot be opened or read.
    """
    try:
        with Path(path).open("rb") as file:
            for number, (raw, ended) in enumerate(_raw_lines(file), start=1):
                if number == 1:
                    whole_file = [text for start, text in _FILE_SIGNATURES.items() if raw.startswith(start)]
                    if whole_file:
                        yield Line(number=0, raw=b"", value=None, problems=(("", f"the file {whole_file[0]}"),))
                        return
                if raw is _TOO_LONG:
                    limit = f"longer than {MAX_LINE_BYTES // 2**20} MiB (one record per line? split it)"
                    yield Line(number=number, raw=b"", value=None, problems=(("", limit),))
                elif raw.strip():
                    value, problems = parse_object(raw, ended=ended)
                    yield Line(number=number, raw=raw, value=value, problems=tuple(problems))
                    if number == 1 and value is None and raw.strip() in (b"[", b"{"):
                        return
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error


def parse_object(raw: bytes, *, ended: bool = True) -> tuple[dict[str, Any] | None, list[Problem]]:
    """One line's JSON object, or None and every problem; `ended` says whether a line end followed it.

    >>> parse_object(b'{"id": "a", "id": "b"}')
    (None, [('id', 'the key appears twice (keep one)')])
    """
    if raw.startswith(b"\xef\xbb\xbf"):
        return None, [("", "starts with a byte-order mark (save the file as UTF-8 without BOM)")]
    if b"\0" in raw:
        return None, [("", "holds a NUL byte (the file is damaged, or is not text)")]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        torn = "; the file may also be cut off here" if not ended and error.end == len(raw) else ""
        return None, [("", f"byte {error.start + 1} is not UTF-8 (save the file as UTF-8){torn}")]
    duplicates: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            duplicates.extend(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        return value

    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=_NotANumber)
    except json.JSONDecodeError as error:
        return None, [("", _json_message(text, error, ended=ended))]
    except RecursionError:
        return None, [("", f"nested more than {MAX_NESTING} levels deep")]
    except ValueError:  # Python refuses integers of thousands of digits
        return None, [("", "holds a number of thousands of digits (write it as a string)")]
    if not isinstance(value, dict):
        hint = " (a JSON array? put each record on its own line)" if isinstance(value, list) else ""
        return None, [("", f"expected an object {{…}}, got {describe_value(value)}{hint}")]
    problems = [(field_path([key]), "the key appears twice (keep one)") for key in duplicates] + _value_problems(value)
    return (None, problems) if problems else (value, [])


def dump(record: Record | Mapping[str, Any]) -> str:
    """The record as one line of JSON, without the line end: data_type first, then the stage's own fields in the seed's
    order, then id, sources and metadata. Fields that are None are left out; None inside metadata stays.
    """
    plain = _plain(record) if isinstance(record, Record) else record
    return json.dumps(plain, ensure_ascii=False, allow_nan=False)


def write_jsonl(path: str | Path, records: Iterable[Record | Mapping[str, Any]]) -> int:
    """Write the records as the file's whole content and return their number; the old content stays until all is there.

    Makes missing folders. Raises ClaraError when the place cannot be written.
    """
    return write_lines(path, (dump(record) for record in records))


def write_lines(path: str | Path, lines: Iterable[str]) -> int:
    """Atomically replace the file by these lines (a temporary file beside it, fsync, rename); returns their number."""
    target = Path(os.path.realpath(path))  # a symbolic link stays a link
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    count = 0
    with _writing(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        file = temporary.open("wb")
    try:
        with _closing(file, path):
            for line in lines:
                with _writing(path):
                    file.write(line.encode("utf-8") + b"\n")
                count += 1
            with _writing(path):
                file.flush()
                os.fsync(file.fileno())
        with _writing(path):
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(target.parent)
    return count


@contextmanager
def append_jsonl(path: str | Path) -> Iterator[Callable[[Record | Mapping[str, Any]], None]]:
    """Open a file for appending and give a function that adds one record and hands it to the operating system.

    A record survives the process being killed once the function has returned, and a power cut once the block has ended.
    A torn last line (an earlier process was killed while writing) is first moved to `<file>.torn`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with append_jsonl(f"{folder}/log.jsonl") as append:
    ...         append({"id": "a"})
    ...     Path(folder, "log.jsonl").read_text()
    '{"id": "a"}\\n'
    """
    target = Path(path)
    with _writing(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        repair_torn_tail(target)
        file = target.open("ab")

    def append(record: Record | Mapping[str, Any]) -> None:
        line = dump(record).encode("utf-8") + b"\n"
        with _writing(path):
            file.write(line)
            file.flush()

    with _closing(file, path):
        yield append
        with _writing(path):
            file.flush()
            os.fsync(file.fileno())


def repair_torn_tail(path: Path) -> bytes:
    """End the file after its last whole line; the torn rest is returned, and kept in `<file>.torn`.

    A last line that only lacks its line end, but is a whole object, is kept and ended.
    """
    if not path.exists() or path.stat().st_size == 0:
        return b""
    with path.open("r+b") as file:
        tail_start = _last_line_start(file)
        file.seek(tail_start)
        tail = file.read()
        if not tail:
            return b""
        if parse_object(tail)[0] is not None:
            file.write(b"\n")
            return b""
        with path.with_name(f"{path.name}.torn").open("ab") as torn:
            torn.write(tail + b"\n")
            torn.flush()
            os.fsync(torn.fileno())
        file.truncate(tail_start)
    return tail


_TOO_LONG = b"(too long)"


class _NotANumber:
    """Stands where the line has NaN or Infinity, so that the field can be named."""

    def __init__(self, text: str) -> None:
        self.text = text


def _raw_lines(file: Any) -> Iterator[tuple[bytes, bool]]:
    """(line without its end, whether it had one), split at \\n only; an overlong line is skipped, never held."""
    while raw := file.readline(MAX_LINE_BYTES + 1):
        if len(raw) <= MAX_LINE_BYTES or raw.endswith(b"\n"):
            yield raw.rstrip(b"\r\n"), raw.endswith(b"\n")
            continue
        while (rest := file.readline(2**20)) and not rest.endswith(b"\n"):
            pass
        yield _TOO_LONG, rest.endswith(b"\n")


def _json_message(text: str, error: json.JSONDecodeError, *, ended: bool) -> str:
    if text.strip() in ("[", "{"):
        return "JSON spread over several lines (write each record on one line, without commas between records)"
    if error.msg == "Extra data":
        return f"more than one value on the line, from column {error.pos + 1} (one record per line)"
    if not ended and (error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")):
        return "the last line is torn: the file ends in the middle of a record (remove the line, or write it again)"
    what = f"{error.msg[0].lower()}{error.msg[1:]}".removesuffix(" at")
    return f"not valid JSON: {what} at column {error.pos + 1}"


def _value_problems(row: dict[str, Any]) -> list[Problem]:
    """What JSON's grammar lets through and we do not: NaN, numbers beyond a float, half characters, deep nesting."""
    problems: list[Problem] = []
    stack: list[tuple[tuple[int | str, ...], Any]] = [((), row)]
    while stack:
        location, value = stack.pop()
        if len(location) > MAX_NESTING:
            return [(str(location[0]), f"nested more than {MAX_NESTING} levels deep")]
        if isinstance(value, dict):
            for key in value:
                if not _is_encodable(key):
                    problems.append((field_path(location), r"a key holds an unpaired \ud800-\udfff escape (remove it)"))
            stack += [((*location, key), child) for key, child in reversed(value.items())]
        elif isinstance(value, list):
            if not all(type(child) is str and child.isascii() for child in value):
                stack += [((*location, index), child) for index, child in reversed(list(enumerate(value)))]
        elif isinstance(value, _NotANumber):
            problems.append((field_path(location), f"{value.text} is not JSON (leave the field out, or use null)"))
        elif isinstance(value, float) and math.isinf(value):
            problems.append((field_path(location), "the number is too large (write it as a string)"))
        elif isinstance(value, str) and not _is_encodable(value):
            problems.append((field_path(location), r"holds an unpaired \ud800-\udfff escape (remove it)"))
    return problems


def _is_encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, Record):
        return value
    names = list(type(value).model_fields)
    if isinstance(value, Example):
        shared = list(Example.model_fields)
        names = [name for name in names if name not in shared] + shared
    return {name: _plain(field) for name in names if (field := getattr(value, name)) is not None}


@contextmanager
def _writing(path: str | Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        _cannot_write(path, error)


@contextmanager
def _closing(file: Any, path: str | Path) -> Iterator[None]:
    """Close at the end; on a full disk closing fails too, and must not hide the error that names the file."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            file.close()
        raise
    with _writing(path):
        file.close()


def _cannot_write(path: str | Path, error: OSError) -> NoReturn:
    raise ClaraError(f"cannot write {path}: {error.strerror or error}") from error


def _last_line_start(file: Any) -> int:
    """The offset just after the file's last line end (0 when it has none)."""
    position = file.seek(0, os.SEEK_END)
    while position > 0:
        start = max(0, position - 2**20)
        file.seek(start)
        found = file.read(position - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        position = start
    return 0


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut, where the system can open folders."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
