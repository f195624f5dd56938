"""One HTTP exchange with an OpenAI-compatible endpoint: what went out, what came back, and what a failure means.

Retries, budget and journal are others' business. Nothing follows a redirect: text goes to the host the user named.
"""

from __future__ import annotations

import asyncio
import email.utils
import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from clara.errors import LLMError, MissingExtraError, UsageError
from clara.llm.completions import NoCompletionError, read_completion, read_vectors, storable
from clara.llm.journal import Reply

BYTES_PER_TOKEN = 3  # a cautious guess, for the pace and the budget before the server has counted
TOKENS_PER_IMAGE = 1500
RETRIED_STATUS = (408, 409, 425, 429)  # and every 5xx
_FILTERED = ("content_filter", "content management policy", "data_inspection_failed", "inappropriate content")
_FORMAT_WORDS = ("response_format", "json_schema", "json_object", "json mode", "structured output", "guided")


class TryAgain(Exception):
    """A failure that waiting may cure. `after_seconds` is what the server asked for, if it did."""

    def __init__(
        self, reason: str, *, after_seconds: float | None = None, too_fast: bool = False, was_taken: bool = False
    ) -> None:
        self.reason, self.after_seconds = reason, after_seconds
        self.too_fast = too_fast  # a 429: it concerns every request, not only this one
        self.was_taken = was_taken  # the server had the request and may charge for it
        super().__init__(reason)


class FieldRefused(Exception):
    """The server does not take a field of the request. Not `certain` when it only said 400."""

    def __init__(self, name: str, reason: str, *, certain: bool = True) -> None:
        self.name, self.reason, self.certain = name, reason, certain
        super().__init__(reason)


class RequestRefused(Exception):
    """The server does not want this one request; waiting will not change that."""


@dataclass(slots=True)
class Exchange:
    """What is known of one exchange. `leaving` is called with the body's hash and size before the first byte goes."""

    leaving: Callable[[str, int], None]
    bytes_in: int = 0
    is_whole: bool = False
    body: bytes = field(default=b"", repr=False)


_exchange: ContextVar[Exchange] = ContextVar("clara_llm_exchange")


