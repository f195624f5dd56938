"""The data card of a folder of training files: counted, checked, and what should be mended before training."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import clara
from clara.quality.diversity import distinct_ngrams, effective_number, question_types, topics
from clara.quality.duplicates import NearDuplicates, distinct
from clara.quality.findings import CATEGORIES, KINDS
from clara.quality.policy import Policy
from clara.quality.rows import Folder, Row, read_folder
from clara.quality.scan import ScanReport, make_scanner, scan_units
from clara.quality.support import LEVELS, count_support, support_of
from clara.quality.units import read_units
from clara.schema import STAGES
from clara.text import normalize_answer, words

# the seed's recommended number of rows for each stage
RECOMMENDED_ROWS = {"pretrain": (1_000, 10_000), "instruction": (500, 5_000), "end_to_end": (500, 5_000)}
MAX_SHOWN = 10  # examples of each kind of finding
NUM_SAMPLES = 6
UNSUPPORTED_SHARE = 0.05  # more answers without support than this is an error
DUPLICATE_SHARE = 0.10  # more nearly repeated questions than this is a warning
ONE_TYPE_SHARE = 0.75  # more questions of one type than this is a warning
UNJUDGED_TASKS = ("unanswerable", "cross_lingual")  # their answers are not in the passages' words


def make_card(folder: Path, *, policy: Policy | None = None, seed: int = 0) -> dict[str, Any]:
    """Everything `clara data report` says about a folder, as JSON, free of the folder's own path.

    `policy` says what the scan for private data looks for. Raises UsageError when there is no training file.
    """
    found = read_folder(folder)
    card: dict[str, Any] = {
        "clara": clara.__version__,
        "files": found.files,
        "bad_rows": [str(problem) for problem in found.problems[:MAX_SHOWN]],
        "num_bad_rows": len({(problem.file, problem.line) for problem in found.problems}),
        "stages": {stage: _stage(found, stage) for stage in STAGES if found.of(stage=stage)},
        "documents": _documents(found),
        "diversity": _diversity(found, seed=seed),
        "duplicates": _duplicates(found),
        "leakage": _leakage(found),
        "support": _support(found),
        "private": _private(_scan(folder, found.files, policy or Policy())),
        "samples": _samples(found, seed=seed),
    }
    card["findings"] = judge(card)
    return card


def judge(card: Mapping[str, Any]) -> list[dict[str, str]]:
    """What to mend, worst first: {level: error | warning | note, check, message}."""
    found: list[tuple[str, str, str]] = []
    if card["num_bad_rows"]:
        found.append(("error", "format", f"{card['num_bad_rows']} rows cannot be read (clara data validate lists all)"))
    leakage = card["leakage"]
    for what in ("documents", "passages", "questions"):
        if count := leakage[f"num_{what}"]:
            found.append(("error", "leakage", f"{count} {what} of the evaluation files are in training rows too"))
    if count := leakage["num_near_passages"]:
        found.append(("warning", "leakage", f"{count} evaluation passages nearly repeat a training passage"))
    for stage, counts in card["support"]["by_stage"].items():
        judged = sum(counts.values())
        if judged and counts["unsupported"] > UNSUPPORTED_SHARE * judged:
            share = counts["unsupported"] / judged
            message = f"{share:.0%} of the {stage} answers have no support in their passages"
            found.append(("error", "support", message))
    if count := card["private"]["secret"]:
        found.append(("error", "privacy", f"{count} secrets (clara data scan shows where)"))
    if count := card["private"]["pii"]:
        found.append(("warning", "privacy", f"{count} pieces of personal data (clara data scan shows where)"))
    for stage, held in card["stages"].items():
        low, high = held["recommended_rows"]
        if held["verdict"] != "within":
            message = f"{stage}: {held['train']['rows']:,} rows, {held['verdict']} the recommended {low:,} to {high:,}"
            found.append(("note", "size", message))
    if (share := card["duplicates"]["question_share"]) > DUPLICATE_SHARE:
        found.append(
            ("warning", "duplicates", f"{share:.0%} of the questions nearly repeat another one of their stage")
        )
    types = card["diversity"]["question_types"]
    if types and max(types.values()) > ONE_TYPE_SHARE * sum(types.values()) > 20 * ONE_TYPE_SHARE:
        name = max(types, key=lambda key: types[key])
        found.append(("warning", "diversity", f"{types[name] / sum(types.values()):.0%} of the questions ask '{name}'"))
    order = {"error": 0, "warning": 1, "note": 2}
    return [
        {"level": level, "check": check, "message": message}
        for level, check, message in sorted(found, key=lambda item: order[item[0]])
    ]


def _stage(found: Folder, stage: str) -> dict[str, Any]:
    splits: dict[str, Any] = {}
    for split in ("train", "eval"):
        rows = found.of(stage=stage, split=split)
        if rows or split == "train":
            splits[split] = _counts(rows)
    low, high = RECOMMENDED_ROWS[stage]
    rows = splits["train"]["rows"]
    verdict = "below" if rows < low else "above" if rows > high else "within"
    return {**splits, "recommended_rows": [low, high], "verdict": verdict}


def _counts(rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "rows": len(rows),
        "by_data_type": dict(Counter(row.data_type for row in rows).most_common()),
        "by_task": dict(Counter(row.task for row in rows if row.task).most_common()),
        "distinct_passages": len({passage for row in rows for passage in row.passages}),
        "passages_per_row": spread([len(row.passages) for row in rows]),
        "questions_per_row": spread([len(row.questions) for row in rows]),
        "words_per_passage": spread([len(words(p)) for p in distinct([p for row in rows for p in row.passages])]),
        "words_per_question": spread([len(words(q)) for row in rows for q in row.questions]),
        "words_per_answer": spread([len(words(a)) for row in rows for a in row.answers]),
    }


def spread(numbers: Sequence[int]) -> dict[str, Any]:
    """Smallest, mean, median, 95th percentile, largest, and every value with its count for a plot."""
    if not numbers:
        return {"min": 0, "mean": 0.0, "median": 0, "p95": 0, "max": 0, "values": {}}
    ordered = sorted(numbers)
    return {
        "min": ordered[0],
        "mean": round(sum(ordered) / len(ordered), 2),
        "median": ordered[len(ordered) // 2],
        "p95": ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))],
        "max": ordered[-1],
        "values": dict(sorted(Counter(ordered).items())),
    }


def _documents(found: Folder) -> dict[str, Any]:
    """Which documents the supporting passages come from, by split."""
    by_split = {split: Counter(_documents_of(found.of(split=split))) for split in ("train", "eval")}
    return {
        split: {
            "documents": len(counts),
            "rows_without_sources": sum(not row.sources for row in found.of(split=split)),
            "effective_documents": effective_number(counts.values()),
            "most_used": dict(counts.most_common(MAX_SHOWN)),
        }
        for split, counts in by_split.items()
    }


def _documents_of(rows: Iterable[Row]) -> Iterable[str]:
    return (row.sources[position].document for row in rows for position in row.support if position < len(row.sources))


def _diversity(found: Folder, *, seed: int) -> dict[str, Any]:
    questions = distinct([question for row in found.rows for question in row.questions])
    passages = distinct([passage for row in found.rows for passage in row.passages])
    types = question_types(questions)
    openings = Counter(" ".join(words(question)[:2]) for question in questions)
    grouped = topics(passages, seed=seed)
    return {
        "distinct_questions": len(questions),
        "question_types": types,
        "effective_question_types": effective_number(types.values()),
        "openings": dict(openings.most_common(MAX_SHOWN)),
        "distinct_ngrams": {str(n): distinct_ngrams(questions, n) for n in (1, 2, 3)},
        "topics": grouped,
        "effective_topics": effective_number(topic["passages"] for topic in grouped),
    }


def _duplicates(found: Folder) -> dict[str, Any]:
    repeated, total = 0, 0
    examples: list[list[Any]] = []
    for stage in STAGES:
        asked: dict[str, str] = {}
        for row in found.of(stage=stage, split="train"):
            for number, question in enumerate(row.questions):
                asked[f"{row.place} question {number + 1}"] = question
        total += len(asked)
        again = set()
        for pair in NearDuplicates(asked).pairs():
            again.add(pair.second)
            if len(examples) < MAX_SHOWN:
                first, second = str(pair.first), str(pair.second)
                examples.append([first, asked[first], second, asked[second], pair.overlap])
        repeated += len(again)
    passages = distinct([passage for row in found.rows for passage in row.passages])
    near = list(NearDuplicates(dict(enumerate(passages))).pairs())
    return {
        "questions": total,
        "near_questions": repeated,
        "question_share": round(repeated / total, 4) if total else 0.0,
        "passages": len(passages),
        "near_passages": len({pair.second for pair in near}),
        "examples": examples,
    }


def _leakage(found: Folder) -> dict[str, Any]:
    """What the evaluation files share with the training rows."""
    train, held_out = found.of(split="train"), found.of(split="eval")
    in_training = set(_all_documents(train))
    documents = sorted(in_training & set(_all_documents(held_out)))
    passages = {passage for row in train for passage in row.passages}
    evaluated = distinct([passage for row in held_out for passage in row.passages])
    same = [passage for passage in evaluated if passage in passages]
    known = {_key(question) for row in train for question in row.questions}
    asked = distinct([question for row in held_out for question in row.questions])
    repeated = [question for question in asked if _key(question) in known]
    near: list[list[Any]] = []
    if evaluated:
        index = NearDuplicates(dict(enumerate(sorted(passages))))
        texts = sorted(passages)
        for passage in evaluated:
            if passage not in passages and (hits := index.similar(passage)):
                near.append([passage[:200], texts[hits[0][0]][:200], round(hits[0][1], 3)])
    return {
        "checked": bool(held_out),
        "num_documents": len(documents),
        "documents": documents[:MAX_SHOWN],
        "num_passages": len(same),
        "passages": [passage[:200] for passage in same[:MAX_SHOWN]],
        "num_near_passages": len(near),
        "near_passages": near[:MAX_SHOWN],
        "num_questions": len(repeated),
        "questions": repeated[:MAX_SHOWN],
    }


def _all_documents(rows: Iterable[Row]) -> Iterable[str]:
    return (source.document for row in rows for source in row.sources)


def _key(question: str) -> str:
    return normalize_answer(question)


def _support(found: Folder) -> dict[str, Any]:
    by_stage: dict[str, dict[str, int]] = {}
    examples: list[list[str]] = []
    for stage in STAGES:
        rows = [
            row for row in found.of(stage=stage) if row.data_type != "paraphrase" and row.task not in UNJUDGED_TASKS
        ]
        if rows:
            by_stage[stage] = count_support(rows)
        for row in rows:
            for (question, answer), level in zip(row.pairs, support_of(row), strict=False):
                if level == "unsupported" and len(examples) < MAX_SHOWN:
                    examples.append([row.place, question, answer])
    return {"levels": list(LEVELS), "by_stage": by_stage, "examples": examples}


def _scan(folder: Path, files: Sequence[str], policy: Policy) -> ScanReport:
    report = ScanReport()
    scanner = make_scanner(policy)
    for name in files:
        scan_units(report, name, read_units(folder / name), scanner, policy)
    return report


def _private(report: ScanReport) -> dict[str, Any]:
    kinds = {f"{KINDS[kind]}: {kind}": count for kind, count in report.counts.most_common()}
    by_category: dict[str, Any] = {
        category: sum(count for kind, count in report.counts.items() if KINDS[kind] == category)
        for category in CATEGORIES
    }
    places = [f"{finding.place}: {finding.kind}" for finding in report.findings[:MAX_SHOWN]]
    return {**by_category, "kinds": kinds, "places": places}


def _samples(found: Folder, *, seed: int) -> list[dict[str, Any]]:
    """A few rows of each kind, drawn by the seed."""
    kinds: dict[tuple[str, str, str], list[Row]] = {}
    for row in found.of(split="train"):
        kinds.setdefault((row.stage, row.data_type, row.task), []).append(row)
    draw = random.Random(seed)
    samples = []
    for (stage, data_type, task), rows in kinds.items():
        for row in draw.sample(rows, min(len(rows), max(1, NUM_SAMPLES // len(kinds)))):
            source = row.sources[row.support[0]] if row.support and row.support[0] < len(row.sources) else None
            samples.append(
                {
                    "place": row.place,
                    "stage": stage,
                    "kind": task or data_type,
                    "question": row.pairs[0][0],
                    "answer": row.pairs[0][1],
                    "passage": row.passages[row.support[0]] if row.support else row.passages[0],
                    "source": None if source is None else source.model_dump(exclude_none=True),
                }
            )
    return samples
