"""One async client for every OpenAI-compatible endpoint. Knows nothing of prompts or of what the replies are for.

A request goes out only if its reply is not in the journal and the budget allows it, at most `concurrency` at a time,
each with a total time limit. 429, 5xx, timeouts and cut connections are tried again; a 429 holds back all requests for
the time the server asks for. A field that the server does not take is left out from then on. Whatever waiting cannot
cure (wrong key, unknown model, wrong address) stops at once with one clear LLMError.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from pydantic import BaseModel

from clara.errors import LLMError
from clara.llm.budget import Budget
from clara.llm.completions import pack_vector, unpack_vector
from clara.llm.endpoint import Endpoint, FieldRefused, RequestRefused, TryAgain
from clara.llm.environment import api_key
from clara.llm.journal import Journal, Reply, request_key
from clara.llm.pace import Pace
from clara.llm.sending import Outgoing, Sender, Usage
from clara.llm.structured import REPLY_FORMATS, ReplyFormat, parse_reply, response_format

Parsed = TypeVar("Parsed", bound=BaseModel)
Message = dict[str, Any]  # role and content; the content may be a list of parts, with pictures
Plan = Callable[[str, dict[str, Any]], None]
LONGER_REPLIES = 2  # how often a reply cut by its token limit is asked for again with twice the limit
EMBEDDED_AT_ONCE = 32  # texts in one embeddings request
EMPTY_REPLIES = 2  # how often an empty reply is asked for again
ALL_REFUSED = 8  # so many requests refused before the first success: it is not the texts, it is the settings
NO_ANSWER = {
    "content_filter": "the endpoint's content filter withheld the reply",
    "refusal": "the model refused",
    "empty": "the model replied with nothing",
}


class LLMReplyError(LLMError):
    """The endpoint works, but this one request got no usable reply; other requests may go on."""


class NotSentError(LLMReplyError):
    """A dry run: this request would go out now."""


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
    max_slow_downs: int = 30
    """How often one request may be told 429 before giving up; these are not counted as attempts."""
    first_wait_seconds: float = 1.0
    """Wait before the second attempt; doubles each time, up to 60 s, unless the server says how long."""
    longest_wait_seconds: float = 120.0
    """A Retry-After above this ends the run with a clear message instead of hanging."""
    max_repairs: int = 2
    """How often a reply that is not the asked JSON is sent back with the reason."""
    temperature: float = 0.3
    max_reply_tokens: int = 2048
    requests_per_minute: float | None = None
    """The provider's limit, if it is known: requests are spread evenly under it."""
    tokens_per_minute: float | None = None
    """The same for tokens, those of the replies included."""


