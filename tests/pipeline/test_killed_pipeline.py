"""`clara pipeline run` killed with -9 in any step, against a server that misbehaves and counts what it answered."""

from __future__ import annotations

import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from pipeline.made_folder import make_raw_data, results, run, start
from synthesis.test_killed_synthesis import misbehaving_server, stats

CONCURRENCY = 4


def command(base_url: str) -> list[str]:
    options = f"--output out --base-url {base_url} --model m --concurrency {CONCURRENCY} --eval-fraction 0.2"
    return ["pipeline", "run", "raw", *options.split()]


def kill_somewhere(folder: Path, base_url: str, draw: random.Random, seconds: float) -> bool:
    """Start a run and kill it: after a random time, or after a random number of requests. False when it was faster."""
    process = start(*command(base_url), cwd=folder)
    if draw.random() < 0.4:
        deadline = time.monotonic() + draw.uniform(0.1, 1.0) * seconds
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
    else:
        wanted = stats(base_url)["requests"] + draw.randint(1, 12)
        while process.poll() is None and stats(base_url)["requests"] < wanted:
            time.sleep(0.01)
        time.sleep(draw.uniform(0, 0.05))
    alive = process.poll() is None
    if alive:
        process.send_signal(signal.SIGKILL)
    process.communicate()
    return alive


def run_with_kills(tmp_path: Path, *, kills: int, seed: int, count: int) -> None:
    make_raw_data(tmp_path / "whole" / "raw", count=count)
    draw = random.Random(seed)
    options = ("--misbehave", "0.2", "--delay", "0.03")
    with misbehaving_server(*options) as base_url:
        started = time.monotonic()
        run(*command(base_url), cwd=tmp_path / "whole")
        seconds = time.monotonic() - started
        asked_once = stats(base_url)
    port = base_url.rsplit(":", 1)[1].split("/")[0]
    expected = results(tmp_path / "whole" / "out")
    assert len(expected["pretrain_data.jsonl"].splitlines()) > 2
    died = repeats = rounds = 0
    while died < kills:
        killed = tmp_path / f"killed{rounds}"
        rounds += 1
        shutil.copytree(tmp_path / "whole" / "raw", killed / "raw")
        here = 0
        with misbehaving_server(*options, "--port", port) as base_url:
            while died + here < kills and kill_somewhere(killed, base_url, draw, seconds):
                here += 1
            run(*command(base_url), cwd=killed)
            seen = stats(base_url)
        again = sum(answered - 1 for _, answered in seen["by_hash"].values() if answered > 1)
        assert again <= here * CONCURRENCY
        assert set(seen["by_hash"]) == set(asked_once["by_hash"])
        assert results(killed / "out") == expected
        died += here
        repeats += again
    print(f"{died} kills in {rounds} runs: {repeats} replies asked for twice, {asked_once['distinct']} requests a run")


def test_a_killed_pipeline_ends_with_the_same_bytes_and_asks_again_only_for_what_was_in_flight(tmp_path: Path) -> None:
    run_with_kills(tmp_path, kills=2, seed=5, count=1)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_thirty_random_kills(tmp_path: Path) -> None:
    run_with_kills(tmp_path, kills=32, seed=11, count=4)
