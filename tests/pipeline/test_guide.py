"""DATA_PIPELINE_GUIDE.md: every line of its shell blocks is run, in order, in one scratch folder."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from scripts import check_docs

from llm.server import chat_server
from pipeline.made_folder import SRC, make_raw_data

ROOT = SRC.parent
GUIDE = (ROOT / "DATA_PIPELINE_GUIDE.md").read_text(encoding="utf-8")
ENDPOINT = "http://localhost:8000/v1"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_command_of_the_guide_runs(tmp_path: Path) -> None:
    make_raw_data(tmp_path / "raw_data", count=2)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "clara").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m clara "$@"\n')
    (commands / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    for file in commands.iterdir():
        file.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if name not in ("OPENAI_API_KEY", "BASE_URL", "MODEL")}
    environment = {**kept, "PATH": f"{commands}{os.pathsep}{kept['PATH']}", "PYTHONPATH": str(SRC)}
    lines = [
        line
        for language, _, text in check_docs.code_blocks(GUIDE)
        if language == "bash"
        for line in text.splitlines()
        if line.strip()
    ]
    assert len(lines) > 15
    with chat_server() as server:
        for line in lines:
            if "--engine ray" in line and importlib.util.find_spec("ray") is None:
                continue  # an extra of its own, not among the development tools
            done = subprocess.run(
                ["bash", "-c", line.replace(ENDPOINT, server.base_url)],
                cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300,
            )  # fmt: skip
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        assert server.requests
    for name in ("manifest.json", "pretrain_data.jsonl", "data_card.html", "privacy_receipt.json"):
        assert (tmp_path / "data" / "internal" / name).is_file()
