"""Scores clara's extraction of somebody's folder: truth where a manifest names it, completeness for the rest.

A manifest is a JSONL file, manifest.jsonl in the folder or in the folder above it. A row that counts has "path"
(relative to the manifest) and, when something is known about the file:

    "gt": ["gt/report.md", …]    files with the truth, relative to the manifest, by their suffix:
                                 .txt words · .md words, headings, tables · .csv one table · .json tables as tabula
                                 writes them · -str.xml tables as the ICDAR 2013 competition has them
    "gt_kind": "human"           how the truth came about; "tool-snapshot…" and "…model made…" are reported apart
    "role": "document"           rows with another role are passed over

Truth in other formats is counted as unknown.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
import shutil
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from extraction_reference import read_references, recall_of_letters
from extraction_run import measured_run
from extraction_scoring import Rows, Scores, Truth, bag_overlap, score, table_rows, words

from clara.schema import Document

MANIFEST = "manifest.jsonl"
EMPTY = ("empty", "no_text")
LIMITS = ("timeout", "memory")
UNTYPED = ("reader_error", "crashed", "")
HANG_SLACK_SECONDS = 15.0
SECONDS_PER_MB = 2.0


class FolderError(Exception):
    """The folder or its manifest cannot be used; says what to do."""


@dataclass(slots=True)
class Known:
    """A file and what is known about it."""

    path: Path
    truths: list[Path] = field(default_factory=list)
    kind: str = ""

    @property
    def group(self) -> str:
        """'exact' or 'snapshot': another tool's output is no truth."""
        kind = self.kind.lower()
        return "snapshot" if kind.startswith("tool") or "model made" in kind or "snapshot" in kind else "exact"


