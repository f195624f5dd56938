from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from clara.errors import CheckpointError, UsageError
from clara.evaluation.baselines import ClosedBook, GoldMemory, GoldText, TextRag
from clara.evaluation.evaluate import evaluate
from clara.evaluation.questions import EvaluationQuestion, questions_of
from clara.evaluation.summary import compare, save_reports
from clara.modeling import ClaraModel
from clara.rag.engine import Answer, Engine
from clara.retrieval.bm25 import LexicalIndex
from clara.retrieval.store import Hit, MemoryStore
from clara.schema import EndToEndExample
from tiny_store import COLOURS, NAMES, make_checkpoint, passages


def rows(count: int = 6) -> list[EndToEndExample]:
    by_id = {passage.id: passage for passage in passages()}
    return [
        EndToEndExample.model_validate(
            {
                "data_type": "end_to_end",
                "question": [f"Which colour has the {NAMES[i]} {i} kettle?", f"{NAMES[i]} {i} kettle casing colour?"],
                "context": [by_id["k029"].text, by_id[f"k{i:03d}"].text],
                "answer": COLOURS[i % 5],
                "pos_index": [1],
                "sources": [by_id["k029"].source.model_dump(), by_id[f"k{i:03d}"].source.model_dump()],
            }
        )
        for i in range(count)
    ]


QUESTIONS = questions_of(rows())


@pytest.fixture
def engine(model: ClaraModel, store_path: Path) -> Engine:
    return Engine(model, MemoryStore.open(store_path))


class Faulty(Engine):
    """The real engine; one question runs out of memory."""

    def answer_from(
        self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], *, max_new_tokens: int = 32
    ) -> list[Answer]:
        if QUESTIONS[3].question in questions:
            raise RuntimeError("out of memory")
        return super().answer_from(questions, hits, max_new_tokens=max_new_tokens)


class Oracle(Engine):
    """The real engine; answers every other row right."""

    def answer_from(
        self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], *, max_new_tokens: int = 32
    ) -> list[Answer]:
        known = {q.question: q.answers[0] if int(q.row.split()[1]) % 2 else "no idea" for q in QUESTIONS}
        return [Answer(q, known[q], list(found)) for q, found in zip(questions, hits, strict=True)]


def test_every_phrasing_is_scored_as_answered(engine: Engine) -> None:
    report = evaluate(engine, QUESTIONS, max_new_tokens=4)
    assert [result.question for result in report.results] == QUESTIONS
    answers = engine.answer([question.question for question in QUESTIONS], max_new_tokens=4)
    assert [result.prediction for result in report.results] == [answer.text for answer in answers]
    assert all(len(result.hits) == 5 for result in report.results)  # recall at 5, though 3 are answered from
    for result in report.results:
        assert result.relevant == tuple(result.question.is_answered_by(hit.passage) for hit in result.hits)
        assert result.scores["recall_at_5"] == float(any(result.relevant))
    assert report.num_failed == 0


def test_means_are_hand_checkable(engine: Engine) -> None:
    report = evaluate(Oracle(engine.model, engine.store), QUESTIONS)
    assert report.metrics["exact_match"].mean == 0.5
    assert report.metrics["exact_match"].count == 12
    assert report.summary()["num_rows"] == 6
    assert compare(report, evaluate(engine, QUESTIONS, max_new_tokens=2)) == pytest.approx(2 / 2**6)


def test_a_failure_is_recorded_and_is_no_zero(engine: Engine, tmp_path: Path) -> None:
    report = evaluate(Faulty(engine.model, engine.store), QUESTIONS, max_new_tokens=2)
    failed = [result for result in report.results if result.error is not None]
    assert [result.question for result in failed] == [QUESTIONS[3]]
    assert failed[0].error == "RuntimeError: out of memory"
    assert report.num_failed == report.summary()["num_failed"] == 1
    assert {interval.count for interval in report.metrics.values()} == {11}
    report.save(tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "clara.rows.jsonl").read_text().splitlines()]
    assert len(lines) == 12
    assert "exact_match" not in lines[3]
    assert lines[3]["error"] == "RuntimeError: out of memory"
    assert lines[4]["sources"][0]["relevant"] in (True, False)


def test_baselines_answer_the_same_questions(engine: Engine, model: ClaraModel) -> None:
    reports = {
        "closed": evaluate(ClosedBook(model), QUESTIONS, max_new_tokens=4),
        "text": evaluate(TextRag(model, LexicalIndex(passages())), QUESTIONS, max_new_tokens=4),
        "gold text": evaluate(GoldText(model, QUESTIONS), QUESTIONS, max_new_tokens=4),
        "gold memory": evaluate(GoldMemory(model, QUESTIONS), QUESTIONS, max_new_tokens=4),
    }
    assert reports["text"].metrics["recall_at_1"].mean == 1.0  # BM25 finds a rare name
    assert "recall_at_1" not in reports["closed"].metrics
    first = QUESTIONS[0].question
    gold = model.compress([rows()[0].context[1]])
    assert reports["gold memory"].results[0].prediction == model.generate([first], [gold], max_new_tokens=4)[0]
    text = model.generate_from_text([first], [[rows()[0].context[1]]], max_new_tokens=4)[0]
    assert reports["gold text"].results[0].prediction == text
    unknown = EvaluationQuestion(question="Why?", answers=("so",), row="r")
    with pytest.raises(UsageError, match="gold"):
        GoldText(model, [unknown])


def test_an_untrained_model_is_refused_unless_asked_for(checkpoint: Path, store_path: Path) -> None:
    folder = make_checkpoint(checkpoint.parent / "untrained", trained=False)
    model = ClaraModel.from_pretrained(folder, device="cpu", allow_untrained=True)
    with pytest.raises(CheckpointError, match="untrained"):
        evaluate(ClosedBook(model), QUESTIONS)
    assert evaluate(ClosedBook(model), QUESTIONS[:1], max_new_tokens=1, allow_untrained=True).num_failed == 0


def test_the_report_page_stands_alone(engine: Engine, tmp_path: Path) -> None:
    reports = {
        "clara": evaluate(Oracle(engine.model, engine.store), QUESTIONS),
        "closed_book": evaluate(ClosedBook(engine.model), QUESTIONS, max_new_tokens=2),
    }
    save_reports(tmp_path, reports, store=engine.store.info)
    page = (tmp_path / "report.html").read_text()
    assert "<svg" in page
    assert "sheets/kettle-000.pdf" in page
    links = page.replace("http://www.w3.org/", "")  # names of XML namespaces, fetched by nobody
    assert not [mark for mark in ("http:", "https:", "<script", "<link", "@import", "url(http") if mark in links]
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["systems"]["clara"]["metrics"]["exact_match"]["mean"] == 0.5
    assert set(summary["p_values"]) == {"closed_book"}
