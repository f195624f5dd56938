"""Instruction-tuning shapes without a place for passages: Alpaca's three fields, and chats (ShareGPT, OpenAI messages).

alpaca  {"instruction", "input", "output"}: `input` is the passage where the row has no `docs` of its own
chat    {"messages": [{"role", "content"}]} or {"conversations": [{"from", "value"}]}, passages in `docs` beside them
"""

from __future__ import annotations

from typing import Any

from clara.problems import Problem, describe_value
from clara.schema import EndToEndExample, Example, InstructionExample

PASSAGES = ("docs", "context", "content")
_ROLES = {"user": "user", "human": "user", "assistant": "assistant", "gpt": "assistant", "system": "system"}


def is_alpaca(row: dict[str, Any]) -> bool:
    return "instruction" in row and "output" in row and "data_type" not in row


def is_chat(row: dict[str, Any]) -> bool:
    return any(isinstance(row.get(key), list) for key in ("messages", "conversations"))


def alpaca_as_own(row: dict[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """An Alpaca row as an instruction row."""
    key = next((key for key in PASSAGES if key in row), "")
    given = row.get("input")
    if not key and not (isinstance(given, str) and given.strip()):
        return {}, [("input", "no passage: a row without 'docs' needs its text in 'input' (add docs, or leave it out)")]
    passages = row[key] if key else [given]
    used = {"instruction", "output", "input", key}
    own = {
        "data_type": "instruction",
        "instruction": row["instruction"],
        "input": (given or "") if key else "",
        "output": row["output"],
        "docs": [passages] if isinstance(passages, str) else passages,
    }
    return _with_the_rest(own, row, used), []


def chat_as_own(row: dict[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The last question and answer of a chat as an instruction row; earlier turns become its input."""
    key = next((key for key in ("messages", "conversations") if isinstance(row.get(key), list)), "messages")
    turns, problems = _turns(row.get(key), key)
    if problems:
        return {}, problems
    system = [text for role, text in turns if role == "system"]
    spoken = [(role, text) for role, text in turns if role != "system"]
    if len(spoken) < 2 or [role for role, _ in spoken[-2:]] != ["user", "assistant"]:
        return {}, [(key, "must end with a user's turn and the assistant's answer to it")]
    passages_key = next((name for name in PASSAGES if name in row), "")
    if not passages_key:
        return {}, [("docs", "no passage: a chat does not say what its answer rests on (add docs beside it)")]
    passages = row[passages_key]
    earlier = [f"{role.capitalize()}: {text}" for role, text in spoken[:-2]]
    own = {
        "data_type": "instruction",
        "instruction": spoken[-2][1],
        "input": "\n".join(earlier),
        "output": spoken[-1][1],
        "docs": [passages] if isinstance(passages, str) else passages,
    }
    own = _with_the_rest(own, row, {key, passages_key})
    if system or earlier:
        metadata = own.setdefault("metadata", {})
        metadata["original"] = {**metadata.get("original", {}), key: row[key]}
    return own, []


def alpaca_row(example: Example) -> tuple[dict[str, Any], dict[str, bool]]:
    """The row, and which of the example's fields it has no place for."""
    passages, asked, answer, losses = _parts(example)
    given = example.input if isinstance(example, InstructionExample) else ""
    losses |= {
        "docs (several passages joined in input)": len(passages) > 1,
        "input (joined to the passage)": bool(given),
        "id": example.id is not None,
    }
    held = [*passages, given] if given else passages
    return {"instruction": asked, "input": "\n\n".join(held), "output": answer}, losses


def chat_row(example: Example) -> tuple[dict[str, Any], dict[str, bool]]:
    """The row, and which of the example's fields it has no place for. `docs` stand beside the messages."""
    passages, asked, answer, losses = _parts(example)
    given = example.input if isinstance(example, InstructionExample) else ""
    losses["input (joined to the question)"] = bool(given)
    question = f"{asked}\n{given}" if given else asked
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    row: dict[str, Any] = {} if example.id is None else {"id": example.id}
    return {**row, "messages": messages, "docs": passages}, losses


def _parts(example: Example) -> tuple[list[str], str, str, dict[str, bool]]:
    losses = {"sources": example.sources is not None, "metadata": example.metadata is not None}
    match example:
        case InstructionExample():
            return example.docs, example.instruction, example.output, losses
        case EndToEndExample():
            losses["pos_index"] = example.pos_index is not None
            losses["question (phrasings after the first)"] = len(example.question) > 1
            losses["data_type (read back as instruction)"] = True
            return example.context, example.question[0], example.answer, losses
    raise TypeError(type(example))


def _turns(held: Any, key: str) -> tuple[list[tuple[str, str]], list[Problem]]:
    turns: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for index, turn in enumerate(held if isinstance(held, list) else []):
        if not isinstance(turn, dict):
            problems.append((f"{key}[{index}]", f"expected an object, got {describe_value(turn)}"))
            continue
        said, text = turn.get("role", turn.get("from")), turn.get("content", turn.get("value"))
        role = _ROLES.get(said) if isinstance(said, str) else None
        if role is None:
            problems.append((f"{key}[{index}]", f"unknown speaker {said!r} (one of {', '.join(_ROLES)})"))
        elif not isinstance(text, str):
            problems.append((f"{key}[{index}]", f"expected text, got {describe_value(text)}"))
        else:
            turns.append((role, text))
    return turns, problems


def _with_the_rest(own: dict[str, Any], row: dict[str, Any], used: set[str]) -> dict[str, Any]:
    """id, sources and metadata where they are ours; every other key is kept in metadata["original"]."""
    rest = {key: value for key, value in row.items() if key not in used}
    if rest.get("id") is not None:
        own["id"] = str(rest.pop("id"))
    if isinstance(sources := rest.get("sources"), list) and all(isinstance(source, dict) for source in sources):
        own["sources"] = rest.pop("sources")
    metadata = rest.pop("metadata") if isinstance(rest.get("metadata"), dict) else {}
    if rest:
        metadata = {**metadata, "original": rest}
    if metadata:
        own["metadata"] = metadata
    return own
