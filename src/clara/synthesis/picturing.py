"""Pictures put into words by a vision model, as a second step after extraction: the words become the text of the
picture's block, so that passages, and the training data made of them, hold what the picture shows.

Every picture is described once, whatever number of documents show it: the request depends on its content alone, and
its reply is kept in the journal. Descriptions are marked in the document's metadata as made by a machine.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from clara.errors import ExtractionError, LLMError, UsageError
from clara.extraction.images import open_image
from clara.jsonl import iter_records, write_jsonl, write_lines
from clara.llm import Budget, Journal, LLMClient, LLMConfig, LLMReplyError, write_receipt
from clara.llm.receipt import VISION_JOURNAL
from clara.schema import Block, Document
from clara.synthesis.event_loop import run_async
from clara.synthesis.spending import RunLimits

MAX_SIDE = 2048  # pixels: larger pictures are sent smaller
MAX_BYTES = 4 * 2**20  # sent as they are below this
MADE_BY = "pictures"  # key of the metadata: {name: {"model": …, "alt": …}}
INSTRUCTIONS = """\
You describe pictures from documents for readers who cannot see them. Write plain prose in the language of the words in
the picture, English when there are none. Say what it shows; give every name, label, number and unit that can be read;
for a chart or a diagram give its values and relations; for a photo its subject. Do not guess, do not mention "the
image", file names or that you are a model. A logo, an ornament or an empty picture is decorative: then leave the
description empty."""

Check = Callable[[Sequence[str]], Mapping[str, str]]  # pictures, and why those that may not be sent may not
Progress = Callable[[int, int], None]  # how many pictures are done, how many there are


class PictureDescription(BaseModel):
    """What the model is asked for."""

    decorative: bool
    description: str = Field(max_length=8000)


@dataclass(slots=True, kw_only=True)
class PicturesReport:
    """What became of the pictures, and what left the machine for it."""

    endpoint: str
    model: str
    pictures: int = 0
    described: int = 0
    decorative: int = 0
    already: int = 0
    failed: dict[str, str] = field(default_factory=dict)  # name -> reason
    requests: int = 0
    from_journal: int = 0
    bytes_out: int = 0


def check_vision(model: str, base_url: str) -> None:
    """Raises UsageError when the two options do not make an endpoint."""
    if model and not base_url:
        raise UsageError(f"--vision-model {model} needs --vision-base-url: the address of the endpoint that serves it")
    if base_url and not model:
        raise UsageError("--vision-base-url needs --vision-model: the name of the model at that endpoint")
    if base_url and not base_url.startswith(("http://", "https://")):
        raise UsageError(f"--vision-base-url {base_url}: the address must start with http:// or https://")


def describe_pictures(
    raw_knowledge: Path,
    config: LLMConfig,
    *,
    progress: Progress | None = None,
    budget: Budget | None = None,
    check: Check | None = None,
) -> PicturesReport:
    """Describe every picture the documents of the file refer to, and write the descriptions into it.

    A picture that gets no usable reply stays undescribed and is named in the report, which is also added to
    extraction_report.json. `check` is handed the names of the pictures before anything is sent and returns those that
    may not be, with reasons. Raises LLMError when the endpoint cannot be used; replies that arrived are kept.
    """
    return run_async(_describe(raw_knowledge, config, progress, budget, check))


async def _describe(
    raw_knowledge: Path, config: LLMConfig, progress: Progress | None, budget: Budget | None, check: Check | None
) -> PicturesReport:
    report = PicturesReport(endpoint=config.base_url, model=config.model)
    names: dict[str, list[str]] = {}  # a picture, and the documents that show it
    for document in iter_records(raw_knowledge, Document):
        for name in dict.fromkeys(name for name in _pictures(document) if _model(document, name) != config.model):
            names.setdefault(name, []).append(document.id)
        report.already += sum(_model(document, name) == config.model for name in _pictures(document))
    report.pictures = len(names)
    if check is not None and names:
        report.failed |= check(list(names))
        names = {name: documents for name, documents in names.items() if name not in report.failed}
    folder = raw_knowledge.parent
    journal = Journal(folder / VISION_JOURNAL) if names else None
    found: dict[str, PictureDescription] = {}
    if journal is not None:
        try:
            write_receipt(folder, under_way=True)
            async with LLMClient(config, journal=journal, budget=budget) as client:
                await _ask_all(names, raw_knowledge.parent, client, found, report, progress)
        finally:
            journal.close()
            write_receipt(folder)
        write_jsonl(raw_knowledge, _with_words(raw_knowledge, found, config.model))
    report.described = sum(not one.decorative for one in found.values())
    report.decorative = sum(one.decorative for one in found.values())
    _add_to_report(raw_knowledge.with_name("extraction_report.json"), report)
    return report


async def _ask_all(
    names: dict[str, list[str]],
    folder: Path,
    client: LLMClient,
    found: dict[str, PictureDescription],
    report: PicturesReport,
    progress: Progress | None,
) -> None:
    waiting = iter(names)  # each worker takes the next one: only the pictures in flight are in memory

    async def work() -> None:
        for name in waiting:
            try:
                found[name] = _usable(
                    await client.ask(_messages(folder / name), PictureDescription, documents=names[name])
                )
            except (ExtractionError, LLMReplyError, OSError) as error:
                report.failed[name] = str(error)
            if progress is not None:
                progress(len(found) + len(report.failed), len(names))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(client.config.concurrency, len(names))):
                group.create_task(work())
    except BaseExceptionGroup as errors:  # the endpoint cannot be used: one reason is enough
        raise _first(errors) from None
    finally:
        report.requests, report.from_journal = client.usage.requests, client.usage.from_journal
        report.bytes_out = client.usage.bytes_out
        report.failed = dict(sorted(report.failed.items()))


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    return next((error for error in errors.exceptions if isinstance(error, LLMError)), errors.exceptions[0])


def _messages(path: Path) -> list[dict[str, Any]]:
    data, media_type = _as_sent(path.read_bytes())
    picture = f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
    return [
        {"role": "system", "content": INSTRUCTIONS},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": picture}}]},
    ]


def _as_sent(data: bytes) -> tuple[bytes, str]:
    """The picture's bytes and type: as they are, or smaller, which never depends on anything but the picture."""
    image = open_image(data)
    if len(data) <= MAX_BYTES and max(image.size) <= MAX_SIDE and image.mode != "CMYK":
        return data, "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
    image = image.convert("RGB")
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    stream = BytesIO()
    image.save(stream, "JPEG", quality=90)
    return stream.getvalue(), "image/jpeg"


