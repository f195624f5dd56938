"""The journal survives kill -9 at any moment, other processes beside it, and its own earlier form."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clara.errors import LLMError
from clara.llm.journal import Journal, Reply
from llm.asking import asking, echo
from llm.server import chat_server

WRITER = """
import sys
from pathlib import Path
from clara.llm.journal import Journal, Reply
journal = Journal(Path(sys.argv[1]))
name = sys.argv[2]
number = 0
while True:
    sent = journal.send(host="h", model="m", purpose="p", documents=["d"], sha256=f"{name}/{number}", bytes_out=1)
    journal.put(f"{name}/{number}", Reply("x" * 3000, 1, 2), model="m", number=sent, bytes_in=9)
    print(number, flush=True)
    number += 1
"""


def start(journal: Path, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(journal), name], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )


def kill_writers(journal: Path, *, times: int, seed: int) -> None:
    draw = random.Random(seed)
    for turn in range(times):
        writers = [start(journal, f"{turn}-{side}") for side in range(2)]
        said = {writer: int(str(writer.stdout.readline())) for writer in writers if writer.stdout}
        time.sleep(draw.uniform(0, 0.1))
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
        for side, writer in enumerate(writers):
            rest = writer.communicate()[0].split("\n")[:-1]
            last = int(rest[-1]) if rest else said[writer]
            store = Journal(journal)
            reader = Journal(journal, read_only=True)
            assert all(store.get(f"{turn}-{side}/{number}") for number in range(last + 1))
            noted = {one.sha256: one.outcome for one in reader.all_sent()}
            assert all(noted[f"{turn}-{side}/{number}"] == "answered" for number in range(last + 1))
            reader.close()
            store.close()
    check = sqlite3.connect(journal)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()


def test_what_was_put_is_there_after_kill_9_with_two_writers_and_a_reader(tmp_path: Path) -> None:
    kill_writers(tmp_path / "journal.sqlite", times=2, seed=1)


@pytest.mark.slow
def test_what_was_put_is_there_after_many_kills(tmp_path: Path) -> None:
    kill_writers(tmp_path / "journal.sqlite", times=40, seed=2)


def test_a_journal_of_the_first_form_is_read_and_extended(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with chat_server(echo) as server:
        asking(server, "hello", journal=path)
        old = sqlite3.connect(path)
        old.executescript(
            "CREATE TABLE kept AS SELECT key, model, content, prompt_tokens, completion_tokens FROM replies;"
            "DROP TABLE replies; DROP TABLE sent; ALTER TABLE kept RENAME TO replies;"
        )
        old.close()
        reader = Journal(path, read_only=True)
        assert (len(reader), list(reader.all_sent()), reader.mean_reply_tokens("m")) == (1, [], {})
        reader.close()
        asking(server, "hello", "more", journal=path)
        assert len(server.requests) == 2


def test_a_reply_is_kept_before_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[str] = []
    put = Journal.put

    def noted(self: Journal, key: str, reply: Reply, **rest: object) -> None:
        put(self, key, reply, **rest)  # type: ignore[arg-type]
        other = Journal(tmp_path / "journal.sqlite", read_only=True)  # as another process sees it
        kept.append(other.get(key).content)  # type: ignore[union-attr]
        other.close()

    monkeypatch.setattr(Journal, "put", noted)
    with chat_server(echo) as server:
        asking(server, "hello", journal=tmp_path / "journal.sqlite")
    assert kept == ['{"words": ["hello"]}']


def test_a_journal_that_cannot_be_written_ends_the_run_with_one_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    store = Journal(path)
    store._db.execute("PRAGMA max_page_count = 1")  # as a full disk
    with pytest.raises(LLMError, match="cannot write to the journal"):
        store.put("k", Reply("x" * 100_000), model="m")
    store.close()
