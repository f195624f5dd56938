"""From what a model wrote to a checked pydantic object: thoughts, fences, chatter, commas and cut ends are repaired."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator
from typing import Any, Literal, TypeVar

import pydantic_core
from pydantic import BaseModel, ValidationError

from clara.llm.completions import storable

Parsed = TypeVar("Parsed", bound=BaseModel)
# How a server is asked for JSON, best first; a client steps down when the server refuses one.
ReplyFormat = Literal["json_schema", "json_object", "text"]
REPLY_FORMATS: tuple[ReplyFormat, ...] = ("json_schema", "json_object", "text")
MOST_STARTS = 20  # places in a reply where the JSON may begin
_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL)
_THOUGHT_END = re.compile(r"</(?:think|thinking|reasoning)>")
_DECODER = json.JSONDecoder(strict=False)  # line breaks inside strings are let through


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
    >>> parse_reply('See [1]. ```json\\n{"words": ["a", "b",]}\\n``` I hope {this} helps', Answer).words
    ['a', 'b']
    >>> parse_reply('{"words": ["a", "b", "cut of', Answer).words
    ['a', 'b']
    >>> parse_reply("thoughts without a beginning {...}</think>{'words': ['a']}", Answer).words
    ['a']
    """
    text = _without_thoughts(content)
    problem = ""
    for value, cut in _values(text):
        try:
            return _fit(_storable(value), model, cut=cut)
        except RecursionError:
            problem = problem or "the reply is nested too deeply"
        except ValueError as error:
            problem = problem or str(error)
    raise ValueError(problem or "the reply holds no JSON object")


def _without_thoughts(content: str) -> str:
    text = _THOUGHT.sub("", content)
    if _THOUGHT_END.search(text):  # some servers cut off the opening tag
        text = _THOUGHT_END.split(text)[-1]
    return text.strip()


def _values(text: str) -> Iterator[tuple[Any, bool]]:
    """Everything in the text that can be read as JSON, the most literal readings first, and whether its end is cut."""
    starts = [match.start() for match in re.finditer(r"[{\[]", text)][:MOST_STARTS]
    end = max(text.rfind("}"), text.rfind("]")) + 1
    whole_until = -1  # what lies inside a value that was read is no value of its own
    for start in starts:
        if start < whole_until:
            continue
        try:
            value, whole_until = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        yield value, False
    for read, cut in ((_without_commas, False), (_as_python, False), (_as_far_as_it_goes, True)):
        for start in starts[:3]:
            try:
                value = read(text[start:end] if read is _as_python else text[start:])
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                continue
            yield value, cut


def _storable(value: Any) -> Any:
    """The value with strings that a file can hold: no half surrogate pairs, no NUL."""
    if isinstance(value, str):
        return storable(value).replace("\0", "") if not value.isascii() or "\0" in value else value
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(item) for name, item in value.items()}
    return value


def _without_commas(text: str) -> Any:
    return _DECODER.raw_decode(re.sub(r",(\s*[}\]])", r"\1", text))[0]


def _as_python(text: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        return ast.literal_eval(text)


def _as_far_as_it_goes(text: str) -> Any:
    """A string that was cut is left out: half a sentence would be a wrong answer."""
    return pydantic_core.from_json(text, allow_partial=True)


def _fit(value: Any, model: type[Parsed], *, cut: bool) -> Parsed:
    if isinstance(value, list) and len(model.model_fields) == 1:  # a bare list where {"field": [...]} was asked
        value = {next(iter(model.model_fields)): value}
    if isinstance(value, dict) and len(value) == 1 and not set(value) & set(model.model_fields):
        inner = next(iter(value.values()))
        value = inner if isinstance(inner, dict) else value  # {"result": {...}}
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        shorter = _without_cut_item(value, error) if cut else None
        if shorter is not None:
            return _fit(shorter, model, cut=False)
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{place or 'the reply'}: {first['msg']}") from None


def _without_cut_item(value: Any, error: ValidationError) -> Any:
    """The value less the last item of its list, when only that one lacks fields: the end of the reply was cut off."""
    problems = error.errors()
    places = {problem["loc"][:2] for problem in problems}
    if len(places) != 1 or any(problem["type"] != "missing" for problem in problems):
        return None
    place = next(iter(places))
    if len(place) != 2 or not isinstance(value, dict) or not isinstance(value.get(str(place[0])), list):
        return None
    items = value[str(place[0])]
    if len(items) < 2 or place[1] != len(items) - 1:
        return None
    return {**value, place[0]: items[:-1]}
