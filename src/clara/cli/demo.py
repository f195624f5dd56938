"""`clara demo`: the whole chain on fictional documents, on a CPU, without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clara.cli import app


@app.command("demo")
def demo(
    output: Annotated[
        Path, typer.Option(help="Folder for everything the run makes; a killed run goes on in it.")
    ] = Path("demo_output"),
    seed: Annotated[int, typer.Option(help="Another seed gives another corpus.")] = 0,
    documents: Annotated[int, typer.Option(help="Documents to train on; a fifth as many are held out.")] = 1000,
    base_model: Annotated[str, typer.Option(help="Base causal LM: 'tiny', a folder or a hub name.")] = "tiny",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before starting.")] = False,
) -> None:
    """Documents in, answers with sources out: write, extract, synthesize, train three stages, index, ask, score."""
    import sys

    settings_line = f"{documents} documents to train on, about 10 minutes on 2 CPU cores, 100 MB in {output}"
    if not yes and sys.stdin.isatty() and not (output / "report.json").exists():
        typer.confirm(f"clara demo: {settings_line}. Start?", default=True, abort=True)
    from rich.console import Console

    from clara.cli.locking import only_writer
    from clara.demo.recipe import DemoSettings
    from clara.demo.run import run_demo

    settings = DemoSettings(output=output, seed=seed, documents=documents, base_model=base_model)
    console = Console(width=None if sys.stdout.isatty() else 160)
    with only_writer(output):
        run_demo(settings, console=console)
    console.print(f"\nreport: {output / 'report.html'} and {output / 'report.json'}", highlight=False)
    console.print(f'ask more: clara ask {output / "store"} "What is …?"', highlight=False)
