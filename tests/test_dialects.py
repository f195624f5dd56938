"""dialects.py: upstream and gold_answer rows, both ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clara.dialects import detect_dialect, dropped_fields, load_examples, read_dialect, write_dialect
from clara.errors import LossyConversionError, RecordsError, UsageError
from clara.problems import stage_of
from clara.schema import EndToEndExample, Example, InstructionExample, PretrainExample, Stage
from record_strategies import examples

QA = {"data_type": "qa", "question": ["q"], "answers": ["a"], "docs": ["d"]}
PLAIN = {"question": "q", "docs": ["d", "e"], "answer": "a"}


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


def read_one(tmp_path: Path, row: dict[str, Any], stage: Stage | None = None) -> Example:
    read = read_dialect(write(tmp_path / "one.jsonl", row), "upstream", stage=stage)
    assert not read.rejects, read.problems
    return read.examples[0]


@given(rows=st.lists(examples(), max_size=4))
def test_own_to_own_is_the_identity(rows: list[Example], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("own") / "rows.jsonl"
    write_dialect(path, rows, "own")
    assert read_dialect(path, "own").examples == rows


def without_what_dialects_lack(row: Example) -> Example:
    absent = {"sources": None, "metadata": None} | ({"input": ""} if isinstance(row, InstructionExample) else {})
    return row.model_copy(update=absent)


@pytest.mark.parametrize("dialect", ["upstream", "gold_answer"])
@given(row=examples().map(without_what_dialects_lack))
def test_what_is_not_called_lossy_comes_back_whole(
    dialect: Any, row: Example, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assume(not (dialect == "gold_answer" and isinstance(row, PretrainExample)))
    if dialect == "gold_answer":
        row = row.model_copy(update={"pos_index": None}) if isinstance(row, EndToEndExample) else row
    assert not dropped_fields([row], dialect)
    path = tmp_path_factory.mktemp("there") / "rows.jsonl"
    write_dialect(path, [row], dialect)
    back = read_dialect(path, dialect, stage=stage_of(type(row)))  # type: ignore[arg-type]
    assert not back.rejects
    if isinstance(row, EndToEndExample):
        assert [example.question for example in back.examples] == [[question] for question in row.question]  # type: ignore[attr-defined]
        assert len({example.id for example in back.examples}) == 1
        row = row.model_copy(update={"question": row.question[:1], "id": back.examples[0].id})
    assert back.examples[0] == row


@pytest.mark.parametrize(
    "foreign",
    [
        QA,
        PLAIN,
        {**PLAIN, "pos_index": [1]},
        {"question": "q", "docs": ["d"], "answer": "a", "id": 17, "dataset": "x", "answers": ["a", "b"]},
        {"question": "q", "docs": ["d"], "answer": "long", "gold_answer": "short"},
    ],
)
def test_a_foreign_row_comes_back_with_every_key(tmp_path: Path, foreign: dict[str, Any]) -> None:
    target = tmp_path / "back.jsonl"
    write_dialect(target, [read_one(tmp_path, foreign)], "upstream")
    assert rows_of(target) == [foreign]


def test_passages_and_answers_are_chosen_by_precedence(tmp_path: Path) -> None:
    everything = {"question": "q", "content": ["3"], "context": ["2"], "docs": ["1"]}
    for expected in ("1", "2", "3"):
        example = read_one(tmp_path, {**everything, "answer": "a"})
        assert isinstance(example, InstructionExample)
        assert example.docs == [expected]
        everything.pop({"1": "docs", "2": "context", "3": "content"}[expected])
    answers = {"golden_answers": ["4"], "answers": ["3"], "gold_answer": "2", "answer": "1"}
    for expected in ("1", "2", "3", "4"):
        example = read_one(tmp_path, {"question": "q", "docs": ["d"], **answers})
        assert isinstance(example, InstructionExample)
        assert example.output == expected
        answers.popitem()


def test_the_stage_is_told_or_guessed_from_pos_index_and_passages(tmp_path: Path) -> None:
    assert isinstance(read_one(tmp_path, PLAIN), InstructionExample)
    assert isinstance(read_one(tmp_path, PLAIN, "end_to_end"), EndToEndExample)
    assert isinstance(read_one(tmp_path, {**PLAIN, "pos_index": [0]}), EndToEndExample)
    assert isinstance(read_one(tmp_path, {**PLAIN, "docs": list("abcdef")}), EndToEndExample)
    assert isinstance(read_one(tmp_path, {**PLAIN, "data_type": "end_to_end"}), EndToEndExample)
    assert isinstance(read_one(tmp_path, QA), PretrainExample)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"question": "q", "docs": ["d"]}, "1: answer: missing (add it; 'gold_answer' or 'answers' or "),
        (
            {"question": "q", "doc": ["d"], "answer": "a"},
            "'content' will do; is 'doc' meant?",
        ),
        ({"docs": ["d"], "answer": "a"}, "1: question: missing (add it)"),
        ({"question": "q", "content": "d", "answer": "a"}, "1: content: expected a list of strings, got a string"),
        ({"question": "q", "context": [1], "answer": "a"}, "1: context[0]: expected a string, got a number"),
        ({"question": "", "docs": ["d"], "answer": "a"}, "1: question: empty"),
        ({"question": 3, "docs": ["d"], "answer": "a"}, "1: question: expected a string, got a number"),
        ({"question": "q", "docs": ["d"], "golden_answers": []}, "1: golden_answers: empty list"),
        (
            {"question": "q", "docs": ["d"], "golden_answers": [1]},
            "1: golden_answers[0]: expected a string",
        ),
        ({"question": "q", "docs": ["d"], "answer": {}}, "1: answer: expected a string, got an object"),
        ({**PLAIN, "pos_idx": [0]}, "1: pos_idx: unknown key; did you mean 'pos_index'?"),
        ({**PLAIN, "pos_index": [2]}, "1: pos_index[0]: 2 is outside context (positions 0 to 1)"),
        ({**PLAIN, "data_type": []}, ""),
    ],
)
def test_a_bad_foreign_row_is_named_by_its_own_keys_and_kept(
    tmp_path: Path, row: dict[str, Any], expected: str
) -> None:
    read = read_dialect(write(tmp_path / "rows.jsonl", row, PLAIN), "upstream")
    assert len(read.examples) + len(read.rejects) == 2
    if expected:
        assert expected in str(read.problems[0])
        assert json.loads(read.rejects[0].row or "") == row


def test_writing_to_a_poorer_dialect_lists_the_losses_and_refuses(tmp_path: Path) -> None:
    shared: dict[str, Any] = {"docs": ["d"], "output": "a", "data_type": "instruction"}
    rows = [
        InstructionExample(instruction="i", input="x", metadata={"k": 1}, **shared),
        InstructionExample(instruction="i", sources=[], **shared),
    ]
    path = tmp_path / "rows.jsonl"
    with pytest.raises(LossyConversionError) as caught:
        write_dialect(path, rows, "upstream")
    for part in ("sources (1 row)", "metadata (1 row)", "input (joined to the question) (1 row)", "--allow-loss"):
        assert part in str(caught.value)
    assert not path.exists()
    assert write_dialect(path, rows, "upstream", allow_loss=True) == 2
    assert rows_of(path)[0] == {"question": "i\nx", "docs": ["d"], "answer": "a"}


def test_gold_answer_rows_lose_pos_index_and_have_no_pretrain(tmp_path: Path) -> None:
    row = EndToEndExample(data_type="end_to_end", question=["q"], context=["c"], answer="a", pos_index=[0])
    with pytest.raises(LossyConversionError, match="pos_index"):
        write_dialect(tmp_path / "a", [row], "gold_answer")
    write_dialect(tmp_path / "a", [row], "gold_answer", allow_loss=True)
    assert rows_of(tmp_path / "a") == [{"question": "q", "docs": ["c"], "answer": "a", "gold_answer": "a"}]
    assert detect_dialect(tmp_path / "a") == "gold_answer"
    with pytest.raises(UsageError, match="no pretrain rows"):
        write_dialect(tmp_path / "b", [PretrainExample.model_validate(QA)], "gold_answer", allow_loss=True)


def test_rows_of_several_stages_cannot_be_told_apart_upstream() -> None:
    rows = [
        InstructionExample(data_type="instruction", instruction="i", output="o", docs=["d"]),
        EndToEndExample(data_type="end_to_end", question=["q"], context=["c"], answer="a"),
    ]
    assert dropped_fields(rows, "upstream") == {"data_type (several stages in one file)": 2}


def test_training_reads_any_dialect_and_refuses_rows_of_another_stage(tmp_path: Path) -> None:
    assert load_examples(write(tmp_path / "a", PLAIN), "end_to_end")[0].context == ["d", "e"]  # type: ignore[attr-defined]
    assert len(load_examples(write(tmp_path / "b", QA, QA), "pretrain")) == 2
    own = {"data_type": "instruction", "instruction": "i", "output": "o", "docs": ["d"]}
    with pytest.raises(RecordsError) as caught:
        load_examples(write(tmp_path / "c", own, QA, own, {**own, "docs": 1}), "instruction")
    assert [(problem.line, problem.field) for problem in caught.value.problems] == [(2, "data_type"), (4, "docs")]
    with pytest.raises(RecordsError, match="stage pretrain"):
        load_examples(write(tmp_path / "d", PLAIN, PLAIN, QA), "instruction")
    with pytest.raises(RecordsError, match="no records"):
        load_examples(write(tmp_path / "e"), "pretrain")


def test_upstreams_own_thousand_rows_are_read_whole(shared: Path, tmp_path: Path) -> None:
    path = shared / "data/qa/clara_example/pretrain_data.jsonl"
    loaded = load_examples(path, "pretrain")
    pairs = [len(example.question) for example in loaded if isinstance(example, PretrainExample)]
    assert (len(pairs), min(pairs), max(pairs)) == (1000, 1, 34)
    write_dialect(tmp_path / "back.jsonl", read_dialect(path, "upstream").examples, "upstream")
    assert rows_of(tmp_path / "back.jsonl") == [json.loads(line) for line in path.read_bytes().splitlines()]
