"""`clara synthesize` with an endpoint: look first, spend so much, stop, go on. The real command, a real server."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from clara.cli import main
from llm.server import ChatServer, chat_server
from synthesis.made_documents import write_knowledge
from synthesis.test_commands import CLARA, FILES, call

KEY = "sk-hidden-0123456789abcdef"


def endpoint(server: ChatServer, folder: Path, *options: object, key: str = KEY) -> Any:
    """The command in this process: starting one costs more than what it does."""
    command = ["clara", "synthesize", folder / "raw_knowledge.jsonl", "-o", folder / "out"]
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setenv("OPENAI_API_KEY", key)
        options = ("--base-url", server.base_url, "--model", "m", "--tasks", "qa,paraphrase,end_to_end", *options)
        patch.setattr(sys, "argv", [str(part) for part in (*command, *options)])
        patch.setattr(sys, "stdin", io.StringIO())
        with pytest.raises(SystemExit) as stop:
            main()
    return SimpleNamespace(returncode=stop.value.code or 0, stdout=out.getvalue(), stderr=err.getvalue())


def outputs(folder: Path) -> dict[str, bytes]:
    names = (*FILES, "rejects.jsonl", "synthesis_report.json")
    return {name: (folder / name).read_bytes() for name in names if (folder / name).exists()}


def test_a_dry_run_sends_nothing_and_knows_what_is_already_paid(tmp_path: Path) -> None:
    write_knowledge(tmp_path, count=4)
    prices = ("--price-in", 0.5, "--price-out", 2)
    with chat_server() as server:
        first = endpoint(server, tmp_path, "--dry-run", *prices)
        assert first.returncode == 0, first.stderr
        assert not server.requests
        assert not (tmp_path / "out").exists()
        assert "0 replies are in the journal" in first.stdout
        assert "in cost, at the prices given" in first.stdout
        estimated = int(first.stdout.split("about ")[-2].split(" requests")[0])
        real = endpoint(server, tmp_path)
        assert real.returncode == 0, real.stderr
        assert len(server.requests) / 1.5 <= estimated <= len(server.requests) * 1.5
        asked = len(server.requests)
        again = endpoint(server, tmp_path, "--dry-run")
        assert "would send 0 requests" in again.stdout
        assert len(server.requests) == asked


@pytest.mark.parametrize("options", [("--judge-threshold", 0.5), ("--cross-lingual", "zh"), ("--max-rounds", 1)])
def test_a_dry_run_of_every_task_is_close_to_what_the_run_sends(options: tuple[object, ...], tmp_path: Path) -> None:
    write_knowledge(tmp_path, count=4)
    with chat_server() as server:
        said = endpoint(server, tmp_path, "--tasks", "", *options, "--dry-run").stdout
        estimated = int(re.findall(r"^about (\d+) requests", said, re.MULTILINE)[0])
        assert not server.requests
        assert endpoint(server, tmp_path, "--tasks", "", *options).returncode == 0
        assert len(server.requests) / 1.5 <= estimated <= len(server.requests) * 1.5


def test_a_budget_stops_the_run_and_the_same_command_ends_it_as_if_undisturbed(tmp_path: Path) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    for folder in (whole, stopped):
        folder.mkdir()
        write_knowledge(folder, count=3)
    with chat_server() as server:
        assert endpoint(server, whole).returncode == 0
        asked = len(server.requests)
        server.delay_seconds = 0.05  # so that some are in flight when the limit is reached
        options = ("--max-requests", asked // 2 + 1, "--price-in", 1, "--price-out", 1)
        half = endpoint(server, stopped, *options)
        assert half.returncode == 3
        assert "run the same command again" in half.stderr
        assert "cost 0.0" in half.stderr
        assert KEY not in half.stdout + half.stderr
        assert outputs(stopped / "out") == {}
        receipt = json.loads((stopped / "out" / "privacy_receipt.json").read_text())
        assert receipt["requests"] == asked // 2 + 1
        rest = endpoint(server, stopped, *options)
        assert rest.returncode == 0, rest.stderr
        assert len(server.requests) == 2 * asked
        receipt = json.loads((stopped / "out" / "privacy_receipt.json").read_text())
        assert (receipt["requests"], len(receipt["documents"])) == (asked, 3)
    assert outputs(stopped / "out") == outputs(whole / "out") != {}


def test_a_preview_shows_rows_and_refusals_and_goes_on_only_when_told(tmp_path: Path) -> None:
    write_knowledge(tmp_path, count=5)
    with chat_server() as server:
        shown = endpoint(server, tmp_path, "--preview", 3)
        assert shown.returncode == 0, shown.stderr
        assert shown.stdout.count("[kept]") == 3
        assert "[refused: question_contains_answer]" in shown.stdout
        assert "evidence: " in shown.stdout
        assert "bridges/000.docx page 1, characters 0-150" in shown.stdout
        assert "--yes" in shown.stdout
        assert not outputs(tmp_path / "out")
        previewed = len(server.requests)
        done = endpoint(server, tmp_path, "--preview", 3, "--yes")
        assert done.returncode == 0, done.stderr
        assert len(server.answered) == len(server.requests) > 2 * previewed  # what was previewed was not asked again
    assert FILES[2] in outputs(tmp_path / "out")


def answer_at_a_terminal(command: list[str], reply: str, *, cwd: Path) -> tuple[int, str]:
    ours, theirs = os.openpty()
    process = subprocess.Popen(command, cwd=cwd, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True)
    os.write(ours, reply.encode())
    out = process.communicate(timeout=60)[0]
    os.close(ours)
    os.close(theirs)
    return process.returncode, out


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("reply", "goes_on"), [("n\n", False), ("y\n", True)])
def test_at_a_terminal_the_preview_asks(tmp_path: Path, reply: str, goes_on: bool) -> None:
    write_knowledge(tmp_path, count=2)
    command = [str(CLARA), "synthesize", "raw_knowledge.jsonl", "-o", "out", "--preview", "2"]
    code, out = answer_at_a_terminal(command, reply, cwd=tmp_path)
    assert code == 0
    assert "make the rest?" in out
    assert bool(outputs(tmp_path / "out")) == goes_on


def test_offline_the_receipt_says_that_nothing_left(tmp_path: Path) -> None:
    write_knowledge(tmp_path, count=1)
    done = call(CLARA, "synthesize", "raw_knowledge.jsonl", "-o", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    receipt = json.loads((tmp_path / "out" / "privacy_receipt.json").read_text())
    assert (receipt["summary"], receipt["documents"]) == ("nothing left the machine", [])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--max-cost", 1], "--max-cost needs --price-in and --price-out"),
        (["--max-requests", -1], "--max-requests -1: must be 0 or more"),
        (["--requests-per-minute", 0], "--requests-per-minute 0: must be above 0"),
        (["--preview", -2], "--preview -2: must be 0 or more"),
    ],
)
def test_limits_that_make_no_sense_are_refused_before_anything_is_sent(
    tmp_path: Path, options: list[object], words: str
) -> None:
    write_knowledge(tmp_path, count=1)
    with chat_server() as server:
        done = endpoint(server, tmp_path, *options)
        assert (done.returncode, server.requests) == (2, [])
        assert words in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("faults", [["401"], ["500", "not-json", "400-filter"]])
def test_the_key_is_shown_nowhere_whatever_fails(tmp_path: Path, faults: list[str]) -> None:
    """With every debugging aid switched on, and the key in .env alone."""
    write_knowledge(tmp_path, count=1)
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY='{KEY}' # mine\nBASE=$(touch executed)\n")
    with chat_server(faults=dict(enumerate(faults))) as server:
        options = ("--base-url", server.base_url, "--model", "m")
        command = [CLARA, "synthesize", "raw_knowledge.jsonl", "-o", "out", *options]
        done = call(*command, cwd=tmp_path, OPENAI_LOG="debug", CLARA_DEBUG="1", PYTHONASYNCIODEBUG="1")
        assert set(server.keys) == {f"Bearer {KEY}"}
    assert KEY not in done.stdout + done.stderr
    assert ("401" in faults) == (done.returncode != 0)
    assert ("Traceback" in done.stderr) == ("401" in faults)
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert written
    assert not [path for path in written if KEY.encode() in path.read_bytes()]
    assert not (tmp_path / "executed").exists()


def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(tmp_path: Path) -> None:
    write_knowledge(tmp_path, count=1)
    with chat_server() as server:
        done = endpoint(server, tmp_path, key=f"{KEY}\nX-Evil: 1")
        assert done.returncode == 1
        assert not server.requests
    assert "OPENAI_API_KEY holds" in done.stderr
    assert KEY not in done.stderr
