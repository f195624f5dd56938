"""`clara train pretrain|instruction|end_to_end`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clara.cli import app

train_app = typer.Typer(
    help="Train the three stages: pretrain, then instruction, then end_to_end.", no_args_is_help=True
)
app.add_typer(train_app, name="train")

ConfigOption = Annotated[Path, typer.Option("--config", help="YAML file; see configs/ for ready ones.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override one field, e.g. pretrain.num_epochs=3.")
]
InitOption = Annotated[Path | None, typer.Option(help="Checkpoint to start from; default: the stage before.")]
BaseOption = Annotated[str | None, typer.Option(help="Base causal LM: hub name, folder, or 'tiny'.")]
RestartOption = Annotated[
    bool, typer.Option("--restart", help="Throw an unfinished or finished run of this stage away.")
]


@train_app.command("pretrain")
def pretrain(
    config: ConfigOption,
    overrides: SetOption = None,
    base_model: BaseOption = None,
    init_from: InitOption = None,
    restart: RestartOption = False,
) -> None:
    """Stage 1: learn to compress passages into memory tokens and to read them."""
    _train("pretrain", config, overrides, base_model, init_from, restart)


@train_app.command("instruction")
def instruction(
    config: ConfigOption,
    overrides: SetOption = None,
    init_from: InitOption = None,
    restart: RestartOption = False,
) -> None:
    """Stage 2: learn to answer instructions from several compressed passages."""
    _train("instruction", config, overrides, None, init_from, restart)


@train_app.command("end_to_end")
def end_to_end(
    config: ConfigOption,
    overrides: SetOption = None,
    init_from: InitOption = None,
    restart: RestartOption = False,
) -> None:
    """Stage 3: train retrieval and answering together, from the memory store."""
    _train("end_to_end", config, overrides, None, init_from, restart)


def _train(
    stage: str, config: Path, overrides: list[str] | None, base_model: str | None, init_from: Path | None, restart: bool
) -> None:
    from typing import cast

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    from clara.cli.locking import only_writer
    from clara.schema import Stage
    from clara.training import TrainProgress, load_config, train_stage

    changes = [*(overrides or [])]
    if base_model is not None:
        changes.append(f"model.base_model={base_model}")
    settings = load_config(config, changes)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    shown = console.is_terminal
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, disable=not shown) as bar:
        task = bar.add_task(stage, total=None)

        def show(now: TrainProgress) -> None:
            loss = "" if now.loss is None else f"  loss {now.loss:.3f}"
            bar.update(task, description=f"{stage}{loss}", completed=now.step, total=now.steps)

        with only_writer(Path(settings.runs_dir) / stage):
            result = train_stage(settings, cast(Stage, stage), init_from=init_from, restart=restart, progress=show)
    print(f"{stage}: {result.steps} steps on {result.rows} rows -> {result.checkpoint}")
    if not result.held_out_rows:
        print("  no row was held out, so nothing is measured (raise data.eval_fraction, or give more rows)")
    for name, value in result.metrics.items():
        print(f"  held-out {name}: {value:.4g}")
