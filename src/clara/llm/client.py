"""One async client for every OpenAI-compatible endpoint. Knows nothing of prompts or of what the replies are for.

A request goes out only if its reply is not in the journal, at most `concurrency` at a time, each with a total time
limit. 429, 5xx, timeouts and cut connections are tried again, after the time the server asks for. Whatever cannot be
helped by waiting (wrong key, unknown model, wrong address) stops at once with one clear LLMError.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import os
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from pydantic import BaseModel

from clara.errors import LLMError, MissingExtraError
from clara.llm.journal import Journal, Reply, request_key
from clara.llm.structured import REPLY_FORMATS, ReplyFormat, parse_reply, response_format

Parsed = TypeVar("Parsed", bound=BaseModel)
Message = dict[str, Any]  # role and content; the content may be a list of parts, with pictures
RETRIED_STATUS = (408, 409, 425, 429)  # and every 5xx


class LLMReplyError(LLMError):
    """The endpoint works, but this one request got no usable reply; other requests may go on."""


class _TryAgain(Exception):
    """A failure that waiting may cure. `after_seconds` is what the server asked for, if it did."""

    def __init__(self, reason: str, *, after_seconds: float | None = None) -> None:
        self.reason = reason
        self.after_seconds = after_seconds
        super().__init__(reason)


class _FormatRefused(Exception):
    """The server does not know the response_format it was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMConfig:
    base_url: str
    """Address of the endpoint, e.g. http://localhost:8000/v1."""
    model: str
    """Name of the model, as the endpoint knows it."""
    concurrency: int = 8
    """Most requests in flight at once."""
    timeout_seconds: float = 120.0
    """Total time for one request, from sending to the last byte."""
    max_attempts: int = 6
    """How often one request is sent before giving up."""
    first_wait_seconds: float = 1.0
    """Wait before the second attempt; doubles each time, up to 60 s, unless the server says how long."""
    longest_wait_seconds: float = 120.0
    """A Retry-After above this ends the run with a clear message instead of hanging."""
    max_repairs: int = 2
    """How often a reply that is not the asked JSON is sent back with the reason."""
    temperature: float = 0.3
    max_reply_tokens: int = 2048


@dataclass(slots=True)
class Usage:
    """What a client has done so far: for the summary and the privacy receipt."""

    requests: int = 0
    from_journal: int = 0
    failed_attempts: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    bytes_out: int = 0
    failures: dict[str, int] = field(default_factory=dict)


