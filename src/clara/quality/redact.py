"""`clara data scan --redact`: a copy with stable typed placeholders in place of everything private.

The same value gets the same placeholder in every file of a run, also where only another file's context gave it away.
Documents are redacted block by block, so passages are cut from redacted text; offsets of rows and passages into the
documents of the same run move along.
"""

from __future__ import annotations

import json
import os
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from clara.errors import UsageError
from clara.jsonl import parse_object
from clara.quality.findings import KINDS, Span, without_overlaps
from clara.quality.policy import Policy
from clara.quality.scan import ScanReport, make_scanner, scan_units, spans_of
from clara.quality.scanner import Scanner
from clara.quality.units import OWN_FIELDS, Unit, decode, list_files, read_units, why_not_text
from clara.schema import Block, render_block

_WORD = re.compile(r"[^\W_]+")
Edit = tuple[int, int, int]  # start and end in the old text, length in the new one
Edits = dict[tuple[str, int], list[Edit]]  # (document, page) -> the edits of its text


class Redactor:
    """Replaces private values by placeholders, the same value by the same one."""

    def __init__(self, policy: Policy, scanner: Scanner | None = None) -> None:
        self.policy = policy
        self.scanner = scanner or make_scanner(policy)
        self.replaced: Counter[str] = Counter()
        self._placeholders: dict[tuple[str, str], str] = {}
        self._by_word: dict[
            str, list[tuple[str, int, str, str]]
        ] = {}  # first word -> (value, offset of the word, kind, label)
        self._known: set[str] = set()

    def learn(self, unit: Unit) -> None:
        """Remember the private values of a text, so that they are found in every other text too."""
        for span in spans_of(unit, self.scanner, self.policy):
            value = unit.text[span.start : span.end]
            self.placeholder(span.kind, value)
            word = _WORD.search(value)
            if word and value not in self._known and len(value) >= 6 and span.kind != "name" and not value.isalpha():
                self._known.add(value)
                self._by_word.setdefault(word.group(), []).append((value, word.start(), span.kind, span.label))

    def placeholder(self, kind: str, value: str) -> str:
        """`[EMAIL_1]`, `[EMAIL_2]`, … by first appearance; spaces, signs and case make no other value of a number."""
        category = "SECRET" if KINDS[kind] == "secret" else kind.upper()
        same = value if category == "SECRET" else "".join(value.split()).casefold()
        if kind in ("phone", "card", "iban", "national_id"):
            same = re.sub(r"[^0-9a-z]", "", same)
        key = (category, same)
        if key not in self._placeholders:
            number = 1 + sum(known == category for known, _ in self._placeholders)
            self._placeholders[key] = f"[{category}_{number}]"
        return self._placeholders[key]

    def redact(self, text: str, name: str = "") -> tuple[str, list[Edit]]:
        """The text with placeholders, and where it changed."""
        unit = Unit(line=0, field="", name=name, record="", text=text)
        spans = without_overlaps([*spans_of(unit, self.scanner, self.policy), *self._known_in(text)])
        if not spans:
            return text, []
        parts: list[str] = []
        edits: list[Edit] = []
        at = 0
        for span in spans:
            placed = self.placeholder(span.kind, text[span.start : span.end])
            parts += [text[at : span.start], placed]
            edits.append((span.start, span.end, len(placed)))
            at = span.end
            self.replaced[span.kind] += 1
        return "".join([*parts, text[at:]]), edits

    def _known_in(self, text: str) -> Iterator[Span]:
        if not self._by_word:
            return
        for word in _WORD.finditer(text):
            for value, offset, kind, label in self._by_word.get(word.group(), ()):
                start = word.start() - offset
                if start >= 0 and text.startswith(value, start):
                    end = start + len(value)
                    if not (text[end : end + 1].isalnum() and value[-1].isalnum()):
                        yield Span(start, end, kind, label)


def redact_paths(
    paths: Sequence[Path], output: Path, policy: Policy, *, progress: Callable[[str], None] | None = None
) -> tuple[ScanReport, dict[str, int]]:
    """Write redacted copies of files and folders; returns what was found and how much was replaced, by kind.

    One file goes to the file `output`, unless that is a folder; else `output` is a folder that gets the same structure.
    Files that are not text are left out and named. Raises UsageError when the output would overwrite an input.
    """
    redactor = Redactor(policy)
    report = ScanReport()
    jobs: list[tuple[Path, Path]] = []
    for path, shown in list_files(paths):
        with path.open("rb") as file:
            reason = why_not_text(file.read(8192))
        if reason:
            report.skipped.append((shown, reason))
            continue
        jobs.append((path, _target(path, paths, output)))
    inputs = {path.resolve() for path, _ in jobs}
    for path, target in jobs:
        if target.resolve() in inputs:
            raise UsageError(f"--redact {output}: it would overwrite {path}; name another place")
        if any(root.is_dir() and target.resolve().is_relative_to(root.resolve()) for root in paths):
            raise UsageError(f"--redact {output}: it lies inside the folder that is read; name another place")
    for path, _ in jobs:
        report.files += 1
        if progress:
            progress(str(path))
        scan_units(report, str(path), _learning(read_units(path), redactor), redactor.scanner, policy)
    edits: Edits = {}
    for path, target in sorted(
        jobs, key=lambda job: not _holds_documents(job[0])
    ):  # documents first: rows point to them
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(target, _redacted(path, redactor, edits))
    return report, dict(redactor.replaced)


