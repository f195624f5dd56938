import json
from pathlib import Path

import pytest

from clara.errors import RecordsError, UsageError
from clara.evaluation.questions import questions_of, read_questions
from clara.schema import EndToEndExample, Passage


def row(**fields: object) -> EndToEndExample:
    common = {"data_type": "end_to_end", "question": ["Which colour?", "What hue?"], "answer": "amber"}
    return EndToEndExample.model_validate(common | {"context": ["It is amber.", "It is blue."]} | fields)


def passage(document: str, text: str) -> Passage:
    return Passage(id="p", document=document, page=1, start=0, end=1, text=text)


SOURCES = [{"document": "a.pdf"}, {"document": "b.pdf"}]


@pytest.mark.parametrize(
    ("fields", "documents", "gold"),
    [
        ({}, set(), {"It is amber."}),
        ({"pos_index": [1]}, set(), {"It is blue."}),
        ({"pos_index": [1], "sources": SOURCES}, {"b.pdf"}, {"It is blue."}),
        ({"sources": SOURCES}, {"a.pdf"}, {"It is amber."}),
        ({"sources": SOURCES[1:]}, {"b.pdf"}, {"It is amber."}),
        ({"answer": "none of them", "sources": SOURCES}, set(), set()),
    ],
)
def test_truth_is_read_from_pos_index_sources_or_the_answer(
    fields: dict[str, object], documents: set[str], gold: set[str]
) -> None:
    first, second = questions_of([row(**fields)])
    assert (first.question, second.question) == ("Which colour?", "What hue?")
    assert first.row == second.row
    assert (set(first.documents), set(first.gold)) == (documents, gold)


def test_a_hit_is_of_the_right_document_and_holds_the_answer() -> None:
    question = questions_of([row(pos_index=[0], sources=SOURCES)])[0]
    assert question.is_answered_by(passage("a.pdf", "Painted amber all over"))
    assert not question.is_answered_by(passage("a.pdf", "Weighs 3 kg"))
    assert not question.is_answered_by(passage("c.pdf", "Painted amber all over"))


def test_without_a_document_the_answer_decides_and_without_a_literal_answer_the_document() -> None:
    unnamed = questions_of([row()])[0]
    assert unnamed.is_answered_by(passage("c.pdf", "Amber."))
    yes = questions_of([row(answer="yes", pos_index=[0], sources=SOURCES)])[0]
    assert yes.is_answered_by(passage("a.pdf", "It is amber."))
    assert not yes.is_answered_by(passage("b.pdf", "yes"))
    assert not questions_of([row(answer="yes")])[0].has_retrieval_truth


def test_bad_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    with pytest.raises(UsageError):
        read_questions(file)
    file.write_text("\n")
    with pytest.raises(UsageError, match="no question"):
        read_questions(file)
    file.write_text(json.dumps({"data_type": "end_to_end", "question": ["a"], "context": ["b"]}) + "\n")
    with pytest.raises(RecordsError, match=r"q\.jsonl:1: answer"):
        read_questions(file)
