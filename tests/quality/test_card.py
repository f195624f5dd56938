"""The data card: what is wrong with a folder is found, what is right is not called wrong."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from clara.cli import app
from clara.errors import UsageError
from clara.quality.card import make_card
from clara.quality.card_page import render_card
from clara.quality.duplicates import NearDuplicates, overlap, shingles
from clara.quality.support import answer_support
from quality import made_numbers as made

PASSAGES = [
    f"The {name} pump was built in {city} in {year} and weighs {weight} kg. Its lead engineer is {person}."
    for name, city, year, weight, person in (
        ("Aurora", "Lund", 1981, 61, "Ada Berg"),
        ("Borealis", "Turin", 1992, 72, "Max Roth"),
        ("Cirrus", "Porto", 2003, 83, "Eva Lind"),
        ("Dorado", "Ghent", 2014, 94, "Ivo Falk"),
    )
]
TOKEN = made.provider_tokens(random.Random(1))["github"]
NAMES = ("Aurora", "Borealis", "Cirrus", "Dorado")


def row(number: int, question: str, answer: str, **more: Any) -> dict[str, Any]:
    source = {"document": f"{NAMES[number].lower()}.pdf", "page": 1}
    return {
        "data_type": "instruction", "instruction": question, "input": "", "output": answer,
        "docs": [PASSAGES[number]], "sources": [source], **more,
    }  # fmt: skip


def folder(tmp_path: Path, **files: list[dict[str, Any]]) -> Path:
    for name, rows in files.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in rows))
    return tmp_path


def findings(card: dict[str, Any], level: str) -> dict[str, str]:
    return {item["check"]: item["message"] for item in card["findings"] if item["level"] == level}


GOOD = [row(0, "Where was the Aurora pump built?", "Lund"), row(1, "How heavy is Borealis?", "72 kg")]


def test_a_clean_folder_has_nothing_to_mend_but_notes(tmp_path: Path) -> None:
    held_out = [row(2, "Who leads the Cirrus project?", "Eva Lind")]
    card = make_card(folder(tmp_path, instruction_data=GOOD, instruction_data_eval=held_out))
    assert {item["level"] for item in card["findings"]} == {"note"}
    assert card["stages"]["instruction"]["eval"]["rows"] == 1
    assert card["support"]["by_stage"]["instruction"] == {"quoted": 3, "grounded": 0, "partly": 0, "unsupported": 0}


def test_an_empty_evaluation_file_is_no_error(tmp_path: Path) -> None:
    card = make_card(folder(tmp_path, instruction_data=GOOD, instruction_data_eval=[]))
    assert card["num_bad_rows"] == 0
    assert not findings(card, "error")


def test_leakage_is_named_by_document_passage_and_question(tmp_path: Path) -> None:
    leaked = [row(0, "where was the aurora pump built", "Lund")]
    leakage = make_card(folder(tmp_path, instruction_data=GOOD, instruction_data_eval=leaked))["leakage"]
    assert (leakage["documents"], leakage["num_passages"], leakage["num_questions"]) == (["aurora.pdf"], 1, 1)


def test_a_retold_training_passage_counts_as_near_leakage(tmp_path: Path) -> None:
    changed = PASSAGES[0].replace("Its lead engineer is Ada Berg.", "Its lead engineer is Ada Berg today.")
    held_out = [{**row(2, "Who leads the Cirrus project?", "Ada Berg"), "docs": [changed]}]
    leakage = make_card(folder(tmp_path, instruction_data=GOOD, instruction_data_eval=held_out))["leakage"]
    assert leakage["num_passages"] == 0
    assert leakage["num_near_passages"] == 1


def test_answers_without_support_bad_rows_secrets_and_repetition_are_found(tmp_path: Path) -> None:
    rows = [
        *GOOD,
        row(3, "Who painted the Dorado?", "Pablo Picasso"),
        row(0, "Where was the Aurora pump built?", "Lund"),
    ]
    rows[0] = {**rows[0], "docs": [f"{PASSAGES[0]} Key {TOKEN}, from ann.berg@example.org."]}
    (folder(tmp_path, instruction_data=rows) / "instruction_data.jsonl").open("a").write("{torn\n")
    card = make_card(tmp_path)
    assert (card["private"]["secret"], card["private"]["pii"]) == (1, 1)
    assert all(place.startswith("instruction_data.jsonl:1: docs[0]") for place in card["private"]["places"])
    assert str(tmp_path) not in json.dumps(card)
    assert TOKEN not in json.dumps(card["private"])
    assert set(findings(card, "error")) == {"format", "support", "privacy"}
    assert set(findings(card, "warning")) == {"privacy", "duplicates"}
    assert card["support"]["examples"] == [["instruction_data.jsonl:3", "Who painted the Dorado?", "Pablo Picasso"]]


def test_rows_whose_answer_is_in_no_passage_by_design_are_counted_apart_and_not_judged(tmp_path: Path) -> None:
    refused = {"kind": "place", "task": "unanswerable", "unanswerable": True}
    rows = [*GOOD, row(3, "Where is Korva?", "The documents do not answer this question.", metadata=refused)]
    card = make_card(folder(tmp_path, instruction_data=rows))
    assert card["support"]["by_stage"]["instruction"]["unsupported"] == 0
    assert card["stages"]["instruction"]["train"]["by_task"] == {"unanswerable": 1}


def test_strict_fails_where_the_plain_report_only_tells(tmp_path: Path) -> None:
    target = folder(tmp_path, instruction_data=[*GOOD, row(3, "Who painted the Dorado?", "Pablo Picasso")])
    assert CliRunner().invoke(app, ["data", "report", str(target)]).exit_code == 0
    strict = CliRunner().invoke(app, ["data", "report", str(target), "--strict"])
    assert strict.exit_code == 1
    assert "error: support" in strict.output
    assert json.loads((target / "data_card.json").read_text())["stages"]["instruction"]["train"]["rows"] == 3


def test_the_page_shows_everything_and_no_markup_of_the_documents(tmp_path: Path) -> None:
    evil = row(0, "Where is <script>alert(1)</script> built?", "Lund")
    card = make_card(folder(tmp_path, instruction_data=[*GOOD, evil]))
    page = render_card(card, title="Data card")
    assert "<script" not in page
    assert page.count("<svg") >= 3
    assert "&lt;script&gt;" in page
    again = make_card(tmp_path)
    assert render_card(again, title="Data card") == page


def test_a_folder_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no training file"):
        make_card(tmp_path)


def test_minhash_finds_the_pairs_that_exact_overlap_finds() -> None:
    texts = {
        n: f"{PASSAGES[n % 4]} {PASSAGES[(n + 1) % 4]} {' '.join(f'w{k}' for k in range(n % 9))}" for n in range(60)
    }
    exact = {
        (one, other)
        for one in texts for other in texts
        if one < other and overlap(shingles(texts[one]), shingles(texts[other])) >= 0.8
    }  # fmt: skip
    found = {(pair.first, pair.second) for pair in NearDuplicates(texts).pairs()}
    assert found <= exact
    assert len(found) >= 0.9 * len(exact) > 0


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        ("61 kg", "quoted"),
        ("The Aurora weighs 61 kg", "grounded"),
        ("It weighs 62 kg", "partly"),
        ("blue", "unsupported"),
    ],
)
def test_support_is_judged_by_words_and_numbers(answer: str, level: str) -> None:
    assert answer_support(answer, PASSAGES[0]) == level
