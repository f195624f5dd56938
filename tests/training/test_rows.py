"""Rows, order and configuration: pure functions of (seed, epoch, row); every mistake named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.modeling.bases import make_base

from clara.demo.recipe import MODEL, TRAINING
from clara.demo.recipe import STAGES as RECIPE
from clara.dialects import load_examples
from clara.errors import ConfigError
from clara.modeling import ClaraConfig, ClaraModel
from clara.schema import EndToEndExample, Example, PretrainExample
from clara.text import contains_answer
from clara.training import load_config
from clara.training.batches import collate, epoch_batches
from clara.training.config import StageSection, parse_config
from clara.training.rows import StageRows, positives_of, split_rows

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ClaraModel:
    base = make_base(tmp_path_factory.mktemp("base"), "llama")
    return ClaraModel.from_base(
        ClaraConfig(base_model=str(base), doc_max_length=64, compression_rate=16, num_documents=3, num_candidates=6)
    )


def example_rows(stage: str) -> list[Example]:
    return load_examples(ROOT / "example" / f"{stage}_data.jsonl", stage)  # type: ignore[arg-type]


@given(
    lengths=st.lists(st.integers(1, 500), min_size=1, max_size=200),
    size=st.integers(1, 33),
    seed=st.integers(0, 5),
    epoch=st.integers(0, 5),
)
def test_an_epoch_holds_every_row_once_and_depends_on_seed_and_epoch_only(
    lengths: list[int], size: int, seed: int, epoch: int
) -> None:
    batches = epoch_batches(lengths, size, seed=seed, epoch=epoch)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert all(1 <= len(batch) <= size for batch in batches)
    assert batches == epoch_batches(lengths, size, seed=seed, epoch=epoch)


def test_epochs_differ_and_phrasings_are_drawn_anew(model: ClaraModel) -> None:
    lengths = list(range(64))
    assert epoch_batches(lengths, 4, seed=0, epoch=0) != epoch_batches(lengths, 4, seed=0, epoch=1)
    rows = StageRows("end_to_end", example_rows("end_to_end"), model.tokenizer, StageSection(), pool=["p"] * 9)
    several = next(i for i, e in enumerate(rows.examples) if isinstance(e, EndToEndExample) and len(e.question) > 1)
    drawn = {tuple(rows.rows(several, epoch)[0].question_ids) for epoch in range(12)}
    assert len(drawn) > 1
    assert rows.rows(several, 3)[0].question_ids == rows.rows(several, 3)[0].question_ids


def test_candidates_are_topped_up_and_never_with_the_answer(model: ClaraModel) -> None:
    examples = example_rows("end_to_end")
    pool = [passage for example in examples if isinstance(example, EndToEndExample) for passage in example.context]
    rows = StageRows("end_to_end", examples, model.tokenizer, StageSection(), pool=pool)
    for index, example in enumerate(examples):
        assert isinstance(example, EndToEndExample)
        (row,) = rows.rows(index, 0)
        own = len(set(example.context))
        assert len(row.candidates) == max(own, model.config.num_candidates)
        assert len(set(row.candidates)) == len(row.candidates)
        assert not any(contains_answer(passage, example.answer) for passage in row.candidates[own:])
        assert row.positives
        assert [row.candidates[place] for place in row.positives] == [
            example.context[i] for i in example.pos_index or []
        ]


def test_a_passage_appears_once_per_batch_and_fills_every_slot_it_is_used_in(model: ClaraModel) -> None:
    rows = StageRows("instruction", example_rows("instruction"), model.tokenizer, StageSection())
    drawn = [rows.rows(index, 0)[0] for index in (0, 1, 0)]
    batch = collate(drawn, rows, None)
    distinct = list(dict.fromkeys(text for row in drawn for text in row.passages))
    assert len(batch["passage_ids"]) == len(distinct)
    assert [distinct[slot] for slot in batch["slots"].tolist()] == [text for row in drawn for text in row.passages]


def test_a_row_answers_several_of_its_questions_over_one_compressed_passage(model: ClaraModel) -> None:
    settings = StageSection(answer_share=1, answers_per_row=3)
    rows = StageRows("pretrain", example_rows("pretrain"), model.tokenizer, settings)
    for index, example in enumerate(rows.examples):
        assert isinstance(example, PretrainExample)
        drawn = rows.rows(index, 1)
        assert len(drawn) == (1 if example.data_type == "paraphrase" else min(3, len(example.question)))
        assert len({tuple(row.encoded.input_ids) for row in drawn}) == len(drawn)  # no question twice
        assert len(collate(drawn, rows, None)["passage_ids"]) == len(set(example.docs))
        if example.data_type == "qa":
            alone = {
                tuple(model.tokenizer.answer(q, a, docs=rows._slots(len(example.docs)), max_length=2048).input_ids)
                for q, a in zip(example.question, example.answers, strict=True)
            }
            assert {tuple(row.encoded.input_ids) for row in drawn} <= alone


@given(share=st.floats(0, 0.9), qa=st.integers(0, 40), paraphrases=st.integers(1, 40))
def test_every_epoch_holds_all_answers_and_its_share_of_paraphrases(
    model: ClaraModel, share: float, qa: int, paraphrases: int
) -> None:
    examples: list[PretrainExample] = [
        PretrainExample(data_type="qa", question=["q"], answers=["a"], docs=[f"d{i}"]) for i in range(qa)
    ] + [
        PretrainExample(data_type="paraphrase", question=[], answers=["a"], docs=[f"d{i}"]) for i in range(paraphrases)
    ]
    rows = StageRows("pretrain", examples, model.tokenizer, StageSection(paraphrase_share=share))
    epochs = [rows.of_epoch(epoch) for epoch in range(30)]
    assert all(epoch[:qa] == list(range(qa)) for epoch in epochs)
    assert len({len(epoch) for epoch in epochs}) == 1
    drawn = len(epochs[0]) - qa
    if qa:
        assert drawn == min(paraphrases, round(qa * share / (1 - share)))
    if drawn > paraphrases / 2:
        assert {index for epoch in epochs for index in epoch} == set(range(qa + paraphrases))  # each has its turn


def test_rows_about_one_passage_stay_on_one_side_of_the_split() -> None:
    examples = example_rows("end_to_end") * 3
    train, held_out = split_rows(examples, eval_fraction=0.4, seed=1)
    assert train
    assert held_out
    assert len(train) + len(held_out) == len(examples)
    sides = [
        {e.context[positives_of(e)[0]] for e in part if isinstance(e, EndToEndExample)} for part in (train, held_out)
    ]
    assert not sides[0] & sides[1]


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_configuration_parses(path: Path) -> None:
    config = load_config(path)
    assert config.model.num_documents < config.model.num_candidates


def test_the_tiny_configuration_is_the_demos_recipe() -> None:
    config = load_config(ROOT / "configs" / "tiny_cpu.yaml")
    recipe = parse_config({"model": MODEL, "training": TRAINING, **RECIPE}, where="recipe")
    assert config.model == recipe.model.model_copy(
        update={"num_documents": 5}
    )  # rows of any data fit; the demo's hold 3
    for stage in RECIPE:
        assert config.stage(stage) == recipe.stage(stage)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("modle: {}", r"unknown field 'modle'; did you mean 'model'\?"),
        ("model: {compress_rate: 4}", r"unknown field 'model.compress_rate'; did you mean 'compression_rate'\?"),
        ("pretrain: {learning_rate: fast}", "pretrain.learning_rate: "),
        ("model: {num_documents: 20}", r"model.num_documents \(20\) must be less than model.num_candidates"),
        ("model: {compression_rate: 512}", "no memory token would be left"),
        ("training: [1]", "training: expected a mapping"),
        ("- 1", "expected a mapping of sections"),
        ("training: {batch_size: 48}", r"pretrain: batch_size \(48\) must be a multiple of micro_batch_size \(32\)"),
        ("a: [", "not valid YAML"),
    ],
)
def test_a_wrong_configuration_is_one_clear_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_config(path)
    assert "config.yaml" in str(caught.value)


def test_overrides_reach_nested_fields_and_numbers_stay_numbers(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("model: {doc_max_length: 64}")
    changes = ["pretrain.learning_rate=1e-3", "model.compression_rate=8", "training.seed=7", "pretrain.max_steps=5"]
    config = load_config(path, changes)
    assert config.pretrain.learning_rate == 1e-3
    assert config.model.compression_rate == 8
    assert config.end_to_end.seed == 7
    assert config.end_to_end.learning_rate == 5e-6
    with pytest.raises(ConfigError, match="expected key=value"):
        load_config(path, ["pretrain.max_steps"])
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_config(path, ["pretrain.seed=["])
    with pytest.raises(ConfigError, match=r"did you mean 'max_steps'"):
        load_config(path, ["pretrain.max_step=3"])
