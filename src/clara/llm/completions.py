"""From the bytes of a response to a Reply, whatever the server's habits: parts, thinking, refusals, cut ends."""

from __future__ import annotations

import base64
import json
import math
from array import array
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from clara.llm.journal import Reply

MOST_TOKENS = 2**32  # a server that counts more has not counted


class NoCompletionError(ValueError):
    """A 200 that holds no chat completion; the message says what it held."""


def read_completion(body: bytes) -> Reply:
    """The reply in the body of a successful response; Content-Type is not asked.

    `content` may be a string, a list of parts or absent; reasoning fields are left out. Raises NoCompletionError.

    >>> read_completion(b'{"choices": [{"message": {"content": [{"type": "text", "text": "a"}]}}]}').content
    'a'
    >>> read_completion(b'{"choices": [{"message": {"content": null, "refusal": "no"}}]}').finish
    'refusal'
    """
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        raise NoCompletionError("the reply was not JSON") from None
    if not isinstance(whole, dict):
        raise NoCompletionError("the reply held no message")
    if whole.get("error"):
        raise NoCompletionError(f"HTTP 200 with an error: {_line(whole['error'])}")
    choices = whole.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        raise NoCompletionError("the reply held no message")
    assert isinstance(choice, dict)
    content, refusal = _text(message.get("content")), _text(message.get("refusal"))
    prompt_tokens, completion_tokens = _tokens(whole.get("usage"))
    finish = "stop"
    if choice.get("finish_reason") in ("content_filter", "sensitive"):
        finish = "content_filter"
    elif refusal and not content:
        content, finish = refusal, "refusal"
    elif choice.get("finish_reason") in ("length", "max_tokens"):
        finish = "length"
    elif not content.strip():
        finish = "empty"
    return Reply(content, prompt_tokens, completion_tokens, finish)


def storable(text: str) -> str:
    """The text as UTF-8 holds it: half of a surrogate pair, which JSON may escape, becomes the replacement character.

    >>> storable("a" + chr(0xD800))
    'a\ufffd'
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def read_vectors(body: bytes, *, count: int) -> list[Reply]:
    """The vectors in the body of an embeddings response, in the order of the texts, each as base64 of float32.

    The tokens are counted on the first. Raises NoCompletionError.
    """
    try:
        whole = json.loads(body)
        rows = sorted(whole["data"], key=lambda row: row["index"])
        packed = [pack_vector(row["embedding"]) for row in rows]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise NoCompletionError("the reply held no vectors") from None
    if len(packed) != count:
        raise NoCompletionError(f"the reply held {len(packed)} vectors for {count} texts")
    if len({len(row["embedding"]) for row in rows}) != 1 or not all(map(math.isfinite, chain(*map(_numbers, rows)))):
        raise NoCompletionError("the reply held vectors of different lengths, or numbers that are none")
    tokens, _ = _tokens(whole.get("usage"))
    return [Reply(content, 0 if place else tokens) for place, content in enumerate(packed)]


def pack_vector(numbers: Sequence[float]) -> str:
    """As the journal keeps it."""
    return base64.b64encode(array("f", numbers).tobytes()).decode()


def unpack_vector(reply: Reply) -> list[float]:
    """
    >>> unpack_vector(read_vectors(b'{"data": [{"index": 0, "embedding": [1, 0.5]}]}', count=1)[0])
    [1.0, 0.5]
    """
    return list(array("f", base64.b64decode(reply.content)))


def _numbers(row: Any) -> Iterable[float]:
    """As they are kept: a number too large for float32 is infinite."""
    return array("f", row["embedding"])


def _text(content: Any) -> str:
    """The text of a content field; the parts that are thoughts are not part of the answer."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_text(part) for part in content)
    if isinstance(content, dict) and content.get("type", "text") in ("text", "output_text"):
        return _text(content.get("text"))
    return ""


def _tokens(usage: Any) -> tuple[int, int]:
    if not isinstance(usage, dict):
        return 0, 0
    counts = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
    prompt, completion = (count if isinstance(count, int) and 0 < count < MOST_TOKENS else 0 for count in counts)
    return prompt, completion


def _line(error: Any) -> str:
    said = error.get("message") if isinstance(error, dict) else error
    return " ".join(str(said).split())[:200]
