"""Two commands that write to the same place: the second one is refused. Stores have a lock of their own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def only_writer(place: Path) -> Iterator[None]:
    """Hold the lock file beside `place` (a file or folder to write) for the block.

    Raises UsageError when another process holds it, ClaraError when nothing can be written there. A killed process
    holds nothing. Of the processes of one torchrun only the first takes the lock.
    """
    import filelock

    from clara.errors import ClaraError, UsageError

    if os.environ.get("RANK", "0") != "0":
        yield
        return
    place = Path(os.path.abspath(place))
    lock = filelock.FileLock(place.with_name(f".{place.name}.lock"))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise UsageError(f"{place}: another clara command is writing here (wait for it to end)") from None
    except OSError as error:
        raise ClaraError(f"cannot write {place}: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()
