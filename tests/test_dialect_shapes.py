"""Alpaca, chats, SQuAD and tables: what is not called lossy comes back whole, what is refused says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from clara.dialects import detect_dialect, dropped_fields, load_examples, read_dialect, write_dialect
from clara.errors import LossyConversionError, UsageError
from clara.schema import EndToEndExample, Example, InstructionExample, PretrainExample
from record_strategies import examples, text

SQUAD = {
    "version": "1.1",
    "data": [
        {
            "title": "Lund",
            "paragraphs": [
                {
                    "context": "Lund was founded in 990 by Harald.",
                    "qas": [
                        {"id": "1", "question": "When?", "answers": [{"text": "990", "answer_start": 20}]},
                        {"id": "2", "question": "By whom?", "answers": [{"text": "Harald", "answer_start": 27}]},
                        {"id": "3", "question": "Why?", "answers": [], "is_impossible": True},
                    ],
                }
            ],
        }
    ],
}


def save(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


@st.composite
def instruction_rows(draw: st.DrawFn) -> InstructionExample:
    return InstructionExample(
        data_type="instruction",
        instruction=draw(text),
        input=draw(st.sampled_from(["", "given"])),
        output=draw(text),
        docs=draw(st.lists(text, min_size=1, max_size=2)),
        id=draw(st.none() | text),
    )


@pytest.mark.parametrize("dialect", ["alpaca", "chat", "squad"])
@given(row=instruction_rows())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_what_is_not_called_lossy_comes_back_whole(
    dialect: Any, row: InstructionExample, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if dialect == "squad":
        row = row.model_copy(update={"output": row.docs[0][:5], "docs": row.docs[:1]})
        assume(row.output.strip())
    assume(not dropped_fields([row], dialect))
    folder = tmp_path_factory.mktemp("there")
    for name in ("rows.jsonl", "rows.json"):
        write_dialect(folder / name, [row], dialect)
        assert read_dialect(folder / name, dialect, stage="instruction").examples == [row]


@given(rows=st.lists(examples(), max_size=4))
@settings(max_examples=30, deadline=None)
def test_tables_and_documents_hold_own_rows_exactly(
    rows: list[Example], tmp_path_factory: pytest.TempPathFactory
) -> None:
    pytest.importorskip("pyarrow")
    folder = tmp_path_factory.mktemp("own")
    for name in ("rows.parquet", "rows.json"):
        write_dialect(folder / name, rows, "own")
        assert read_dialect(folder / name, "own").examples == rows


def test_a_squad_document_becomes_rows_of_each_stage_and_a_document_again(tmp_path: Path) -> None:
    path = save(tmp_path / "squad.json", SQUAD)
    assert detect_dialect(path) == "squad"
    asked = read_dialect(path, "squad")
    assert [row.output for row in asked.examples if isinstance(row, InstructionExample)] == ["990", "Harald"]
    assert "does not answer it" in str(asked.problems[0])
    ranked = read_dialect(path, "squad", stage="end_to_end").examples
    assert [row.pos_index for row in ranked if isinstance(row, EndToEndExample)] == [[0], [0]]
    (merged,) = read_dialect(path, "squad", stage="pretrain").examples
    assert isinstance(merged, PretrainExample)
    assert merged.question == ["When?", "By whom?"]
    write_dialect(tmp_path / "back.json", asked.examples, "squad")
    back = json.loads((tmp_path / "back.json").read_text())
    expected = json.loads(json.dumps(SQUAD))
    expected["data"][0]["paragraphs"][0]["qas"].pop()
    assert back == expected


@pytest.mark.parametrize("name", ["xquad/xquad.en.json", "xquad/xquad.zh.json", "squadshifts/new_wiki_v1.0.json"])
def test_real_squad_files_are_read_whole(shared: Path, name: str) -> None:
    path = shared / "data/qa" / name
    document = json.loads(path.read_text(encoding="utf-8"))
    asked = [q for article in document["data"] for paragraph in article["paragraphs"] for q in paragraph["qas"]]
    rows = read_dialect(path, detect_dialect(path), stage="end_to_end")
    assert len(rows.examples) + len(rows.rejects) == len(asked)
    assert len(rows.examples) >= 0.95 * len(asked)
    assert not dropped_fields([r.model_copy(update={"sources": None}) for r in rows.examples[:500]], "squad")


def test_a_chat_of_several_turns_asks_its_last_question(tmp_path: Path) -> None:
    turns = [
        {"from": "system", "value": "Be short."},
        {"from": "human", "value": "Who made it?"},
        {"from": "gpt", "value": "Nelmus."},
        {"from": "human", "value": "When?"},
        {"from": "gpt", "value": "1981."},
    ]
    path = save(tmp_path / "chat.json", [{"conversations": turns, "docs": ["Nelmus made it in 1981."]}])
    (row,) = load_examples(path, "instruction")
    assert isinstance(row, InstructionExample)
    assert (row.instruction, row.input, row.output) == ("When?", "User: Who made it?\nAssistant: Nelmus.", "1981.")
    assert row.metadata == {"original": {"conversations": turns}}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"instruction": "Add.", "input": "", "output": "3"}, "input: no passage"),
        ({"instruction": "Add.", "input": "1", "output": 3}, "output: expected a string"),
        ({"messages": [{"role": "user", "content": "Hi"}], "docs": ["d"]}, "messages: must end with a user's turn"),
        ({"messages": [{"role": "robot", "content": "Hi"}]}, "messages[0]: unknown speaker 'robot'"),
        (
            {"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]},
            "docs: no passage",
        ),
        ({"context": "c", "question": "q", "answers": {"text": [], "answer_start": []}}, "answers: no answer"),
        (
            {"context": "c", "question": 5, "answers": {"text": ["c"], "answer_start": [0]}},
            "instruction: expected a str",
        ),
    ],
)
def test_a_row_that_cannot_be_used_says_why_and_is_kept(tmp_path: Path, row: dict[str, Any], expected: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    read = read_dialect(path, detect_dialect(path))
    assert not read.examples
    assert expected in str(read.problems[0])
    assert json.loads(read.rejects[0].row or "") == row


def test_writing_lists_what_a_poorer_shape_has_no_place_for(tmp_path: Path) -> None:
    row = EndToEndExample(
        data_type="end_to_end", question=["q", "p"], context=["c", "d"], answer="a", pos_index=[0], id="7"
    )
    with pytest.raises(LossyConversionError) as caught:
        write_dialect(tmp_path / "rows.jsonl", [row], "alpaca")
    for part in ("pos_index", "phrasings after the first", "several passages joined", "id (1 row)"):
        assert part in str(caught.value)
    with pytest.raises(LossyConversionError, match="no span of a passage"):
        write_dialect(tmp_path / "rows.json", [row], "squad")
    pairs = PretrainExample(data_type="qa", question=["q"], answers=["a"], docs=["d"])
    with pytest.raises(UsageError, match="no pretrain rows"):
        write_dialect(tmp_path / "rows.jsonl", [pairs], "chat", allow_loss=True)


def test_a_saved_dataset_is_read_and_a_broken_one_explained(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    folder = tmp_path / "saved"
    folder.mkdir()
    table = pa.table(
        {"question": ["q"], "docs": [["d"]], "answer": ["a"], "pos_index": pa.array([None], pa.list_(pa.int64()))}
    )
    with (
        pa.OSFile(str(folder / "data-00000-of-00001.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, table.schema) as out,
    ):
        out.write_table(table)
    save(folder / "state.json", {"_data_files": [{"filename": "data-00000-of-00001.arrow"}]})
    (row,) = load_examples(folder, "instruction")
    assert isinstance(row, InstructionExample)
    assert row.docs == ["d"]
    (folder / "data-00000-of-00001.arrow").write_bytes(b"torn")
    with pytest.raises(UsageError, match="cannot read"):
        load_examples(folder, "instruction")
    (folder / "state.json").unlink()
    with pytest.raises(UsageError, match=r"state\.json"):
        load_examples(folder, "instruction")
