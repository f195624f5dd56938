"""Replies and journals that nobody would write on purpose: refused with a reason, no traceback, no bad row."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clara.errors import LLMError
from clara.jsonl import check_file
from clara.llm.completions import NoCompletionError, read_completion, read_vectors
from clara.llm.journal import Journal, Reply
from clara.synthesis.console import synthesize_with_progress
from llm.answers import answer_any
from llm.server import chat_server
from synthesis.made_documents import write_knowledge

HALF = "\ud83d"


def with_strings(change: Callable[[str], str]) -> Callable[[str], str]:
    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: walk(item) for name, item in value.items()}
        return [walk(item) for item in value] if isinstance(value, list) else change(value)

    return lambda good: json.dumps(walk(json.loads(good)))


def many(good: str) -> str:
    whole = json.loads(good)
    return json.dumps({name: item * 3000 if isinstance(item, list) else item for name, item in whole.items()})


HOSTILE: dict[str, Callable[[str], str]] = {
    "half a surrogate pair": lambda good: good.replace("?", HALF + "?"),
    "half a pair, escaped": with_strings(lambda text: HALF + text),
    "no JSON and half a pair": lambda good: f"sorry {HALF}",
    "NUL": with_strings(lambda text: text + "\0"),
    "deep": lambda good: '{"pairs":' + "[" * 100_000 + "]" * 100_000 + "}",
    "never closed": lambda good: '[{"a":' * 50_000,
    "wrong types": lambda good: json.dumps({name: [1, None, {"x": 1}, "s"] for name in json.loads(good)}),
    "nothing": lambda good: json.dumps(dict.fromkeys(json.loads(good))),
    "twice the keys": lambda good: f"{good[:-1]},{good[1:]}",
    "one number": lambda good: "9" * 50_000,
    "thousands": many,
    "control characters": with_strings(lambda text: text + "\x1b[2J\u202e\ufeff"),
    "lines": with_strings(lambda text: text + "\u2028\n\r\nx"),
    "markup": with_strings(lambda text: f"[bold]{text}[/nope]"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_reply_holds_the_run_ends_and_its_rows_are_valid(name: str, tmp_path: Path) -> None:
    write_knowledge(tmp_path, count=1)
    with chat_server(lambda body: HOSTILE[name](answer_any(body))) as server:
        report = synthesize_with_progress(
            tmp_path / "raw_knowledge.jsonl", tmp_path / "out", base_url=server.base_url, model="m", max_rounds=2
        )
    assert report is not None
    for path in (tmp_path / "out").glob("*_data.jsonl"):
        assert not path.stat().st_size or not check_file(path)[1]


def test_a_body_that_is_too_deep_or_counts_endlessly_is_no_traceback() -> None:
    with pytest.raises(NoCompletionError):
        read_completion(b"[" * 200_000)
    usage = {"prompt_tokens": 10**30, "completion_tokens": 5}
    body = {"choices": [{"message": {"content": "a"}}], "usage": usage}
    assert read_completion(json.dumps(body).encode()).prompt_tokens == 0


@pytest.mark.parametrize("second", ["[1]", "[1, 1e39]", "[1, NaN]", "[1, null]", "7"])
def test_vectors_that_are_none_are_refused(second: str) -> None:
    body = f'{{"data": [{{"index": 0, "embedding": [1, 2]}}, {{"index": 1, "embedding": {second}}}]}}'
    with pytest.raises(NoCompletionError):
        read_vectors(body.encode(), count=2)


def test_a_journal_that_is_none_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "llm_journal.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    with pytest.raises(LLMError, match=r"llm_journal\.sqlite is not a readable journal"):
        Journal(path)
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE replies (key TEXT, said TEXT)")
    other.commit()
    other.close()
    with pytest.raises(LLMError, match="made by another program or version"):
        Journal(path)


def test_a_journal_of_no_bytes_holds_nothing(tmp_path: Path) -> None:
    """What a kill leaves between making the file and writing to it."""
    path = tmp_path / "llm_journal.sqlite"
    path.touch()
    assert list(Journal(path, read_only=True).all_sent()) == []
    assert path.stat().st_size == 0
    begun = sqlite3.connect(path)
    begun.execute("PRAGMA journal_mode=WAL")
    begun.close()
    assert path.stat().st_size
    assert list(Journal(path, read_only=True).all_sent()) == []
    assert len(Journal(path)) == 0


def test_a_journal_that_breaks_during_a_run_ends_it_with_one_line(tmp_path: Path) -> None:
    path = tmp_path / "llm_journal.sqlite"
    journal = Journal(path)
    for number in range(200):
        journal.put(f"{number:064}", Reply("x" * 3000), model="m")
    journal.close()
    whole = bytearray(path.read_bytes())
    whole[8192:] = b"\xff" * (len(whole) - 8192)
    path.write_bytes(whole)
    journal = Journal(path)
    with pytest.raises(LLMError, match="cannot be read"):
        [journal.get(f"{number:064}") for number in range(200)]
    journal.close()
