"""`clara data review`: a real server, a real browser where there is one; decisions survive, only the owner gets in."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clara.jsonl import read_records
from clara.quality.review import Review
from clara.schema import EndToEndExample, Example, InstructionExample

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
EVIL = "<img src=x onerror=\"document.title='broken'\">"
ROWS: list[dict[str, Any]] = [
    {
        "data_type": "end_to_end",
        "question": ["Where was the Aurora built?", "In which city was the Aurora made?"],
        "context": ["The Cirrus was built in Porto.", f"The Aurora was built in Lund in 1981. {EVIL}"],
        "answer": "Lund",
        "pos_index": [1],
        "metadata": {"evidence": "The Aurora was built in Lund in 1981."},
    },
    {"data_type": "instruction", "instruction": "How heavy?", "input": "", "output": "61 kg", "docs": ["It is 61 kg."]},
    {
        "data_type": "instruction",
        "instruction": "Who made it?",
        "input": "",
        "output": "Nelmus",
        "docs": ["By Nelmus."],
    },
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


@pytest.fixture
def address(file: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "clara", "data", "review", str(file), "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", process.stdout.readline())
        assert found
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)


def test_decisions_survive_and_the_result_holds_what_was_decided(file: Path) -> None:
    review = Review(file)
    assert review.decide(0, "approved") == []
    assert review.decide(1, "rejected", reason="what is 'it'?") == []
    assert review.decide(2, "edited", edited={**ROWS[2], "output": "Nelmus Devices"}) == []
    assert review.decide(2, "edited", edited={**ROWS[2], "output": ""})[0][0] == "output"
    with review.journal.open("a") as journal:
        journal.write('{"row": "torn')  # killed while writing
    again = Review(file)
    assert again.counts() == {"approved": 1, "edited": 1, "rejected": 1, "undecided": 0}
    assert again.write() == {
        "reviewed": "rows.reviewed.jsonl",
        "rows": 2,
        "rejected": "rows.rejected.jsonl",
        "refused": 1,
    }
    kept = read_records(again.reviewed, (EndToEndExample, InstructionExample))
    assert [getattr(row, "output", "") for row in kept] == ["", "Nelmus Devices"]
    assert json.loads(again.rejected.read_text())["reason"] == "what is 'it'?"
    assert [json.loads(line) for line in file.read_text().splitlines()] == ROWS


def test_only_approved_leaves_the_undecided_out(file: Path) -> None:
    review = Review(file)
    review.decide(1, "approved")
    assert review.write(only_approved=True)["rows"] == 1
    assert review.write()["rows"] == 3


def test_nobody_gets_in_without_the_token_or_under_another_name(address: str) -> None:
    base = address.split("/?")[0]
    for url, headers in ((base + "/", {}), (base + "/rows", {}), (address, {"Host": "evil.example"})):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10)
        assert refused.value.code in (400, 403)
        refused.value.close()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (Debian: apt install chromium)")
def test_a_person_approves_edits_and_rejects_in_a_browser(address: str, file: Path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1200, "height": 850})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.get_by_text("answers it").wait_for()
        assert page.locator("mark.answer").all_inner_texts() == ["Lund"]
        assert "".join(page.locator(".positive mark").all_inner_texts()) == "The Aurora was built in Lund in 1981."
        assert EVIL in page.locator(".positive").inner_text()  # shown as text, never run
        page.keyboard.press("a")
        page.get_by_role("status").get_by_text("row 1 approved").wait_for()
        page.get_by_text("row 2 ·").wait_for()
        page.locator("textarea[data-path=output]").fill("")
        page.get_by_role("button", name="Approve").click()
        page.get_by_role("alert").get_by_text("output").wait_for()
        page.locator("textarea[data-path=output]").fill("61 kilograms")
        page.get_by_role("button", name="Approve").click()
        page.get_by_role("status").get_by_text("row 2 edited").wait_for()
        page.get_by_text("row 3 ·").wait_for()
        page.get_by_label("reason").fill("not useful")
        page.get_by_role("button", name="Reject").click()
        page.get_by_role("status").get_by_text("row 3 rejected").wait_for()
        page.get_by_role("button", name="Write result").click()
        page.get_by_role("status").get_by_text("2 rows in rows.reviewed.jsonl").wait_for()
        assert errors == []
        assert page.title() == "clara: review rows"
        browser.close()
    kept: list[Example] = list(
        read_records(file.with_name("rows.reviewed.jsonl"), (EndToEndExample, InstructionExample))
    )
    assert [getattr(row, "output", "") for row in kept] == ["", "61 kilograms"]