def _learning(units: Iterator[Unit], redactor: Redactor) -> Iterator[Unit]:
    for unit in units:
        redactor.learn(unit)
        yield unit


def _target(path: Path, paths: Sequence[Path], output: Path) -> Path:
    for root in paths:
        if root == path:
            return output if len(paths) == 1 and not output.is_dir() else output / path.name
        if root.is_dir() and path.is_relative_to(root):
            inside = path.relative_to(root)
            return output / inside if len(paths) == 1 else output / root.name / inside
    raise AssertionError(path)


def _holds_documents(path: Path) -> bool:
    if path.suffix != ".jsonl":
        return False
    with path.open("rb") as file:
        first = next((line for line in file if line.strip()), b"")
    value, _ = parse_object(first)
    return value is not None and isinstance(value.get("pages"), list)


def _redacted(path: Path, redactor: Redactor, edits: Edits) -> Iterator[bytes]:
    if path.suffix != ".jsonl":
        for unit in read_units(path):
            yield redactor.redact(unit.text)[0].encode("utf-8", errors="surrogateescape")
        return
    with path.open("rb") as file:
        for raw in file:
            value, _ = parse_object(raw)
            if value is None:
                yield redactor.redact(decode(raw))[0].encode("utf-8")
                continue
            changed = redact_record(value, redactor, edits)
            yield raw if changed == value else json.dumps(changed, ensure_ascii=False).encode("utf-8") + b"\n"


def redact_record(value: dict[str, Any], redactor: Redactor, edits: Edits) -> dict[str, Any]:
    """One record of any kind, redacted. A document's edits are added to `edits`; offsets into known pages are moved."""
    changed: dict[str, Any] = _redact_value(value, redactor, "")
    if isinstance(value.get("pages"), list) and isinstance(value.get("id"), str):
        for page in value["pages"]:
            _note_edits(value["id"], page, redactor, edits)
    else:
        _move_offsets(value, changed, edits)
    return changed


def _redact_value(value: Any, redactor: Redactor, name: str) -> Any:
    if isinstance(value, str):
        return redactor.redact(value, name)[0]
    if isinstance(value, list):
        return [_redact_value(inner, redactor, name) for inner in value]
    if isinstance(value, dict):
        return {
            key: inner if key in OWN_FIELDS else _redact_value(inner, redactor, key) for key, inner in value.items()
        }
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**6:
        changed = redactor.redact(str(value), name)[0]
        return value if changed == str(value) else changed
    return value


def _note_edits(document: str, page: Any, redactor: Redactor, edits: Edits) -> None:
    """The edits of a page's text, which is its blocks as Markdown with an empty line between."""
    try:
        blocks = [Block.model_validate(block) for block in page["blocks"]]
        number = int(page["number"])
    except (KeyError, TypeError, ValueError):
        return
    found: list[Edit] = []
    at = 0
    for block in blocks:
        rendered = render_block(block)
        lead = len(rendered) - len(block.text)
        found += [(at + lead + start, at + lead + end, size) for start, end, size in redactor.redact(block.text)[1]]
        at += len(rendered) + 2
    if found:
        edits[document, number] = found


def _move_offsets(old: Any, new: Any, edits: Edits) -> None:
    """Give every source or passage in `new` the offsets it has in the redacted page."""
    if isinstance(old, dict):
        page_edits = edits.get((old.get("document"), old.get("page")))  # type: ignore[arg-type]
        if page_edits:
            for key in ("start", "end"):
                if isinstance(old.get(key), int):
                    new[key] = moved(old[key], page_edits, at_end=key == "end")
        for key, inner in old.items():
            _move_offsets(inner, new[key], edits)
    elif isinstance(old, list):
        for inner, changed in zip(old, new, strict=True):
            _move_offsets(inner, changed, edits)


def moved(position: int, edits: Sequence[Edit], *, at_end: bool) -> int:
    """Where a position of the old text lies in the new one; inside a replaced value it goes to that value's edge.

    >>> moved(20, [(5, 15, 9)], at_end=False), moved(7, [(5, 15, 9)], at_end=True), moved(3, [(5, 15, 9)], at_end=False)
    (19, 14, 3)
    """
    before = bisect_right([end for _, end, _ in edits], position)
    shift = sum(size - (end - start) for start, end, size in edits[:before])
    if before < len(edits) and edits[before][0] < position:
        start, _, size = edits[before]
        return start + shift + (size if at_end else 0)
    return position + shift


def _write(target: Path, parts: Iterator[bytes]) -> None:
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
