"""A pool of reusable child processes with a time and a memory limit; a file that kills or hangs one gets a fresh one.

The parent never parses. One thread per child waits for its answer; another, while a file is being read, watches the
clock, and the memory where the operating system cannot limit it.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import clara
from clara.errors import ExtractionError

DIED = ("crashed", "memory")  # may be the fault of earlier files in the same child: tried once more in a fresh one
MORE_TIME = b'{"more_seconds"'  # how a line begins that asks for time instead of answering
MAX_RESTARTS = 2000  # pages of a scan that are recognised
LONGEST_STEP_SECONDS = 3600.0
_SECONDS_PER_MB = 2.0  # large files get more time
_TICK_SECONDS = 0.2
_STARVED = ("SIGABRT", "SIGSEGV", "SIGILL", "SIGTRAP")  # how native code ends when it gets no memory
_NEAR_LIMIT = 0.5  # it may ask for the other half at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One file to read."""

    path: Path
    document_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a job: a document as plain JSON, or a reason and a message."""

    job: Job
    document: dict[str, Any] | None
    reason: str = ""
    message: str = ""
    seconds: float = 0.0


def worker_command() -> list[str]:
    """How a child is started; the memory limit in MiB is added as its last argument."""
    return [sys.executable, "-P", "-m", "clara.extraction.worker"]


def run_jobs(
    jobs: Sequence[Job],
    *,
    workers: int,
    timeout_seconds: float,
    memory_mb: int,
    request: Mapping[str, Any] | None = None,
) -> Iterator[Outcome]:
    """Outcomes as they arrive, one for every job. Closing the iterator ends the children at once.

    `request` is added to what every child is told about a file: the settings, the folder of the pictures. Raises
    ExtractionError 'no_worker' when a child cannot even be started.
    """
    waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    total = len(jobs)
    workers = min(workers, total)
    finished: queue.SimpleQueue[Outcome | BaseException] = queue.SimpleQueue()
    children = [
        _Child(timeout_seconds=timeout_seconds, memory_mb=memory_mb, request=request or {}) for _ in range(workers)
    ]

    def serve(child: _Child) -> None:
        try:
            while not child.closed and (job := waiting.get()) is not None:
                finished.put(child.read(job))
        except BaseException as error:
            finished.put(error)

    scratch = tempfile.TemporaryDirectory(prefix="clara-workers-", ignore_cleanup_errors=True)
    for child in children:
        child.scratch = scratch.name
    threads = [threading.Thread(target=serve, args=(child,), daemon=True) for child in children]
    for thread in threads:
        waiting.put(None)
        thread.start()
    try:
        for _ in range(total):
            outcome = finished.get()
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome
    finally:
        for child in children:
            child.close()
        scratch.cleanup()


class _Clock:
    """The time a child has left. It may ask for more before a step with its own limit, bounded in number and length."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._restarts = 0

    def restart(self, seconds: float) -> None:
        self._restarts += 1
        if self._restarts <= MAX_RESTARTS:
            self._deadline = max(self._deadline, time.monotonic() + min(seconds, LONGEST_STEP_SECONDS))

    def is_over(self) -> bool:
        return time.monotonic() > self._deadline


