"""What every run does with its documents outside training: read them, index the held-out ones, show three answers."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from clara.assets import TINY_BASE, tiny_base_path
from clara.chunking import chunk_document, load_token_counter
from clara.demo.corpus import Split, World
from clara.demo.measuring import MAX_NEW_TOKENS
from clara.demo.questions import HeldoutQuestion
from clara.demo.recipe import MODEL
from clara.demo.steps import Tick
from clara.errors import ExtractionError
from clara.extraction import extract_folder
from clara.jsonl import read_records
from clara.modeling import ClaraModel
from clara.rag.engine import Engine
from clara.rag.indexing import build_index
from clara.schema import Document, Passage

SHOWN_ANSWERS = 3
HEADLINE = (
    "exact_match_gold_document",
    "recall_at_1",
    "recall_at_5",
    "exact_match",
    "exact_match_seen",
    "exact_match_unseen",
)


def corpus_digest(world: World) -> str:
    """One short string for every fact, wording and layout of a world, train part included."""
    return hashlib.sha256(repr(world).encode()).hexdigest()[:16]


def weights_digest(base_model: str) -> str | None:
    """One short string for the embedded base's weights, so that no run goes on with another base; None for others."""
    if base_model != TINY_BASE:
        return None
    return hashlib.sha256((tiny_base_path() / "model.safetensors").read_bytes()).hexdigest()[:16]


def extract_parts(documents: Path, raw: Path, splits: Sequence[Split], tick: Tick) -> dict[str, Any]:
    """`documents`/SPLIT into `raw`/SPLIT.jsonl; every fictional sheet must come through, or the scores would blame the
    model. Raises ExtractionError when one does not."""
    counts: dict[str, Any] = {}
    for split in splits:
        report = extract_folder(
            documents / split,
            raw / f"{split}.jsonl",
            progress=lambda file, done, total, split=split: tick(done, total, f"{split} files"),  # type: ignore[misc]
        )
        if failed := report.count("failed"):
            reasons = ", ".join(f"{count} {reason}" for reason, count in report.reasons.items())
            raise ExtractionError(f"{failed} of the demo's own {split} files were not read ({reasons})", reason="demo")
        counts[split] = {"files": report.count("ok"), "pages": sum(file.pages for file in report.files)}
    return counts


def read_passages(raw: Path, base_model: str) -> list[Passage]:
    """The extracted documents in the file `raw`, cut to what the compressor reads at once."""
    tokenizer = load_token_counter(base_model)
    return [
        passage
        for document in read_records(raw, Document)
        for passage in chunk_document(document, tokenizer=tokenizer, max_tokens=MODEL["doc_max_length"])
    ]


def index_passages(
    model: ClaraModel, model_path: str, store: Path, passages: Sequence[Passage], tick: Tick
) -> dict[str, Any]:
    """Build the store and measure the rate: text tokens / (memory tokens + <SEP>), over real passages."""
    build_index(
        store, passages, model, model_path=model_path, progress=lambda done, total: tick(done, total, "passages")
    )
    tokens = model.count_tokens([passage.text for passage in passages])
    slot = model.config.num_memory_tokens + 1
    return {
        "compression_rate": sum(tokens) / (slot * len(passages)),
        "num_passages": len(passages),
        "mean_passage_tokens": sum(tokens) / len(passages),
        "memory_tokens": model.config.num_memory_tokens,
        "characters_per_token": sum(len(passage.text) for passage in passages) / sum(tokens),
    }


def show_answers(engine: Engine, asked: Sequence[HeldoutQuestion]) -> list[dict[str, Any]]:
    """Three questions about different documents, answered as `clara ask` answers."""
    apart = list({question.document: question for question in asked}.values())
    chosen = apart[:: max(1, len(apart) // SHOWN_ANSWERS)][:SHOWN_ANSWERS]
    answers = engine.answer([question.question for question in chosen], max_new_tokens=MAX_NEW_TOKENS)
    return [
        {
            "question": question.question,
            "answer": answer.text,
            "expected": question.answers[0],
            "document": question.document,
            "page": question.page,
            "sources": [asdict(source) for source in answer.sources],
        }
        for question, answer in zip(chosen, answers, strict=True)
    ]


def headline(scores: dict[str, Any], documents: int, questions: int) -> dict[str, Any]:
    """The numbers everybody asks for, with their 95 % intervals beside them."""
    return {
        **{name: scores[name]["mean"] if scores.get(name) else None for name in HEADLINE},
        "intervals": {name: [scores[name]["low"], scores[name]["high"]] for name in HEADLINE if scores.get(name)},
        "num_documents": documents,
        "num_questions": questions,
    }


def count_questions(asked: Sequence[HeldoutQuestion]) -> dict[str, int]:
    return {
        "total": len(asked),
        "seen_phrasing": sum(question.phrasing == "seen" for question in asked),
        "unseen_phrasing": sum(question.phrasing == "unseen" for question in asked),
    }


def surroundings() -> dict[str, Any]:
    """Versions and machine, as report.json records them."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    names = ("clara-rag", "torch", "transformers", "peft", "lancedb")
    return {
        "versions": {name: version(name) for name in names} | {"python": platform.python_version()},
        "machine": {"platform": platform.platform(), "cores": cores},
    }
