"""`clara extract`: a folder of documents to raw_knowledge.jsonl."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import typer

from clara.cli import app


class OcrName(StrEnum):
    auto = "auto"
    off = "off"
    force = "force"


class PdfBackendName(StrEnum):
    built_in = "built-in"
    docling = "docling"


@app.command()
def extract(
    folder: Path = typer.Argument(
        help="Folder with PDF, DOCX, PPTX, XLSX, HTML, Markdown, TXT, CSV and picture files; subfolders are read too."
    ),
    output: Path = typer.Option(
        Path("raw_knowledge.jsonl"),
        "--output",
        "-o",
        help="File to write; extraction_report.json and the folder images go beside it.",
    ),
    workers: int | None = typer.Option(None, help="Child processes that parse; by default one per core."),
    timeout_seconds: float = typer.Option(
        60.0, help="Time a file may take; large files get more, and so does every page that is recognised."
    ),
    memory_mb: int = typer.Option(2048, help="Memory a worker may use, in MiB."),
    ocr: OcrName = typer.Option(
        OcrName.auto, help="auto: recognise scanned pages and pictures when tesseract is installed; force: every page."
    ),
    ocr_languages: str = typer.Option("eng", help="Tesseract's languages, joined by +, e.g. eng+deu."),
    pdf_backend: PdfBackendName = typer.Option(
        PdfBackendName.built_in, help="docling: lay out PDF files by the separate program docling, found on PATH."
    ),
    min_image_side: int = typer.Option(64, help="Pictures with a shorter side, in pixels, are skipped."),
    vision_model: str = typer.Option(
        "", help="Describe every picture by this vision model; the descriptions are part of the text."
    ),
    vision_base_url: str = typer.Option(
        "", help="OpenAI-compatible endpoint of that model; the pictures are sent there and only there."
    ),
    vision_concurrency: int = typer.Option(4, help="Most pictures under way at once."),
    privacy: str = typer.Option(
        "block",
        help="What the scan of the words that tesseract reads on the pictures does before they are sent: block (secrets"
        " stop the run, personal data warns), warn, redact (such pictures stay here) or off.",
    ),
    privacy_policy: Path | None = typer.Option(None, help="YAML file with block, warn, ignore, allow and names lists."),
) -> None:
    """Read a folder of documents into raw_knowledge.jsonl.

    Unchanged files are not read again, and a run that was killed goes on where it was. Files that cannot be read are
    listed with the reason; the exit code is 0 when at least one document was read. Nothing leaves the machine unless
    --vision-base-url is given; its key is read from OPENAI_API_KEY, and no picture is paid twice.
    """
    from clara.cli.locking import only_writer
    from clara.extraction.console import extract_with_progress
    from clara.extraction.settings import ReadSettings

    if vision_model or vision_base_url:
        from clara.synthesis.picturing import check_vision, describe_with_progress

        check_vision(vision_model, vision_base_url)
    settings = ReadSettings(
        ocr=ocr.value,
        ocr_languages=ocr_languages,
        pdf_backend=pdf_backend.value,
        min_image_side=min_image_side,
        keep_textless=bool(vision_model),
    )
    with only_writer(output):
        extract_with_progress(
            folder, output, workers=workers, timeout_seconds=timeout_seconds, memory_mb=memory_mb, settings=settings
        )
        if vision_model:
            describe_with_progress(
                output,
                model=vision_model,
                base_url=vision_base_url,
                concurrency=vision_concurrency,
                privacy=privacy,
                privacy_policy=privacy_policy,
                ocr_languages=ocr_languages,
            )
