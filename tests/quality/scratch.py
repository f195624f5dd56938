"""A scratch repository with private data in its history, its staged files, or nowhere."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

from quality import made_numbers as made

SOURCE = Path(__file__).resolve().parents[2] / "src"


def environment(home: Path) -> dict[str, str]:
    """git without the user's settings, and `clara` and `git filter-repo` of this environment on PATH."""
    binaries = home / "bin"
    binaries.mkdir(parents=True, exist_ok=True)
    command = binaries / "clara"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m clara "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "HOME": str(home),
        "PYTHONPATH": str(SOURCE),
        "PATH": os.pathsep.join((str(binaries), str(Path(sys.executable).parent), os.environ["PATH"])),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Test",
        "GIT_COMMITTER_NAME": "Test",
        "GIT_AUTHOR_EMAIL": "test@localhost",
        "GIT_COMMITTER_EMAIL": "test@localhost",
    }


def run(
    *command: object, cwd: Path, env: dict[str, str], check: bool = True, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True, timeout=timeout, check=False
    )
    if check:
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done


class Leaked:
    """What `leaky_repository` put into the history."""

    def __init__(self) -> None:
        rng = random.Random(8)
        tokens = made.provider_tokens(rng)
        self.token, self.in_message, self.key = tokens["gitlab"], tokens["github"], made.pem(rng, "EC ")
        self.all = (self.token, self.in_message, self.key.splitlines()[1])


def leaky_repository(folder: Path, env: dict[str, str]) -> Leaked:
    """Five commits: a key in a file that a later one removes, one in a message, a key block, .env and private rows."""
    leaked = Leaked()
    folder.mkdir()
    run("git", "init", "-q", "-b", "main", cwd=folder, env=env)
    steps = [
        ({"readme.md": "A pump.\n", "tool.py": f"import os\n\nTOKEN = '{leaked.token}'\n"}, "start"),
        ({"tool.py": "import os\n\nTOKEN = os.environ['TOKEN']\n"}, "read it from the environment"),
        ({".env": "PORT=1\n", "data/internal/rows.jsonl": "{}\n"}, "more"),
        ({"deploy/notes.txt": f"the key:\n{leaked.key}\nend\n"}, f"used {leaked.in_message} for it"),
        ({"deploy/notes.txt": "moved\n"}, "tidy"),
    ]
    for files, message in steps:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        run("git", "add", "-A", "-f", cwd=folder, env=env)
        run("git", "commit", "-q", "-m", message, cwd=folder, env=env)
    run("git", "tag", "-a", "v1", "-m", "first", cwd=folder, env=env)
    return leaked
