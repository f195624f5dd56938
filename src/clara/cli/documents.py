"""`clara extract`: a folder of documents to raw_knowledge.jsonl."""

from __future__ import annotations

from pathlib import Path

import typer

from clara.cli import app


@app.command()
def extract(
    folder: Path = typer.Argument(
        help="Folder with PDF, DOCX, PPTX, XLSX, HTML, Markdown, TXT and CSV files; subfolders are read too."
    ),
    output: Path = typer.Option(
        Path("raw_knowledge.jsonl"), "--output", "-o", help="File to write; extraction_report.json goes beside it."
    ),
    workers: int | None = typer.Option(None, help="Child processes that parse; by default one per core."),
    timeout_seconds: float = typer.Option(60.0, help="Time a file may take; large files get more."),
    memory_mb: int = typer.Option(2048, help="Memory a worker may use, in MiB."),
) -> None:
    """Read a folder of documents into raw_knowledge.jsonl.

    Unchanged files are not read again, and a run that was killed goes on where it was. Files that cannot be read are
    listed with the reason; the exit code is 0 when at least one document was read.
    """
    from clara.cli.locking import only_writer
    from clara.extraction.console import extract_with_progress

    with only_writer(output):
        extract_with_progress(folder, output, workers=workers, timeout_seconds=timeout_seconds, memory_mb=memory_mb)
