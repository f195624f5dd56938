"""`clara data guard` and `clara data audit-repo` on real repositories, with real commits and the real clean-up."""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from clara.quality.git import private_path
from quality import made_numbers as made
from quality.scratch import environment, leaky_repository, run

Run = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")


def test_the_hook_refuses_private_data_and_lets_the_rest_through(tmp_path: Path) -> None:
    env, folder = environment(tmp_path / "home"), tmp_path / "work tree"
    folder.mkdir()
    run("git", "init", "-q", cwd=folder, env=env)
    hook = folder / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    refused = run("clara", "data", "guard", "--install", cwd=folder, env=env, check=False)
    assert (refused.returncode, "--force" in refused.stderr) == (2, True)
    assert "clara" not in hook.read_text(encoding="utf-8")
    run("clara", "data", "guard", "--install", "--force", cwd=folder, env=env)

    token = made.provider_tokens(random.Random(1))["slack"]
    (folder / "good file.py").write_text(f"x = 1\ny = '{token}'  # pragma: allowlist secret\n", encoding="utf-8")
    run("git", "add", "-A", cwd=folder, env=env)
    run("git", "commit", "-q", "-m", "good", cwd=folder, env=env)
    bad = {
        ".env": "A=1\n",
        "data/internal/rows.jsonl": "{}\n",
        "certs/server.pem": "x\n",
        "näme.txt": f"use {token}\n",
        "notes.jsonl": json.dumps({"text": f"password = {made.password(random.Random(2))}"}) + "\n",
    }
    for name, text in bad.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        run("git", "add", "-f", name, cwd=folder, env=env)
        path.write_text("harmless now, but not in the index\n", encoding="utf-8")
    done = run("git", "commit", "-q", "-m", "bad", cwd=folder, env=env, check=False)
    assert done.returncode == 1
    for name in bad:
        assert f"block: {name}" in done.stderr
    assert "refused: 5 things" in done.stderr
    assert token not in done.stdout + done.stderr
    run("git", "reset", "-q", cwd=folder, env=env)
    (folder / "fine.txt").write_text("mail ann@example.org\n", encoding="utf-8")
    run("git", "add", "fine.txt", cwd=folder, env=env)
    run("git", "commit", "-q", "-m", "personal data only warns", cwd=folder, env=env)


