"""From what a model wrote to a checked pydantic object: fences, chatter, trailing commas and cut ends are repaired."""

from __future__ import annotations

import re
from typing import Any, Literal, TypeVar

import pydantic_core
from pydantic import BaseModel, ValidationError

Parsed = TypeVar("Parsed", bound=BaseModel)
# How a server is asked for JSON, best first; a client steps down when the server refuses one.
ReplyFormat = Literal["json_schema", "json_object", "text"]
REPLY_FORMATS: tuple[ReplyFormat, ...] = ("json_schema", "json_object", "text")


def response_format(kind: ReplyFormat, model: type[BaseModel]) -> dict[str, Any] | None:
    """The `response_format` field of a chat request, None for plain text."""
    if kind == "json_schema":
        schema = {"name": model.__name__, "schema": model.model_json_schema(), "strict": True}
        return {"type": "json_schema", "json_schema": schema}
    return {"type": "json_object"} if kind == "json_object" else None


def parse_reply(content: str, model: type[Parsed]) -> Parsed:
    """The object in a reply, repaired where the intent is plain.

    Raises ValueError with one line saying what is wrong, to be sent back to the model.

    >>> class Answer(BaseModel):
    ...     words: list[str]
    >>> parse_reply('Sure! ```json\\n{"words": ["a", "b",]}\\n```', Answer).words
    ['a', 'b']
    >>> parse_reply('{"words": ["a", "b", "cut of', Answer).words
    ['a', 'b']
    """
    text = re.sub(r"<think>.*?</think>", "", content, flags=re.DOTALL).strip()
    start = min((position for position in (text.find("{"), text.find("[")) if position >= 0), default=-1)
    if start < 0:
        raise ValueError("the reply holds no JSON object")
    value = _load(text[start:])
    if isinstance(value, list) and len(model.model_fields) == 1:  # a bare list where {"field": [...]} was asked
        value = {next(iter(model.model_fields)): value}
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{place or 'the reply'}: {first['msg']}") from None


def _load(text: str) -> Any:
    end = max(text.rfind("}"), text.rfind("]")) + 1
    without_commas = re.sub(r",(\s*[}\]])", r"\1", text[:end])
    for candidate, partial in ((text[:end], False), (without_commas, False), (text, True)):
        try:
            return pydantic_core.from_json(candidate, allow_partial=partial)
        except ValueError as error:
            problem = str(error)
    raise ValueError(f"the reply is not valid JSON: {problem}")
