"""A checkpoint is the whole model or a clear error; saving over one never leaves half of each."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from tests.modeling.bases import FAMILIES, PASSAGES, QUESTIONS, make_base, make_model
from transformers import AutoModel, AutoModelForCausalLM

from clara.errors import BaseModelError, CheckpointError, ClaraError, ConfigError
from clara.modeling import COMPRESSOR, GENERATOR, QUERY_REASONER, ClaraConfig, ClaraModel, checkpoint


def load(folder: Path | str, **options: object) -> ClaraModel:
    return ClaraModel.from_pretrained(folder, device="cpu", dtype="float32", **options)


def assert_same(model: ClaraModel, other: ClaraModel) -> None:
    """Every tensor bit-equal; same configuration, fingerprint and answers."""
    mine, theirs = model.state_dict(), other.state_dict()
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[key], theirs[key]) for key in mine)
    for name in set(ClaraConfig.own_fields()) - {"files"}:
        assert getattr(model.config, name) == getattr(other.config, name), name
    assert model.fingerprint() == other.fingerprint()
    memory = model.compress(PASSAGES[:2])
    assert torch.equal(memory, other.compress(PASSAGES[:2]))
    assert model.generate(QUESTIONS[:1], [memory]) == other.generate(QUESTIONS[:1], [memory])


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory, model_of: Callable[[str], ClaraModel]) -> Path:
    """A good checkpoint: copy it before altering it."""
    folder = tmp_path_factory.mktemp("saved") / "checkpoint"
    model_of("llama").save_pretrained(folder)
    return folder


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoint"
    for path in saved.rglob("*"):
        if path.is_file():
            target = folder / path.relative_to(saved)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return folder


def edit_config(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize("family", FAMILIES)
def test_saving_and_loading_is_the_identity(
    family: str, tmp_path: Path, base_of: Callable[[str], Path], model_of: Callable[[str], ClaraModel]
) -> None:
    model = make_model(
        base_of(family), shared_memory_token=family == "mistral", temperature=1, prompts={"answer_system": "Say {x}: é"}
    )
    model.config.stages = ["pretrain"]
    model.save_pretrained(tmp_path / "new" / "checkpoint")
    assert_same(model, load(tmp_path / "new" / "checkpoint"))


def test_automodel_loads_a_checkpoint(saved: Path, model_of: Callable[[str], ClaraModel]) -> None:
    loaded = AutoModel.from_pretrained(saved, device="cpu", dtype="float32")
    assert isinstance(loaded, ClaraModel)
    assert_same(model_of("llama"), loaded)
    with pytest.raises(TypeError, match="devise"):
        load(saved, devise="cpu")


def test_the_adapters_are_standard_peft_files(saved: Path, model_of: Callable[[str], ClaraModel]) -> None:
    model = model_of("llama")
    base = AutoModelForCausalLM.from_pretrained(model.config.base_model, dtype=torch.float32)
    other = PeftModel.from_pretrained(base, saved / COMPRESSOR).eval()
    ids = torch.arange(5, 25).unsqueeze(0)
    with torch.no_grad(), model.switch.use(COMPRESSOR):
        torch.testing.assert_close(other(ids).logits, model.lm(ids).logits, rtol=1e-4, atol=1e-5)


def test_a_relative_base_is_found_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_base(tmp_path / "bases" / "mine", "llama")
    monkeypatch.chdir(tmp_path / "bases")
    model = make_model(Path("mine"))
    monkeypatch.chdir(tmp_path)
    model.save_pretrained("checkpoint")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert_same(model, load("../checkpoint"))


def test_a_base_that_moved_is_named_and_can_be_given(tmp_path: Path) -> None:
    base = make_base(tmp_path / "base", "llama")
    model = make_model(base)
    model.save_pretrained(tmp_path / "checkpoint")
    os.rename(base, tmp_path / "moved")
    with pytest.raises(BaseModelError, match=str(base)):
        load(tmp_path / "checkpoint")
    loaded = load(tmp_path / "checkpoint", base_model=str(tmp_path / "moved"))
    assert loaded.fingerprint() == model.fingerprint()


def test_another_base_is_refused(copy: Path, tmp_path: Path) -> None:
    other = make_base(tmp_path / "other", "llama", seed=1)
    for dtype in ("float32", "bfloat16"):
        with pytest.raises(CheckpointError, match="other weights"):
            ClaraModel.from_pretrained(copy, base_model=str(other), device="cpu", dtype=dtype)
    assert ClaraModel.from_pretrained(copy, device="cpu", dtype="bfloat16").dtype == torch.bfloat16


def test_every_missing_file_is_named(saved: Path, copy: Path) -> None:
    files = sorted(path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file())
    assert {"config.json", "embeddings.safetensors", "tokenizer.json", "chat_template.jinja"} <= set(files)
    for name in files:
        (copy / name).rename(copy / "aside")
        with pytest.raises(CheckpointError) as caught:
            load(copy)
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)
        (copy / "aside").rename(copy / name)
    assert_same(load(saved), load(copy))


WEIGHTS = [f"{name}/adapter_model.safetensors" for name in (COMPRESSOR, GENERATOR, QUERY_REASONER)]


@pytest.mark.parametrize("name", [*WEIGHTS, "embeddings.safetensors"])
def test_a_wrong_key_or_shape_is_named(name: str, copy: Path) -> None:
    path = copy / name
    good = load_file(path)
    key = sorted(good)[3 % len(good)]
    shown = key.removeprefix("base_model.model.")
    for tensors in (
        {other: value for other, value in good.items() if other != key},
        {**good, "extra." + key: good[key].clone()},
        {**good, key: good[key][..., :-1].contiguous()},
    ):
        save_file(tensors, path)
        with pytest.raises(CheckpointError) as caught:
            load(copy)
        assert str(path) in str(caught.value)
        assert shown in str(caught.value)
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(CheckpointError, match=name):
        load(copy)


def test_wrong_configurations_are_named(copy: Path) -> None:
    good = (copy / "config.json").read_text()

    def refused(kind: type[ClaraError], match: str) -> None:
        with pytest.raises(kind, match=match) as caught:
            load(copy)
        assert "config.json" in str(caught.value)
        assert "\n" not in str(caught.value)
        (copy / "config.json").write_text(good)

    edit_config(copy, compress_rate=16)
    refused(ConfigError, "unknown field 'compress_rate'; did you mean 'compression_rate'")
    edit_config(copy, doc_max_length="48")
    refused(ConfigError, "doc_max_length")
    edit_config(copy, doc_max_length=True)
    refused(ConfigError, "doc_max_length")
    edit_config(copy, compression_rate=64)
    refused(ConfigError, "no memory token would be left")
    edit_config(copy, format_version=2)
    refused(ConfigError, "newer")
    edit_config(copy, adapters=["generator"])
    refused(CheckpointError, "must hold compressor and generator")
    edit_config(copy, model_type="llama")
    refused(CheckpointError, "'llama', not 'clara'")
    values = json.loads(good)
    for key in ("base_model", "doc_max_length", "lora_alpha", "special_tokens"):
        (copy / "config.json").write_text(json.dumps({k: v for k, v in values.items() if k != key}))
        refused(CheckpointError, key)
    (copy / "config.json").write_text(good[:-10])
    refused(CheckpointError, "not valid JSON")


def test_a_tokenizer_that_moved_the_added_tokens_is_refused(copy: Path) -> None:
    special = json.loads((copy / "config.json").read_text())["special_tokens"]
    edit_config(copy, special_tokens={name: token + 1 for name, token in special.items()})
    with pytest.raises(CheckpointError, match="other ids"):
        load(copy)


def test_an_untrained_adapter_is_refused_unless_allowed(base_of: Callable[[str], Path], tmp_path: Path) -> None:
    fresh = make_model(base_of("llama"), filled=False)
    fresh.save_pretrained(tmp_path / "fresh")
    with pytest.raises(CheckpointError, match="compressor adapter of this checkpoint is untrained"):
        load(tmp_path / "fresh")
    assert_same(fresh, load(tmp_path / "fresh", allow_untrained=True))
    with pytest.raises(CheckpointError, match="no query reasoner"):
        fresh.encode_query(QUESTIONS)


def test_the_query_reasoner_starts_as_the_compressor_and_is_kept(base_of: Callable[[str], Path]) -> None:
    model = make_model(base_of("llama"), filled=False)
    with torch.no_grad():
        for key, parameter in model.lm.named_parameters():
            if ".lora_B.compressor." in key:
                parameter.fill_(0.1)
    model.start_query_reasoner()
    torch.testing.assert_close(model.encode_query(QUESTIONS), model.compress(QUESTIONS))
    with torch.no_grad():
        for key, parameter in model.lm.named_parameters():
            if f".lora_B.{QUERY_REASONER}." in key:
                parameter.fill_(0.2)
    before = model.encode_query(QUESTIONS)
    model.start_query_reasoner()
    assert torch.equal(model.encode_query(QUESTIONS), before)


@pytest.mark.parametrize("failing", ["writing", "renaming"])
def test_a_failed_save_keeps_the_old_checkpoint(
    failing: str, copy: Path, base_of: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    other = make_model(base_of("llama"), lora_rank=2)
    count = 0
    real_save, real_replace = checkpoint.save_file, os.replace

    def full_disk(*arguments: object, **options: object) -> None:
        nonlocal count
        count += 1
        if count == 3:
            raise OSError("no space left")
        real_save(*arguments, **options)

    def second_rename_fails(source: object, target: object) -> None:
        nonlocal count
        count += 1
        if count == 2:
            raise OSError("no space left")
        real_replace(source, target)

    with monkeypatch.context() as patched:
        if failing == "writing":
            patched.setattr(checkpoint, "save_file", full_disk)
        else:
            patched.setattr(checkpoint.os, "replace", second_rename_fails)
        with pytest.raises(OSError, match="no space left"):
            other.save_pretrained(copy)
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before
    assert [path.name for path in copy.parent.iterdir()] == ["checkpoint"]  # nothing left lying around
    other.save_pretrained(copy)
    assert_same(other, load(copy))
    assert [path.name for path in copy.parent.iterdir()] == ["checkpoint"]


def test_a_folder_with_other_things_is_not_replaced(tmp_path: Path, model_of: Callable[[str], ClaraModel]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("ten years of work")
    with pytest.raises(CheckpointError, match="holds other things"):
        model_of("llama").save_pretrained(tmp_path / "mine")
    with pytest.raises(CheckpointError, match="is a file"):
        model_of("llama").save_pretrained(tmp_path / "mine" / "thesis.txt")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "ten years of work"


def test_bases_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    for name in (str(tmp_path / "no" / "where"), "./nowhere", "nobody/has-this-model"):
        with pytest.raises(BaseModelError, match=name) as caught:
            ClaraModel.from_base(ClaraConfig(base_model=name), device="cpu")
        assert "\n" not in str(caught.value)
