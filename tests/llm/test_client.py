"""The client against a real server that misbehaves: nothing is lost, nothing is paid twice, no key is shown."""

from __future__ import annotations

import random
import socket
from pathlib import Path
from typing import Any

import pytest

from clara.errors import LLMError
from clara.llm import Journal, LLMReplyError
from llm.asking import KEY, asking, echo, one
from llm.server import chat_server


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def test_the_same_request_asked_many_times_at_once_is_paid_once() -> None:
    with chat_server(echo) as server:
        results, client = asking(server, *["hello there"] * 5, "other words")
    assert [result.words for result in results] == [["hello", "there"]] * 5 + [["other", "words"]]
    assert len(server.requests) == 2
    assert client.usage.from_journal == 4


@pytest.mark.parametrize("fault", ["429", "500", "503-html", "hang", "cut", "drop", "half-json", "not-json", "empty"])
def test_a_failure_that_passes_is_tried_again(fault: str) -> None:
    with chat_server(echo, {0: fault, 1: fault}) as server:
        result = one(server, timeout_seconds=0.3)
        assert result.words == ["hello", "there"]
        assert len(server.requests) == 3
        assert server.keys == [f"Bearer {KEY}"] * 3


def test_retry_after_is_honoured() -> None:
    with chat_server(echo, {0: "429"}, retry_after="0.7") as server:
        one(server)
        assert server.times[1] - server.times[0] >= 0.7


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("401", "OPENAI_API_KEY"),
        ("404", "does not know the model 'm'"),
        ("quota", "quota"),
        ("429-later", "asks to wait 3600 s"),
    ],
)
def test_what_waiting_cannot_cure_stops_at_once_with_one_clear_line(fault: str, words: str) -> None:
    with chat_server(echo, lambda *_: fault) as server:
        with pytest.raises(LLMError) as raised:
            one(server)
        assert words in str(raised.value)
        assert KEY not in str(raised.value)
        assert "\n" not in str(raised.value)
        assert len(server.requests) == 1


def test_a_wrong_address_is_named_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with chat_server(echo) as server, pytest.raises(LLMError, match=r"cannot connect to .*check the address"):
        one(server, base_url=address)


def test_attempts_are_bounded() -> None:
    with chat_server(echo, lambda *_: "500") as server:
        with pytest.raises(LLMError, match=r"still fails after 3 attempts \(HTTP 500\)"):
            one(server, max_attempts=3)
        assert len(server.requests) == 3


def test_json_schema_is_asked_for_where_the_server_has_it() -> None:
    with chat_server(echo) as server:
        one(server)
        assert server.requests[0]["response_format"]["json_schema"]["schema"]["required"] == ["words"]


def test_a_server_without_formats_gets_the_schema_as_text_and_is_refused_only_once() -> None:
    def refuse_formats(_: int, body: dict[str, Any]) -> str:
        return "400-format" if "response_format" in body else ""

    with chat_server(echo, refuse_formats) as server:
        results, _ = asking(server, "a", "b", "c", concurrency=1)
        assert [result.words for result in results] == [["a"], ["b"], ["c"]]
        assert sum("response_format" in body for body in server.requests) == 2
        assert "JSON Schema" in server.requests[-1]["messages"][0]["content"]


@pytest.mark.parametrize(
    "spoilt",
    [
        'Sure!\n```json\n{"words": ["hello", "there"]}\n```',
        '<think>{"words": 1}</think>{"words": ["hello", "there",]}',
        '["hello", "there"]',
        '{"words": ["hello", "there", "cu',
    ],
)
def test_spoilt_json_is_repaired_without_another_request(spoilt: str) -> None:
    with chat_server(lambda _: spoilt) as server:
        assert one(server).words == ["hello", "there"]
        assert len(server.requests) == 1


def test_a_wrong_reply_is_sent_back_with_the_reason() -> None:
    def answer(body: dict[str, Any]) -> str:
        return '{"word": "hello"}' if len(body["messages"]) == 1 else '{"words": ["fixed"]}'

    with chat_server(answer) as server:
        assert one(server).words == ["fixed"]
        assert "Field required" in server.requests[1]["messages"][-1]["content"]


def test_a_model_that_never_replies_in_json_fails_this_request_only() -> None:
    def answer(body: dict[str, Any]) -> str:
        return "no" if "bad" in str(body["messages"]) else echo(body)

    with chat_server(answer) as server:
        [bad, good], client = asking(server, "bad", "good", max_repairs=1)
        assert isinstance(bad, LLMReplyError)
        assert good.words == ["good"]
        assert client.usage.requests == len(server.requests) == 3


def test_concurrency_is_bounded() -> None:
    with chat_server(echo, lambda *_: "hang", hang_seconds=0.05) as server:
        asking(server, *[f"text {i}" for i in range(12)], concurrency=3)
        assert server.most_at_once == 3


def test_an_answered_request_is_never_sent_again(tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite"
    texts = [f"text {i}" for i in range(20)]
    with chat_server(echo) as server:
        first, _ = asking(server, *texts, journal=journal)
        again, client = asking(server, *texts, journal=journal)
        assert again == first
        assert len(server.requests) == 20
        assert (client.usage.requests, client.usage.from_journal) == (0, 20)
        asking(server, *texts, journal=journal, temperature=0.9)  # another request: everything counts
        assert len(server.requests) == 40


def test_the_key_is_in_no_file(tmp_path: Path) -> None:
    with chat_server(echo, {0: "500"}) as server:
        asking(server, "text", journal=tmp_path / "journal.sqlite")
    assert not [path for path in tmp_path.iterdir() if KEY.encode() in path.read_bytes()]


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_text("not a database, but long enough to look like something" * 20)
    with pytest.raises(LLMError, match="not a readable journal"):
        Journal(tmp_path / "journal.sqlite")


def test_everything_arrives_whatever_goes_wrong_on_the_way() -> None:
    draw = random.Random(7)
    faults = {number: draw.choice(["429", "500", "cut", "not-json", ""]) for number in range(60)}
    texts = [f"text {i}" for i in range(40)]
    with chat_server(echo, faults, retry_after="0.05") as server:
        results, client = asking(server, *texts, concurrency=6, max_attempts=12)
        assert [result.words for result in results] == [text.split() for text in texts]
        assert len(server.served) == 40  # each answer was received once
        assert client.usage.requests == len(server.requests)
        assert client.usage.failed_attempts == len(server.requests) - 40