class Endpoint:
    """`await endpoint.send(request, exchange)` returns the reply or raises what its failure means."""

    def __init__(self, base_url: str, *, key: str, timeout_seconds: float) -> None:
        try:
            import openai
        except ImportError:
            raise MissingExtraError("openai", extra="data") from None
        self._openai = openai
        self.base_url, self.host = base_url, host_of(base_url)
        self._key, self._timeout_seconds = key, timeout_seconds
        self._reached = False  # has the endpoint ever answered? if so, a refused connection is a restart
        http = openai.DefaultAsyncHttpxClient(
            event_hooks={"request": [self._leaving], "response": [self._arriving]},
            follow_redirects=False,
            timeout=timeout_seconds,
        )
        self._client = openai.AsyncOpenAI(
            api_key=key or "none",
            base_url=base_url,
            max_retries=0,  # retries are the client's: counted, bounded, and honouring a long Retry-After
            timeout=timeout_seconds,
            http_client=http,
        )

    async def close(self) -> None:
        await self._client.close()

    async def send(self, request: dict[str, Any], exchange: Exchange) -> Reply:
        """One attempt. Raises TryAgain, FieldRefused, RequestRefused, or LLMError for what ends the run."""
        await self._receive(self._client.chat.completions, request, exchange)
        try:
            reply = read_completion(exchange.body)
        except NoCompletionError as error:
            raise TryAgain(self.clean(str(error)), was_taken=True) from None
        return Reply(self.clean(reply.content), reply.prompt_tokens, reply.completion_tokens, reply.finish)

    async def embed(self, request: dict[str, Any], exchange: Exchange) -> list[Reply]:
        """The vectors of `request["input"]`, one reply each (see read_vectors). Raises as `send` does."""
        await self._receive(self._client.embeddings, request, exchange)
        try:
            return read_vectors(exchange.body, count=len(request["input"]))
        except NoCompletionError as error:
            raise TryAgain(self.clean(str(error)), was_taken=True) from None

    async def _receive(self, resource: Any, request: dict[str, Any], exchange: Exchange) -> None:
        """Send, and leave the whole body in `exchange`."""
        openai = self._openai
        _exchange.set(exchange)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await resource.with_raw_response.create(**request)
        except (TimeoutError, openai.APITimeoutError):
            raise TryAgain(f"no reply within {self._timeout_seconds:g} s", was_taken=True) from None
        except openai.APIStatusError as error:
            self._reached = True
            raise self._explain(error, request) from None
        except openai.APIConnectionError as error:
            raise self._explain_connection(error.__cause__) from None
        except Exception:  # the SDK reads the body too, and may stumble where read_completion does not
            if not exchange.is_whole:
                raise
        self._reached = True

    def clean(self, text: str) -> str:
        """The text without the key, should a server have repeated it, and as a file can hold it."""
        text = storable(text)
        return text.replace(self._key, "***") if self._key else text

    async def _leaving(self, request: Any) -> None:
        for name in [name for name in request.headers if name.lower().startswith("x-stainless")]:
            del request.headers[name]  # the SDK's notes on this machine: system, versions
        body = request.content
        _exchange.get().leaving(hashlib.sha256(body).hexdigest(), len(body))

    async def _arriving(self, response: Any) -> None:
        exchange = _exchange.get()
        try:
            exchange.body = await response.aread()
            exchange.is_whole = True
        finally:
            exchange.bytes_in = response.num_bytes_downloaded

    def _explain_connection(self, cause: BaseException | None) -> Exception:
        if not self._reached and "connect" in type(cause).__name__.lower():
            return LLMError(f"cannot connect to {self.base_url}: check the address (--base-url)")
        return TryAgain("the connection was cut", was_taken=self._reached)

    def _explain(self, error: Any, request: dict[str, Any]) -> Exception:
        status, where = error.status_code, self.base_url
        said = " ".join(self.clean(str(error.message)).split())[:300]
        if status in (401, 403):  # the server's own words may quote the key: never repeated
            return LLMError(f"{where} refuses the key (HTTP {status}): set OPENAI_API_KEY to one that is valid there")
        if status == 402:
            return LLMError(f"{where}: the account's balance is used up (HTTP 402)")
        if status == 404:
            model = request["model"]
            return LLMError(f"{where} does not know the model {model!r} (HTTP 404): check its name and --base-url")
        if status < 400:
            target = urlsplit(error.response.headers.get("location", ""))
            return LLMError(
                f"{where} sends on to {target.scheme}://{target.netloc} (HTTP {status}); text goes only to the host "
                "that was named: give that address as --base-url if it is right"
            )
        if status == 429 and getattr(error, "code", None) == "insufficient_quota":
            return LLMError(f"{where}: the account's quota is used up (HTTP 429)")
        if status in RETRIED_STATUS or status >= 500:
            wait = retry_after_seconds(error.response.headers)
            return TryAgain(f"HTTP {status}", after_seconds=wait, too_fast=status == 429)
        return self._explain_refusal(f"{getattr(error, 'code', None) or ''} {said}".lower(), said, status, request)

    def _explain_refusal(self, lowered: str, said: str, status: int, request: dict[str, Any]) -> Exception:
        reason = f"{self.base_url} refuses the request (HTTP {status}): {said}"
        if any(word in lowered for word in _FILTERED):
            return RequestRefused(f"content_filter: the endpoint's content filter refused the text (HTTP {status})")
        if status not in (400, 415, 422):
            return RequestRefused(reason)
        if "response_format" in request and any(word in lowered for word in _FORMAT_WORDS):
            return FieldRefused("response_format", reason)
        for name in ("max_completion_tokens", "max_tokens", "temperature"):
            instead = name == "max_tokens" and "max_completion_tokens" in lowered
            unknown = re.search(rf"\b{name}\b", lowered) and re.search(
                r"unsupported|not supported|does not support|unknown|unrecognized|unexpected|not permitted|extra"
                r"|only the default|deprecated",
                lowered,
            )
            if name in request and (instead or unknown):
                return FieldRefused(name, reason)
        if "response_format" in request and not re.search(r"context|too long|too many tokens|length", lowered):
            return FieldRefused("response_format", reason, certain=False)
        return RequestRefused(reason)


def host_of(base_url: str) -> str:
    """Host and port of an endpoint. Raises UsageError for an address that holds a key or is none.

    >>> host_of("https://api.example.org/v1"), host_of("http://localhost:8000/v1")
    ('api.example.org', 'localhost:8000')
    """
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError:
        raise UsageError("--base-url: not an address; give one such as http://localhost:8000/v1") from None
    if parts.username or parts.password or parts.query:
        raise UsageError("--base-url must hold no user, password or query: a key belongs into OPENAI_API_KEY")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"--base-url {base_url}: the address must start with http:// or https://")
    return f"{parts.hostname}:{port}" if port else parts.hostname


def estimate_tokens(request: Mapping[str, Any]) -> int:
    """About how many tokens a request holds, never far below the truth; a picture counts as TOKENS_PER_IMAGE."""
    if "messages" not in request:
        return sum(len(text.encode()) for text in request["input"]) // BYTES_PER_TOKEN
    images = 0
    size = len(json.dumps(request.get("response_format") or "", ensure_ascii=False))
    for message in request["messages"]:
        content = message.get("content") or ""
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        images += sum(part.get("type") != "text" for part in parts)
        size += sum(len(str(part.get("text", "")).encode()) for part in parts)
    return size // BYTES_PER_TOKEN + images * TOKENS_PER_IMAGE + 8 * len(request["messages"])


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