class _Child:
    """One slot of the pool: a child process, started when first needed and replaced when a file broke it."""

    def __init__(self, *, timeout_seconds: float, memory_mb: int, request: Mapping[str, Any]) -> None:
        self._request = dict(request)
        self._timeout_seconds = timeout_seconds
        self._memory_mb = memory_mb
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: Any = None
        self._served = 0
        self._peak_mb = 0.0  # address space of the process, the most that was seen
        self.scratch = ""  # where it puts temporary files
        self.closed = False

    def read(self, job: Job) -> Outcome:
        started = time.monotonic()
        served_before = self._served
        answer = self._ask(job)
        if answer.get("reason") in DIED and served_before:
            answer = self._ask(job)
        seconds = time.monotonic() - started
        return Outcome(
            job=job,
            document=answer.get("document"),
            reason=answer.get("reason", ""),
            message=answer.get("message", ""),
            seconds=round(seconds, 3),
        )

    def close(self) -> None:
        self.closed = True
        self._stop()

    def _ask(self, job: Job) -> dict[str, Any]:
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        limit = self._timeout_seconds + _SECONDS_PER_MB * _size_mb(job.path)
        told = {"path": str(job.path), "id": job.document_id, "alarm_seconds": int(limit) + 10, **self._request}
        request = json.dumps(told)
        done = threading.Event()
        verdict: dict[str, str] = {}
        clock = _Clock(limit)
        watch = threading.Thread(target=self._watch, args=(process, clock, done, verdict), daemon=True)
        watch.start()
        try:
            process.stdin.write(request.encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
            while line.startswith(MORE_TIME) and line.endswith(b"\n"):
                clock.restart(json.loads(line)["more_seconds"])
                line = process.stdout.readline()
        except (OSError, ValueError):  # the child is gone
            line = b""
        finally:
            done.set()
            watch.join()
        self._served += 1
        if line.endswith(b"\n"):
            answer: dict[str, Any] = json.loads(line)
            if answer.get("reason") == "memory":
                self._stop()
            return answer
        death = verdict or self._post_mortem(process)
        self._stop()
        return death

    def _watch(
        self, process: subprocess.Popen[bytes], clock: _Clock, done: threading.Event, verdict: dict[str, str]
    ) -> None:
        while not done.wait(_TICK_SECONDS):
            if clock.is_over():
                verdict.update(
                    reason="timeout", message=f"not read within {clock.seconds:.0f} seconds (--timeout-seconds)"
                )
            elif not sys.platform.startswith("linux") and _resident_mb(process.pid) > self._memory_mb:
                verdict.update(reason="memory", message="needs more memory than a worker may use (--memory-mb)")
            self._peak_mb = max(self._peak_mb, _address_space_mb(process.pid))
            if verdict:
                process.kill()
                return

    def _post_mortem(self, process: subprocess.Popen[bytes]) -> dict[str, str]:
        code = process.wait()
        self._stderr.seek(0)
        last_words = self._stderr.read()[-2000:].decode("utf-8", "replace").strip()
        if not self.closed and self._served == 1 and code == 1 and "Traceback" in last_words:
            message = f"a worker cannot start: {last_words.splitlines()[-1]}"
            raise ExtractionError(message, reason="no_worker")
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        starved = name in _STARVED and self._peak_mb > _NEAR_LIMIT * self._memory_mb
        if starved or "memory" in last_words.lower() or name == "SIGKILL":
            return {"reason": "memory", "message": f"the worker ran out of memory ({name}; --memory-mb)"}
        return {"reason": "crashed", "message": f"the worker died while reading it ({name})"}

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed in _stop
            self._served, self._peak_mb = 0, 0.0
            self._process = subprocess.Popen(
                [*worker_command(), str(self._memory_mb)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                env=_environment(self.scratch),
            )
            if self.closed:  # the pool was closed in this very moment
                self._process.kill()
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        streams: tuple[Any, ...] = (process.stdin, process.stdout, self._stderr)
        for stream in streams:
            with contextlib.suppress(OSError, ValueError):
                stream.close()


def _environment(scratch: str) -> dict[str, str]:
    """The child finds this very clara, runs one thread (several libraries start one per core, each with a large stack
    that counts against the memory limit), gets none of the parent's secrets, and keeps temporary files where they are
    removed after it, even when it was killed."""
    secret = ("KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL")
    environment = {name: value for name, value in os.environ.items() if not any(s in name.upper() for s in secret)}
    paths = [str(Path(clara.__file__).parents[1]), environment.get("PYTHONPATH", "")]
    environment.update(
        PYTHONPATH=os.pathsep.join(filter(None, paths)),
        OMP_NUM_THREADS="1",
        RAYON_NUM_THREADS="1",
        TOKIO_WORKER_THREADS="1",
        MALLOC_ARENA_MAX="2",
        TMPDIR=scratch,
        TEMP=scratch,
        TMP=scratch,
    )
    return environment


def _size_mb(path: Path) -> float:
    try:
        return path.stat().st_size / 2**20
    except OSError:
        return 0.0


def _address_space_mb(pid: int) -> float:
    """The most the process has had so far; 0 when it is gone, and where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmPeak")), 0.0)
    except (OSError, ValueError):
        return 0.0


def _resident_mb(pid: int) -> float:
    try:
        import psutil

        return float(psutil.Process(pid).memory_info().rss) / 2**20
    except Exception:  # gone meanwhile, or no psutil: then only the clock watches
        return 0.0