class LLMClient:
    """`await client.ask(messages, Reply)` returns a `Reply`. Use as an async context manager.

    The key is read from OPENAI_API_KEY (local servers need none) and appears in no message, journal or log.
    """

    def __init__(self, config: LLMConfig, *, journal: Journal | None = None) -> None:
        try:
            import openai
        except ImportError:
            raise MissingExtraError("openai", extra="data") from None
        self._openai = openai
        self.config = config
        self.journal = Journal(None) if journal is None else journal
        self.usage = Usage()
        self._format: ReplyFormat = REPLY_FORMATS[0]
        self._slots = asyncio.Semaphore(config.concurrency)
        self._asked: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # one for each request under way
        self._reached = False  # has the endpoint ever answered? if so, a refused connection is a restart
        self._key = os.environ.get("OPENAI_API_KEY", "")
        self._client = openai.AsyncOpenAI(
            api_key=self._key or "none",
            base_url=config.base_url,
            max_retries=0,  # retries are ours: counted, bounded, and honouring long Retry-After
            timeout=config.timeout_seconds,
        )

    async def __aenter__(self) -> LLMClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def ask(self, messages: list[Message], reply_type: type[Parsed]) -> Parsed:
        """The model's reply as a `reply_type`, from the journal when this exact request was answered before.

        Raises LLMReplyError when the replies stay unusable, LLMError when the endpoint cannot be used at all.
        """
        conversation = list(messages)
        for _ in range(self.config.max_repairs + 1):
            reply = await self._reply(conversation, reply_type)
            try:
                return parse_reply(reply.content, reply_type)
            except ValueError as error:
                problem = str(error)
            conversation = [
                *messages,
                {"role": "assistant", "content": reply.content},
                {"role": "user", "content": f"That reply cannot be used: {problem}. Send only the corrected JSON."},
            ]
        raise LLMReplyError(f"no usable reply from {self.config.model}: {problem}")

    async def _reply(self, messages: list[Message], reply_type: type[BaseModel]) -> Reply:
        requests = {kind: self._request(messages, reply_type, kind) for kind in REPLY_FORMATS}
        keys = {kind: request_key(self.config.base_url, request) for kind, request in requests.items()}
        same = self._asked.setdefault(keys["text"], asyncio.Lock())
        async with same:  # the very same request under way: wait for its reply instead of paying twice
            for key in keys.values():
                if known := self.journal.get(key):
                    self.usage.from_journal += 1
                    return known
            async with self._slots:
                while True:
                    kind = self._format
                    try:
                        reply = await self._send_until_answered(requests[kind])
                    except _FormatRefused:
                        step = max(REPLY_FORMATS.index(kind) + 1, REPLY_FORMATS.index(self._format))
                        self._format = REPLY_FORMATS[step]
                        continue
                    self.journal.put(keys[kind], reply, model=self.config.model)
                    return reply

    def _request(self, messages: list[Message], reply_type: type[BaseModel], kind: ReplyFormat) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self.config.model,
            "messages": messages,
            "temperature": self.config.temperature,
            "max_tokens": self.config.max_reply_tokens,
        }
        wanted = response_format(kind, reply_type)
        if wanted is not None:
            request["response_format"] = wanted
        if kind != "json_schema":
            schema = json.dumps(reply_type.model_json_schema(), ensure_ascii=False)
            content = f"Reply with one JSON object of this JSON Schema, nothing else: {schema}"
            told = {"role": "system", "content": content}
            request["messages"] = [told, *messages]
        return request

    async def _send_until_answered(self, request: dict[str, Any]) -> Reply:
        wait = self.config.first_wait_seconds
        for attempt in range(1, self.config.max_attempts + 1):
            try:
                return await self._send(request)
            except _TryAgain as failure:
                self.usage.failed_attempts += 1
                self.usage.failures[failure.reason] = self.usage.failures.get(failure.reason, 0) + 1
                if attempt == self.config.max_attempts:
                    raise LLMError(
                        f"{self.config.base_url} still fails after {attempt} attempts ({failure.reason}); "
                        "replies that arrived are kept, run the same command again later"
                    ) from None
                if (failure.after_seconds or 0) > self.config.longest_wait_seconds:
                    raise LLMError(
                        f"{self.config.base_url} asks to wait {failure.after_seconds:.0f} s ({failure.reason}); "
                        "replies that arrived are kept, run the same command again later"
                    ) from None
                jitter = random.Random().uniform(1.0, 1.25)
                await asyncio.sleep(failure.after_seconds if failure.after_seconds is not None else wait * jitter)
                wait = min(wait * 2, 60.0)
        raise AssertionError("unreachable: max_attempts is at least 1")

    async def _send(self, request: dict[str, Any]) -> Reply:
        """One attempt. Raises _TryAgain, _FormatRefused or LLMError."""
        openai = self._openai
        self.usage.requests += 1
        self.usage.bytes_out += len(json.dumps(request, ensure_ascii=False).encode())
        try:
            async with asyncio.timeout(self.config.timeout_seconds):
                completion = await self._client.chat.completions.create(**request)
        except (TimeoutError, openai.APITimeoutError):
            raise _TryAgain(f"no reply within {self.config.timeout_seconds:g} s") from None
        except openai.APIStatusError as error:
            self._reached = True
            raise self._explain(error, asked_format="response_format" in request) from None
        except openai.APIConnectionError as error:
            if not self._reached and "connect" in type(error.__cause__).__name__.lower():
                raise LLMError(f"cannot connect to {self.config.base_url}: check the address (--base-url)") from None
            raise _TryAgain("the connection was cut") from None
        except (ValueError, openai.OpenAIError):  # a 200 whose body is not the protocol's JSON
            self._reached = True
            raise _TryAgain("the reply was not JSON") from None
        self._reached = True
        choices = getattr(completion, "choices", None)
        if not choices or choices[0].message is None:
            raise _TryAgain("the reply held no message")
        tokens = completion.usage
        prompt_tokens = (tokens.prompt_tokens or 0) if tokens else 0
        completion_tokens = (tokens.completion_tokens or 0) if tokens else 0
        self.usage.prompt_tokens += prompt_tokens
        self.usage.completion_tokens += completion_tokens
        return Reply(choices[0].message.content or "", prompt_tokens, completion_tokens)

    def _explain(self, error: Any, *, asked_format: bool) -> Exception:
        status, where = error.status_code, self.config.base_url
        said = str(error.message)
        if self._key:
            said = said.replace(self._key, "***")
        said = " ".join(said.split())[:300]
        if status in (401, 403):  # the server's own words may quote the key: never repeated
            return LLMError(f"{where} refuses the key (HTTP {status}): set OPENAI_API_KEY to one that is valid there")
        if status == 404:
            model = self.config.model
            return LLMError(f"{where} does not know the model {model!r} (HTTP 404): check --model and --base-url")
        if status == 429 and getattr(error, "code", None) == "insufficient_quota":
            return LLMError(f"{where}: the account's quota is used up (HTTP 429)")
        if status in RETRIED_STATUS or status >= 500:
            return _TryAgain(f"HTTP {status}", after_seconds=retry_after_seconds(error.response.headers))
        lowered = said.lower()
        names_format = any(word in lowered for word in ("response_format", "json_schema", "json_object"))
        if status in (400, 415, 422) and asked_format and names_format:
            return _FormatRefused()
        return LLMReplyError(f"{where} refuses the request (HTTP {status}): {said}")


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """What a server's Retry-After asks for, in seconds or as a date; None when it says nothing usable.

    >>> retry_after_seconds({"retry-after": "2.5"}), retry_after_seconds({"retry-after": "soon"})
    (2.5, None)
    """
    if milliseconds := headers.get("retry-after-ms"):
        try:
            return max(float(milliseconds) / 1000, 0.0)
        except ValueError:
            pass
    said = headers.get("retry-after")
    if not said:
        return None
    try:
        return max(float(said), 0.0)
    except ValueError:
        pass
    try:
        return max(email.utils.parsedate_to_datetime(said).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError):
        return None
