"""example/: the seed's files, kept as its README promises."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from clara.dialects import STAGE_TYPES, load_examples
from clara.jsonl import dump, read_records
from clara.schema import STAGES, EndToEndExample, InstructionExample, PretrainExample, Stage
from clara.text import words

EXAMPLE = Path(__file__).resolve().parent.parent / "example"
SEED_KEYS = {
    "pretrain": {"data_type", "question", "answers", "docs"},
    "instruction": {"data_type", "instruction", "input", "output", "docs"},
    "end_to_end": {"data_type", "question", "context", "answer"},
}


@pytest.mark.parametrize("stage", STAGES)
def test_ten_valid_rows_with_the_seeds_keys_in_canonical_form(stage: Stage) -> None:
    path = EXAMPLE / f"{stage}_data.jsonl"
    rows = read_records(path, STAGE_TYPES[stage])
    assert len(rows) == 10
    assert path.read_text(encoding="utf-8") == "".join(dump(row) + "\n" for row in rows)
    assert load_examples(path, stage) == rows
    for line in path.read_text(encoding="utf-8").splitlines():
        assert set(json.loads(line)) - {"pos_index"} == SEED_KEYS[stage]


@pytest.mark.parametrize("stage", STAGES)
def test_answers_are_supported_by_their_passages(stage: Stage) -> None:
    """Most of an answer's key words stand in the passages (in the positives, where they are named)."""
    for row in read_records(EXAMPLE / f"{stage}_data.jsonl", STAGE_TYPES[stage]):
        match row:
            case PretrainExample():
                answers, passages = row.answers, row.docs
            case InstructionExample():
                answers, passages = [row.output], [*row.docs, row.input]
            case EndToEndExample():
                answers, passages = [row.answer], [row.context[index] for index in row.pos_index or []]
        known = set(words(" ".join(passages)))
        for answer in answers:
            key = [word for word in words(answer) if len(word) > 3 or not word.isascii() or word.isdigit()]
            key = key or words(answer)
            assert sum(word in known for word in key) >= 0.5 * len(key), answer


def test_the_rows_are_diverse() -> None:
    pretrain = read_records(EXAMPLE / "pretrain_data.jsonl", PretrainExample)
    assert [row.data_type for row in pretrain].count("paraphrase") == 2
    instruction = read_records(EXAMPLE / "instruction_data.jsonl", InstructionExample)
    assert 0 < sum(bool(row.input) for row in instruction) < 10
    end_to_end = read_records(EXAMPLE / "end_to_end_data.jsonl", EndToEndExample)
    assert all(row.pos_index and len(row.pos_index) < len(row.context) and len(row.question) > 1 for row in end_to_end)
    openings = {row.question[0].split()[0] for row in end_to_end}
    assert len(openings) >= 5


def test_nothing_private_is_in_the_examples() -> None:
    for path in EXAMPLE.glob("*.jsonl"):
        assert not re.search(r"@|https?://|\+\d{6,}", path.read_text(encoding="utf-8"))


def test_the_readmes_json_is_valid_and_names_only_files_of_this_folder() -> None:
    text = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert len(rows) == 3
    for stage, row in zip(STAGES, rows, strict=True):
        STAGE_TYPES[stage].model_validate(json.loads(row))
    for stage in STAGES:
        assert f"`{stage}_data.jsonl`" in text
