from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import docx
import pytest

from clara.jsonl import write_jsonl
from clara.retrieval.store import MemoryStore
from tiny_store import make_checkpoint, passages

Clara = Callable[..., tuple[int, str, str]]


def test_a_folder_of_documents_becomes_a_store_that_answers_with_sources(
    clara: Clara, checkpoint: Path, tmp_path: Path
) -> None:
    (tmp_path / "docs" / "de").mkdir(parents=True)
    for name, colour in [("arlo.docx", "amber"), ("de/brisk.docx", "blue")]:
        document = docx.Document()
        document.add_heading(f"The {name} kettle", 1)
        document.add_paragraph(f"It has a {colour} casing and was built in Lund.")
        document.save(tmp_path / "docs" / name)
    store = tmp_path / "store"
    code, out, err = clara("index", "build", store, tmp_path / "docs", "--model", checkpoint, "--device", "cpu")
    assert (code, err) == (0, "")
    assert "2 documents (2 compressed, 0 unchanged, 0 removed)" in out

    code, out, _ = clara("ask", store, "Which casing is amber?", "--device", "cpu", "--num-documents", 2)
    assert code == 0
    sources = out.split("\nSources\n")[1].splitlines()
    assert sorted(line.split(", ")[0].split()[1] for line in sources[::2]) == ["arlo.docx", "de/brisk.docx"]
    assert all(", page 1, score 0." in line or ", page 1, score -0." in line for line in sources[::2])

    code, out, _ = clara("ask", store, "Which casing is amber?", "--device", "cpu", "--json", "--num-documents", 1)
    answer = json.loads(out)
    assert answer["question"] == "Which casing is amber?"
    assert [set(source) for source in answer["sources"]] == [
        {"document", "page", "score", "start", "end", "excerpt", "passage_id"}
    ]
    documents = store / "documents" / "raw_knowledge.jsonl"
    code, out, _ = clara("index", "build", store, documents, "--model", checkpoint, "--device", "cpu")
    assert "(0 compressed, 2 unchanged, 0 removed)" in out


def test_info_says_what_is_there(clara: Clara, store_path: Path, checkpoint: Path) -> None:
    code, out, _ = clara("index", "info", store_path)
    assert code == 0
    assert "30 of 10 documents" in out
    assert "3 tokens x 32 numbers, float32 (0.4 KiB a passage" in out
    assert str(checkpoint) in out
    code, out, _ = clara("index", "info", store_path, "--json")
    assert json.loads(out) == MemoryStore.open(store_path).info.model_dump(mode="json")


def test_evaluate_scores_and_writes_a_report(clara: Clara, store_path: Path, tmp_path: Path) -> None:
    one = passages()[0]
    row = {"data_type": "end_to_end", "question": ["Which colour?", "What hue?"], "context": [one.text]}
    row |= {"answer": "amber", "sources": [{"document": one.document}]}
    write_jsonl(tmp_path / "q.jsonl", [row])
    options = ("--device", "cpu", "--max-new-tokens", 2, "--output", tmp_path / "out", "--baselines")
    code, out, _ = clara("evaluate", store_path, tmp_path / "q.jsonl", *options)
    assert code == 0
    assert "clara: 2 questions of 1 rows" in out
    assert "recall_at_1" in out
    assert (tmp_path / "out" / "report.html").exists()
    assert len((tmp_path / "out" / "bm25_text.rows.jsonl").read_text().splitlines()) == 2
    code, out, _ = clara("evaluate", store_path, tmp_path / "q.jsonl", "--device", "cpu", "--json")
    assert json.loads(out)["clara"]["num_questions"] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", "NOWHERE", "Why?"], "NOWHERE: no such store"),
        (["index", "info", "NOWHERE"], "NOWHERE: no such store"),
        (["ask", "STORE", " "], "the question is empty"),
        (["ask", "STORE", "Why?", "--model", "NOWHERE"], "not a clara checkpoint"),
        (["ask", "STORE", "Why?", "--model", "OTHER"], "another compressor"),
        (["index", "build", "NOWHERE", "EMPTY", "--model", "CHECKPOINT"], "EMPTY holds no PDF"),
        (["index", "build", "NOWHERE", "BAD", "--model", "CHECKPOINT"], "bad.jsonl:1: "),
        (["index", "build", "NOWHERE", "BAD", "--model", "CHECKPOINT", "--encoding", "int3"], "int3"),
        (["index", "build", "STORE", "BLANK", "--model", "CHECKPOINT"], "blank.jsonl: empty"),
        (["evaluate", "STORE", "BAD"], "bad.jsonl:1: "),
        (["evaluate", "STORE", "NOWHERE"], "cannot read"),
    ],
)
def test_mistakes_give_one_clear_line(
    arguments: list[str], message: str, clara: Clara, checkpoint: Path, store_path: Path, tmp_path: Path
) -> None:
    places = {"STORE": store_path, "CHECKPOINT": checkpoint, "NOWHERE": tmp_path / "NOWHERE"}
    places |= {"EMPTY": tmp_path / "EMPTY", "BAD": tmp_path / "bad.jsonl", "BLANK": tmp_path / "blank.jsonl"}
    places["EMPTY"].mkdir()
    places["BAD"].write_text('{"pages": 3}\n')
    places["BLANK"].write_text("\n")
    if "OTHER" in arguments:
        places["OTHER"] = make_checkpoint(tmp_path / "other", seed=5)
    before = MemoryStore.open(store_path).info
    code, _, err = clara(*[places.get(argument, argument) for argument in arguments])
    assert code in (1, 2)
    assert message in err
    assert "Traceback" not in err
    assert MemoryStore.open(store_path).info == before
    assert not (tmp_path / "NOWHERE" / "store.json").exists()


def test_a_lost_checkpoint_is_named(clara: Clara, checkpoint: Path, tmp_path: Path) -> None:
    moving = tmp_path / "checkpoint"
    shutil.copytree(checkpoint, moving)
    write_jsonl(tmp_path / "p.jsonl", passages(3))
    assert clara("index", "build", tmp_path / "s", tmp_path / "p.jsonl", "--model", moving, "--device", "cpu")[0] == 0
    moving.rename(tmp_path / "moved")
    code, _, err = clara("ask", tmp_path / "s", "Why?", "--device", "cpu")
    assert code == 1
    assert "--model" in err
    assert str(moving) in err
    assert clara("ask", tmp_path / "s", "Why?", "--device", "cpu", "--model", tmp_path / "moved")[0] == 0
