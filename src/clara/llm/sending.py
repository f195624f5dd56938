"""One attempt at one request, in order: pace, budget, note that it leaves, send, keep the reply, hand it over.

A caller that is cancelled does not take its request with it: what was paid for arrives and is kept.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from clara.errors import LLMError
from clara.llm.budget import Budget
from clara.llm.endpoint import (
    BYTES_PER_TOKEN,
    Endpoint,
    Exchange,
    FieldRefused,
    RequestRefused,
    TryAgain,
    estimate_tokens,
)
from clara.llm.journal import Journal, Reply
from clara.llm.pace import Pace


@dataclass(slots=True)
class Usage:
    """What a run has done so far: for the summary and the progress line."""

    requests: int = 0
    from_journal: int = 0
    failed_attempts: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    cut_replies: int = 0
    failures: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One request on its way: `request` is what is sent, `keys` what its replies are kept under.

    A chat has one reply; with `embeds`, each text has its own.
    """

    request: dict[str, Any]
    keys: tuple[str, ...]
    purpose: str
    documents: Sequence[str]
    reply_limit: int
    keep_empty: bool = False
    embeds: bool = False


class Sender:
    """`await sender.send(outgoing)` is one attempt. Once the budget is reached nothing leaves any more."""

    def __init__(self, endpoint: Endpoint, *, journal: Journal, budget: Budget, usage: Usage, pace: Pace) -> None:
        self.endpoint, self.journal, self.budget, self.usage, self.pace = endpoint, journal, budget, usage, pace
        self.last_success = 0.0
        self._in_flight: set[asyncio.Task[list[Reply]]] = set()
        self._settled = asyncio.Event()
        self._stopped: LLMError | None = None
        self._replies = self._reply_tokens = 0

    async def send(self, outgoing: Outgoing) -> list[Reply]:
        """Raises TryAgain, FieldRefused or RequestRefused for this attempt, LLMError for what ends the run."""
        tokens_in = estimate_tokens(outgoing.request)
        tokens_out = self._reply_tokens // self._replies if self._replies else outgoing.reply_limit // 4
        tokens_out = min(tokens_out, outgoing.reply_limit)
        await self.pace.turn(tokens_in + tokens_out)
        most = self.budget.cost_of(tokens_in, outgoing.reply_limit)
        await self._admit(most)
        task = asyncio.create_task(self._exchange(outgoing, expected=(tokens_in, tokens_out), most=most))
        self._in_flight.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Wait for the replies in flight, so that they are kept; not when the user has interrupted."""
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            for sending in self._in_flight:
                sending.cancel()
        await asyncio.gather(*self._in_flight, return_exceptions=True)
        await self.endpoint.close()

    async def _admit(self, most: float) -> None:
        while True:
            if self._stopped is None and self.budget.must_stop(most):
                self._stopped = self.budget.reached()
            if self._stopped is not None:
                raise self._stopped
            if not self.budget.must_wait(most):
                self.budget.start(most)
                return
            self._settled.clear()
            await self._settled.wait()

    def _done(self, task: asyncio.Task[list[Reply]]) -> None:
        self._in_flight.discard(task)
        if not task.cancelled():
            task.exception()  # the caller may be gone: then nobody else looks

    async def _exchange(self, outgoing: Outgoing, *, expected: tuple[int, int], most: float) -> list[Reply]:
        number: int | None = None
        cost = 0.0

        def leaving(sha256: str, size: int) -> None:
            nonlocal number
            number = self.journal.send(
                host=self.endpoint.host,
                model=outgoing.request["model"],
                purpose=outgoing.purpose,
                documents=outgoing.documents,
                sha256=sha256,
                bytes_out=size,
            )
            self.usage.requests += 1
            self.usage.bytes_out += size

        exchange = Exchange(leaving=leaving)
        try:
            if outgoing.embeds:
                replies = await self.endpoint.embed(outgoing.request, exchange)
            else:
                replies = [await self.endpoint.send(outgoing.request, exchange)]
            cost = self._account(replies[0], expected, embeds=outgoing.embeds)
            if replies[0].finish == "empty" and not outgoing.keep_empty:
                self._failed(number, exchange, "the reply was empty")
                return replies
            for key, reply in zip(outgoing.keys, replies, strict=True):
                self.journal.put(
                    key,
                    reply,
                    model=outgoing.request["model"],
                    purpose=outgoing.purpose,
                    number=number,
                    bytes_in=exchange.bytes_in,
                )
            return replies
        except (TryAgain, FieldRefused, RequestRefused, LLMError) as error:
            if isinstance(error, TryAgain) and error.was_taken:  # it may be charged for: the prompt is counted
                cost = self.budget.cost_of(expected[0], 0)
            self._failed(number, exchange, str(error))
            raise
        finally:
            self.usage.bytes_in += exchange.bytes_in
            self.budget.finish(most, cost)
            self._settled.set()

    def _account(self, reply: Reply, expected: tuple[int, int], *, embeds: bool) -> float:
        """The cost of a reply; a server that does not count tokens has them estimated."""
        self.last_success = time.monotonic()
        tokens_in = reply.prompt_tokens or expected[0]
        tokens_out = 0 if embeds else reply.completion_tokens or len(reply.content.encode()) // BYTES_PER_TOKEN
        self.usage.prompt_tokens += tokens_in
        self.usage.completion_tokens += tokens_out
        if not embeds:
            self._replies += 1
            self._reply_tokens += tokens_out
        self.pace.settle(sum(expected), tokens_in + tokens_out)
        return self.budget.cost_of(tokens_in, tokens_out)

    def _failed(self, number: int | None, exchange: Exchange, reason: str) -> None:
        if number is not None:
            self.journal.failed(number, bytes_in=exchange.bytes_in, reason=reason[:300])