def test_outside_a_repository_one_line_says_so(tmp_path: Path, clara: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for command in ("guard", "audit-repo"):
        code, _, error = clara("data", command)
        assert code == 2
        assert "not a git repository" in error
        assert len(error.strip().splitlines()) == 1


def test_the_audit_finds_what_later_commits_removed(tmp_path: Path, clara: Run) -> None:
    env, folder = environment(tmp_path / "home"), tmp_path / "leaky"
    leaked = leaky_repository(folder, env)
    code, shown, _ = clara("data", "audit-repo", folder, "--json")
    report = json.loads(shown)
    assert code == 1
    assert not [value for value in leaked.all if value in shown]
    assert {entry["path"] for entry in report["private_files"]} == {".env", "data/internal/rows.jsonl"}
    first = run("git", "rev-list", "--max-parents=0", "HEAD", cwd=folder, env=env).stdout.strip()
    blocking = {(found["file"].partition(" of ")[0], found["kind"]): found for found in report["findings"]}
    assert set(blocking) == {("tool.py", "token"), ("deploy/notes.txt", "private_key"), ("message", "token")}
    assert (blocking["tool.py", "token"]["commit"], blocking["tool.py", "token"]["line"]) == (first, 3)
    code, _, error = clara("data", "audit-repo", folder, "--replacements", folder / "list.txt")
    assert code == 2
    assert "write it elsewhere" in error
    assert not (folder / "list.txt").exists()


@pytest.mark.slow
def test_the_recommended_steps_leave_a_clean_history(tmp_path: Path) -> None:
    """The printed commands, run as printed in a fresh clone; afterwards the remote's history is clean too."""
    pytest.importorskip("git_filter_repo", reason="needs git-filter-repo")
    env, folder = environment(tmp_path / "home"), tmp_path / "leaky"
    leaked = leaky_repository(folder, env)
    remote = tmp_path / "remote.git"
    run("git", "clone", "-q", "--bare", folder, remote, cwd=tmp_path, env=env)
    clone = tmp_path / "fresh" / "clone"
    run("git", "clone", "-q", remote, clone, cwd=tmp_path, env=env)
    shown = run("clara", "data", "audit-repo", cwd=clone, env=env, check=False)
    assert shown.returncode == 1
    commands = [line.strip() for line in shown.stdout.splitlines() if line.startswith("  ") and line[2] != " "]
    assert len(commands) >= 8
    run("sh", "-ec", "\n".join(commands), cwd=clone, env=env)
    assert not (tmp_path / "fresh" / "replacements.txt").exists()
    for repository in (clone, remote):
        again = run("clara", "data", "audit-repo", repository, "--json", cwd=tmp_path, env=env)
        assert json.loads(again.stdout)["clean"]
        log = run("git", "log", "-p", "--all", cwd=repository, env=env).stdout
        assert not [value for value in leaked.all if value in log]
    assert (clone / "tool.py").read_text(encoding="utf-8").endswith("os.environ['TOKEN']\n")


def test_git_ignores_whatever_the_guard_would_refuse(tmp_path: Path) -> None:
    """.gitignore and the guard agree on what is private; the examples stay visible."""
    env = environment(tmp_path / "home")
    run("git", "init", "-q", cwd=tmp_path, env=env)
    shutil.copy(ROOT / ".gitignore", tmp_path / ".gitignore")
    private = [
        "data/internal/pretrain_data.jsonl", "data/private/x", "data/raw/a.pdf", "raw_data/a.docx", "a.private.jsonl",
        ".env",
        ".env.local", "certs/a.pem", "b.key", "c.p12", "runs/e/adapter.safetensors", "stores/s/x.lance/data",
        "raw_knowledge.jsonl",
        "raw_knowledge.redacted.jsonl", "extraction_report.json", "llm_journal.sqlite", "llm_journal.sqlite-wal",
        "vision_journal.sqlite", "described_knowledge.jsonl", "privacy_receipt.json", "privacy_receipt_requests.jsonl",
        "id_rsa",
    ]  # fmt: skip
    for path in private:
        assert private_path(path), path
        assert run("git", "check-ignore", "-q", path, cwd=tmp_path, env=env, check=False).returncode == 0, path
    for path in (".env.example", "example/pretrain_data.jsonl", "src/clara/quality/tokens.py"):
        assert private_path(path) is None
        assert run("git", "check-ignore", "-q", path, cwd=tmp_path, env=env, check=False).returncode == 1, path


def test_the_pre_commit_hooks_file_names_a_command_that_exists() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["entry"] == "clara data guard"
    assert not hook["pass_filenames"]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from Linux's /proc")
def test_the_audit_of_a_large_history_stays_small_in_memory(tmp_path: Path) -> None:
    """A 200 MB text file in the history costs no 200 MB of memory."""
    env, folder = environment(tmp_path / "home"), tmp_path / "large"
    folder.mkdir()
    run("git", "init", "-q", cwd=folder, env=env)
    line = "plain words of no interest, line after line, until the file is large\n"
    with (folder / "large.txt").open("w", encoding="utf-8") as file:
        for _ in range(200):
            file.write(line * (2**20 // len(line)))
        file.write("password = Tiger-92-moon\n")
    run("git", "add", "-A", cwd=folder, env=env)
    run("git", "commit", "-q", "-m", "large", cwd=folder, env=env)
    code = (
        # VmHWM is the process's own peak; ru_maxrss begins with what the test process held when it forked
        "import re, sys\nfrom pathlib import Path\nfrom clara.quality.history import audit\n"
        "from clara.quality.policy import Policy\nreport = audit(Path(sys.argv[1]), Policy())\n"
        "peak = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]\n"
        "print(report.scan.blocked, report.found[0]['line'], int(peak) // 1024)"
    )
    done = run(sys.executable, "-c", code, folder, cwd=tmp_path, env=env, timeout=280)
    blocked, number, megabytes = map(int, done.stdout.split())
    assert (blocked, number) == (1, 200 * (2**20 // len(line)) + 1)
    assert megabytes < 250
