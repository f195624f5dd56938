"""A folder of files to raw_knowledge.jsonl, one Document a line, with a report that names the fate of every file.

Lines are ordered by the file's place in the folder, never by arrival. Finished files are kept in a journal beside the
output, so that a run killed at any moment goes on where it was and ends with the same bytes; unchanged files of an
earlier output are not read again.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from clara.errors import ClaraError, ExtractionError, UsageError
from clara.extraction.docling import docling_version
from clara.extraction.images import FOLDER, remove_leftovers, saved_images
from clara.extraction.listing import Candidate, list_files
from clara.extraction.ocr import INSTALL
from clara.extraction.pool import Job, Outcome, run_jobs
from clara.extraction.readers import accepted_stamps
from clara.extraction.report import ExtractionReport, FileReport
from clara.extraction.settings import ReadSettings
from clara.jsonl import append_jsonl, dump, repair_torn_tail, write_lines
from clara.schema import Document

TIMEOUT_SECONDS = 60.0
MEMORY_MB = 2048


FACTS = ("pages", "empty_pages", "scanned_pages", "ocr_pages", "message")
JobRunner = Callable[..., Iterator[Outcome]]  # run_jobs, or what does the same elsewhere
Progress = Callable[[FileReport, int, int], None]  # a finished file, how many are done, how many there are


def extract_folder(
    root: Path,
    output: Path,
    *,
    workers: int | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
    memory_mb: int = MEMORY_MB,
    settings: ReadSettings | None = None,
    progress: Progress | None = None,
    run: JobRunner | None = None,
) -> ExtractionReport:
    """Write every document under `root` to `output` (JSONL), and extraction_report.json beside it.

    Each file is parsed in a child process that may use `memory_mb` MiB and `timeout_seconds` (more for large files).
    `workers` is the number of children, by default one per core; `run` stands in for pool.run_jobs. Pictures go to the
    folder images beside the output.
    Raises UsageError when there is nothing to read or tesseract or docling lack what `settings` asks for,
    ExtractionError 'no_document' when no file could be read (an earlier output then stays as it was).
    """
    started = time.monotonic()
    root, output = Path(root), Path(output)
    settings = settings or ReadSettings()
    if settings.pdf_backend == "docling":
        settings = replace(settings, docling=docling_version())
    limits = _check_limits(timeout_seconds, memory_mb, workers)
    if output.is_dir():
        raise UsageError(f"{output} is a folder; name the file to write, e.g. {output / 'raw_knowledge.jsonl'}")
    report_path, journal_path = output.with_name("extraction_report.json"), output.with_name(f"{output.name}.journal")
    own = {path.resolve() for path in (output, report_path, journal_path)}
    images = output.absolute().parent / FOLDER
    candidates, skipped = list_files(root, exclude=own | saved_images(images))
    if not candidates:
        found = f" ({len(skipped)} other files were skipped)" if skipped else ""
        kinds = "PDF, DOCX, PPTX, XLSX, HTML, Markdown, TXT, CSV or picture"
        raise UsageError(f"{root} holds no {kinds} file{found}")

    repair_torn_tail(journal_path)
    known = _Finished(output, journal_path, settings)
    finished: dict[str, FileReport] = {}
    jobs: list[Job] = []
    for candidate in candidates:
        earlier = _too_large(candidate, memory_mb) or known.report(candidate, limits)
        if earlier is None:
            jobs.append(Job(path=candidate.path, document_id=candidate.document_id))
        else:
            _note(finished, earlier, progress, total=len(candidates))
    images = output.absolute().parent / FOLDER
    outcomes = (run or run_jobs)(
        jobs,
        workers=workers or os.cpu_count() or 1,
        timeout_seconds=timeout_seconds,
        memory_mb=memory_mb,
        request={"settings": settings.as_json(), "images": str(images)},
    )
    with append_jsonl(journal_path) as append:
        for outcome in outcomes:
            report = _report(outcome)
            location = journal_path.stat().st_size
            append(_journal_entry(outcome, report, limits, settings))
            known.add(report, location)
            _note(finished, report, progress, total=len(candidates))

    good = sorted(name for name, report in finished.items() if report.verdict == "ok")
    files = sorted([*finished.values(), *skipped], key=lambda report: report.file)
    summary = ExtractionReport(output=str(output), seconds=round(time.monotonic() - started, 3), files=files)
    text = json.dumps(summary.as_json(), ensure_ascii=False, indent=1)
    write_lines(report_path, [text.encode("utf-8", "backslashreplace").decode()])  # a path may be no UTF-8
    if not good:
        reasons = ", ".join(f"{count} {reason}" for reason, count in summary.reasons.items())
        raise ExtractionError(f"no file in {root} could be read ({reasons}); see {report_path}", reason="no_document")
    write_lines(output, known.lines(good))
    remove_leftovers(images)
    journal_path.unlink(missing_ok=True)
    return summary


class _Finished:
    """Documents of earlier runs and of this one, by where their line is on disk: texts are not held in memory."""

    def __init__(self, output: Path, journal: Path, settings: ReadSettings) -> None:
        self._folder = output.parent
        self._accepted = accepted_stamps(settings)
        self._all_stamps = _all_stamps(settings)
        self._paths = {"output": output, "journal": journal}
        self._places: dict[str, tuple[str, int]] = {}
        self._entries: dict[str, dict[str, Any]] = {}  # document id -> sha256, backend and report
        for offset, row in _rows(output):
            if isinstance(row.get("id"), str) and row.get("pages"):
                entry = {key: row.get(key) for key in ("sha256", "backend")}
                pages = row["pages"] if isinstance(row["pages"], list) else []
                facts = {**page_facts(pages, row.get("metadata")), "images": image_names(pages)}
                self._keep(row["id"], "output", offset, {**entry, **facts})
        for offset, row in _rows(journal):
            if isinstance(row.get("report"), dict) and isinstance(row["report"].get("file"), str):
                entry = {key: row.get(key) for key in ("sha256", "limits")}
                entry["images"] = image_names((row.get("document") or {}).get("pages", []))
                self._keep(row["report"]["file"], "journal", offset, {**row["report"], **entry})

    def report(self, candidate: Candidate, limits: list[float]) -> FileReport | None:
        """What is known about the file as it is now, or None when it has to be read."""
        entry = self._entries.get(candidate.document_id)
        if entry is None or entry["sha256"] != file_sha256(candidate.path):
            return None
        if entry.get("verdict") == "failed":
            if entry.get("limits") != limits or entry.get("backend") != self._all_stamps:
                return None
            return FileReport(
                file=candidate.document_id,
                verdict="failed",
                reason=str(entry["reason"]),
                message=str(entry["message"]),
                reused=True,
            )
        if not all((self._folder / name).is_file() for name in entry["images"]):
            return None
        if entry["backend"] not in self._accepted:
            return None
        return FileReport(
            file=candidate.document_id,
            verdict="ok",
            backend=entry["backend"],
            reused=True,
            **{name: entry[name] for name in FACTS if name in entry},
        )

    def add(self, report: FileReport, offset: int) -> None:
        self._keep(report.file, "journal", offset, {})

    def lines(self, document_ids: list[str]) -> Iterator[str]:
        """The documents' lines, checked once more; a damaged journal never becomes a damaged output."""
        files = {name: path.open("rb") for name, path in self._paths.items() if path.exists()}
        try:
            for document_id in document_ids:
                name, offset = self._places[document_id]
                files[name].seek(offset)
                row = json.loads(files[name].readline())
                document = Document.model_validate(row if name == "output" else row["document"])
                yield dump(document)
        except (ValueError, KeyError, TypeError) as error:
            path = self._paths["journal"]
            raise ClaraError(f"{path} is damaged; delete it and run the same command again") from error
        finally:
            for file in files.values():
                file.close()

    def _keep(self, document_id: str, source: str, offset: int, entry: dict[str, Any]) -> None:
        self._places[document_id] = (source, offset)
        self._entries[document_id] = entry


