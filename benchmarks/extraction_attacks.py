"""Reads the hostile files of extraction_attack_files and checks that nothing happened but verdicts."""

from __future__ import annotations

import http.server
import os
import re
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from extraction_attack_files import make_attacks
from extraction_folder import HANG_SLACK_SECONDS, SECONDS_PER_MB, read_report, verdict
from extraction_run import measured_run

SECRET = "canary-4cc2a1f7-must-not-be-read"
PARENT_MB = 400  # what the process that starts the workers may need
RUN_SECONDS = 1800
_OPENED = re.compile(r'openat\([^,]+, "((?:[^"\\]|\\.)*)"(?:\.\.\.)?, ([A-Z_|0-9]+)')
_STARTED = re.compile(r'execve\("([^"]*)".*\) = 0$')
_OWN_PROGRAMS = re.compile(r"python[0-9.]*|strace|nice|tesseract")
_HARMLESS = ("/dev/null", "/dev/shm/", "/dev/tty", "/proc/", "/sys/")


@contextmanager
def loopback_server() -> Iterator[tuple[str, list[str]]]:
    """An address, and the list of the paths that were asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(SECRET.encode())

        do_POST = do_HEAD = do_PUT = do_OPTIONS = do_GET

        def log_message(self, format: str, *arguments: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def attack(work: Path, *, workers: int, timeout_seconds: float, memory_mb: int, quick: bool) -> dict[str, Any]:
    """Verdicts of all files, and the checks: {"run", "files", "checks"}."""
    work = work.resolve()
    canary = work / "outside" / "canary.txt"
    canary.parent.mkdir()
    canary.write_text(f"{SECRET}\n", encoding="utf-8")
    root, output = work / "attacks", work / "out" / "raw_knowledge.jsonl"
    root.mkdir()
    output.parent.mkdir()
    trace, scratch = work / "trace.txt", work / "temporary"
    scratch.mkdir()
    with loopback_server() as (url, asked):
        made = make_attacks(root, canary=canary, url=url, quick=quick)
        before = snapshot(work)
        run = measured_run(
            root,
            output,
            workers=workers,
            timeout_seconds=timeout_seconds,
            memory_mb=memory_mb,
            before=traced(trace),
            limit_seconds=RUN_SECONDS,
            temporary=scratch,
        )
        hits = list(asked)
    after = snapshot(work)
    files = [_entry(row, root, timeout_seconds) for row in read_report(output)]
    remove = shutil.which("rm")
    if remove is not None:  # Python's own way of removing a folder gives up on the depth of these
        subprocess.run([remove, "-rf", str(root / "places")], check=False)
    changed = sorted({name for name in before | after if before.get(name) != after.get(name)})
    counted = Counter(file["verdict"] for file in files)
    left = [path.name for path in scratch.iterdir()]
    leaks = [str(path.relative_to(work)) for path in (work / "out").rglob("*") if path.is_file() and _holds(path)]
    answered = {file["file"].rstrip("/") for file in files}
    silent = [name for name in made if not _is_answered(name, answered)]
    controls = [file for file in files if file["file"].startswith("control/")]
    bad = [file["file"] for file in files if file["verdict"] == "untyped"]
    died = [f"{file['file']} ({file['message']})" for file in files if file["verdict"] == "worker died"]
    checks = [
        _check("the parent lives", not run.get("crashed"), run.get("error") or f"{run.get('seconds')} s"),
        _check("no file past its limit", not counted["hang"] and not run.get("hung"), f"{counted['limit']} stopped"),
        _check("every file has a verdict", not silent, _some(silent) or f"{len(files)} files, {dict(counted)}"),
        _check("every failure has a typed reason and a message", not bad, _some(bad)),
        _check(
            "good files among them are read",
            all(file["verdict"] == "ok" for file in controls) and bool(controls),
            f"{len(controls)} files",
        ),
        _check("nothing outside was read", not leaks, _some(leaks) or "the canary is in no output"),
        _check("nobody was called", not hits, _some(hits) or "0 requests"),
        _check("nothing written outside the output folder", not changed, _some(changed)),
        _check("no temporary file is left", not left, _some(left)),
        _check(
            "the parent's peak memory",
            (run.get("parent_mb") or 0) <= PARENT_MB,
            f"{run.get('parent_mb')} MB; largest worker {run.get('worker_mb')} MB",
        ),
    ]
    if trace.is_file():
        checks += list(read_trace(trace, canary=canary, writable=(output.parent, scratch)))
    else:
        checks.append(_check("strace", True, "not on this machine: system calls were not watched"))
    return {"run": run, "files": files, "checks": checks, "workers_that_died": died}


def _entry(row: dict[str, Any], root: Path, timeout_seconds: float) -> dict[str, Any]:
    try:
        size = (root / row["file"]).lstat().st_size
    except (OSError, ValueError):
        size = 0
    limit = 2 * (timeout_seconds + SECONDS_PER_MB * size / 2**20) + HANG_SLACK_SECONDS
    return {
        "file": row["file"],
        "verdict": verdict(row, limit_seconds=limit),
        "reason": row["reason"],
        "message": row["message"],
        "seconds": row["seconds"],
    }


def _check(name: str, held: bool, detail: object) -> dict[str, Any]:
    return {"name": name, "held": bool(held), "detail": str(detail).replace("|", "/").replace("\n", " ")}


def _some(names: list[str]) -> str:
    return ", ".join(repr(name[:80]) for name in names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _is_answered(name: str, answered: set[str]) -> bool:
    """A folder stands for what is in it; a name that is no UTF-8 is written with marks of replacement."""
    shown = name.encode("utf-8", "replace").decode("utf-8")
    parts = shown.split("/")
    return any("/".join(parts[:length]) in answered for length in range(1, len(parts) + 1))


def _holds(path: Path) -> bool:
    return SECRET.encode() in path.read_bytes()


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file below the folder, but for the output, temporary files and the trace."""
    found: dict[str, tuple[int, int]] = {}
    waiting = [str(folder)]
    while waiting:
        place = waiting.pop()
        try:
            entries = list(os.scandir(place))
        except OSError:
            continue
        for entry in entries:
            if place == str(folder) and (entry.name in ("out", "temporary") or entry.name.startswith("trace.txt")):
                continue
            try:
                state = entry.stat(follow_symlinks=False)
            except OSError:  # a path longer than the system's
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            else:
                found[os.path.relpath(entry.path, folder)] = (state.st_size, state.st_mtime_ns)
    return found


