"""The gate before an endpoint: what is about to leave the machine is scanned first, and stays if the policy says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, get_args

from clara.errors import PrivacyError, UsageError
from clara.jsonl import iter_records, write_jsonl, write_lines
from clara.quality.policy import Policy, make_policy, read_policy
from clara.quality.redact import Redactor
from clara.quality.scan import ScanReport, finding_lines, make_scanner, scan_paths, scan_units
from clara.quality.units import Unit
from clara.schema import Block, Document, Page

Mode = Literal["block", "warn", "redact", "off"]
REPORT = "privacy_report.json"
PICTURES = "privacy_report_pictures.json"
REDACTED = "raw_knowledge.redacted.jsonl"


def check_before_sending(
    documents: Iterable[Document],
    policy: Policy | None = None,
    *,
    images: Iterable[tuple[str, str | None]] = (),
    file: str = "",
) -> ScanReport:
    """Scan what a model would be sent of these documents: titles and block texts. `report.blocked` says if it may go.

    `images` are (name, recognised text) pairs of pictures that would be sent; without OCR the text is None, and the
    image is counted in `report.images_unread`, since nobody can say what it shows.
    """
    policy = policy or Policy()
    scanner = make_scanner(policy)
    report = ScanReport()
    for number, document in enumerate(documents, start=1):
        scan_units(report, file or document.id, _document_units(document, number), scanner, policy)
    for name, recognised in images:
        if recognised is None:
            report.images_unread += 1
        else:
            scan_units(report, name, [Unit(line=1, field="", name="", record="", text=recognised)], scanner, policy)
    return report


def pass_gate(
    raw_knowledge: Path,
    output_dir: Path,
    *,
    mode: str = "block",
    policy_file: Path | None = None,
    prompts: Path | None = None,
    before: str = "nothing was sent",
    target: Path | None = None,
    tell: Callable[[str], None] = print,
) -> Path:
    """The file to make data from when its text goes to an endpoint: `raw_knowledge` itself, or a redacted copy of it.

    block: PrivacyError when the policy blocks a finding (by default secrets do, personal data warns); warn: only tell;
    redact: use a copy with placeholders, `target` or one in `output_dir`; off: no scan. The findings go to
    privacy_report.json, masked. The files of `prompts` go out with every request: they are scanned too, and what the
    policy blocks in them stops a run that redacts as well. `before` says what a stopped run has sent.
    """
    if mode not in get_args(Mode):
        raise UsageError(f"--privacy {mode}: unknown (one of {', '.join(get_args(Mode))})")
    if mode == "off":
        tell("privacy scan: off, the text is sent as it is")
        return raw_knowledge
    policy = read_policy(policy_file) if policy_file else make_policy()
    instructions = scan_paths([prompts], policy) if prompts is not None and prompts.exists() else ScanReport()
    report = check_before_sending(iter_records(raw_knowledge, Document), policy, file=str(raw_knowledge))
    in_documents = bool(report.counts)
    report.take(instructions)
    write_lines(output_dir / REPORT, [json.dumps({"mode": mode, **report.as_json()}, ensure_ascii=False, indent=2)])
    tell(
        f"privacy scan: {report.summary}; see {output_dir / REPORT}"
        if report.counts
        else f"privacy scan: {report.summary}"
    )
    if instructions.blocked and mode == "redact":
        first = "\n".join(finding_lines(instructions, policy, shown=5))
        raise PrivacyError(
            f"{before}: {instructions.summary} in the prompts {prompts}; prompts are not redacted: edit them\n{first}"
        )
    if mode == "redact":
        return _redacted_copy(raw_knowledge, target or output_dir / REDACTED, policy) if in_documents else raw_knowledge
    if report.blocked and mode == "block":
        first = "\n".join(finding_lines(report, policy, shown=5))
        raise PrivacyError(
            f"{before}: {report.summary} in {raw_knowledge}{_and(prompts, instructions)}; remove them, or run again "
            f"with --privacy redact, or with a --privacy-policy that allows them (--privacy warn sends them)\n{first}"
        )
    return raw_knowledge


def check_pictures(
    pictures: Sequence[tuple[str, str | None]],
    output_dir: Path,
    *,
    mode: str,
    policy_file: Path | None = None,
    tell: Callable[[str], None] = print,
) -> dict[str, str]:
    """Which pictures stay here, and why: those whose recognised text holds something private, in redact mode.

    block: PrivacyError when the policy blocks a finding; warn: only tell. A picture that nobody could read (text None:
    no OCR) is sent and counted. The findings go to privacy_report_pictures.json, masked.
    """
    if mode not in get_args(Mode):
        raise UsageError(f"--privacy {mode}: unknown (one of {', '.join(get_args(Mode))})")
    if mode == "off":
        tell("privacy scan: off, the pictures are sent as they are")
        return {}
    policy = read_policy(policy_file) if policy_file else make_policy()
    report, kinds = ScanReport(), {}
    for picture in pictures:
        found = check_before_sending([], policy, images=[picture])
        if found.counts:
            kinds[picture[0]] = ", ".join(sorted(found.counts))
        report.take(found)
    line = f"privacy scan of {len(pictures)} pictures: {report.summary}"
    if report.images_unread:
        line += f"; {report.images_unread} could not be read by OCR: nobody has looked at what they show"
    tell(line)
    write_lines(output_dir / PICTURES, [json.dumps({"mode": mode, **report.as_json()}, ensure_ascii=False, indent=2)])
    if report.blocked and mode == "block":
        first = "\n".join(finding_lines(report, policy, shown=5))
        raise PrivacyError(
            f"no picture was sent: {report.summary} in what they show; remove them, or run again with --privacy redact "
            f"(such pictures stay here) or --privacy warn (they are sent)\n{first}"
        )
    return {name: f"not sent: it shows {found}" for name, found in kinds.items()} if mode == "redact" else {}


def redact_documents(documents: Iterable[Document], policy: Policy | None = None) -> list[Document]:
    """The documents with placeholders in place of what is private, block by block."""
    kept = list(documents)
    redactor = Redactor(policy or Policy())
    for number, document in enumerate(kept, start=1):
        for unit in _document_units(document, number):
            redactor.learn(unit)
    return [_redacted(document, redactor) for document in kept]


def _and(prompts: Path | None, found: ScanReport) -> str:
    return f" and {prompts}" if found.counts else ""


def _redacted_copy(raw_knowledge: Path, target: Path, policy: Policy) -> Path:
    redactor = Redactor(policy)
    for number, document in enumerate(iter_records(raw_knowledge, Document), start=1):
        for unit in _document_units(document, number):
            redactor.learn(unit)
    write_jsonl(target, (_redacted(document, redactor) for document in iter_records(raw_knowledge, Document)))
    return target


def _redacted(document: Document, redactor: Redactor) -> Document:
    def block(old: Block, name: str) -> Block:
        return old.model_copy(update={"text": redactor.redact(old.text, name)[0]})

    pages = [Page(number=page.number, blocks=[block(*one) for one in _named(page)]) for page in document.pages]
    return document.model_copy(update={"title": redactor.redact(document.title)[0], "pages": pages})


def _document_units(document: Document, number: int) -> Iterable[Unit]:
    yield Unit(line=number, field="title", name="title", record=document.id, text=document.title)
    for at, page in enumerate(document.pages):
        for position, (block, name) in enumerate(_named(page)):
            field = f"pages[{at}].blocks[{position}].text"
            yield Unit(line=number, field=field, name=name, record=document.id, text=block.text)


def _named(page: Page) -> Iterator[tuple[Block, str]]:
    """Each block, and the heading it stands right under: 'Password' over a line says what the line is."""
    before = None
    for block in page.blocks:
        yield block, before.text if before is not None and before.kind == "heading" else "text"
        before = block
