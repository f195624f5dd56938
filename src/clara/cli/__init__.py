"""The command table, nothing else: every command imports what it needs when it runs, so `clara --help` is instant."""

from __future__ import annotations

import os
import sys

import typer

from clara.errors import ClaraError

app = typer.Typer(
    name="clara",
    help="A folder of documents in, a model that answers from them with sources out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Entry point: one clear line and a non-zero exit for every deliberate error."""
    try:
        app()
    except ClaraError as error:
        if os.environ.get("CLARA_DEBUG"):
            raise
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted; finished work is kept, run the same command again to go on", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


# One module per command group; each registers itself on `app` and imports its work lazily.
from clara.cli import checkpoint, data, demo, documents, store, synthesize, train  # noqa: E402, F401
