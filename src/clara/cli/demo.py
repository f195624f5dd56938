"""`clara demo`: the whole chain on fictional documents, on a CPU, without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clara.cli import app

TRAINING_OPTIONS = ("seed", "documents", "base_model", "long")


@app.command("demo")
def demo(
    context: typer.Context,
    output: Annotated[
        Path | None,
        typer.Option(
            help="Folder for everything the run makes; a killed run goes on in it. "
            "When not given: demo_output, demo_output_long or demo_output_pretrained."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed gives another corpus.")] = 0,
    documents: Annotated[int, typer.Option(help="Documents to train on; a fifth as many are held out.")] = 1000,
    base_model: Annotated[str, typer.Option(help="Base causal LM: 'tiny', a folder or a hub name.")] = "tiny",
    long: Annotated[
        bool, typer.Option("--long", help="More training, at compression rates 4, 8 and 16: about an hour.")
    ] = False,
    pretrained: Annotated[
        bool,
        typer.Option("--pretrained", help="Train nothing: the demo checkpoint of the package answers, in 30 seconds."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before starting.")] = False,
) -> None:
    """Documents in, answers with sources out: write, extract, synthesize, train three stages, index, ask, score."""
    import sys

    from clara.errors import UsageError

    if pretrained:
        given = [name for name in TRAINING_OPTIONS if context.get_parameter_source(name).name == "COMMANDLINE"]  # type: ignore[union-attr]
        if given:
            options = ", ".join(f"--{name.replace('_', '-')}" for name in given)
            raise UsageError(f"--pretrained trains nothing and asks about its own documents: leave out {options}")
    folder = output or Path("demo_output" + ("_pretrained" if pretrained else "_long" if long else ""))
    if not (yes or pretrained) and sys.stdin.isatty() and not (folder / "report.json").exists():
        cost = "an hour on 2 CPU cores, 350 MB" if long else "10 minutes on 2 CPU cores, 120 MB"
        line = f"{documents} documents to train on, about {cost} in {folder}"
        typer.confirm(f"clara demo: {line}. Start?", default=True, abort=True)
    from rich.console import Console

    from clara.cli.locking import only_writer

    console = Console(width=None if sys.stdout.isatty() else 160)
    with only_writer(folder):
        if pretrained:
            from clara.demo.pretrained import run_pretrained

            run_pretrained(folder, console=console)
        else:
            from clara.demo.recipe import DemoSettings

            settings = DemoSettings(output=folder, seed=seed, documents=documents, base_model=base_model)
            if long:
                from clara.demo.long_run import run_long

                run_long(settings, console=console)
            else:
                from clara.demo.run import run_demo

                run_demo(settings, console=console)
    html = "" if pretrained else f"{folder / 'report.html'} and "
    console.print(f"\nreport: {html}{folder / 'report.json'}", highlight=False)
    store = folder / "rate-8" / "store" if long else folder / "store"
    console.print(f'ask more: clara ask {store} "What is …?"', highlight=False)
