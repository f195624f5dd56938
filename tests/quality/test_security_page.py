"""DATA_SECURITY.md: every command of its shell blocks is run, in order, in a scratch repository by the real program."""

from __future__ import annotations

import random
import re
import shutil
import textwrap
from pathlib import Path

import pytest

from clara.schema import Block, Document, Page
from quality import made_numbers as made
from quality.scratch import environment, leaky_repository, run

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "DATA_SECURITY.md").read_text(encoding="utf-8")


def shell_blocks() -> list[str]:
    found = re.findall(r"^( *)```bash\n(.*?)^ *```", PAGE, re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(text) for _, text in found]


def test_every_command_of_the_page_runs(tmp_path: Path) -> None:
    """The blocks share one shell, so variables and files go from one to the next; each line's exit code is as told."""
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    pytest.importorskip("git_filter_repo", reason="needs git-filter-repo")
    env, origin = environment(tmp_path / "home"), tmp_path / "origin"
    leaked = leaky_repository(origin, env)
    run("git", "clone", "-q", "--bare", origin, tmp_path / "remote.git", cwd=tmp_path, env=env)
    clone = tmp_path / "fresh" / "clone"
    run("git", "clone", "-q", tmp_path / "remote.git", clone, cwd=tmp_path, env=env)
    _prepare(clone)

    lines = [line for block in shell_blocks() for line in block.splitlines() if line.strip()]
    assert len(lines) >= 20
    script = "\n".join(f"{line}\nprintf '%s\\n' \"$?\" >> ../codes.txt" for line in lines)
    done = run("bash", "-c", script, cwd=clone, env=env, check=False, timeout=200)
    codes = [int(code) for code in (tmp_path / "fresh" / "codes.txt").read_text(encoding="utf-8").split()]
    assert len(codes) == len(lines), done.stderr
    blocking = re.compile(r"clara data (?:scan (?!.*--redact)|audit-repo \.$|audit-repo \. --replacements)")
    for line, code in zip(lines, codes, strict=True):
        command = line.partition("#")[0].strip()
        assert code == (1 if blocking.search(command) and "must find nothing" not in line else 0), (
            f"{line}\n{done.stderr}"
        )
    assert (clone / "data" / "internal" / "redacted.jsonl").is_file()
    assert (clone / "data" / "internal" / "pretrain_data.jsonl").is_file()
    history = run("git", "log", "-p", "--all", cwd=tmp_path / "remote.git", env=env).stdout
    assert not [value for value in leaked.all if value in history]
    assert "clara data guard" in (clone / ".git" / "hooks" / "pre-commit").read_text(encoding="utf-8")


def test_the_speed_and_the_kinds_in_the_page_are_the_programs() -> None:
    from clara.quality.findings import KINDS
    from clara.quality.gate import Mode

    assert not [kind for kind in KINDS if f"`{kind}`" not in PAGE]
    for mode in Mode.__args__:  # type: ignore[attr-defined]
        assert f"| `{mode}`" in PAGE


def _prepare(clone: Path) -> None:
    """What a user has at that point: .gitignore, extracted documents with private things in them, a list of names."""
    shutil.copy(ROOT / ".gitignore", clone / ".gitignore")
    shutil.rmtree(clone / "data")  # comes back from git's index only; the page's run writes its own
    (clone / "data" / "internal").mkdir(parents=True)
    (clone / "names.txt").write_text("Ann Lee\n", encoding="utf-8")
    texts = [
        f"Ann Lee answers at ann@example.org. The password is {made.password(random.Random(3))}.",
        "The Aurora pump weighs 12 kg. The Aurora pump was built in Lyon in 1998. It was designed by Ada Moreau.",
    ]
    blocks = [Block(kind="paragraph", text=text) for text in texts]
    document = Document(
        id="a.txt", sha256="0" * 64, media_type="txt", title="Aurora pump", pages=[Page(number=1, blocks=blocks)]
    )
    (clone / "raw_knowledge.jsonl").write_text(document.model_dump_json(exclude_none=True) + "\n", encoding="utf-8")
    (clone / "data" / "internal" / "raw_knowledge.jsonl").write_text(
        document.model_dump_json(exclude_none=True) + "\n", encoding="utf-8"
    )