class LLMClient:
    """`await client.ask(messages, Reply)` returns a `Reply`. Use as an async context manager.

    The key is read from OPENAI_API_KEY or `.env` (local servers need none) and appears in no message, journal or log.
    With `plan` nothing is sent: each request that would be is handed to it and fails with NotSentError (embeddings do
    not fail: any vectors are returned).
    """

    def __init__(
        self,
        config: LLMConfig,
        *,
        journal: Journal | None = None,
        budget: Budget | None = None,
        usage: Usage | None = None,
        plan: Plan | None = None,
    ) -> None:
        self.config = config
        self.journal = Journal(None) if journal is None else journal
        self.usage = Usage() if usage is None else usage
        self._plan = plan
        self._pace = Pace(requests_per_minute=config.requests_per_minute, tokens_per_minute=config.tokens_per_minute)
        self._sender = Sender(
            Endpoint(config.base_url, key="" if plan else api_key(), timeout_seconds=config.timeout_seconds),
            journal=self.journal,
            budget=Budget() if budget is None else budget,
            usage=self.usage,
            pace=self._pace,
        )
        self._format: ReplyFormat = REPLY_FORMATS[0]
        self._formats_answered: set[str] = set()
        self._left_out: set[str] = set()  # request fields that the server does not take
        self._stand_in = pack_vector([1.0])  # of a dry run
        self._refused = 0  # requests refused before the first success
        self._gave_up = 0.0  # when a request last gave up
        self._slots = asyncio.Semaphore(config.concurrency)
        self._asked: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # one for each request under way

    async def __aenter__(self) -> LLMClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._sender.close()

    async def ask(
        self, messages: Sequence[Message], reply_type: type[Parsed], *, documents: Sequence[str] = ()
    ) -> Parsed:
        """The model's reply as a `reply_type`, from the journal when this exact request was answered before.

        `documents` are those whose text is in the messages, for the privacy receipt. Raises LLMReplyError when the
        replies stay unusable, LLMError when the endpoint cannot be used at all, BudgetReachedError at its limit.
        """
        conversation = list(messages)
        for _ in range(self.config.max_repairs + 1):
            reply = await self._whole_reply(conversation, reply_type, documents)
            if reply.finish in NO_ANSWER:
                said = " ".join(reply.content.split())[:200]
                raise LLMReplyError(f"{reply.finish}: {NO_ANSWER[reply.finish]}{f' ({said})' if said else ''}")
            try:
                return parse_reply(reply.content, reply_type)
            except ValueError as error:
                problem = str(error)
            if reply.finish == "length":
                problem = f"it was cut off after {reply.completion_tokens or 'too many'} tokens ({problem})"
            conversation = [
                *messages,
                {"role": "assistant", "content": reply.content or "{}"},
                {"role": "user", "content": f"That reply cannot be used: {problem}. Send only the corrected JSON."},
            ]
        raise LLMReplyError(f"no usable reply from {self.config.model}: {problem}")

    async def embed(self, texts: Sequence[str], *, documents: Sequence[str] = ()) -> list[list[float]]:
        """The model's vector of each text; known ones come from the journal, the others are asked for in batches."""
        keys = {
            text: request_key(self.config.base_url, {"model": self.config.model, "embedding": text}) for text in texts
        }
        known = {text: reply for text, key in keys.items() if (reply := self.journal.get(key))}
        self.usage.from_journal += len(known)
        waiting = [text for text in keys if text not in known]
        self._stand_in = next((reply.content for reply in known.values()), self._stand_in)
        batches = [waiting[start : start + EMBEDDED_AT_ONCE] for start in range(0, len(waiting), EMBEDDED_AT_ONCE)]
        answered = await asyncio.gather(*(self._embed(batch, keys, documents) for batch in batches))
        for batch, replies in zip(batches, answered, strict=True):
            known.update(zip(batch, replies, strict=True))
        return [unpack_vector(known[text]) for text in texts]

    async def _embed(self, batch: list[str], keys: dict[str, str], documents: Sequence[str]) -> list[Reply]:
        request = {"model": self.config.model, "input": batch, "encoding_format": "float"}
        if self._plan is not None:  # any vector will do: none of the rows is kept
            self._plan("embeddings", request)
            return [Reply(self._stand_in)] * len(batch)
        outgoing = Outgoing(
            request=request,
            keys=tuple(keys[text] for text in batch),
            purpose="embeddings",
            documents=documents,
            reply_limit=0,
            embeds=True,
        )
        async with self._slots:
            try:
                return await self._send_until_answered(outgoing)
            except (RequestRefused, FieldRefused) as refused:
                raise LLMError(str(refused)) from None

    async def _whole_reply(
        self, messages: list[Message], reply_type: type[BaseModel], documents: Sequence[str]
    ) -> Reply:
        """The reply; one that ran into its token limit is asked for again with more room."""
        limit = self.config.max_reply_tokens
        reply = await self._reply(messages, reply_type, documents, limit)
        for _ in range(LONGER_REPLIES):
            if reply.finish != "length":
                return reply
            limit *= 2
            try:
                reply = await self._reply(messages, reply_type, documents, limit)
            except NotSentError:
                raise
            except LLMReplyError:  # the model has no more room: what came is used as far as it goes
                break
        self.usage.cut_replies += reply.finish == "length"
        return reply

    async def _reply(
        self, messages: list[Message], reply_type: type[BaseModel], documents: Sequence[str], limit: int
    ) -> Reply:
        requests = {kind: self._request(messages, reply_type, kind, limit) for kind in REPLY_FORMATS}
        keys = {kind: request_key(self.config.base_url, request) for kind, request in requests.items()}
        same = self._asked.setdefault(keys["text"], asyncio.Lock())
        async with same:  # the very same request under way: wait for its reply instead of paying twice
            for key in keys.values():
                if known := self.journal.get(key):
                    self.usage.from_journal += 1
                    return known
            if self._plan is not None:
                self._plan(reply_type.__name__, requests[self._format])
                raise NotSentError("a dry run sends nothing")
            async with self._slots:
                while True:
                    kind = self._format
                    outgoing = Outgoing(
                        request=self._as_taken(requests[kind]),
                        keys=(keys[kind],),
                        purpose=reply_type.__name__,
                        documents=documents,
                        reply_limit=limit,
                    )
                    try:
                        [reply] = await self._send_until_answered(outgoing)
                    except FieldRefused as refused:
                        self._leave_out(refused, kind)
                        continue
                    except RequestRefused as refused:
                        raise self._refusal(str(refused)) from None
                    self._formats_answered.add(kind)
                    return reply

    def _request(
        self, messages: list[Message], reply_type: type[BaseModel], kind: ReplyFormat, limit: int
    ) -> dict[str, Any]:
        """The request as it is meant, which is what the journal knows it by."""
        request: dict[str, Any] = {
            "model": self.config.model,
            "messages": messages,
            "temperature": self.config.temperature,
            "max_tokens": limit,
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

    def _as_taken(self, request: dict[str, Any]) -> dict[str, Any]:
        """The request as this server takes it: newer models want max_completion_tokens, some no temperature."""
        request = dict(request)
        if "temperature" in self._left_out:
            del request["temperature"]
        if "max_tokens" in self._left_out:
            limit = request.pop("max_tokens")
            if "max_completion_tokens" not in self._left_out:
                request["max_completion_tokens"] = limit
        return request

    def _leave_out(self, refused: FieldRefused, kind: ReplyFormat) -> None:
        """Do without a field from now on. A 400 that names none costs the format only if it never worked."""
        if refused.name != "response_format":
            self._left_out.add(refused.name)
            return
        if not refused.certain and kind in self._formats_answered:
            raise self._refusal(refused.reason) from None
        step = max(REPLY_FORMATS.index(kind) + 1, REPLY_FORMATS.index(self._format))
        self._format = REPLY_FORMATS[step]

    def _refusal(self, reason: str) -> LLMError:
        if self._formats_answered:
            return LLMReplyError(reason)
        self._refused += 1
        if self._refused < ALL_REFUSED:
            return LLMReplyError(reason)
        return LLMError(f"the first {self._refused} requests were all refused; the last: {reason}")

    async def _send_until_answered(self, outgoing: Outgoing) -> list[Reply]:
        wait = self.config.first_wait_seconds
        attempts = slow_downs = empty = 0
        started = time.monotonic()
        while True:
            previous, started = started, time.monotonic()
            try:
                replies = await self._sender.send(outgoing)
            except TryAgain as failure:
                self._count(failure.reason)
                if (failure.after_seconds or 0) > self.config.longest_wait_seconds:
                    raise LLMError(
                        f"{self.config.base_url} asks to wait {failure.after_seconds:.0f} s ({failure.reason}); "
                        "replies that arrived are kept, run the same command again later"
                    ) from None
                attempts += not failure.too_fast
                slow_downs += failure.too_fast
                if attempts >= self.config.max_attempts or slow_downs > self.config.max_slow_downs:
                    raise self._give_up(failure.reason, attempts + slow_downs, since=previous) from None
                jitter = random.Random().uniform(1.0, 1.25)
                pause = failure.after_seconds if failure.after_seconds is not None else wait * jitter
                wait = min(wait * 2, 60.0)
                if failure.too_fast:
                    self._pace.hold(pause)  # the whole client: this request waits with the others
                else:
                    await asyncio.sleep(pause)
                continue
            if replies[0].finish != "empty" or outgoing.keep_empty:
                return replies
            self._count("the reply was empty")
            empty += 1
            outgoing = replace(outgoing, keep_empty=empty >= EMPTY_REPLIES)

    def _count(self, reason: str) -> None:
        self.usage.failed_attempts += 1
        self.usage.failures[reason] = self.usage.failures.get(reason, 0) + 1

    def _give_up(self, reason: str, attempts: int, *, since: float) -> LLMError:
        """The failure of this request when others were answered; the endpoint's, which ends the run, when none was or
        when a second request gives up with no answer in between: one request that never works must not keep a run
        from ending, however often it is started again."""
        first = self._gave_up < self._sender.last_success
        self._gave_up = time.monotonic()
        if first or self._sender.last_success > since:
            return LLMReplyError(f"no reply after {attempts} attempts ({reason}), while other requests were answered")
        return LLMError(
            f"{self.config.base_url} still fails after {attempts} attempts ({reason}); "
            "replies that arrived are kept, run the same command again later"
        )
