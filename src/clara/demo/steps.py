"""Finished steps leave a mark with their result and seconds; a killed run goes on, and shows live where it is."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from clara.errors import UsageError

STATE_FILE = "state.json"
BEAT_SECONDS = 5.0  # how often the seconds of an unfinished step are noted
LINE_SECONDS = 15.0  # how often a line is printed where there is no terminal

Tick = Callable[[int, int, str], None]  # done, in all, a few words


class Steps:
    """The journal of one output folder. Raises UsageError when the folder belongs to a run with other settings."""

    def __init__(self, folder: Path, identity: dict[str, Any], *, total: int, console: Console) -> None:
        self._path, self._console, self._total = folder / STATE_FILE, console, total
        self._number = 0
        identity = json.loads(json.dumps(identity))
        state = self._read()
        if state is None and folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty and holds no demo; choose another --output")
        if state is not None and state["identity"] != identity:
            changed = sorted(key for key in identity if state["identity"].get(key) != identity[key])
            raise UsageError(
                f"{folder} holds a demo with other settings ({', '.join(changed)}); "
                "choose another --output, or remove it"
            )
        self._state = state or {"identity": identity, "steps": {}}
        folder.mkdir(parents=True, exist_ok=True)
        self._write()

    def run(self, name: str, title: str, work: Callable[[Tick], Any]) -> Any:
        """Do one step, or take its result (JSON) from an earlier run; `work` gets a function to report progress to."""
        self._number += 1
        label = f"[{self._number}/{self._total}] {title}"
        known = self._state["steps"].get(name, {})
        if known.get("done"):
            self._console.print(f"{label}: done earlier ({known['seconds']:.1f} s)", highlight=False)
            return known["result"]
        before = float(known.get("seconds", 0.0))
        started = time.monotonic()
        with self._live(label) as show:
            beat = started

            def tick(done: int, total: int, words: str) -> None:
                nonlocal beat
                show(done, total, words)
                if time.monotonic() - beat > BEAT_SECONDS:
                    beat = time.monotonic()
                    self._note(name, seconds=before + beat - started)

            result = work(tick)
        seconds = before + time.monotonic() - started
        self._note(name, seconds=seconds, done=True, result=result)
        self._console.print(f"{label}: done ({seconds:.1f} s)", highlight=False)
        return result

    def seconds(self, *names: str) -> float:
        """Seconds of these steps in all, earlier attempts included; of every step when none is named."""
        steps = self._state["steps"]
        return sum(float(steps[name]["seconds"]) for name in (names or steps))

    @contextlib.contextmanager
    def _live(self, label: str) -> Iterator[Tick]:
        if not self._console.is_terminal:
            self._console.print(f"{label} …", highlight=False)
            last = time.monotonic()

            def line(done: int, total: int, words: str) -> None:
                nonlocal last
                if time.monotonic() - last > LINE_SECONDS:
                    last = time.monotonic()
                    self._console.print(f"    {done}/{total} {words}", highlight=False)

            yield line
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[words]}"),
        )
        progress = Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=self._console, transient=True)
        with progress:
            task: TaskID = progress.add_task(label, total=None, words="")

            def bar(done: int, total: int, words: str) -> None:
                progress.update(task, completed=done, total=total, words=words)

            yield bar

    def _note(self, name: str, **values: Any) -> None:
        self._state["steps"][name] = values
        self._write()

    def _read(self) -> dict[str, Any] | None:
        if not self._path.is_file():
            return None
        try:
            state: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
            assert isinstance(state["identity"], dict)
            assert isinstance(state["steps"], dict)
        except (json.JSONDecodeError, KeyError, TypeError, AssertionError, UnicodeDecodeError):
            raise UsageError(f"{self._path} is damaged; remove {self._path.parent} and start again") from None
        return state

    def _write(self) -> None:
        beside = self._path.with_suffix(".writing")
        with beside.open("w", encoding="utf-8") as file:
            file.write(json.dumps(self._state, indent=1, ensure_ascii=False))
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, self._path)
