"""One run's conversation with one endpoint: opens the client inside the event loop that uses it, keeps the counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from clara.llm.budget import Budget
from clara.llm.client import LLMClient, LLMConfig, Message, Plan
from clara.llm.journal import Journal
from clara.llm.sending import Usage

Parsed = TypeVar("Parsed", bound=BaseModel)


class LLMSession:
    """`await session.ask(...)` as often as wanted, in one event loop after the other; `close` at the end of each.

    Budget and counts go on from one loop to the next. With `plan`, nothing is sent and the journal is only read.
    """

    def __init__(
        self,
        config: LLMConfig,
        *,
        journal: Path | None = None,
        budget: Budget | None = None,
        plan: Plan | None = None,
    ) -> None:
        self.config, self.journal_path, self.plan = config, journal, plan
        self.budget = Budget() if budget is None else budget
        self._usage = Usage()
        self._client: LLMClient | None = None

    async def ask(
        self, messages: Sequence[Message], reply_type: type[Parsed], *, documents: Sequence[str] = ()
    ) -> Parsed:
        """As LLMClient.ask."""
        return await self._opened().ask(messages, reply_type, documents=documents)

    async def embed(self, texts: Sequence[str], *, documents: Sequence[str] = ()) -> list[list[float]]:
        """As LLMClient.embed."""
        return await self._opened().embed(texts, documents=documents)

    async def close(self) -> None:
        """Keep the replies in flight, then end the connections and the journal; the next ask opens them again."""
        if self._client is not None:
            client, self._client = self._client, None
            try:
                await client.__aexit__()
            finally:
                client.journal.close()

    def usage(self) -> dict[str, Any]:
        """Requests, tokens, bytes and cost of this run so far, and where they went."""
        counts = {"base_url": self.config.base_url, "model": self.config.model, **asdict(self._usage)}
        return {**counts, "cost": self.budget.cost} if self.budget.has_prices else counts

    def _opened(self) -> LLMClient:
        if self._client is None:
            self._client = LLMClient(
                self.config, journal=self._open(), budget=self.budget, usage=self._usage, plan=self.plan
            )
        return self._client

    def _open(self) -> Journal:
        if self.plan is None:
            return Journal(self.journal_path)
        there = self.journal_path is not None and self.journal_path.is_file()
        return Journal(self.journal_path if there else None, read_only=there)
