"""The pages are true: the checks of scripts/check_docs.py, and the README's own-documents lines run for real."""

from __future__ import annotations

import doctest
import glob
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scripts import check_docs

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
WALK = "## Your own documents"

# (file, name, designer, town, weight, colour); the names of the files decide that the pump is held out by 10 %
THINGS = (
    ("pump", "Aurora pump", "Nia Silva", "Malmo", "12 kg", "amber"),
    ("crane", "Korvo crane", "Ivo Brandt", "Perth", "900 kg", "green"),
    ("valve", "Sela valve", "Ada Moreau", "Lyon", "2 kg", "white"),
)


@pytest.mark.parametrize(
    "check",
    [
        check_docs.check_links,
        check_docs.check_commands,
        check_docs.check_inline_commands,
        check_docs.check_cli_page,
        check_docs.check_map,
        check_docs.check_configs,
        check_docs.check_examples,
        check_docs.check_env_example,
        check_docs.check_machine_paths,
    ],
)
def test_pages_are_true(check: Callable[[], Iterator[str]]) -> None:
    assert list(check()) == []


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("see [it](nowhere.md)", "page.md:1: link to nowhere.md, which does not exist"),
        ("see [it](#absent)", "page.md:1: link to #absent"),
        ("```bash\nclara demo --yes\nclara demo --sead 3\n```", "page.md:3: clara demo: No such option: --sead"),
        ("```bash\nmake test && clara index biuld s d\n```", "page.md:2: clara index: no such command"),
        ("```bash\nclara index build s \\\n  d\n```", "page.md:2: clara index build: Missing option '--model'"),
        ("```bash\nX=1 torchrun -m clara train pretrain\n```", "page.md:2: clara train pretrain: Missing option"),
        ("```bash\nclara data schema nonsense\n```", "page.md:2: clara data schema: Invalid value"),
        ("```bash\nmake everything\npython scripts/no.py\n```", "page.md:2: make everything"),
        ("```bash\npython scripts/no.py\n```", "page.md:2: scripts/no.py does not exist"),
        ("say `clara train pretrain|instuction`", "page.md:1: clara train pretrain|instuction: no such command"),
        ("say `clara ask --jsn`", "page.md:1: clara ask --jsn: no such option: --jsn"),
        ('```json\n{"data_type": "qa", "question": []}\n```', "page.md:2: not a valid row"),
        ("```json\n{,}\n```", "page.md:2: not JSON"),
        ("look in /ho" + "me/somebody/x", "page.md:1: a path of one machine"),
    ],
)
def test_a_false_page_is_found(page: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "page.md").write_text(page + "\n", encoding="utf-8")
    (tmp_path / "Makefile").write_text("test: x\n", encoding="utf-8")
    monkeypatch.setattr(check_docs, "ROOT", tmp_path)
    monkeypatch.setattr(check_docs, "SHELL_FILES", ())
    checks = (
        check_docs.check_links,
        check_docs.check_commands,
        check_docs.check_inline_commands,
        check_docs.check_examples,
        check_docs.check_machine_paths,
    )
    problems = [problem for check in checks for problem in check()]
    assert problems
    assert problems[0].startswith(found)


def test_a_changed_command_table_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "cli.md"
    page.write_text(check_docs.cli_page().replace("--json", "--jsn", 1), encoding="utf-8")
    monkeypatch.setattr(check_docs, "CLI_PAGE", page)
    monkeypatch.setattr(check_docs, "ROOT", tmp_path)
    assert ["--write" in problem for problem in check_docs.check_cli_page()] == [True]


def test_the_check_loads_no_torch_and_answers_with_its_exit_code() -> None:
    code = "import sys; sys.argv = ['x']; from scripts.check_docs import main; done = main(); assert not done, done; "
    code += "assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60, capture_output=True)


def test_the_examples_in_the_checks_docstrings_hold() -> None:
    result = doctest.testmod(check_docs)
    assert (result.failed, result.attempted) == (0, 3)


def test_the_readme_keeps_the_place_for_the_demos_table() -> None:
    assert re.search(r"<!-- demo-table -->\n.+\n<!-- /demo-table -->", README, re.DOTALL)
    assert all(len(line) <= 200 for line in README.splitlines())


def test_the_readmes_walk_through_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clara: Callable[..., tuple[int, str, str]]
) -> None:
    """Every line on three documents; only the number of training steps is cut to 2. Then the Python lines."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    for file, *facts in THINGS:
        _write_document(tmp_path / "raw_data" / f"{file}.docx", *facts)
    shown = ""
    for words in _walk_through():
        arguments = [name for word in words[1:] for name in (sorted(glob.glob(word)) or [word])]
        if words[1] == "train":
            arguments += ["--set", f"{words[2]}.max_steps=2"]
        if words[1] == "ask":
            arguments += ["--json"]
        code, shown_now, error = clara(*arguments)
        assert code == 0, f"{' '.join(words)}: {error}"
        if words[1] == "ask":
            shown = shown_now
    answer: dict[str, Any] = json.loads(shown)
    assert answer["question"] == "What does the Aurora pump weigh?"
    assert {source["document"] for source in answer["sources"]} <= {f"{file}.docx" for file, *_ in THINGS}
    assert len(answer["sources"]) == 5
    assert all(source["excerpt"] and -1 <= source["score"] <= 1 for source in answer["sources"])
    assert (tmp_path / "runs/scores/report.html").is_file()
    held_out = (tmp_path / "data/internal/end_to_end_data_eval.jsonl").read_text(encoding="utf-8")
    assert "Aurora" in held_out

    (python,) = [text for language, _, text in check_docs.code_blocks(README) if language == "python"]
    assert len(python.splitlines()) <= 8
    names: dict[str, Any] = {}
    exec(python, names)
    assert names["answer"].text == answer["answer"]


def _walk_through() -> list[list[str]]:
    """The `clara` lines of the first shell block below the README's heading."""
    section = README.partition(WALK)[2]
    text = next(text for language, _, text in check_docs.code_blocks(section) if language == "bash")
    commands = [words for _, words in check_docs.split_commands(text) if words[0] == "clara"]
    assert [words[1] for words in commands] == [
        *("extract", "synthesize", "data", "train", "train", "train", "index", "ask", "evaluate")
    ]
    return commands


def _write_document(path: Path, name: str, who: str, where: str, weight: str, colour: str) -> None:
    """Four pages with a fact each."""
    import docx

    document = docx.Document()
    document.add_heading(name, 0)
    facts = (
        ("Design", f"The {name} was designed by {who}."),
        ("Works", f"The {name} was built in {where} in 1998."),
        ("Numbers", f"The {name} weighs {weight}."),
        ("Finish", f"The colour of the {name} is {colour}."),
    )
    for number, (heading, sentence) in enumerate(facts):
        if number:
            document.add_page_break()
        document.add_heading(heading, 1)
        document.add_paragraph(sentence)
    path.parent.mkdir(exist_ok=True)
    document.save(str(path))
