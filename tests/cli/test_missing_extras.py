"""A command outside the installed extras says what to install, in one line."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("missing", "command"),
    [
        ("torch", ["train", "pretrain", "--config", "config.yaml"]),
        ("torch", ["ask", "store", "Why?"]),
        ("transformers", ["checkpoint", "info", "folder"]),
        ("numpy", ["synthesize", "raw_knowledge.jsonl"]),
    ],
)
def test_a_missing_library_is_one_line_with_the_pip_command(missing: str, command: list[str]) -> None:
    code = f"import sys\nsys.modules[{missing!r}] = None\nsys.argv = {['clara', *command]!r}\n"
    code += "from clara.cli import main\nmain()"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.returncode == 1
    assert found.stderr == f"error: {missing} is not installed; run: pip install 'clara-rag[all]'\n"
