"""Servers differ: what they refuse is left out, how they shape a reply is understood, and no answer is a failure."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from clara.errors import LLMError, UsageError
from clara.llm import LLMConfig, LLMReplyError, LLMSession, write_receipt
from clara.llm.endpoint import estimate_tokens
from llm.asking import Echo, asking, echo, one
from llm.server import chat_server


@pytest.mark.parametrize("shape", ["parts", "reasoning", "think", "no-usage", "wrong-type", "slow"])
def test_the_answer_is_found_however_the_server_shapes_its_reply(shape: str) -> None:
    with chat_server(echo, lambda *_: shape, hang_seconds=0.1) as server:
        [result], client = asking(server, "hello there")
        assert result.words == ["hello", "there"]
        assert len(server.requests) == 1
        assert client.usage.completion_tokens > 0


@pytest.mark.parametrize(
    ("fault", "refused", "instead"),
    [("400-max_tokens", "max_tokens", "max_completion_tokens"), ("400-temperature", "temperature", "max_tokens")],
)
def test_a_field_the_server_refuses_is_left_out_from_then_on(fault: str, refused: str, instead: str) -> None:
    with chat_server(echo, lambda _, body: fault if refused in body else "") as server:
        results, _ = asking(server, "a", "b", "c", concurrency=1)
        assert [result.words for result in results] == [["a"], ["b"], ["c"]]
        assert sum(refused in body for body in server.requests) == 1
        assert all(instead in body for body in server.requests[1:])
        assert all("response_format" in body for body in server.requests)


def test_a_server_that_refuses_everything_it_can_is_still_understood() -> None:
    def refuse(_: int, body: dict[str, Any]) -> str:
        faults = {"response_format": "400-format", "temperature": "400-temperature", "max_tokens": "400-max_tokens"}
        return next((fault for field, fault in faults.items() if field in body), "parts")

    with chat_server(echo, refuse) as server:
        results, _ = asking(server, *"abcdef", concurrency=3)
        assert [result.words for result in results] == [[text] for text in "abcdef"]


@pytest.mark.parametrize("fault", ["filter", "refusal", "400-filter"])
def test_a_refused_text_is_a_failure_of_that_request_with_its_reason(fault: str) -> None:
    with chat_server(echo, lambda _, body: fault if "bad" in str(body["messages"]) else "") as server:
        [bad, good], _ = asking(server, "bad", "good")
        assert isinstance(bad, LLMReplyError)
        assert ("refus" if fault == "refusal" else "content_filter") in str(bad)
        assert good.words == ["good"]
        assert len(server.requests) == 2


def test_an_empty_reply_is_asked_for_again_then_recorded_as_a_failure() -> None:
    with chat_server(echo, {0: "blank"}) as server:
        assert one(server).words == ["hello", "there"]
    with chat_server(echo, lambda *_: "blank") as server:
        [failed], client = asking(server, "hello")
        assert isinstance(failed, LLMReplyError)
        assert "replied with nothing" in str(failed)
        assert client.usage.requests == 3


def test_a_reply_cut_by_its_limit_is_asked_for_with_more_room_then_used_as_far_as_it_goes() -> None:
    with chat_server(echo, {0: "length"}) as server:
        assert one(server, max_reply_tokens=100).words == ["hello", "there"]
        assert [body["max_tokens"] for body in server.requests] == [100, 200]
    with chat_server(echo, lambda *_: "length") as server:
        [result], client = asking(server, "one two three four five six")
        assert result.words == ["one", "two", "three", "four", "five", "six"][: len(result.words)]
        assert 1 <= len(result.words) < 6
        assert client.usage.cut_replies == 1
        assert len(server.requests) == 3


def test_a_400_that_names_nothing_costs_the_format_once() -> None:
    with chat_server(echo, lambda _, body: "400-bare" if "response_format" in body else "") as server:
        results, _ = asking(server, "a", "b", concurrency=1)
        assert [result.words for result in results] == [["a"], ["b"]]
        assert sum("response_format" in body for body in server.requests) == 2


def test_settings_that_every_request_fails_with_end_the_run() -> None:
    with chat_server(echo, lambda *_: "413") as server:
        results, _ = asking(server, *(f"text {number}" for number in range(20)), concurrency=1)
        assert any(type(result) is LLMError and "were all refused" in str(result) for result in results)


def test_text_never_follows_a_redirect_to_another_host() -> None:
    with chat_server(echo) as elsewhere, chat_server(echo, lambda *_: "redirect") as server:
        server.redirect_to = elsewhere.base_url
        with pytest.raises(LLMError, match="sends on to"):
            one(server)
        assert not elsewhere.requests


@pytest.mark.parametrize("address", ["http://user:secret@host/v1", "https://host/v1?api_key=secret", "host:80", ""])
def test_an_address_that_holds_a_key_or_is_none_is_refused_without_showing_it(address: str) -> None:
    with chat_server(echo) as server, pytest.raises(UsageError) as raised:
        one(server, base_url=address)
    assert "secret" not in str(raised.value)


def test_one_request_that_always_fails_does_not_end_a_run_that_works() -> None:
    """Even when everything else was answered long before it gives up."""
    with chat_server(echo, lambda _, body: "500" if "bad" in str(body["messages"]) else "") as server:
        results, _ = asking(server, "bad", "one", "two", max_attempts=3, concurrency=2, first_wait_seconds=0.1)
        assert isinstance(results[0], LLMReplyError)
        assert "HTTP 500" in str(results[0])
        assert all(result.words for result in results[1:])


def test_an_endpoint_that_dies_after_its_first_answers_ends_the_run() -> None:
    with chat_server(echo, lambda _, body: "500" if "late" in str(body["messages"]) else "") as server:
        texts = ("one", "late 1", "late 2", "late 3")
        (answered, *late), _ = asking(server, *texts, max_attempts=3, concurrency=4, first_wait_seconds=0.05)
        assert answered.words == ["one"]
        ends = [error for error in late if not isinstance(error, LLMReplyError)]
        assert len(ends) == 2
        assert all("still fails after 3 attempts" in str(error) for error in ends)


def test_a_picture_goes_out_as_a_part_and_its_document_is_noted(tmp_path: Path) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 40_000}}
    messages = [{"role": "user", "content": [{"type": "text", "text": "What is shown?"}, picture]}]

    async def describe(base_url: str) -> Echo:
        session = LLMSession(LLMConfig(base_url=base_url, model="m"), journal=tmp_path / "llm_journal.sqlite")
        try:
            return await session.ask(messages, Echo, documents=["plan.pdf"])
        finally:
            await session.close()

    with chat_server() as server:
        assert asyncio.run(describe(server.base_url)).words
        assert server.requests[0]["messages"] == messages
    receipt = write_receipt(tmp_path)
    assert (receipt["documents"], receipt["bytes_out"]) == (["plan.pdf"], server.bytes_in)
    assert estimate_tokens(server.requests[0]) < 2000  # a picture is not counted by its bytes
