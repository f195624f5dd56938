"""What a run would send and cost, before anything is sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from clara.llm.endpoint import TOKENS_PER_IMAGE

MESSAGE_TOKENS = 4  # what a chat template adds to each message, about
ASSUMED_REPLY_SHARE = 0.5  # a reply is half as long as its prompt …
ASSUMED_REPLY_TOKENS = (60, 600)  # … but at least and at most so long
ENOUGH_REPLIES = 10  # so many of a purpose in the journal, and their mean is taken instead


@dataclass(slots=True)
class Group:
    """The requests of one purpose that would go out."""

    requests: int = 0
    tokens_in: int = 0
    assumed_tokens_out: float = 0.0


@dataclass(slots=True)
class RunPlan:
    """Collects the requests of a dry run; hand `add` to LLMClient as its plan.

    `count_tokens` is the tokenizer's; `mean_reply_tokens` the journal's means by purpose; `redrafted` says how many
    further requests each of a purpose will lead to. The very same request is counted once: it is sent once.
    """

    count_tokens: Callable[[str], int]
    mean_reply_tokens: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    redrafted: Mapping[str, float] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def add(self, purpose: str, request: dict[str, Any]) -> None:
        key = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
        if key in self._seen:
            return
        self._seen.add(key)
        tokens = sum(self.count_tokens(text) for text in request.get("input", ()))
        for message in request.get("messages", ()):
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
        if "messages" not in request:  # vectors are not counted in tokens
            return
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
        """Requests, tokens in and tokens out, those that follow from what is refused included."""
        requests = tokens_in = tokens_out = 0.0
        for purpose, group in self.groups.items():
            more = 1 + self.redrafted.get(purpose, 0.0)
            requests += more * group.requests
            tokens_in += more * group.tokens_in
            tokens_out += more * self.tokens_out(purpose)
        return round(requests), round(tokens_in), round(tokens_out)