def traced(trace: Path) -> list[str]:
    """A command in front of the run that writes down what is opened and called, where strace works."""
    strace = shutil.which("strace")
    if strace is None:
        return []
    command = [strace, "-f", "--seccomp-bpf", "-s", "4096", "-e", "trace=connect,openat,execve", "-o", str(trace)]
    tried = subprocess.run([*command, "true"], capture_output=True, check=False)
    trace.unlink(missing_ok=True)
    return command if tried.returncode == 0 else []


def read_trace(trace: Path, *, canary: Path, writable: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Checks on the system calls: no connection, the canary never opened, no other program started, nothing opened to
    write outside the folders that are meant for it."""
    connects: list[str] = []
    opened: list[str] = []
    written: list[str] = []
    programs: list[str] = []
    count = 0
    with trace.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if "connect(" in line and ("AF_INET" in line):
                connects.append(line.strip())
            started = _STARTED.search(line.rstrip())
            if started is not None and not _OWN_PROGRAMS.fullmatch(Path(started.group(1)).name):
                programs.append(started.group(1))
            found = _OPENED.search(line)
            if found is None:
                continue
            count += 1
            path, flags = found.groups()
            if path == str(canary) and not line.rstrip().endswith("= ?"):
                opened.append(path)
            if re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND", flags) and "O_TMPFILE" not in flags:
                inside = any(path == str(folder) or path.startswith(f"{folder}/") for folder in writable)
                if not inside and not path.startswith(_HARMLESS) and "ENOENT" not in line:
                    written.append(path)
    yield _check("strace: no connection", not connects, _some(connects) or "0 connects over the network")
    yield _check("strace: the canary is never opened", not opened, _some(opened) or f"{count} files opened")
    yield _check("strace: no other program started", not programs, _some(sorted(set(programs))))
    yield _check("strace: nothing opened to write elsewhere", not written, _some(sorted(set(written))))
