"""jsonl.py and problems.py: strict reading, atomic writing, appending."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clara import jsonl
from clara.errors import ClaraError, RecordsError, UsageError
from clara.jsonl import ALL_EXAMPLES, append_jsonl, check_file, dump, iter_records, read_records, write_jsonl
from clara.schema import Document, EndToEndExample, Example, InstructionExample, PretrainExample, Record, Source
from record_strategies import examples, json_values

GOOD = '{"data_type": "qa", "question": ["Why?"], "answers": ["So."], "docs": ["So it is."]}'


@given(rows=st.lists(examples(), max_size=4))
def test_reading_what_was_written_is_the_identity(
    rows: list[Example], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("identity") / "rows.jsonl"
    assert write_jsonl(path, rows) == len(rows)
    assert read_records(path, ALL_EXAMPLES) == rows
    first = path.read_bytes()
    assert first.count(b"\n") == len(rows)
    write_jsonl(path, read_records(path, ALL_EXAMPLES))
    assert path.read_bytes() == first


def test_keys_are_written_in_the_seed_order_and_none_is_left_out_but_kept_inside_metadata() -> None:
    row = EndToEndExample(
        id="r", metadata={"x": None}, data_type="end_to_end", question=["q"], context=["c"], answer="a", pos_index=[0]
    )
    assert list(json.loads(dump(row))) == ["data_type", "question", "context", "answer", "pos_index", "id", "metadata"]
    assert json.loads(dump(row))["metadata"] == {"x": None}


def row(**changes: object) -> bytes:
    return json.dumps({**json.loads(GOOD), **changes}).encode()


BAD_LINES = [
    (b"{", "2: JSON spread over several lines"),
    (b"[1]", "2: expected an object {…}, got a list (a JSON array? put each record on its own line)"),
    (b"null", "2: expected an object {…}, got null"),
    (b'{"a": 1,}', "2: not valid JSON: "),
    (GOOD.encode() * 2, f"2: more than one value on the line, from column {len(GOOD) + 1} (one record per line)"),
    (b'{"a": "\xff"}', "2: byte 8 is not UTF-8 (save the file as UTF-8)"),
    (b"\xef\xbb\xbf" + GOOD.encode(), "2: starts with a byte-order mark (save the file as UTF-8 without BOM)"),
    (b"\0\0\0", "2: holds a NUL byte (the file is damaged, or is not text)"),
    (b'{"id": "a", "id": "b"}', "2: id: the key appears twice (keep one)"),
    (row()[:-1] + b', "metadata": {"x": [NaN]}}', "2: metadata.x[0]: NaN is not JSON"),
    (row()[:-1] + b', "metadata": {"x": 1e999}}', "2: metadata.x: the number is too large (write it as a string)"),
    (row(answers=["\ud800"]), r"2: answers[0]: holds an unpaired \ud800-\udfff escape (remove it)"),
    (row(metadata={"\udfff": 1}), r"2: metadata: a key holds an unpaired \ud800-\udfff escape (remove it)"),
    (b"[" * 100_000, "2: nested more than 64 levels deep"),
    (row()[:-1] + b', "metadata": {"x": ' + b"[" * 90 + b"]" * 90 + b"}}", "2: metadata: nested more than 64 levels"),
    (b'{"a": ' + b"9" * 5000 + b"}", "2: holds a number of thousands of digits (write it as a string)"),
    (row(answers="So."), "2: answers: expected a list of strings, got a string"),
    (row(docs=["a", 3]), "2: docs[1]: expected a string, got a number"),
    (row(docs=[]), "2: docs: empty list (give at least one)"),
    (row(docs=["a"] * 6), "2: docs: 6 items, at most 5 (split the row)"),
    (row(docs=[" \n"]), "2: docs[0]: blank (write some text)"),
    (row(question=["a", "b"]), "2: question: 2 questions but 1 answers (question i pairs with answer i"),
    (row(question=[""]), "2: question[0]: blank (write the question, or remove it and its answer)"),
    (row(data_type="paraphrase"), "2: question: a paraphrase row has no question"),
    (row(data_type="instructions"), "2: data_type: expected one of 'qa', "),
    (row(data_type="instructions"), "got 'instructions'; did you mean 'instruction'?"),
    (row(data_type=[]), "got a list"),
    (row(data_type="\x1b[31m\n"), r"got '\x1b[31m\n'"),
    (row(anwsers=[]), "2: anwsers: unknown key; did you mean 'answers'?"),
    (row(zzz=1), "2: zzz: unknown key (known keys: "),
    (row(sources=[{"document": "a", "page": "1"}]), "2: sources[0].page: expected a whole number, got a string"),
    (row(sources=[{"document": "a", "page": 0}]), "2: sources[0].page: 0 is too small (at least 1)"),
    (row(sources=[{"document": "a", "start": 5, "end": 2}]), "2: sources[0].end: 2 lies before start 5"),
    (row(sources=[{"documnet": "a"}]), "2: sources[0].documnet: unknown key; did you mean 'document'?"),
    (b'{"question": ["a"]}', "2: data_type: missing (add it: one of 'qa', 'paraphrase', 'instruction', 'end_to_end')"),
    (b'{"question": "a"}', "the row looks like another dialect, see `clara data convert --help`"),
]


@pytest.mark.parametrize(("line", "expected"), BAD_LINES, ids=range(len(BAD_LINES)))
def test_a_bad_line_is_named_exactly_and_the_lines_around_it_are_read(
    tmp_path: Path, line: bytes, expected: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(GOOD.encode() + b"\n" + line + b"\n\n" + GOOD.encode() + b"\r\n")
    good, problems = check_file(path)
    assert len(good) == 2
    shown = "\n".join(map(str, problems))
    assert expected in shown
    assert all(str(problem).startswith(f"{path}:2: ") for problem in problems)
    assert len(shown.splitlines()) == len(problems), "one line for each problem"
    with pytest.raises(RecordsError) as caught:
        read_records(path, ALL_EXAMPLES)
    assert caught.value.problems == problems


def test_all_problems_of_all_lines_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join([row(docs=[1, 2], x=0), GOOD.encode(), b"oops", row(answers=[None])]))
    with pytest.raises(RecordsError) as caught:
        read_records(path, ALL_EXAMPLES)
    places = [(problem.line, problem.field) for problem in caught.value.problems]
    assert places == [(1, "docs[0]"), (1, "docs[1]"), (1, "x"), (3, ""), (4, "answers[0]")]


@pytest.mark.parametrize("cut", range(1, len(GOOD)))
def test_a_torn_last_line_is_called_torn(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{GOOD}\n{GOOD[:cut]}")
    good, problems = check_file(path)
    assert (len(good), len(problems)) == (1, 1)
    assert "torn" in problems[0].message or cut == 1  # a lone brace may also be a spread-out JSON file


def test_a_row_of_another_stage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(GOOD)
    with pytest.raises(RecordsError, match="'qa' is a row of stage pretrain; expected 'instruction'"):
        read_records(path, InstructionExample)


def test_an_overlong_line_is_skipped_without_being_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_LINE_BYTES", 2**20)
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"id": "' + b"x" * 2**22 + b'"}\n' + GOOD.encode())
    good, problems = check_file(path)
    assert len(good) == 1
    assert [str(problem) for problem in problems] == [f"{path}:1: longer than 1 MiB (one record per line? split it)"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (GOOD.encode("utf-16"), "the file is UTF-16 text"),
        (b"\x1f\x8b\x08rest", "the file is gzip-compressed"),
        (b"%PDF-1.7\nrest", "the file is a PDF"),
        (b"", "no records: the file is empty"),
        (b"\n \r\n\n", "no records: the file is empty or holds blank lines only"),
        (json.dumps([json.loads(GOOD)], indent=2).encode(), "JSON spread over several lines"),
    ],
)
def test_a_file_of_another_kind_gives_one_problem(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    good, problems = check_file(path)
    assert (good, len(problems)) == ([], 1)
    assert expected in str(problems[0])


@given(content=st.binary(max_size=200))
def test_no_bytes_whatever_give_a_traceback(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("bytes") / "rows.jsonl"
    path.write_bytes(content)
    good, problems = check_file(path)
    assert problems
    assert not good


@given(values=st.dictionaries(st.sampled_from([*PretrainExample.model_fields, "x"]), json_values, max_size=7))
def test_no_values_whatever_give_a_traceback(values: dict[str, object]) -> None:
    for record_type in ALL_EXAMPLES:
        for name in ("qa", "instruction", "end_to_end"):
            record, problems = jsonl.validate({**values, "data_type": name}, record_type)
            assert (record is None) == bool(problems)


def test_a_missing_file_or_a_folder_is_a_usage_error(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(UsageError, match="cannot read"):
            read_records(path, ALL_EXAMPLES)


def test_other_records_are_read_by_their_own_type(tmp_path: Path) -> None:
    block = {"kind": "tabel", "text": "x"}
    document = {"id": "a", "sha256": "0", "media_type": "pdf", "title": "", "pages": [{"number": 1, "blocks": [block]}]}
    path = tmp_path / "raw.jsonl"
    path.write_text(json.dumps(document))
    with pytest.raises(RecordsError, match=r"1: pages\[0\]\.blocks\[0\]\.kind: .*did you mean 'table'"):
        list(iter_records(path, Document))


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("old")

    def rows() -> object:
        yield Source(document="a")
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_jsonl(path, rows())  # type: ignore[arg-type]
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["rows.jsonl"]


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "rows.jsonl"):
        with pytest.raises(ClaraError, match="cannot write"):
            write_jsonl(path, [])
        with pytest.raises(ClaraError, match="cannot write"), append_jsonl(path):
            pass


@pytest.mark.parametrize("cut", range(len(GOOD) + 2))
def test_appending_after_a_crash_keeps_whole_lines_and_sets_the_torn_tail_aside(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "rows.jsonl"
    written = f"{GOOD}\n"[:cut]
    path.write_text(f"{GOOD}\n{written}")
    with append_jsonl(path) as append:
        append(json.loads(GOOD))
    whole = cut >= len(GOOD)
    assert len(read_records(path, PretrainExample)) == 2 + whole
    torn = path.with_name("rows.jsonl.torn")
    assert (torn.read_text() if torn.exists() else "") == ("" if whole or not cut else f"{written}\n")


def test_a_record_is_in_the_file_as_soon_as_append_returns(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rows.jsonl"
    records: list[Record] = [Source(document="a"), Source(document="b", page=2)]
    with append_jsonl(path) as append:
        for count, record in enumerate(records, start=1):
            append(record)
            assert read_records(path, Source) == records[:count]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_one_line_that_names_the_file() -> None:
    with pytest.raises(ClaraError, match="cannot write /dev/full: No space left"), append_jsonl("/dev/full") as append:
        append({"id": "a"})