def count_empty(pages: list[Any]) -> int:
    """How many pages (as JSON) hold no text."""
    return sum(not any(str(block.get("text", "")).strip() for block in _blocks(page)) for page in pages)


def page_facts(pages: list[Any], metadata: Any) -> dict[str, Any]:
    """What FileReport tells about the pages (as JSON) of a document with this metadata."""
    noted = metadata if isinstance(metadata, dict) else {}
    facts: dict[str, Any] = {"pages": len(pages), "empty_pages": count_empty(pages)}
    for name in ("scanned_pages", "ocr_pages"):
        facts[name] = noted.get(name) or []
    messages = [str(message) for message in noted.get("left_out") or []]
    if scanned := len(facts["scanned_pages"]):
        messages.append(f"{scanned} scanned pages were not recognised; {noted.get('ocr_problem') or INSTALL}")
    facts["message"] = "; ".join(messages)
    return facts


def image_names(pages: list[Any]) -> list[str]:
    """The pictures that the pages (as JSON) refer to."""
    return [str(block["image"]) for page in pages for block in _blocks(page) if block.get("image")]


def _blocks(page: Any) -> list[dict[str, Any]]:
    blocks = page.get("blocks") if isinstance(page, dict) else None
    return [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []


def file_sha256(path: Path) -> str | None:
    """The hex digest of the file's bytes, or None when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Offset and object of every whole line; lines that are none are passed over (their files are read again)."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        offset = 0
        for line in file:
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if isinstance(row, dict):
                yield offset, row
            offset += len(line)


def _report(outcome: Outcome) -> FileReport:
    name = outcome.job.document_id
    if outcome.document is None:
        reason, message = outcome.reason, outcome.message
        return FileReport(file=name, verdict="failed", reason=reason, message=message, seconds=outcome.seconds)
    pages = outcome.document["pages"]
    return FileReport(
        file=name,
        verdict="ok",
        backend=outcome.document["backend"],
        seconds=outcome.seconds,
        **page_facts(pages, outcome.document.get("metadata")),
    )


def _journal_entry(outcome: Outcome, report: FileReport, limits: list[float], settings: ReadSettings) -> dict[str, Any]:
    if outcome.document is not None:
        return {"report": asdict(report), "sha256": outcome.document["sha256"], "document": outcome.document}
    # a failure is kept for the limits and libraries it happened with; others may do better
    failed = {**asdict(report), "backend": _all_stamps(settings)}
    return {"report": failed, "sha256": file_sha256(outcome.job.path), "limits": limits}


def _all_stamps(settings: ReadSettings) -> str:
    return ", ".join(sorted(accepted_stamps(settings)))


def _note(finished: dict[str, FileReport], report: FileReport, progress: Progress | None, *, total: int) -> None:
    finished[report.file] = report
    if progress is not None:
        progress(report, len(finished), total)


def _too_large(candidate: Candidate, memory_mb: int) -> FileReport | None:
    """The failure of a file that does not fit into a worker, which the parent does not even hash."""
    try:
        size_mb = candidate.path.stat().st_size // 2**20
    except OSError:
        return None
    if size_mb < memory_mb:
        return None
    message = f"{size_mb} MiB are more than a worker may use ({memory_mb} MiB; --memory-mb)"
    return FileReport(file=candidate.document_id, verdict="failed", reason="too_large", message=message)


def _check_limits(timeout_seconds: float, memory_mb: int, workers: int | None) -> list[float]:
    if not 0 < timeout_seconds <= 86_400:
        raise UsageError("--timeout-seconds must be more than 0 and at most a day (86400)")
    if memory_mb < 256:
        raise UsageError("--memory-mb must be at least 256: a worker needs that much to start")
    if workers is not None and workers < 1:
        raise UsageError("--workers must be at least 1")
    return [float(timeout_seconds), float(memory_mb)]
