"""Steps in order, each done once: its marker says what it depended on, so a killed run goes on where it was."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from clara.errors import UsageError
from clara.jsonl import append_jsonl, write_lines
from clara.llm.endpoint import host_of
from clara.llm.receipt import write_receipt
from clara.pipeline.markers import FOLDER, Marker, hashes, read_marker, step_key, versions_of, write_marker
from clara.pipeline.settings import PipelineSettings
from clara.pipeline.steps import RAW, REDACTED, Step, make_rows, make_steps, run_limits

MANIFEST, LOG = "manifest.json", "pipeline_log.jsonl"
Tell = Callable[[str], None]


def run_pipeline(raw_data: Path, folder: Path, settings: PipelineSettings, *, tell: Tell = print) -> dict[str, Any]:
    """Do every step whose inputs, settings or library versions changed; write and return the manifest.

    The manifest holds no time and no path of this machine: a run that was killed and repeated writes the same bytes as
    one that was not. Seconds go to pipeline_log.jsonl. Raises what the steps raise.
    """
    check(raw_data, folder, settings)
    steps = make_steps(raw_data, folder, settings)
    markers: list[Marker] = []
    with append_jsonl(folder / LOG) as log:
        for number, step in enumerate(steps, start=1):
            key, inputs, versions = _depends(step)
            marker = _finished(folder, step, key)
            if marker is not None:
                tell(f"{number}/{len(steps)} {step.name}: unchanged, skipped")
            else:
                tell(f"{number}/{len(steps)} {step.name}")
                started = time.monotonic()
                (folder / FOLDER / f"{step.name}.json").unlink(missing_ok=True)
                counts = step.do()
                marker = Marker(
                    step=step.name,
                    key=key,
                    inputs=inputs,
                    outputs=hashes(folder, step.outputs()),
                    counts=counts,
                    versions=versions,
                )
                write_marker(folder, marker)
                log({"step": step.name, "seconds": round(time.monotonic() - started, 3), "at": _now()})
            markers.append(marker)
    write_receipt(folder)
    manifest = {
        "settings": settings.shown(),
        "steps": [
            {"step": one.step, "inputs": one.inputs, "outputs": one.outputs, "counts": one.counts,
             "versions": one.versions}
            for one in markers
        ],
    }  # fmt: skip
    write_lines(folder / MANIFEST, [json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)])
    return manifest


def show_plan(raw_data: Path, folder: Path, settings: PipelineSettings, *, tell: Tell = print) -> None:
    """Which steps a run would do, and what synthesis would send; nothing is sent or written."""
    check(raw_data, folder, settings)
    changed = ""
    for step in make_steps(raw_data, folder, settings):
        done = not changed and _finished(folder, step, _depends(step)[0]) is not None
        why = f"after {changed}" if changed else "new, or its inputs, settings or libraries changed"
        tell(f"{step.name}: " + ("unchanged, would be skipped" if done else f"would run ({why})"))
        if not done and not changed:
            changed = step.name
        if step.name == "extract" and not done:
            tell(f"  {len(step.inputs())} files; unchanged ones are not read again")
    if settings.base_url and (folder / RAW).is_file():
        source = folder / REDACTED if settings.privacy == "redact" and (folder / REDACTED).is_file() else folder / RAW
        if changed == "extract":
            tell("estimate from the texts of the last extraction:")
        make_rows(source, folder, settings, replace(run_limits(settings), dry_run=True))
    elif settings.base_url:
        tell(
            "requests and cost can be estimated once the documents are extracted: "
            f"clara extract {raw_data} --output {folder / RAW}, then --dry-run again"
        )


def check(raw_data: Path, folder: Path, settings: PipelineSettings) -> None:
    """Raises UsageError for what can be known to go wrong before anything is done or written."""
    if not raw_data.is_dir():
        raise UsageError(f"{raw_data} is not a folder; put your documents there, or name the folder they are in")
    if folder.resolve().is_relative_to(raw_data.resolve()):
        raise UsageError(f"--output {folder} is inside {raw_data}: its files would be read as documents")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--output {folder} is a file; name a folder")
    if settings.base_url and not settings.model:
        raise UsageError("--base-url needs --model: the name of the model at that endpoint")
    if settings.model and not settings.base_url:
        raise UsageError(f"--model {settings.model} needs --base-url: the address of the endpoint that serves it")
    if settings.base_url:
        host_of(settings.base_url)
    if settings.vision_model and not settings.base_url:
        raise UsageError(f"--vision-model {settings.vision_model} needs --base-url: the endpoint that serves it")
    if settings.engine == "ray":
        from clara.pipeline.ray_engine import require_ray

        require_ray()


def _finished(folder: Path, step: Step, key: str) -> Marker | None:
    """The marker of a step that need not be done again: nothing it depends on has changed, nothing it wrote is gone."""
    return read_marker(folder, step.name, key) if all((folder / name).is_file() for name in step.beside) else None


def _depends(step: Step) -> tuple[str, dict[str, str], dict[str, str]]:
    inputs, versions = step.inputs(), versions_of(*step.packages)
    return step_key(step.name, inputs, step.settings, versions), inputs, versions


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
