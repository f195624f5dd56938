"""`clara pipeline run`: a folder of documents to checked training data, in steps that are done once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import typer

from clara.cli import app

pipeline = typer.Typer(help="Documents to training data in one command.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(pipeline, name="pipeline")


class EngineName(StrEnum):
    local = "local"
    ray = "ray"


@pipeline.command()
def run(
    raw_data: Path = typer.Argument(metavar="FOLDER", help="Folder with the documents; subfolders are read too."),
    output: Path = typer.Option(Path("data/internal"), "--output", "-o", help="Folder for everything that is made."),
    config: Path | None = typer.Option(None, help="YAML file with any of the settings; options given here win."),
    base_url: str | None = typer.Option(
        None, help="OpenAI-compatible endpoint; texts are sent there and only there, after the privacy scan."
    ),
    model: str | None = typer.Option(None, help="Model at that endpoint. The key is read from OPENAI_API_KEY."),
    vision_model: str | None = typer.Option(None, help="Model at that endpoint that describes pictures."),
    base_model: str | None = typer.Option(None, help="Model whose tokenizer measures the passages (tiny)."),
    max_tokens: int | None = typer.Option(None, help="Most tokens in a passage, the training's doc_max_length (128)."),
    tasks: str | None = typer.Option(None, help="As in `clara synthesize`."),
    language: str | None = typer.Option(None, help="Language of the prompts: en, zh or auto (auto)."),
    seed: int | None = typer.Option(None, help="Decides phrasings, order and distractors (0)."),
    eval_fraction: float | None = typer.Option(None, help="Share of the documents kept apart in *_eval.jsonl (0)."),
    privacy: str | None = typer.Option(None, help="Before texts are sent: block, warn, redact or off (block)."),
    privacy_policy: Path | None = typer.Option(None, help="YAML file of the privacy scan."),
    prompts: Path | None = typer.Option(None, help="Folder with edited prompt files."),
    workers: int | None = typer.Option(None, help="Child processes that parse; by default one per core."),
    concurrency: int | None = typer.Option(None, help="Most requests in flight at once (8)."),
    max_requests: int | None = typer.Option(None, help="Stop after so many requests of this run (exit code 3)."),
    max_cost: float | None = typer.Option(
        None, help="Stop before this run costs more (exit code 3); needs --price-in and --price-out."
    ),
    price_in: float | None = typer.Option(None, help="What a million prompt tokens cost at the endpoint."),
    price_out: float | None = typer.Option(None, help="What a million reply tokens cost at the endpoint."),
    engine: EngineName | None = typer.Option(None, help="ray: read and draft on Ray Data (local)."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Print what would be done and sent; do nothing."),
) -> None:
    """Extract, scan, synthesize, validate and report; only what changed is done again.

    Killed at any moment, the same command goes on: it ends with the same bytes, and no answered request is sent again.
    manifest.json says what went in, what came out and with which settings and libraries.
    """
    from clara.cli.locking import only_writer
    from clara.pipeline.run import check, run_pipeline, show_plan
    from clara.pipeline.settings import read_settings

    given = {
        "base_url": base_url or None,
        "model": model or None,
        "vision_model": vision_model or None,
        "base_model": base_model,
        "max_tokens": max_tokens,
        "tasks": tasks,
        "language": language,
        "seed": seed,
        "eval_fraction": eval_fraction,
        "privacy": privacy,
        "privacy_policy": privacy_policy,
        "prompts": prompts,
        "workers": workers,
        "concurrency": concurrency,
        "max_requests": max_requests,
        "max_cost": max_cost,
        "price_in": price_in,
        "price_out": price_out,
        "engine": engine.value if engine else None,
    }
    settings = read_settings(config, given)
    if dry_run:
        show_plan(raw_data, output, settings, tell=typer.echo)
        return
    check(raw_data, output, settings)  # before the lock file: it would lie among the documents
    with only_writer(output):
        run_pipeline(raw_data, output, settings, tell=typer.echo)
    typer.echo(f"done: {output}")
