"""`clara synthesize` killed with -9 at random moments, against a misbehaving server in a process of its own."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from synthesis.made_documents import write_knowledge
from synthesis.test_commands import CLARA, FILES

SERVER = Path(__file__).parents[1] / "llm" / "server.py"
CONCURRENCY = 4


@contextmanager
def misbehaving_server(*options: str) -> Iterator[str]:
    command = [sys.executable, str(SERVER), "--seed", "1", "--hang-seconds", "0.2", "--retry-after", "0.05", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def stats(base_url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{base_url}/stats", timeout=10) as reply:
        found: dict[str, Any] = json.load(reply)
        return found


def synthesize(folder: Path, base_url: str) -> subprocess.Popen[str]:
    command = [CLARA, "synthesize", "raw_knowledge.jsonl", "-o", "out", "--base-url", base_url, "--model", "m"]
    return subprocess.Popen(
        [*map(str, command), "--concurrency", str(CONCURRENCY)],
        cwd=folder, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def outputs(folder: Path) -> dict[str, bytes]:
    names = (*FILES, "rejects.jsonl", "synthesis_report.json")
    return {name: (folder / "out" / name).read_bytes() for name in names}


def run_with_kills(tmp_path: Path, *, kills: int, seed: int) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
        write_knowledge(folder, count=16)
    with misbehaving_server("--misbehave", "0.2", "--delay", "0.03") as base_url:
        undisturbed = synthesize(whole, base_url)
        assert undisturbed.wait(timeout=120) == 0, undisturbed.communicate()
    draw = random.Random(seed)
    with misbehaving_server("--misbehave", "0.2", "--delay", "0.03") as base_url:
        died = 0
        while died < kills:
            run = synthesize(killed, base_url)
            before = stats(base_url)["requests"]
            wanted = before + draw.randint(1, 6)
            while run.poll() is None and stats(base_url)["requests"] < wanted:
                time.sleep(0.01)
            time.sleep(draw.uniform(0, 0.05))
            if run.poll() is not None:
                break
            run.send_signal(signal.SIGKILL)
            run.wait()
            died += 1
        last = synthesize(killed, base_url)
        said, _ = last.communicate(timeout=120)
        assert last.returncode == 0, said
        seen = stats(base_url)
        repeats = sum(answered - 1 for _, answered in seen["by_hash"].values() if answered > 1)
        assert died >= min(kills, 3)
        assert repeats <= died * CONCURRENCY
        receipt = json.loads((killed / "out" / "privacy_receipt.json").read_text())
        # those of the killed runs too; a request is noted before it leaves, and a kill may come in between
        assert 0 <= receipt["requests"] - seen["requests"] <= died * CONCURRENCY
        print(
            f"{died} kills, {repeats} replies asked for twice, {receipt['requests']} noted, {seen['requests']} arrived"
        )
    assert outputs(killed) == outputs(whole)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_killed_runs_end_as_an_undisturbed_one_and_repeat_only_what_was_in_flight(tmp_path: Path, seed: int) -> None:
    run_with_kills(tmp_path, kills=12, seed=seed)
