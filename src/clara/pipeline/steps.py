"""The steps of the pipeline: what each depends on, what it writes, and the public function that does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clara.errors import RecordsError, UsageError
from clara.extraction.folder import file_sha256
from clara.extraction.listing import list_files
from clara.jsonl import ALL_EXAMPLES, check_file
from clara.pipeline.markers import hashes
from clara.pipeline.settings import PipelineSettings
from clara.quality.gate import REDACTED, REPORT

if TYPE_CHECKING:
    from clara.synthesis.spending import RunLimits

RAW, DESCRIBED = "raw_knowledge.jsonl", "described_knowledge.jsonl"
STAGES = ("pretrain_data", "instruction_data", "end_to_end_data")
ROWS = tuple(f"{stage}{part}.jsonl" for part in ("", "_eval") for stage in STAGES)
READERS = ("pypdfium2", "liteparse", "python-docx", "python-pptx", "lxml", "openpyxl", "pillow")
SCANNERS = ("phonenumbers", "python-stdnum", "bc-detect-secrets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`inputs` and `do` are called when the steps before are done; `do` returns the counts for the manifest."""

    name: str
    inputs: Callable[[], dict[str, str]]
    settings: dict[str, Any]
    packages: tuple[str, ...]
    outputs: Callable[[], Sequence[str]]
    do: Callable[[], dict[str, Any]]
    beside: tuple[str, ...] = ()  # also written, with times or paths in it: it must be there, whatever it holds


def make_steps(raw_data: Path, folder: Path, settings: PipelineSettings) -> list[Step]:
    """The steps in order. A step that has nothing to do (a scan without an endpoint) is left out."""
    online, seen = bool(settings.base_url), bool(settings.vision_model)
    scanned = (online or seen) and settings.privacy != "off"
    source = REDACTED if scanned and settings.privacy == "redact" else RAW
    limits = run_limits(settings)
    steps = [_extract(raw_data, folder, settings)]
    if scanned:
        steps.append(_scan(folder, settings))
    if seen:
        steps.append(_describe(folder, settings, limits))
        source = DESCRIBED
    steps += [_synthesize(folder, source, settings, limits), _validate(folder)]
    if settings.report:
        steps.append(_report(folder, settings))
    return steps


def _extract(raw_data: Path, folder: Path, settings: PipelineSettings) -> Step:
    def inputs() -> dict[str, str]:
        candidates, _ = list_files(raw_data, exclude=set())
        return {one.document_id: file_sha256(one.path) or "unreadable" for one in candidates}

    def do() -> dict[str, Any]:
        from clara.extraction.console import extract_with_progress
        from clara.extraction.settings import ReadSettings

        report = extract_with_progress(
            raw_data,
            folder / RAW,
            workers=settings.workers,
            timeout_seconds=settings.timeout_seconds,
            memory_mb=settings.memory_mb,
            settings=ReadSettings(
                ocr=settings.ocr,
                ocr_languages=settings.ocr_languages,
                pdf_backend=settings.pdf_backend,
                keep_textless=bool(settings.vision_model),
            ),
            run=_runner(settings),
        )
        counts = {verdict: report.count(verdict) for verdict in ("ok", "failed", "skipped")}
        return {**counts, "reasons": dict(sorted(report.reasons.items()))}

    names = ("timeout_seconds", "memory_mb", "ocr", "ocr_languages", "pdf_backend", "vision_model")
    return Step(
        name="extract",
        inputs=inputs,
        settings=settings.deciding(*names),
        packages=READERS,
        outputs=lambda: [RAW, *_files_below(folder, "images")],
        beside=("extraction_report.json",),
        do=do,
    )


