"""What the test server answers: a pure function of the request, drawn from the text in the prompt.

A reply fits the JSON Schema that was asked for, in `response_format` or in a system message,
and its questions quote the source text, so that they pass verification as a good model's would.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

_QUOTED = re.compile(r"<<<\n(.*?)\n>>>", re.DOTALL)
_TITLE = re.compile(r"^Title: (.+)$", re.MULTILINE)
_POINTING = {"they", "them", "this", "these", "those", "here", "former", "latter", "your", "document", "text"}
_NAME_OR_NUMBER = re.compile(r"\b(?:[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*|\d[\d.,]*\d|\d)\b")


def body_hash(body: dict[str, Any]) -> str:
    """One hash for one request, however its JSON was laid out."""
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def text_of(message: dict[str, Any]) -> str:
    """The words of a message, whose content may be a string or a list of parts (images are named by their hash)."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    parts = []
    for part in content:
        if part.get("type") == "image_url":
            url = json.dumps(part["image_url"], sort_keys=True)
            parts.append("image " + hashlib.sha256(url.encode()).hexdigest()[:12])
        else:
            parts.append(str(part.get("text", "")))
    return "\n".join(parts)


def answer_any(body: dict[str, Any]) -> str:
    """A useful reply to whatever was asked: pairs, a restatement, any other schema, an image or plain text."""
    schema = _schema(body)
    asked = "\n".join(text_of(message) for message in body["messages"])
    if schema is None:
        return f"A plain reply to {hashlib.sha256(asked.encode()).hexdigest()[:12]}: {_source(asked)[:200]}"
    return json.dumps(_fill(schema, schema, asked, name="", index=0), ensure_ascii=False)


def _schema(body: dict[str, Any]) -> dict[str, Any] | None:
    asked = body.get("response_format") or {}
    if asked.get("type") == "json_schema":
        schema: dict[str, Any] = asked["json_schema"]["schema"]
        return schema
    for message in body["messages"]:
        _, found, told = text_of(message).partition("JSON Schema, nothing else: ")
        if found:
            parsed: dict[str, Any] = json.loads(told)
            return parsed
    return None


def _source(asked: str) -> str:
    quoted = _QUOTED.findall(asked)
    return str(quoted[-1]) if quoted else asked.strip()


def _sentences(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", "|"))]
    sentences = [part for line in lines for part in re.split(r"(?<=[.!?])\s+", line) if len(part.split()) >= 4]
    return sentences or [text.strip()]


def _fill(schema: dict[str, Any], root: dict[str, Any], asked: str, *, name: str, index: int) -> Any:
    if "$ref" in schema:
        return _fill(root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root, asked, name=name, index=index)
    if "anyOf" in schema:
        return _fill(schema["anyOf"][0], root, asked, name=name, index=index)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type")
    if kind == "object":
        properties = schema.get("properties", {})
        return {key: _fill(part, root, asked, name=key, index=index) for key, part in properties.items()}
    if kind == "array":
        item = schema.get("items", {"type": "string"})
        if name == "other_phrasings":  # of the question beside it: the same sentence, asked in other words
            return [_words(f"{name} {number}", asked, index) for number in range(2)]
        count = min(4, len(_sentences(_source(asked))))
        return [_fill(item, root, asked, name=f"{name}.item", index=number) for number in range(count)]
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        return schema.get("maximum", schema.get("minimum", 8))
    return _words(name, asked, index)


def _words(name: str, asked: str, index: int) -> str:
    source = _source(asked)
    sentences = _sentences(source)
    sentence = sentences[index % len(sentences)]
    title = _TITLE.search(asked)
    subject = title.group(1).strip() if title else "the Subject"
    found = _NAME_OR_NUMBER.findall(sentence)
    answer = next((item for item in reversed(found) if item.lower() not in subject.lower()), sentence.split()[-1])
    taken = {word.lower() for word in f"{answer} {subject}".split()}
    about = [word for word in re.findall(r"[\w'’-]{4,}", sentence) if word.lower() not in taken | _POINTING]
    about_it = " ".join(about[:4]) or f"point {index + 1}"
    if name in ("evidence", "evidence.item"):
        return sentence
    if name == "answer":
        return answer.strip(".,")
    if name == "question":
        return f"What is known about {subject} and {about_it}?"
    if name.startswith("other_phrasings "):
        return f"{('Which fact', 'What detail')[int(name[-1])]} concerns {subject} and {about_it}?"
    if name == "kind":
        return "number" if answer[:1].isdigit() else "name"
    if name == "text":
        lines = [re.sub(r"[|#\s]+", " ", line).strip() for line in source.splitlines()]
        return "In other words: " + " ".join(line for line in reversed(lines) if line.strip(" -:"))
    seen = hashlib.sha256(f"{asked}/{name}/{index}".encode()).hexdigest()[:8]
    return f"{name.split('.')[0].replace('_', ' ') or 'reply'} {seen}: {sentence}"
