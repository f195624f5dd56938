"""What is wrong with a record, in plain words: pydantic's findings rewritten for the person who wrote the line.

Knows records and pydantic, nothing of files; jsonl.py adds the file and the line.
"""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from clara.errors import did_you_mean
from clara.schema import EXAMPLE_TYPES, PretrainExample, Record

Problem = tuple[str, str]  # (field path such as 'docs[2]', what is wrong with it)

_SIMPLE_TYPES: dict[Any, tuple[str, str]] = {
    str: ("a string", "strings"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    bool: ("true or false", "true/false values"),
}


def validation_problems(error: ValidationError, record_type: type[Record]) -> list[Problem]:
    """Every finding of `error` as (field, message).

    >>> from clara.schema import Source
    >>> try:
    ...     Source.model_validate({"documnet": "a.pdf", "page": "4"})
    ... except ValidationError as error:
    ...     for field, message in validation_problems(error, Source):
    ...         print(f"{field}: {message}")
    document: missing (add it: a string)
    page: expected a whole number, got a string
    documnet: unknown key; did you mean 'document'?
    """
    return [_problem(details, record_type) for details in error.errors(include_url=False)]


def example_type(row: dict[str, Any], allowed: Iterable[type[Record]]) -> type[Record] | Problem:
    """The record type that the row's data_type names, or what is wrong with its data_type."""
    known = [name for name, record_type in EXAMPLE_TYPES.items() if record_type in set(allowed)]
    choices = "one of " + ", ".join(f"'{name}'" for name in known) if len(known) > 1 else f"'{known[0]}'"
    if "data_type" not in row:
        hint = ""
        if isinstance(row.get("question"), str):
            hint = "; the row looks like another dialect, see `clara data convert --help`"
        return "data_type", f"missing (add it: {choices}{hint})"
    value = row["data_type"]
    if not isinstance(value, str):
        return "data_type", f"expected {choices}, got {describe_value(value)}"
    if value in known:
        return EXAMPLE_TYPES[value]
    if value in EXAMPLE_TYPES:
        return "data_type", f"'{value}' is a row of stage {stage_of(EXAMPLE_TYPES[value])}; expected {choices}"
    return "data_type", f"expected {choices}, got {_quote(value)}{did_you_mean(value, known)}"


def stage_of(record_type: type[Record]) -> str:
    """The training stage an example type belongs to.

    >>> stage_of(PretrainExample)
    'pretrain'
    """
    if record_type is PretrainExample:
        return "pretrain"
    return next(name for name, known in EXAMPLE_TYPES.items() if known is record_type)


def describe_value(value: Any) -> str:
    """A JSON value's kind in plain words.

    >>> describe_value([1]), describe_value(None), describe_value(True)
    ('a list', 'null', 'true')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    names = {str: "a string", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)


def field_path(location: Iterable[int | str]) -> str:
    """A location as people write it.

    >>> field_path(("sources", 0, "page"))
    'sources[0].page'
    """
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{_visible(part)}" if path else _visible(part)
    return path


def _problem(details: ErrorDetails, record_type: type[Record]) -> Problem:
    location = details["loc"]
    field, kind, value, context = field_path(location), details["type"], details["input"], details.get("ctx", {})
    expected = _describe_type(_annotation(record_type, location))
    match kind:
        case "missing":
            message = f"missing (add it: {expected})"
        case "extra_forbidden":
            owner = _annotation(record_type, location[:-1])
            known = list(owner.model_fields) if _is_model(owner) else []
            hint = did_you_mean(str(location[-1]), known) or f" (known keys: {', '.join(known)})"
            message = f"unknown key{hint}"
        case "string_too_short":
            message = "empty (write some text)"
        case "string_pattern_mismatch":
            message = "blank (write some text)"
        case "string_unicode":
            message = r"holds half a character (an unpaired \ud800-\udfff escape; remove it)"
        case "too_short":
            message = "empty list (give at least one)"
        case "too_long":
            message = f"{context['actual_length']} items, at most {context['max_length']} (split the row)"
        case "greater_than_equal":
            message = f"{value} is too small (at least {context['ge']})"
        case "less_than_equal":
            message = f"{value} is too large (at most {context['le']})"
        case "literal_error":
            choices = [str(choice) for choice in get_args(_annotation(record_type, location))]
            got = _quote(value) if isinstance(value, str) else describe_value(value)
            message = f"expected {expected}, got {got}{did_you_mean(str(value), choices)}"
        case "row":
            inner = context["field"]
            field, message = (f"{field}.{inner}" if field else inner), context["message"]
        case _ if kind.endswith(("_type", "_parsing", "_from_float")):
            message = f"expected {expected}, got {describe_value(value)}"
        case _:
            message = details["msg"].removeprefix("Value error, ")
    return field, message


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _bare(annotation: Any) -> Any:
    """The annotation without Annotated[...] and without `| None`."""
    while True:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            annotation = arguments[0]
        elif origin in (Union, types.UnionType) and len(rest := [a for a in arguments if a is not type(None)]) == 1:
            annotation = rest[0]
        else:
            return annotation


def _annotation(record_type: type[BaseModel], location: Iterable[int | str]) -> Any:
    """What `record_type` promises at `location`."""
    annotation: Any = record_type
    for part in location:
        annotation = _bare(annotation)
        if _is_model(annotation) and part in annotation.model_fields:
            annotation = annotation.model_fields[part].annotation
        elif get_origin(annotation) is list:
            annotation = get_args(annotation)[0]
        else:
            return Any
    return _bare(annotation)


def _describe_type(annotation: Any) -> str:
    annotation = _bare(annotation)
    if annotation in _SIMPLE_TYPES:
        return _SIMPLE_TYPES[annotation][0]
    if get_origin(annotation) is list:
        item = _bare(get_args(annotation)[0])
        return f"a list of {_SIMPLE_TYPES[item][1] if item in _SIMPLE_TYPES else 'objects'}"
    if get_origin(annotation) is Literal:
        choices = [f"'{choice}'" for choice in get_args(annotation)]
        return choices[0] if len(choices) == 1 else "one of " + ", ".join(choices)
    return "an object" if _is_model(annotation) or get_origin(annotation) is dict else "another value"


def _quote(text: str) -> str:
    return f"'{_visible(text)}'"


def _visible(text: str) -> str:
    """At most 40 characters on one line, control characters escaped: a data file must not steer the terminal."""
    cut = text if len(text) <= 40 else f"{text[:40]}…"
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in cut)
