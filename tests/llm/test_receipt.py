"""The receipt says what left the machine, to the byte, over all runs; never the key, never the text."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clara.llm import write_receipt
from llm.asking import KEY, asking, echo
from llm.server import chat_server

ASKER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from types import SimpleNamespace
from llm.asking import asking
server = SimpleNamespace(base_url=sys.argv[2])
asking(server, *sys.argv[4:], journal=Path(sys.argv[3]), timeout_seconds=9, concurrency=4)
"""


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def listed(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "privacy_receipt_requests.jsonl").read_text().splitlines()]


def test_the_receipt_matches_what_the_server_saw_over_several_runs(tmp_path: Path) -> None:
    journal = tmp_path / "llm_journal.sqlite"
    with chat_server(echo, {1: "500", 2: "cut", 4: "429", 6: "refusal"}, retry_after="0.05") as server:
        asking(server, "alpha secret", "beta secret", journal=journal)
        asking(server, "alpha secret", "gamma secret", journal=journal)
        receipt = write_receipt(tmp_path)
        assert sorted(line["sha256"] for line in listed(tmp_path)) == sorted(server.raw_hashes)
        assert (receipt["requests"], receipt["bytes_out"]) == (len(server.requests), server.bytes_in)
        assert receipt["bytes_in"] >= server.bytes_out > 0  # and what came of the reply that was cut
        assert [end["host"] for end in receipt["endpoints"]] == [server.base_url.split("/")[2]]
        assert receipt["documents"] == ["alpha secret.pdf", "beta secret.pdf", "gamma secret.pdf"]
    for path in tmp_path.glob("privacy*"):
        assert KEY not in path.read_text()
        assert '"alpha", "secret"' not in path.read_text()
    assert b"role" not in journal.read_bytes()  # no message, only replies


def test_requests_of_a_killed_run_are_on_the_receipt(tmp_path: Path) -> None:
    journal = tmp_path / "llm_journal.sqlite"
    with chat_server(echo) as server:
        server.delay_seconds = 30
        tests = str(Path(__file__).parents[1])
        command = [sys.executable, "-c", ASKER, tests, server.base_url, str(journal), *"abcdef"]
        asker = subprocess.Popen(command, env=dict(os.environ))
        while len(server.requests) < 4:
            assert asker.poll() is None
        asker.send_signal(signal.SIGKILL)
        asker.wait()
        server.stopping.set()
        receipt = write_receipt(tmp_path)
        assert receipt["requests"] == len(server.requests) == 4
        assert {line["outcome"] for line in listed(tmp_path)} == {"sent, no reply seen"}
        assert sorted(line["sha256"] for line in listed(tmp_path)) == sorted(server.raw_hashes)


def test_without_requests_nothing_left_the_machine(tmp_path: Path) -> None:
    receipt = write_receipt(tmp_path)
    assert receipt["summary"] == "nothing left the machine"
    assert receipt["requests"] == receipt["bytes_out"] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["privacy_receipt.json"]


def test_the_request_tells_the_endpoint_nothing_of_this_machine(tmp_path: Path) -> None:
    with chat_server(echo) as server:
        asking(server, "alpha")
        assert not [name for name in server.headers[0] if name.lower().startswith("x-stainless")]
