"""extract_folder for a person: a progress bar on a terminal, then a summary. Used by the command and by the script."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from clara.extraction.folder import MEMORY_MB, TIMEOUT_SECONDS, JobRunner, extract_folder
from clara.extraction.ocr import INSTALL
from clara.extraction.report import ExtractionReport, FileReport
from clara.extraction.settings import ReadSettings

MAX_LISTED = 20


def extract_with_progress(
    root: Path,
    output: Path,
    *,
    workers: int | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
    memory_mb: int = MEMORY_MB,
    settings: ReadSettings | None = None,
    run: JobRunner | None = None,
) -> ExtractionReport:
    """extract_folder, shown. Raises what it raises."""
    console = Console(stderr=True)
    columns = (
        TextColumn("Extracting"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def show(file: FileReport, done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, description=escape(file.file[-50:]))

        report = extract_folder(
            root,
            output,
            workers=workers,
            timeout_seconds=timeout_seconds,
            memory_mb=memory_mb,
            settings=settings,
            progress=show,
            run=run,
        )
    print_summary(report)
    return report


def print_summary(report: ExtractionReport) -> None:
    """How many files were read, which failed and why, what was skipped."""
    read = [file for file in report.files if file.verdict == "ok"]
    failed = [file for file in report.files if file.verdict == "failed"]
    reused = sum(file.reused for file in read)
    pages = sum(file.pages for file in read)
    print(
        f"{_count(len(read), 'document')}, {_count(pages, 'page')} in {report.seconds:.1f} s -> {report.output}"
        + (f" ({reused} unchanged)" if reused else "")
    )
    for file in failed[:MAX_LISTED]:
        print(f"failed: {file.file}: {file.reason}: {file.message}")
    if len(failed) > MAX_LISTED:
        print(f"… and {len(failed) - MAX_LISTED} more failed")
    if partly := [file for file in read if file.message and not file.scanned_pages]:
        print(f"{len(partly)} documents were read in part, e.g. {partly[0].file}: {partly[0].message}")
    if skipped := report.count("skipped"):
        print(f"{_count(skipped, 'other file')} skipped: {_why_skipped(report)}")
    if recognised := sum(len(file.ocr_pages) for file in read):
        print(f"{_count(recognised, 'page')} recognised by OCR")
    if scanned := sum(len(file.scanned_pages) for file in read):
        print(f"{scanned} scanned pages in {sum(bool(file.scanned_pages) for file in read)} files were not; {INSTALL}")
    if empty := sum(file.empty_pages for file in read):
        print(f"{_count(empty, 'page')} without text (blank, pictures, or scans)")
    if failed or skipped:
        print(f"every file and its reason: {Path(report.output).with_name('extraction_report.json')}")


def _why_skipped(report: ExtractionReport) -> str:
    """'2 .doc, 1 .eml (no reader), 1 hidden': a person whose files are all .doc must see it here."""
    skipped = [file for file in report.files if file.verdict == "skipped"]
    unread = Counter(Path(file.file).suffix or "without a suffix" for file in skipped if file.reason == "unsupported")
    others = Counter(file.reason for file in skipped if file.reason != "unsupported")
    parts = (
        [f"{', '.join(f'{count} {suffix}' for suffix, count in unread.most_common(5))} (no reader)"] if unread else []
    )
    return ", ".join([*parts, *(f"{count} {reason}" for reason, count in others.most_common())])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
