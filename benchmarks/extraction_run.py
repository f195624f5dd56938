"""Runs clara.extraction on a folder in a process of its own, so that its memory and that of its workers can be told.

    python benchmarks/extraction_run.py ROOT OUTPUT [--workers N] [--timeout-seconds S] [--memory-mb M]

The last line printed is JSON: seconds, the peak resident memory in MiB of this process and of its largest child, and
the error when there was one. Linux; elsewhere peaks are None.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def measured_run(
    root: Path,
    output: Path,
    *,
    workers: int,
    timeout_seconds: float,
    memory_mb: int,
    before: list[str] | None = None,
    limit_seconds: float | None = None,
    temporary: Path | None = None,
) -> dict[str, Any]:
    """What main() prints, from a child.

    `before` is put in front of its command line (strace …), `temporary` is where its temporary files go.
    """
    command = [*(before or []), sys.executable, str(Path(__file__).resolve()), str(root), str(output)]
    command += ["--workers", str(workers), "--timeout-seconds", str(timeout_seconds), "--memory-mb", str(memory_mb)]
    place = {} if temporary is None else dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    environment = {**os.environ, **place, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, timeout=limit_seconds, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        return {"error": f"the whole run took more than {limit_seconds} s", "crashed": True, "hung": True}
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        return {"error": f"the parent ended with exit status {done.returncode}", "crashed": True}
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--timeout-seconds", type=float, default=60.0)
    parser.add_argument("--memory-mb", type=int, default=2048)
    chosen = parser.parse_args()
    from clara.errors import ClaraError
    from clara.extraction.folder import extract_folder

    started = time.monotonic()
    result: dict[str, Any] = {"error": None, "crashed": False}
    try:
        extract_folder(
            chosen.root,
            chosen.output,
            workers=chosen.workers,
            timeout_seconds=chosen.timeout_seconds,
            memory_mb=chosen.memory_mb,
        )
    except ClaraError as error:  # nothing could be read: said clearly, which is no crash
        result["error"] = str(error)
    result["seconds"] = round(time.monotonic() - started, 3)
    result["parent_mb"], result["worker_mb"] = _peaks()
    print(json.dumps(result))
    return 0


def _peaks() -> tuple[float | None, float | None]:
    try:
        import resource

        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
        own = next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
        return round(own, 1), round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1)
    except (ImportError, OSError, StopIteration):
        return None, None


if __name__ == "__main__":
    sys.exit(main())
