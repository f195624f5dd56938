"""clara data validate, convert, schema, stats."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Clara = Callable[..., tuple[int, str, str]]
EXAMPLE = Path(__file__).resolve().parents[2] / "example"
GOOD = '{"data_type": "qa", "question": ["q"], "answers": ["a"], "docs": ["d"]}\n'


def test_validate_counts_good_files(clara: Clara) -> None:
    code, out, err = clara("data", "validate", *sorted(EXAMPLE.glob("*.jsonl")))
    assert (code, err) == (0, "")
    assert f"{EXAMPLE}/pretrain_data.jsonl: 10 good rows (8 qa, 2 paraphrase)\n" in out
    assert out.endswith("all 3 files are good\n")


def test_validate_prints_every_error_and_fails(clara: Clara, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text(GOOD + GOOD.replace('["d"]', "3") + "oops\n")
    code, out, _ = clara("data", "validate", bad)
    assert code == 1
    assert out.splitlines() == [
        f"{bad}:2: docs: expected a list of strings, got a number",
        f"{bad}:3: not valid JSON: expecting value at column 1",
        f"{bad}: 1 good row (1 qa), 2 bad, 2 problems",
    ]


def test_validate_json_holds_the_same(clara: Clara, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text(GOOD + "oops\n")
    code, out, _ = clara("data", "validate", bad, EXAMPLE / "pretrain_data.jsonl", "--json")
    report = json.loads(out)
    assert (code, report["ok"]) == (1, False)
    first, second = report["files"]
    assert (first["good"], first["bad"], first["problems"][0]["line"]) == (1, 1, 2)
    assert (second["good"], second["by_data_type"], second["problems"]) == (10, {"qa": 8, "paraphrase": 2}, [])


@pytest.mark.parametrize(("arguments", "expected"), [(("--stage", "pretrain"), 0), (("--stage", "instruction"), 1)])
def test_validate_holds_rows_to_the_stage(clara: Clara, arguments: tuple[str, ...], expected: int) -> None:
    assert clara("data", "validate", EXAMPLE / "pretrain_data.jsonl", *arguments)[0] == expected


def test_an_empty_file_is_bad_data_and_a_missing_one_is_wrong_usage(clara: Clara, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    code, out, _ = clara("data", "validate", empty)
    assert code == 1
    assert out.startswith(f"{empty}: no records: the file is empty or holds blank lines only\n")
    for command in ("validate", "stats"):
        code, _, err = clara("data", command, tmp_path / "none.jsonl")
        assert code == 2
        assert err == f"error: cannot read {tmp_path}/none.jsonl: No such file or directory\n"
    assert clara("data", "stats", empty)[0] == 1
    assert clara("data", "convert", empty, tmp_path / "out")[0] == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("stage", ["pretrain", "instruction", "end_to_end"])
def test_converting_own_to_own_gives_the_same_bytes(clara: Clara, tmp_path: Path, stage: str) -> None:
    source = EXAMPLE / f"{stage}_data.jsonl"
    target = tmp_path / "out.jsonl"
    assert clara("data", "convert", source, target, "--from", "own", "--to", "own")[0] == 0
    assert target.read_bytes() == source.read_bytes()


def test_convert_keeps_rejected_rows_with_their_reasons(clara: Clara, tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    good = '{"question": "q", "docs": ["d"], "answer": "a"}\n'
    source.write_text(good + good.replace('["d"]', '"d"') + "{to")
    code, out, err = clara("data", "convert", source, target, "--from", "upstream", "--stage", "end_to_end")
    assert code == 1
    assert out == f"{target}: 1 row written as own, read as upstream from {source}\n"
    rejects = [json.loads(line) for line in Path(f"{target}.rejects.jsonl").read_text().splitlines()]
    assert [(reject["line"], reject["row"][:3]) for reject in rejects] == [(2, '{"q'), (3, "{to")]
    assert "2 rows rejected, kept with the reasons in" in err
    source.write_text('{"question": "q", "docs": ["d"], "answer": "a"}\n')
    assert clara("data", "convert", source, target)[0] == 0
    assert not Path(f"{target}.rejects.jsonl").exists()


def test_convert_refuses_to_lose_fields_and_to_overwrite_its_input(clara: Clara, tmp_path: Path) -> None:
    source, target = EXAMPLE / "instruction_data.jsonl", tmp_path / "out.jsonl"
    code, _, err = clara("data", "convert", source, target, "--to", "upstream")
    assert code == 1
    assert "has no place for: input (joined to the question)" in err
    assert not target.exists()
    assert clara("data", "convert", source, target, "--to", "upstream", "--allow-loss")[0] == 0
    before = target.read_bytes()
    assert clara("data", "convert", target, target, "--to", "own")[0] == 2
    assert target.read_bytes() == before


@pytest.mark.parametrize("name", ["pretrain", "instruction", "end_to_end", "document", "passage"])
def test_schema_prints_json_schema_that_forbids_other_keys(clara: Clara, name: str) -> None:
    code, out, _ = clara("data", "schema", name)
    schema = json.loads(out)
    assert (code, schema["type"], schema["additionalProperties"]) == (0, "object", False)
    assert schema["$schema"].startswith("https://json-schema.org/")


def test_an_unknown_schema_name_is_wrong_usage(clara: Clara) -> None:
    assert clara("data", "schema", "nothing")[0] == 2


def test_stats_count_and_compare_with_the_recommended_sizes(clara: Clara) -> None:
    files = sorted(EXAMPLE.glob("*.jsonl"))
    code, out, _ = clara("data", "stats", *files)
    assert code == 0
    assert "pretrain: 10 rows (8 qa, 2 paraphrase), below the recommended 1,000 to 10,000" in out
    stages = json.loads(clara("data", "stats", *files, "--json")[1])["stages"]
    assert stages["end_to_end"]["questions_per_row"] == {"min": 2, "mean": 2.1, "max": 3}
    assert stages["end_to_end"]["rows"] == stages["instruction"]["rows"] == 10


def test_stats_refuse_bad_rows(clara: Clara, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text("oops\n")
    code, _, err = clara("data", "stats", bad)
    assert code == 1
    assert err.startswith(f"error: {bad}:1: not valid JSON")