def _scan(folder: Path, settings: PipelineSettings) -> Step:
    def do() -> dict[str, Any]:
        import json
        import shutil

        from clara.quality.gate import pass_gate

        prompts = settings.prompts if settings.base_url else None
        policy = settings.privacy_policy
        found = pass_gate(folder / RAW, folder, mode=settings.privacy, policy_file=policy, prompts=prompts)
        if settings.privacy == "redact" and found == folder / RAW:  # nothing to hide: the next steps read one name
            beside = folder / f".{REDACTED}.tmp"
            shutil.copyfile(found, beside)
            beside.replace(folder / REDACTED)
        return {"findings": json.loads((folder / REPORT).read_text(encoding="utf-8")).get("counts", {})}

    return Step(
        name="scan",
        inputs=lambda: {**hashes(folder, [RAW]), **_policy(settings), **_prompt_files(settings.prompts)},
        settings=settings.deciding("privacy"),
        packages=SCANNERS,
        outputs=lambda: [REDACTED] if settings.privacy == "redact" else [],
        do=do,
    )


def _describe(folder: Path, settings: PipelineSettings, limits: RunLimits) -> Step:
    """From the texts as they are, since only pictures are sent; what the model read on them is scanned afterwards."""

    def do() -> dict[str, Any]:
        import shutil

        from clara.quality.gate import pass_gate
        from clara.synthesis.picturing import check_vision, describe_with_progress

        check_vision(settings.vision_model, settings.base_url)
        beside = folder / f".{DESCRIBED}.tmp"
        shutil.copyfile(folder / RAW, beside)
        report = describe_with_progress(
            beside,
            model=settings.vision_model,
            base_url=settings.base_url,
            concurrency=settings.concurrency,
            limits=limits,
            privacy=settings.privacy,
            privacy_policy=settings.privacy_policy,
            ocr_languages=settings.ocr_languages,
        )
        if settings.privacy != "off":
            found = pass_gate(
                beside,
                folder,
                mode=settings.privacy,
                policy_file=settings.privacy_policy,
                before="pictures were sent, but no text",
                target=folder / DESCRIBED,
            )
            if found != beside:
                beside.unlink()
        if beside.exists():
            beside.replace(folder / DESCRIBED)
        return {"described": report.described, "decorative": report.decorative, "failed": len(report.failed)}

    return Step(
        name="describe",
        inputs=lambda: {**hashes(folder, [RAW, *_files_below(folder, "images")]), **_policy(settings)},
        settings=settings.deciding("vision_model", "base_url", "privacy", "ocr_languages"),
        packages=("pillow",),
        outputs=lambda: [DESCRIBED],
        do=do,
    )


def _synthesize(folder: Path, source: str, settings: PipelineSettings, limits: RunLimits) -> Step:
    def do() -> dict[str, Any]:
        return make_rows(folder / source, folder, settings, limits)

    names = ("base_url", "model", "base_model", "max_tokens", "num_documents", "num_candidates", "seed",
             "eval_fraction", "max_rounds", "tasks", "language", "cross_lingual", "unanswerable_share",
             "judge_threshold", "judge_model")  # fmt: skip
    return Step(
        name="synthesize",
        inputs=lambda: {**hashes(folder, [source]), **_prompt_files(settings.prompts)},
        settings=settings.deciding(*names),
        packages=("tokenizers", "semantic-text-splitter", "bm25s"),
        outputs=lambda: [*ROWS, "rejects.jsonl", "synthesis_report.json"],
        do=do,
    )


def make_rows(source: Path, folder: Path, settings: PipelineSettings, limits: RunLimits) -> dict[str, Any]:
    """The synthesis step; with `limits.dry_run` only its estimate is printed."""
    from clara.synthesis.console import synthesize_with_progress

    passed = ("base_url", "model", "base_model", "max_tokens", "num_documents", "num_candidates", "seed",
              "eval_fraction", "max_rounds", "concurrency", "prompts", "tasks", "language", "cross_lingual",
              "unanswerable_share", "judge_threshold", "judge_model")  # fmt: skip
    prepare = None
    if settings.engine == "ray" and not settings.base_url and not limits.dry_run:
        from clara.pipeline.ray_engine import drafts_on_ray

        prepare = drafts_on_ray(source, settings)
    report = synthesize_with_progress(
        source,
        folder,
        **{name: getattr(settings, name) for name in passed},
        privacy=None,  # the step before has scanned
        prepare=prepare,
        limits=limits,
    )
    return report.as_json() if report else {}


