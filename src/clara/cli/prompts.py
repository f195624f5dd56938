"""`clara prompts`: the prompt files of synthesis, written out for editing."""

from __future__ import annotations

from pathlib import Path

import typer

from clara.cli import app


@app.command()
def prompts(
    folder: Path = typer.Argument(help="Where to: FOLDER/en and FOLDER/zh; files that exist are left alone."),
) -> None:
    """Write out the prompts of `clara synthesize`, a file for each task and language, to edit and give to --prompts."""
    from clara.synthesis.prompt_files import copy_prompts

    written = copy_prompts(folder)
    print(f"{len(written)} files written to {folder}; edit them, delete the others, and give --prompts {folder}")
