"""SQuAD: a passage with questions whose answers are spans of it (Rajpurkar et al. 2016), nested or one row a question.

document  {"data": [{"title", "paragraphs": [{"context", "qas": [{"id", "question", "answers": [{"text",
          "answer_start"}], "is_impossible"}]}]}]}
flat row  {"id", "title", "context", "question", "answers": {"text": [..], "answer_start": [..]}}, as on the hub

A question without an answer (SQuAD 2.0) is a reject with its reason: no stage trains on silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from clara.problems import Problem
from clara.schema import EndToEndExample, Example, InstructionExample, PretrainExample, Stage

_KEPT = frozenset(("answer_start", "accepted_answers"))
KEYS = {"id", "title", "context", "question", "answers"}


def is_squad(row: dict[str, Any]) -> bool:
    """Whether a flat row is one of SQuAD's."""
    return isinstance(row.get("context"), str) and "question" in row and isinstance(row.get("answers"), dict | list)


def flat_rows(data: list[Any]) -> Iterator[Any]:
    """One flat row a question; an entry that holds no paragraphs is handed on as it is."""
    for article in data:
        if not (isinstance(article, dict) and isinstance(article.get("paragraphs"), list)):
            yield article
            continue
        for paragraph in article["paragraphs"]:
            if not (isinstance(paragraph, dict) and isinstance(paragraph.get("qas"), list)):
                yield paragraph
                continue
            for asked in paragraph["qas"]:
                if not isinstance(asked, dict):
                    yield asked
                    continue
                row = {"title": article["title"]} if "title" in article else {}
                yield {**row, "context": paragraph.get("context"), **asked}


def as_own(row: dict[str, Any], stage: Stage | None) -> tuple[dict[str, Any], list[Problem]]:
    """A flat row under our keys, and what is wrong with it."""
    texts, starts = _answers(row.get("answers"))
    if not texts:
        reason = "no answer: the passage does not answer it" if row.get("is_impossible") else "no answer"
        return {}, [("answers", f"{reason} (leave such rows out)")]
    context, question = row.get("context"), row.get("question")
    metadata: dict[str, Any] = {}
    if len(set(map(str, texts))) > 1:
        metadata["accepted_answers"] = list(dict.fromkeys(map(str, texts)))
    first = context.find(str(texts[0])) if isinstance(context, str) else -1
    if starts and isinstance(starts[0], int) and starts[0] != first:  # a later occurrence is meant
        metadata["answer_start"] = starts[0]
    rest = {key: value for key, value in row.items() if key not in KEYS | {"is_impossible"}}
    if rest:
        metadata["original"] = rest
    own: dict[str, Any] = {}
    if stage == "pretrain":
        own = {"data_type": "qa", "question": [question], "answers": [texts[0]], "docs": [context]}
    elif stage == "end_to_end":
        own = {"data_type": "end_to_end", "question": [question], "context": [context], "answer": texts[0]}
        own["pos_index"] = [0]
    else:
        own = {"data_type": "instruction", "instruction": question, "input": "", "output": texts[0], "docs": [context]}
    if str(row.get("id") or "").strip():
        own["id"] = str(row["id"])
    if isinstance(title := row.get("title"), str) and title.strip():
        own["sources"] = [{"document": title}]
    if metadata:
        own["metadata"] = metadata
    return own, []


def rows_of(example: Example) -> tuple[list[dict[str, Any]], int]:
    """The flat rows of an example, and how many of its pairs have no place: the answer is no span of one passage."""
    pairs, passages = _pairs(example)
    rows, lost = [], 0
    for number, (question, answer) in enumerate(pairs):
        held = next(((position, text) for position, text in passages if answer in text), None)
        if held is None:
            lost += 1
            continue
        position, context = held
        accepted = [answer, *(example.metadata or {}).get("accepted_answers", [])]
        texts = [text for text in dict.fromkeys(accepted) if isinstance(text, str) and text in context]
        row: dict[str, Any] = {}
        if example.id is not None:
            row["id"] = example.id if len(pairs) == 1 else f"{example.id}/{number}"
        if example.sources and position < len(example.sources):
            row["title"] = example.sources[position].document
        start = (example.metadata or {}).get("answer_start")
        known = isinstance(start, int) and len(pairs) == 1 and context[start : start + len(answer)] == answer
        starts = [start if known and text == answer else context.index(text) for text in texts]
        rows.append(
            {**row, "context": context, "question": question, "answers": {"text": texts, "answer_start": starts}}
        )
    return rows, lost


