"""The data card as one HTML page with plots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from clara.reporting.page import Section, cards, code, figure, note, paragraph, render_report, table
from clara.reporting.plots import bar_chart, histogram

LENGTHS = {
    "passages per row": "passages_per_row",
    "questions per row": "questions_per_row",
    "words per passage": "words_per_passage",
    "words per question": "words_per_question",
    "words per answer": "words_per_answer",
}


def render_card(card: Mapping[str, Any], *, title: str) -> str:
    """The page; `card` is what make_card returns."""
    files = f"{len(card['files'])} files: {', '.join(card['files'])}"
    sections = [
        Section("What to mend", _findings(card)),
        Section("How much there is", _sizes(card)),
        Section("Lengths", _lengths(card)),
        Section("Diversity", _diversity(card)),
        Section("Are the answers in their passages?", _support(card)),
        Section("Repetition and leakage", _repetition(card)),
        Section("Secrets and personal data", _private(card)),
        Section("Samples", [_sample(sample) for sample in card["samples"]]),
    ]
    return render_report(title, sections, subtitle=files)


def _findings(card: Mapping[str, Any]) -> list[str]:
    findings = card["findings"]
    rows = sum(
        stage[split]["rows"] for stage in card["stages"].values() for split in ("train", "eval") if split in stage
    )
    head = cards(
        [
            (f"{rows:,}", "rows"),
            (f"{card['documents']['train']['documents']:,}", "documents in training"),
            (f"{card['diversity']['distinct_questions']:,}", "different questions"),
            (str(sum(item["level"] == "error" for item in findings)), "errors"),
            (str(sum(item["level"] == "warning" for item in findings)), "warnings"),
        ]
    )
    if not findings:
        return [head, paragraph("Nothing: every check passed.")]
    listed = table(["level", "check", "what"], [[item["level"], item["check"], item["message"]] for item in findings])
    return [head, listed, *([code("\n".join(card["bad_rows"]))] if card["bad_rows"] else [])]


def _sizes(card: Mapping[str, Any]) -> list[str]:
    rows = []
    for stage, held in card["stages"].items():
        low, high = held["recommended_rows"]
        counts = held["train"]
        kinds = counts["by_task"] or counts["by_data_type"]
        listed = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
        held_out = held["eval"]["rows"] if "eval" in held else 0
        rows.append(
            [
                stage,
                counts["rows"],
                held_out,
                f"{low:,} to {high:,}",
                held["verdict"],
                counts["distinct_passages"],
                listed,
            ]
        )
    heads = ["stage", "training rows", "evaluation rows", "recommended", "that is", "different passages", "kinds"]
    return [table(heads, rows)]


def _lengths(card: Mapping[str, Any]) -> list[str]:
    rows, plots = [], []
    for stage, held in card["stages"].items():
        for label, key in LENGTHS.items():
            counts = held["train"][key]
            if counts["values"]:
                numbers = [counts["min"], f"{counts['mean']:.1f}", counts["median"], counts["p95"], counts["max"]]
                rows.append([stage, label, *numbers])
    for label, key in list(LENGTHS.items())[2:]:
        merged: Counter[int] = Counter()
        for held in card["stages"].values():
            merged.update({int(value): count for value, count in held["train"][key]["values"].items()})
        if merged:
            plots.append(figure(histogram(merged, x_label=label), f"{label}, training rows of all stages"))
    return [table(["stage", "what", "least", "mean", "median", "95th percentile", "most"], rows), *plots]


def _diversity(card: Mapping[str, Any]) -> list[str]:
    found = card["diversity"]
    total = sum(found["question_types"].values())
    blocks = []
    if total:
        shares = {f"{name} ({count:,})": count / total for name, count in found["question_types"].items()}
        text = f"Question types; as varied as {found['effective_question_types']} equally frequent ones"
        blocks.append(figure(bar_chart(shares, x_label="share of the questions", x_max=max(shares.values())), text))
        openings = [[opening, count] for opening, count in found["openings"].items()]
        blocks.append(table(["most frequent openings", "questions"], openings))
    grams = [
        [f"distinct {n}-grams over all", value] for n, value in found["distinct_ngrams"].items() if value is not None
    ]
    blocks.append(table(["of the questions", "share"], grams))
    if found["topics"]:
        held = [[", ".join(topic["words"]), topic["passages"]] for topic in found["topics"]]
        blocks += [
            table(["topic of the passages (its commonest words)", "passages"], held),
            note(f"As varied as {found['effective_topics']} topics of equal size. Topics: k-means on TF-IDF."),
        ]
    return blocks


def _support(card: Mapping[str, Any]) -> list[str]:
    found = card["support"]
    rows = [[stage, *(counts[level] for level in found["levels"])] for stage, counts in found["by_stage"].items()]
    explained = (
        "quoted: word for word; grounded: nearly all words and every number; partly: at least half of the words. "
        "Judged by words alone, so a good summary can count as partly."
    )
    blocks = [table(["stage", *found["levels"]], rows), note(explained)]
    if found["examples"]:
        blocks.append(table(["without support", "question", "answer"], found["examples"]))
    return blocks


def _repetition(card: Mapping[str, Any]) -> list[str]:
    found, leaked = card["duplicates"], card["leakage"]
    rows: list[list[Any]] = [
        ["questions that nearly repeat another one of their stage", found["near_questions"], found["questions"]],
        ["passages that nearly repeat another one", found["near_passages"], found["passages"]],
    ]
    blocks = [table(["repetition", "how many", "of"], rows)]
    if found["examples"]:
        examples = [[row[0], row[1], row[2], row[3], float(row[4])] for row in found["examples"]]
        blocks.append(table(["place", "question", "again at", "question", "overlap"], examples))
    if not leaked["checked"]:
        return [*blocks, note("There is no evaluation file, so nothing can leak into one.")]
    counted = [
        ["documents in both", leaked["num_documents"]],
        ["evaluation passages in training rows", leaked["num_passages"]],
        ["evaluation passages near a training passage", leaked["num_near_passages"]],
        ["evaluation questions asked in training", leaked["num_questions"]],
    ]
    blocks.append(table(["leakage from evaluation into training", "how many"], counted))
    shown = [[text] for text in (*leaked["documents"], *leaked["passages"], *leaked["questions"])]
    return [*blocks, *([table(["leaked"], shown)] if shown else [])]


def _private(card: Mapping[str, Any]) -> list[str]:
    found = card["private"]
    if not found["kinds"]:
        return [paragraph("Nothing was found.")]
    rows = [[kind, count] for kind, count in found["kinds"].items()]
    return [table(["kind", "how many"], rows), code("\n".join(found["places"]))]


def _sample(sample: Mapping[str, Any]) -> str:
    source = sample["source"] or {}
    where = " page ".join(str(part) for part in (source.get("document"), source.get("page")) if part is not None)
    lines = [f"{sample['stage']} · {sample['kind']} · {sample['place']}{' · ' + where if where else ''}"]
    lines += [f"Q  {sample['question']}"] if sample["question"] else []
    lines += [f"A  {sample['answer']}", "", sample["passage"]]
    return code("\n".join(lines))
