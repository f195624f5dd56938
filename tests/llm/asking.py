"""Asking a test server through the real client: what these tests share."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from clara.llm import Budget, Journal, LLMClient, LLMConfig
from llm.server import ChatServer

KEY = "sk-secret-0123456789"


class Echo(BaseModel):
    model_config = ConfigDict(extra="forbid")
    words: list[str]


def echo(body: dict[str, Any]) -> str:
    return json.dumps({"words": body["messages"][-1]["content"].split()})


def asking(
    server: ChatServer, *texts: str, journal: Path | None = None, budget: Budget | None = None, **settings: Any
) -> tuple[list[Any], LLMClient]:
    """Ask all texts at once; the results in order, and the client afterwards."""
    settings = {"timeout_seconds": 2.0, "first_wait_seconds": 0.02, "base_url": server.base_url, **settings}

    async def run() -> tuple[list[Any], LLMClient]:
        store = Journal(journal)
        try:
            async with LLMClient(LLMConfig(model="m", **settings), journal=store, budget=budget) as client:
                questions = [client.ask([user(text)], Echo, documents=[f"{text}.pdf"]) for text in texts]
                results = await asyncio.gather(*questions, return_exceptions=True)
        finally:
            store.close()
        return list(results), client

    return asyncio.run(run())


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def one(server: ChatServer, **settings: Any) -> Any:
    [result], _ = asking(server, "hello there", **settings)
    if isinstance(result, BaseException):
        raise result
    return result