def read_manifest(folder: Path, manifest: Path | None = None) -> dict[str, Known] | None:
    """Files of the folder by their path below it, or None when there is no manifest. Raises FolderError."""
    if manifest is None:
        manifest = next((place / MANIFEST for place in (folder, folder.parent) if (place / MANIFEST).is_file()), None)
        if manifest is None:
            return None
    known = {}
    try:
        lines = manifest.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FolderError(f"{manifest}: cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            path = manifest.parent / row["path"]
            truths = [manifest.parent / str(name) for name in row.get("gt") or []]
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            message = f'{manifest}:{number}: not an object with a "path" ({type(error).__name__}: {error})'
            raise FolderError(message) from error
        if row.get("role", "document") != "document" or not path.is_relative_to(folder):
            continue
        if not path.is_file():
            raise FolderError(f"{manifest}:{number}: path: {path} does not exist")
        known[path.relative_to(folder).as_posix()] = Known(path, truths, str(row.get("gt_kind") or ""))
    if not known:
        raise FolderError(f"{manifest}: names no document in {folder}")
    return known


def read_truth(paths: Sequence[Path]) -> tuple[Truth | None, list[str]]:
    """What the files say together, and the names of those in a format nobody here reads."""
    truth = Truth()
    unknown: list[str] = []
    understood = False
    has_csv = any(path.suffix == ".csv" for path in paths)
    for path in paths:
        suffix = path.suffix.lower()
        if suffix == ".itxt" or path.name.endswith("-reg.xml") or (suffix == ".json" and has_csv):
            continue  # says less than its neighbour
        try:
            if suffix == ".txt":
                truth.words = words(path.read_text(encoding="utf-8-sig", errors="replace"))
            elif suffix == ".md":
                _read_markdown(path.read_text(encoding="utf-8-sig", errors="replace"), truth)
            elif suffix == ".csv":
                text = path.read_text(encoding="utf-8-sig", errors="replace")
                truth.tables = [*(truth.tables or []), list(csv.reader(io.StringIO(text)))]
            elif suffix == ".json":
                truth.tables = [*(truth.tables or []), *_tabula_tables(json.loads(path.read_text(encoding="utf-8")))]
            elif path.name.endswith("-str.xml"):
                truth.tables = [*(truth.tables or []), *_icdar_tables(path)]
            else:
                unknown.append(path.name)
                continue
        except (OSError, ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
            unknown.append(f"{path.name} ({type(error).__name__}: {error})"[:200])
            continue
        understood = True
    return (truth if understood else None), unknown


def _read_markdown(text: str, truth: Truth) -> None:
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)  # front matter
    text = re.sub(r"<!--.*?-->", " ", text, flags=re.DOTALL)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = html.unescape(re.sub(r"\\([^\w\s|])", r"\1", text))
    tables: list[list[str]] = []
    prose: list[str | None] = []
    headings: list[str] = []
    for line in text.splitlines():
        if line.lstrip().startswith("|"):
            if not prose or prose[-1] is not None:
                tables.append([])
            tables[-1].append(line)
            prose.append(None)
            continue
        prose.append(line)
        if heading := re.match(r"#{1,6}\s+(.*)", line):
            headings.append(heading.group(1))
    truth.words = words(text)
    truth.headings = headings or None
    truth.tables = [table_rows("\n".join(lines)) for lines in tables] or None


def _tabula_tables(found: Any) -> list[Rows]:
    tables = found if isinstance(found, list) else [found]
    return [[[str(cell["text"]) for cell in row] for row in table["data"]] for table in tables]


def _icdar_tables(path: Path) -> list[Rows]:
    from lxml import etree

    root = etree.fromstring(path.read_bytes(), etree.XMLParser(resolve_entities=False, no_network=True, recover=True))
    tables = []
    for table in root.iter("table"):
        for region in table.iter("region"):
            rows: dict[int, list[tuple[int, str]]] = defaultdict(list)
            for cell in region.iter("cell"):
                content = cell.findtext("content") or ""
                rows[int(cell.get("start-row", 0))].append((int(cell.get("start-col", 0)), content))
            tables.append([[text for _, text in sorted(rows[row])] for row in sorted(rows)])
    return tables


def score_folder(
    folder: Path,
    work: Path,
    *,
    manifest: Path | None = None,
    workers: int = 2,
    timeout_seconds: float = 60.0,
    memory_mb: int = 2048,
) -> dict[str, Any]:
    """Everything that can be said about the extraction of the folder, as JSON. Raises FolderError."""
    if not folder.is_dir():
        raise FolderError(f"{folder} is not a folder")
    folder = folder.resolve()
    known = read_manifest(folder, manifest.resolve() if manifest else None)
    root = folder
    if known is not None:  # only what the manifest names: the truths beside it would be read as documents too
        root = work / "files"
        for name, entry in known.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(entry.path, root / name)
    output = work / "out" / "raw_knowledge.jsonl"
    output.parent.mkdir(parents=True, exist_ok=True)
    run = measured_run(root, output, workers=workers, timeout_seconds=timeout_seconds, memory_mb=memory_mb)
    report = read_report(output)
    documents = read_output(output)
    references = read_references(
        {name: root / name for name in documents},
        workers=workers,
        timeout_seconds=timeout_seconds,
        memory_mb=memory_mb,
    )
    files = []
    for row in report:
        name = row["file"]
        entry = (known or {}).get(name, Known(root / name))
        files.append(_score_file(row, documents.get(name), entry, references.get(name), timeout_seconds))
    return {"run": run, "files": files, "summary": summarize(files)}


def read_report(output: Path) -> list[dict[str, Any]]:
    """The verdicts, or nothing when the run did not get that far."""
    path = output.with_name("extraction_report.json")
    if not path.is_file():
        return []
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["files"]
    return rows


def read_output(output: Path) -> dict[str, Document]:
    if not output.is_file():
        return {}
    with output.open(encoding="utf-8") as lines:
        return {document.id: document for document in map(Document.model_validate_json, lines)}


def verdict(row: dict[str, Any], *, limit_seconds: float) -> str:
    """ok, empty, skipped, refused (with a typed reason), limit (stopped in time), untyped, crash or hang."""
    if row["verdict"] in ("ok", "skipped"):
        return str(row["verdict"])
    if row["seconds"] > limit_seconds:
        return "hang"
    if row["reason"] in EMPTY:
        return "empty"
    if row["reason"] in LIMITS:
        return "limit"
    if row["reason"] == "crashed":
        return "worker died"
    return "untyped" if row["reason"] in UNTYPED or not row["message"] else "refused"


def _score_file(
    row: dict[str, Any], document: Document | None, entry: Known, reference: str | None, timeout_seconds: float
) -> dict[str, Any]:
    size = entry.path.stat().st_size if entry.path.is_file() else 0
    # a file that broke its worker is tried once more in a fresh one
    limit = 2 * (timeout_seconds + SECONDS_PER_MB * size / 2**20) + HANG_SLACK_SECONDS
    result: dict[str, Any] = {
        "file": row["file"],
        "suffix": Path(row["file"]).suffix.lower().lstrip("."),
        "verdict": verdict(row, limit_seconds=limit),
        "reason": row["reason"],
        "message": row["message"],
        "seconds": row["seconds"],
        "pages": row["pages"],
    }
    if entry.truths:
        truth, unknown = read_truth(entry.truths)
        result["truth"] = entry.group if truth else "unknown"
        result["gt_kind"] = entry.kind
        if unknown:
            result["truth_unknown"] = unknown
        if truth is not None:
            # what could not be read scores nothing of what is there
            failed = Scores(recall=0.0 if truth.words else None, tables=0.0 if truth.tables else None)
            result["scores"] = (score(document, truth) if document else failed).as_json()
    if document is not None and reference is not None:
        found, wanted = words("\n".join(page.text for page in document.pages)), reference.split()
        if wanted:
            letters = recall_of_letters(wanted, found)
            result["complete_words"] = round(bag_overlap(wanted, found) / len(wanted), 4)
            result["complete_letters"] = None if letters is None else round(letters, 4)
    return result


def summarize(files: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Verdicts by suffix, completeness by suffix, scores by truth and suffix."""
    verdicts: dict[str, Counter[str]] = defaultdict(Counter)
    complete: dict[str, list[tuple[float, float]]] = defaultdict(list)
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for file in files:
        verdicts[file["suffix"] or "(none)"][file["verdict"]] += 1
        if "complete_words" in file:
            complete[file["suffix"]].append((file["complete_words"], file["complete_letters"]))
        if "scores" in file and file["verdict"] != "skipped":
            for name, value in file["scores"].items():
                if value is not None:
                    scores[f"{file['truth']} {file['suffix']}"][name].append(value)
    return {
        "verdicts": {suffix: dict(counted) for suffix, counted in sorted(verdicts.items())},
        "completeness": {
            suffix: {
                "files": len(values),
                "words_mean": round(statistics.fmean(pair[0] for pair in values), 4),
                "letters_mean": round(statistics.fmean(pair[1] for pair in values), 4),
                "letters_min": min(pair[1] for pair in values),
            }
            for suffix, values in sorted(complete.items())
        },
        "scores": {
            group: {
                name: {"files": len(values), "mean": round(statistics.fmean(values), 4), "min": min(values)}
                for name, values in by_name.items()
            }
            for group, by_name in sorted(scores.items())
        },
        "unknown_truth": sum("truth_unknown" in file for file in files),
    }
