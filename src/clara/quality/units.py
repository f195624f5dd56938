"""Files as texts to scan: plain text whole, JSONL field by field. What is not text is named with its reason."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clara.errors import UsageError
from clara.jsonl import parse_object

_SKIPPED_FOLDERS = {
    ".git",
    ".venv",
    "venv",
    "node_modules",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
}
_WINDOW = 4 * 2**20  # characters of a plain text file at once
# fields whose values clara writes itself: hashes, formats, numbers of versions
OWN_FIELDS = {"sha256", "backend", "media_type", "data_type", "kind"}
_NOT_TEXT = {
    b"%PDF": "a PDF: run `clara extract` on it first",
    b"PK\x03\x04": "an Office file or archive: run `clara extract` on it first",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One text to scan. `line` is that of its first character; `field` is empty for plain text."""

    line: int
    field: str
    name: str  # the last part of the field, such as 'password'
    record: str
    text: str


def list_files(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """(file, name to show) of every file named or below a named folder, sorted; folders of tools are left out.

    Raises UsageError when a path is not there.
    """
    found: list[tuple[Path, str]] = []
    for path in paths:
        if path.is_file():
            found.append((path, str(path)))
        elif path.is_dir():
            for folder, inner, names in os.walk(path):
                inner[:] = sorted(name for name in inner if name not in _SKIPPED_FOLDERS)
                found += [(file, str(file)) for name in sorted(names) if (file := Path(folder, name)).is_file()]
        else:
            raise UsageError(f"{path} is not there (name a file or a folder)")
    return found


def why_not_text(head: bytes) -> str | None:
    """Why the file that begins like this is not scanned, or None.

    >>> why_not_text(b"plain"), why_not_text(b"%PDF-1.7")
    (None, 'a PDF: run `clara extract` on it first')
    """
    for signature, reason in _NOT_TEXT.items():
        if head.startswith(signature):
            return reason
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    return "not text" if b"\0" in head else None


def decode(data: bytes) -> str:
    """The bytes as text: UTF-8 or UTF-16 by its mark; else each byte becomes a character, so nothing is skipped."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read_units(path: Path) -> Iterator[Unit]:
    """The texts of one file, a few megabytes in memory at a time. Raises UsageError when it cannot be read."""
    try:
        with path.open("rb") as file:
            if path.suffix == ".jsonl":
                for number, raw in enumerate(file, start=1):
                    yield from line_units(raw, number)
                return
            line, rest = 1, b""
            while block := file.read(_WINDOW):
                block = rest + block
                cut = block.rfind(b"\n\n") + 2 if len(block) >= _WINDOW else len(block)
                cut = cut if cut > 2 else block.rfind(b"\n") + 1 or len(block)
                block, rest = block[:cut], block[cut:]
                yield Unit(line=line, field="", name="", record="", text=decode(block))
                line += block.count(b"\n")
            if rest:
                yield Unit(line=line, field="", name="", record="", text=decode(rest))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error


def line_units(raw: bytes, number: int) -> Iterator[Unit]:
    """The strings of one JSONL line with their fields; a line that is no JSON object is one text."""
    if not raw.strip():
        return
    value, _ = parse_object(raw)
    if value is None:
        yield Unit(line=number, field="", name="", record="", text=decode(raw.rstrip(b"\r\n")))
        return
    record = value.get("id")
    for field, name, text in strings(value):
        yield Unit(line=number, field=field, name=name, record=record if isinstance(record, str) else "", text=text)


def strings(value: Any, field: str = "", name: str = "") -> Iterator[tuple[str, str, str]]:
    """(field path, its last name, text) of every string in a JSON value, keys that hold private data included.

    >>> list(strings({"docs": ["a b", "c"]}))
    [('docs[0]', 'docs', 'a b'), ('docs[1]', 'docs', 'c')]
    """
    if isinstance(value, str):
        yield field, name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in OWN_FIELDS:
                yield from strings(inner, f"{field}.{key}" if field else key, key)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from strings(inner, f"{field}[{position}]", name)
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**6:
        yield field, name, str(value)