def run_limits(settings: PipelineSettings) -> RunLimits:
    """One budget for the whole run: what the pictures cost is not there for the texts any more."""
    from clara.synthesis.spending import RunLimits

    limits = RunLimits(
        max_requests=settings.max_requests,
        max_cost=settings.max_cost,
        price_in=settings.price_in,
        price_out=settings.price_out,
        requests_per_minute=settings.requests_per_minute,
        tokens_per_minute=settings.tokens_per_minute,
        timeout_seconds=settings.request_timeout_seconds,
    )
    return replace(limits, budget=limits.check(offline=not settings.base_url))


def _validate(folder: Path) -> Step:
    def do() -> dict[str, Any]:
        counts: dict[str, int] = {}
        problems = []
        for name in ROWS:
            if (folder / name).is_file() and (folder / name).stat().st_size:
                good, bad = check_file(folder / name, ALL_EXAMPLES)
                counts[name] = len(good)
                problems += bad
        if problems:
            raise RecordsError(problems)
        if not counts:
            raise UsageError(f"no rows were made; {folder / 'rejects.jsonl'} says what was refused and why")
        return counts

    return Step(
        name="validate",
        inputs=lambda: hashes(folder, ROWS),
        settings={},
        packages=("pydantic",),
        outputs=list,
        do=do,
    )


def _report(folder: Path, settings: PipelineSettings) -> Step:
    def do() -> dict[str, Any]:
        import json

        from clara.jsonl import write_lines
        from clara.quality.card import make_card
        from clara.quality.card_page import render_card
        from clara.quality.policy import read_policy

        policy = read_policy(settings.privacy_policy) if settings.privacy_policy else None
        card = make_card(folder, policy=policy, seed=settings.seed)
        write_lines(folder / "data_card.json", [json.dumps(card, ensure_ascii=False, indent=1)])
        write_lines(folder / "data_card.html", [render_card(card, title=f"Data card of {folder.name or folder}")])
        for finding in card["findings"]:
            if finding["level"] != "note":
                print(f"{finding['level']}: {finding['message']}")
        print(f"data card: {folder / 'data_card.html'}")
        levels = [finding["level"] for finding in card["findings"]]
        return {level: levels.count(level) for level in sorted(set(levels))}

    return Step(
        name="report",
        inputs=lambda: {**hashes(folder, ROWS), **_policy(settings)},
        settings=settings.deciding("seed"),
        packages=("datasketch", "matplotlib", *SCANNERS),
        outputs=lambda: ["data_card.json"],
        beside=("data_card.html",),
        do=do,
    )


def _runner(settings: PipelineSettings) -> Any:
    if settings.engine != "ray":
        return None
    from clara.pipeline.ray_engine import run_jobs_on_ray

    return run_jobs_on_ray


def _files_below(folder: Path, name: str) -> list[str]:
    below = sorted(path for path in (folder / name).rglob("*") if path.is_file())
    return [path.relative_to(folder).as_posix() for path in below]


def _policy(settings: PipelineSettings) -> dict[str, str]:
    """The policy file and the list of names that it refers to."""
    path = settings.privacy_policy
    if path is None:
        return {}
    from clara.quality.policy import read_policy

    names = read_policy(path).names
    listed = {"privacy_names": file_sha256(names) or "unreadable"} if names is not None else {}
    return {"privacy_policy": file_sha256(path) or "unreadable", **listed}


def _prompt_files(prompts: Path | None) -> dict[str, str]:
    if prompts is None:
        return {}
    return {f"prompts/{name}": digest for name, digest in hashes(prompts, _files_below(prompts, ".")).items()}
