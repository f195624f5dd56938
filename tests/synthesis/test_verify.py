"""What verification refuses, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clara.schema import Passage
from clara.synthesis import Draft
from clara.synthesis.drafts import Assignment, ComplexDraft
from clara.synthesis.verify import (
    REASONS,
    split_duplicates,
    verify_assignment,
    verify_complex,
    verify_draft,
    verify_paraphrase,
)

TEXT = "The Korva weighs 61 kg and was designed\nby Liv Moen in 1999."
PASSAGE = Passage(id="p", document="d", page=1, start=0, end=len(TEXT), text=TEXT, title="Korva")


def draft(question: str, answer: str, evidence: str = "The Korva weighs 61 kg") -> Draft:
    return Draft(questions=(question,), answer=answer, evidence=evidence, kind="fact")


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("How much does the Korva weigh?", "61 kg", None),
        ("Who designed the Korva?", "Liv Moen", None),
        ("What happened to the Korva?", "designed by Liv Moen", None),  # across a line break
        ("How much does the Korva weigh?", "60 kg", "answer_not_in_source"),
        ("How much does the Korva weigh?", "", "empty"),
        ("", "61 kg", "empty"),
        ("How much does it weigh?", "61 kg", "dangling_subject"),
        ("How much does this press weigh?", "61 kg", "dangling_subject"),
        ("When was the press designed?", "1999", "dangling_subject"),
        ("Was the Korva designed in 1999?", "1999", "question_contains_answer"),
        ("What does the document say about the Korva?", "61 kg", "refers_to_document"),
        ("What is in korva.pdf?", "61 kg", "file_path"),
        ("What is in data/sheets/Korva?", "61 kg", "file_path"),
        ("What did the Korva cost in 8/8/2012?", "61 kg", None),  # a date is no path
        ("How much does the Korva\x80\x93 weigh?", "61 kg", "broken_characters"),
        ("What did the Korva cost in 2002â 03?", "61 kg", "broken_characters"),
        ("The Korva weighs", "61 kg", "malformed_question"),
        ("Korva?", "61 kg", "malformed_question"),
    ],
)
def test_extractive_drafts(question: str, answer: str, reason: str | None) -> None:
    assert verify_draft(draft(question, answer), PASSAGE, extractive=True) == reason
    assert reason is None or reason in REASONS


def test_an_llm_may_word_the_answer_but_must_quote_its_evidence() -> None:
    said = "How heavy is the Korva?"
    assert verify_draft(draft(said, "it weighs 61 kg"), PASSAGE, extractive=False) is None
    assert (
        verify_draft(draft(said, "61 kg", "weighs about 61 kg"), PASSAGE, extractive=False) == "evidence_not_in_source"
    )
    assert verify_draft(draft(said, "it weighs 62 kg"), PASSAGE, extractive=False) == "answer_not_supported"
    assert verify_draft(draft(said, "as much as Anna Holm"), PASSAGE, extractive=False) == "answer_not_supported"


@pytest.mark.parametrize(
    ("paraphrase", "wrong"),
    [
        ("Liv Moen designed the Korva in 1999. The Korva weighs 61 kg.", None),
        (TEXT, "word for word"),
        ("Liv Moen designed the Korva. It weighs 61 kg.", "lost 1999"),
        ("Liv Holm designed the Korva in 1999. It weighs 61 kg.", "lost Moen"),
        ("Liv Moen designed the Korva in 1999 in Oslo. It weighs 61 kg.", "adds Oslo"),
        ("", "empty"),
    ],
)
def test_a_restatement_keeps_every_number_and_name(paraphrase: str, wrong: str | None) -> None:
    found = verify_paraphrase(paraphrase, TEXT)
    assert found is None if wrong is None else wrong in (found or "")


def test_one_question_one_answer() -> None:
    kept, rejected = split_duplicates(
        [
            draft("Who designed the Korva?", "Liv Moen"),
            draft("Who designed the Korva?", "Moen"),
            draft("How much does the Korva weigh?", "61 kg"),
            draft("How much does the Korva weigh?", "70 kg"),
        ]
    )
    assert [item.answer for item in kept] == ["Liv Moen"]
    assert [item.reason for item in rejected] == ["duplicate", "ambiguous_question", "ambiguous_question"]


def passage(title: str, text: str) -> Passage:
    return Passage(id=title, document=title, page=1, start=0, end=len(text), text=text, title=title)


def test_evidence_must_speak_of_the_answer() -> None:
    wrong = draft("Who designed the Korva?", "Liv Moen")  # quoted, but of the weight
    assert verify_draft(wrong, PASSAGE, extractive=False) == "evidence_without_answer"


@pytest.mark.parametrize(
    ("question", "answer", "evidence", "reason"),
    [
        ("Where was the designer of the Korva born?", "Oslo", ("designed\nby Liv Moen", "Moen was born in Oslo"), None),
        ("Where was the designer of the Korva born?", "Oslo", ("Moen was born in Oslo",), "one_fact"),
        ("Where was the designer of the Korva born?", "Oslo", ("Moen was born in Oslo", "in Oslo"), "one_fact"),
        ("How heavy was the Korva in 1999?", "61 kg", ("weighs 61 kg", "in 1999"), "one_passage"),
        (
            "Where was the designer of the Korva born?",
            "Rome",
            ("by Liv Moen", "was born in Rome"),
            "evidence_not_in_source",
        ),
        ("Is the Korva or Liv Moen older?", "Liv Moen", ("in 1999", "Liv Moen was born in Oslo in 1960"), None),
        ("Where was she born?", "Oslo", ("designed\nby Liv Moen", "Liv Moen was born in Oslo"), "dangling_subject"),
    ],
)
def test_a_complex_question_needs_several_facts_of_several_passages(
    question: str, answer: str, evidence: tuple[str, ...], reason: str | None
) -> None:
    both = [PASSAGE, passage("Liv Moen", "Liv Moen was born in Oslo in 1960.")]
    item = ComplexDraft(questions=(question,), answer=answer, evidence=evidence, kind="bridge")
    assert verify_complex(item, both) == reason


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"instruction": "Summarise this document."}, "refers_to_document"),
        ({"output": "The Korva weighs 62 kg."}, "answer_not_supported"),
        ({"output": TEXT, "kind": "rewrite"}, "output_copies_source"),
        ({"output": f"{TEXT} {TEXT}"}, "output_too_long"),
        ({"kind": "extract", "output": "Weight: 61 kg\nDesigner: Liv Moen"}, None),
        ({"kind": "extract", "output": "Weight: about a man's"}, "output_not_quoted"),
        ({"evidence": ("weighs 62 kg",)}, "evidence_not_in_source"),
        ({"input": "The Korva of 1887"}, "input_not_in_source"),
        ({"output": ""}, "empty"),
    ],
)
def test_an_assignment_stands_alone_and_says_nothing_new(changed: dict[str, object], reason: str | None) -> None:
    row = Assignment(
        instruction="Summarise what is known about the Korva.",
        input="",
        output="Liv Moen's Korva weighs 61 kg.",
        evidence=("weighs 61 kg",),
        kind="summarise",
    )
    assert verify_assignment(replace(row, **changed), [PASSAGE]) == reason  # type: ignore[arg-type]
