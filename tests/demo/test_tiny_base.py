"""The embedded tiny base: what ships loads with public classes; the training batches are what they promise to be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clara.assets import tiny_base_path
from clara.demo import names

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts"


@pytest.fixture(scope="module")
def rows_module():  # type: ignore[no-untyped-def]
    sys.path.insert(0, str(SCRIPTS))
    import tiny_base_rows

    yield tiny_base_rows
    sys.path.remove(str(SCRIPTS))


@pytest.fixture(scope="module")
def tokenizer():  # type: ignore[no-untyped-def]
    return transformers.AutoTokenizer.from_pretrained(tiny_base_path())


def test_the_asset_is_small_and_says_what_it_is() -> None:
    files = list(tiny_base_path().iterdir())
    assert sum(file.stat().st_size for file in files) < 12_000_000
    card = (tiny_base_path() / "README.md").read_text(encoding="utf-8")
    assert "It has seen compress-and-read and retrieval" in card
    assert "What it cannot do" in card


def test_the_model_loads_and_its_vocabulary_is_the_tokenizers(tokenizer) -> None:  # type: ignore[no-untyped-def]
    model = transformers.AutoModelForCausalLM.from_pretrained(tiny_base_path())
    assert model.get_input_embeddings().num_embeddings == len(tokenizer)
    assert sum(p.numel() for p in model.parameters()) <= 5_500_000
    assert model.config.tie_word_embeddings


def test_the_chat_template_renders_what_training_saw(rows_module, tokenizer) -> None:  # type: ignore[no-untyped-def]
    messages = [
        {"role": "system", "content": rows_module.QA_SYSTEM},
        {"role": "user", "content": "Background:\n<MEM0><SEP>\n\nQuestion:Who?"},
    ]
    rendered = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert rendered == rows_module.chat(messages[0]["content"], messages[1]["content"])
    for token in rows_module.SPECIAL_TOKENS:
        assert tokenizer(token, add_special_tokens=False).input_ids == [tokenizer.convert_tokens_to_ids(token)]
    assert len(tokenizer.tokenize("1987")) == 2  # pairs of digits
    assert [len(tokenizer.tokenize(text)) for text in ("Velmora", "Question:Velmora")] == [2, 4]  # syllables, anywhere


def test_every_branch_is_the_prompt_the_model_will_see(rows_module, tokenizer) -> None:  # type: ignore[no-untyped-def]
    maker = rows_module.RowMaker(tokenizer.backend_tokenizer, (), seed=1, batch_passages=10)
    mix = rows_module.Mix(0.6, (6, 12, 20), 5, 0.3, 0.3, 0.1, 0.1)
    seen = 0
    for step in range(6):
        for row in maker.batch(step, mix).rows:
            for branch in row.branches:
                answer_at = next(i for i, weight in enumerate(branch.weights) if weight == 1.0)
                text = tokenizer.decode(row.prefix + branch.ids[:answer_at])
                assert text.rstrip().endswith("<|assistant|>")
                assert tokenizer.decode(branch.ids[answer_at:]).replace("</s>", "").strip() == branch.answer.strip()
                seen += 1
    assert seen > 100


def test_the_same_step_gives_the_same_batch_and_no_demo_name(rows_module, tokenizer) -> None:  # type: ignore[no-untyped-def]
    mix = rows_module.Mix(0.5, (8, 12), 3, 0.2, 0.2, 0.1, 0.1)
    makers = [rows_module.RowMaker(tokenizer.backend_tokenizer, (), seed=2, batch_passages=8) for _ in range(2)]
    assert makers[0].batch(5, mix) == makers[1].batch(5, mix)
    for step in range(5):
        for row in makers[0].batch(step, mix).rows:
            for branch in row.branches:
                if branch.tag[1] == "person":
                    assert names.split_of(branch.answer.split()[-1]) == "base"


@pytest.mark.slow
def test_a_stopped_training_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    """Eight steps at once, and four and four: the same weights, bit for bit."""

    def train(folder: Path, *more: str) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "tokenizer.json").write_bytes((tiny_base_path() / "tokenizer.json").read_bytes())
        sizes = ["--hidden", "160", "--layers", "3", "--intermediate", "96", "--batch-passages", "4"]
        command = [sys.executable, str(SCRIPTS / "train_tiny_base.py"), "--run", str(folder), "--steps", "8", *sizes]
        command += ["--eval-questions", "6", "--eval-every", "100", "--save-every", "4", *more]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"})

    train(tmp_path / "whole")
    train(tmp_path / "halves", "--stop-after", "4")
    assert torch.load(tmp_path / "halves" / "checkpoint.pt", weights_only=True)["step"] == 4
    train(tmp_path / "halves")
    states = [torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["model"] for name in ("whole", "halves")]
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    records = [json.loads(line) for line in (tmp_path / "halves" / "log.jsonl").read_text().splitlines()]
    assert {record["worlds"] for record in records if "worlds" in record} == {"train", "held_out"}
