"""`clara pipeline run` over real files: seconds, peak memory and counts of every step, as a table.

    python benchmarks/pipeline.py FOLDER [--files 50] [--output OUT] [--base-url URL --model NAME] [--engine ray]

Takes a mix: files of FOLDER in turn from each kind, in the order of their names' hashes, so that the choice is always
the same. Memory is the largest sum of resident memory of the run and all its child processes, seen every 50 ms.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import chain, zip_longest
from pathlib import Path

import psutil

KINDS = (".pdf", ".docx", ".pptx", ".xlsx", ".html", ".md", ".csv", ".txt", ".png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=50)
    parser.add_argument("--output", type=Path, default=None, help="kept; by default a folder that is thrown away")
    parser.add_argument("--base-url", default="")
    parser.add_argument("--model", default="")
    parser.add_argument("--engine", default="local")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="clara-pipeline-") as scratch:
        raw, output = Path(scratch) / "raw", arguments.output or Path(scratch) / "out"
        for number, path in enumerate(choose(arguments.folder, arguments.files)):
            raw.mkdir(exist_ok=True)
            shutil.copyfile(path, raw / f"{number:03}-{path.name}")
        command = [sys.executable, "-m", "clara", "pipeline", "run", str(raw), "--output", str(output),
                   "--eval-fraction", "0.1", "--engine", arguments.engine]  # fmt: skip
        if arguments.base_url:
            command += ["--base-url", arguments.base_url, "--model", arguments.model, "--privacy", "redact"]
        seconds, peak_mib, code = measure(command)
        if code:
            sys.exit(code)
        print_table(output, seconds, peak_mib)


def choose(folder: Path, count: int) -> list[Path]:
    """`count` files, in turn one of each kind."""
    by_kind = {kind: sorted(folder.rglob(f"*{kind}"), key=_draw) for kind in KINDS}
    turns = chain.from_iterable(zip_longest(*by_kind.values()))
    return [path for path in turns if path is not None and path.is_file()][:count]


def measure(command: list[str]) -> tuple[float, float, int]:
    """Seconds, peak resident MiB of the process and its children, and the exit code."""
    started, peak = time.monotonic(), 0
    process = subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            whole = psutil.Process(process.pid)
            peak = max(peak, sum(one.memory_info().rss for one in (whole, *whole.children(recursive=True))))
        except psutil.Error:
            pass
        time.sleep(0.05)
    return time.monotonic() - started, peak / 2**20, process.returncode


def print_table(output: Path, seconds: float, peak_mib: float) -> None:
    took = {row["step"]: row["seconds"] for row in map(json.loads, (output / "pipeline_log.jsonl").open())}
    manifest = json.loads((output / "manifest.json").read_text(encoding="utf-8"))
    print("| step | seconds | counts |\n|---|---:|---|")
    for step in manifest["steps"]:
        counts = step["counts"]
        if step["step"] == "synthesize":
            counts = {
                name: counts[name] for name in ("documents", "passages", "passages_with_facts", "rows", "eval_rows")
            }
        print(f"| {step['step']} | {took.get(step['step'], 0):.1f} | {json.dumps(counts)} |")
    receipt = json.loads((output / "privacy_receipt.json").read_text(encoding="utf-8"))
    print(f"\n{seconds:.1f} s in all, peak {peak_mib:.0f} MiB (all processes); {receipt['requests']} requests sent")


def _draw(path: Path) -> str:
    return hashlib.sha256(path.name.encode("utf-8", "replace")).hexdigest()


if __name__ == "__main__":
    main()