def lost_fields(example: Example) -> dict[str, int]:
    """Which of the example's fields a SQuAD row has no place for, each with 1."""
    rows, lost = rows_of(example)
    metadata = set(example.metadata or {}) - _KEPT
    passages = example.context if isinstance(example, EndToEndExample) else getattr(example, "docs", [])
    located = any((source.page, source.start, source.end) != (None,) * 3 for source in example.sources or ())
    found = {
        "rows (the answer is no span of a passage)": int(bool(lost) or not rows),
        "docs (passages without the answer)": int(len(passages) > 1),
        "sources (page, start, end)": int(located),
        "metadata": int(bool(metadata)),
        "input (joined to the question)": int(isinstance(example, InstructionExample) and bool(example.input)),
    }
    return {name: count for name, count in found.items() if count}


def one_row_a_passage(examples: list[Example]) -> list[Example]:
    """Pretrain rows about the same passage that follow each other, as one row."""
    merged: list[Example] = []
    for example in examples:
        last = merged[-1] if merged else None
        if isinstance(last, PretrainExample) and isinstance(example, PretrainExample) and last.docs == example.docs:
            ids = [*(last.metadata or {}).get("ids", [last.id]), example.id]
            merged[-1] = PretrainExample(
                data_type="qa",
                question=[*last.question, *example.question],
                answers=[*last.answers, *example.answers],
                docs=last.docs,
                id=last.id,
                sources=last.sources,
                metadata={"ids": ids},
            )
        else:
            merged.append(example)
    return merged


def document_of(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Flat rows nested into a SQuAD document; rows of one title and passage that follow each other share them."""
    data: list[dict[str, Any]] = []
    for row in rows:
        title = row.get("title", "")
        if not data or data[-1]["title"] != title:
            data.append({"title": title, "paragraphs": []})
        paragraphs = data[-1]["paragraphs"]
        if not paragraphs or paragraphs[-1]["context"] != row["context"]:
            paragraphs.append({"context": row["context"], "qas": []})
        answers = [
            {"text": text, "answer_start": start}
            for text, start in zip(row["answers"]["text"], row["answers"]["answer_start"], strict=True)
        ]
        paragraphs[-1]["qas"].append({"id": row.get("id", ""), "question": row["question"], "answers": answers})
    return {"version": "1.1", "data": data}


def _answers(held: Any) -> tuple[list[Any], list[Any]]:
    if isinstance(held, dict):
        texts, starts = held.get("text"), held.get("answer_start")
        return (texts if isinstance(texts, list) else []), (starts if isinstance(starts, list) else [])
    if isinstance(held, list):
        entries = [entry for entry in held if isinstance(entry, dict) and "text" in entry]
        return [entry["text"] for entry in entries], [entry.get("answer_start") for entry in entries]
    return [], []


def _pairs(example: Example) -> tuple[list[tuple[str, str]], list[tuple[int, str]]]:
    match example:
        case PretrainExample():
            return list(zip(example.question, example.answers, strict=False)), list(enumerate(example.docs))
        case InstructionExample():
            return [(example.prompt, example.output)], list(enumerate(example.docs))
        case EndToEndExample():
            right = range(len(example.context)) if example.pos_index is None else example.pos_index
            return [(question, example.answer) for question in example.question], [
                (i, example.context[i]) for i in right
            ]
    raise TypeError(type(example))