def _usable(reply: PictureDescription) -> PictureDescription:
    words = " ".join(reply.description.split())
    return PictureDescription(decorative=reply.decorative or not words, description=words)


def _with_words(raw_knowledge: Path, found: dict[str, PictureDescription], model: str) -> Iterator[Document]:
    for document in iter_records(raw_knowledge, Document):
        made = dict((document.metadata or {}).get(MADE_BY) or {})
        for page in document.pages:
            for place, block in enumerate(page.blocks):
                if block.image and block.image in found:
                    earlier = made.get(block.image) or {}
                    described = _with_description(block, found[block.image], model, alt=earlier.get("alt", block.text))
                    page.blocks[place], made[block.image] = described
        if made:
            document.metadata = {**(document.metadata or {}), MADE_BY: made}
        yield document


def _with_description(block: Block, found: PictureDescription, model: str, *, alt: str) -> tuple[Block, dict[str, Any]]:
    """The block with its new text, and what the metadata says of it."""
    noted: dict[str, Any] = {"model": model, "alt": alt} if alt else {"model": model}
    if found.decorative:
        return block.model_copy(update={"text": alt}), {**noted, "decorative": True}
    text = f"{alt.rstrip('.')}. {found.description}" if alt else found.description
    return block.model_copy(update={"text": text}), noted


def _pictures(document: Document) -> list[str]:
    return [block.image for page in document.pages for block in page.blocks if block.image]


def _model(document: Document, name: str) -> str:
    """The model that described the picture in this document, or ''."""
    made = (document.metadata or {}).get(MADE_BY) or {}
    return str((made.get(name) or {}).get("model", ""))


def _add_to_report(path: Path, report: PicturesReport) -> None:
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        whole = {}
    whole["pictures"] = asdict(report)
    write_lines(path, [json.dumps(whole, ensure_ascii=False, indent=1)])


def describe_with_progress(
    output: Path,
    *,
    model: str,
    base_url: str,
    concurrency: int = 4,
    limits: RunLimits | None = None,
    privacy: str = "block",
    privacy_policy: Path | None = None,
    ocr_languages: str = "eng",
) -> PicturesReport:
    """describe_pictures for a person: the privacy scan of what tesseract reads on them, a bar, then a summary."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    if concurrency < 1:
        raise UsageError("--vision-concurrency must be at least 1")
    limits = limits or RunLimits()
    console = Console(stderr=True)
    config = LLMConfig(
        base_url=base_url,
        model=model,
        concurrency=concurrency,
        temperature=0.0,
        timeout_seconds=limits.timeout_seconds,
        requests_per_minute=limits.requests_per_minute,
        tokens_per_minute=limits.tokens_per_minute,
    )

    def check(names: Sequence[str]) -> Mapping[str, str]:
        from clara.quality.gate import check_pictures

        texts = read_pictures(output.parent, names, languages=ocr_languages) if privacy != "off" else []
        return check_pictures(texts, output.parent, mode=privacy, policy_file=privacy_policy)

    with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Describing pictures", total=None)
        report = describe_pictures(
            output,
            config,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            budget=limits.check(offline=False),
            check=check,
        )
    print_pictures(report)
    return report


def read_pictures(folder: Path, names: Sequence[str], *, languages: str) -> list[tuple[str, str | None]]:
    """What tesseract reads on each picture; None without tesseract, or when it fails on it."""
    from clara.extraction.ocr import installed_languages, recognise, tesseract_version

    able = bool(tesseract_version()) and all(name in installed_languages() for name in languages.split("+"))

    def text_of(name: str) -> str | None:
        try:
            image = open_image((folder / name).read_bytes())
            found = recognise(image, languages=languages, more_time=lambda _: None)
        except (ExtractionError, OSError):
            return None
        return "\n".join(block.text for block in found.blocks)

    return [(name, text_of(name) if able else None) for name in names]


def print_pictures(report: PicturesReport) -> None:
    """What was described, what was not, and what was sent."""
    line = f"{report.described} pictures described by {report.model}, {report.decorative} decorative"
    if report.already:
        line += f", {report.already} described before"
    print(line)
    for name, reason in list(report.failed.items())[:20]:
        print(f"not described: {name}: {reason}")
    if report.requests:
        print(f"{report.requests} requests, {report.bytes_out:,} bytes sent to {report.endpoint}")
