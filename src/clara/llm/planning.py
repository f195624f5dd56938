"""What a run would send and cost, before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from clara.llm.endpoint import TOKENS_PER_IMAGE

MESSAGE_TOKENS = 4  # what a chat template adds to each message, about
ASSUMED_REPLY_SHARE = 0.5  # a reply is half as long as its prompt …
ASSUMED_REPLY_TOKENS = (60, 600)  # … but at least and at most so long
ENOUGH_REPLIES = 10  # so many of a purpose in the journal, and their mean is taken instead
FOLLOW_UP_SHARE = 0.4  # requests that follow from the replies (corrections, redrafts, checks), for each first request


@dataclass(slots=True)
class Group:
    """The requests of one purpose that would go out."""

    requests: int = 0
    tokens_in: int = 0
    assumed_tokens_out: float = 0.0


@dataclass(slots=True)
class RunPlan:
    """Collects the requests of a dry run; hand `add` to LLMClient as its plan.

    `count_tokens` is the tokenizer's; `mean_reply_tokens` the journal's means by purpose.
    """

    count_tokens: Callable[[str], int]
    mean_reply_tokens: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)

    def add(self, purpose: str, request: dict[str, Any]) -> None:
        tokens = 0
        for message in request["messages"]:
            content = message.get("content") or ""
            parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
            for part in parts:
                tokens += self.count_tokens(part["text"]) if part.get("type") == "text" else TOKENS_PER_IMAGE
            tokens += MESSAGE_TOKENS
        if "response_format" in request:
            tokens += self.count_tokens(json.dumps(request["response_format"], ensure_ascii=False))
        group = self.groups.setdefault(purpose, Group())
        group.requests += 1
        group.tokens_in += tokens
        least, most = ASSUMED_REPLY_TOKENS
        group.assumed_tokens_out += min(max(tokens * ASSUMED_REPLY_SHARE, least), most)

    def is_measured(self, purpose: str) -> bool:
        return self.mean_reply_tokens.get(purpose, (0, 0.0))[0] >= ENOUGH_REPLIES

    def tokens_out(self, purpose: str) -> int:
        """Of the first requests of a purpose: the journal's mean where it has enough replies, else the assumption."""
        group = self.groups[purpose]
        if self.is_measured(purpose):
            return round(group.requests * self.mean_reply_tokens[purpose][1])
        return round(group.assumed_tokens_out)

    def totals(self) -> tuple[int, int, int]:
        """Requests, tokens in and tokens out, those that follow from the replies included."""
        requests = sum(group.requests for group in self.groups.values())
        tokens_in = sum(group.tokens_in for group in self.groups.values())
        tokens_out = sum(self.tokens_out(purpose) for purpose in self.groups)
        more = 1 + FOLLOW_UP_SHARE
        return round(requests * more), round(tokens_in * more), round(tokens_out * more)
