"""The command table, nothing else: every command imports what it needs when it runs, so `clara --help` is instant."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator

import typer

from clara.errors import ClaraError, MissingExtraError

app = typer.Typer(
    name="clara",
    help="A folder of documents in, a model that answers from them with sources out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from clara import __version__

        print(f"clara {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", help="Print the version and stop.", is_eager=True, callback=_print_version
    ),
) -> None:
    """A folder of documents in, a model that answers from them with sources out."""


_INTERRUPTED, _TERMINATED = 130, 143  # exit codes of Ctrl-C (typer's own) and of SIGTERM


def main() -> None:
    """Entry point: one clear line and a non-zero exit for every deliberate error."""
    # Threads of torch that wait give their core away after a short spin. Where they spin on, beside other work on two
    # cores, `clara demo --pretrained` took 240 s in place of 47; without any spin a quiet machine trains a third
    # slower (LOG.md, 49). torch reads both when it is imported: before any command runs.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    try:
        with _termination():
            app()
    except (ClaraError, ModuleNotFoundError) as error:
        if os.environ.get("CLARA_DEBUG"):
            raise
        if isinstance(error, ModuleNotFoundError):  # a command outside the extras that are installed
            error = MissingExtraError((error.name or "a module").partition(".")[0], extra="all")
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:  # a folder that cannot be written, a full disk
        if os.environ.get("CLARA_DEBUG"):
            raise
        place = f"{error.filename}: " if error.filename else ""
        print(f"error: {place}{error.strerror or error}", file=sys.stderr)
        sys.exit(1)
    except SystemExit as stop:
        if stop.code in (_INTERRUPTED, _TERMINATED):
            print("interrupted; finished work is kept, run the same command again to go on", file=sys.stderr)
        raise


@contextlib.contextmanager
def _termination() -> Iterator[None]:
    """SIGTERM ends a command as Ctrl-C does: children are stopped and temporary files removed on the way out."""

    def terminate(_number: int, _frame: object) -> None:
        raise SystemExit(_TERMINATED)

    if threading.current_thread() is not threading.main_thread():
        yield  # Python lets only the main thread set a handler
        return
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


# One module per command group; each registers itself on `app` and imports its work lazily.
from clara.cli import (  # noqa: E402
    checkpoint,  # noqa: F401
    data,  # noqa: F401
    demo,  # noqa: F401
    documents,  # noqa: F401
    pipeline,  # noqa: F401
    privacy,  # noqa: F401
    prompts,  # noqa: F401
    store,  # noqa: F401
    synthesize,  # noqa: F401
    train,  # noqa: F401
)
