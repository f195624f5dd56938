"""The fingerprint changes with what memory depends on, and with nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tests.modeling.bases import make_base, make_model

from clara.modeling import COMPRESSOR, GENERATOR, QUERY_REASONER, ClaraModel
from clara.modeling.adapters import adapter_parameters


@pytest.fixture
def model(base_of: Callable[[str], Path]) -> ClaraModel:
    return make_model(base_of("llama"))


@torch.no_grad()
def nudge(model: ClaraModel, adapter: str) -> None:
    next(iter(adapter_parameters(model.lm, adapter).values()))[0, 0] += 1e-3


@pytest.mark.parametrize("adapter", [GENERATOR, QUERY_REASONER])
def test_a_retrained_reader_keeps_the_store(adapter: str, model: ClaraModel) -> None:
    before = model.fingerprint()
    nudge(model, adapter)
    model.config.stages, model.config.num_documents = ["pretrain", "end_to_end"], 3
    model.config.prompts = {"answer_system": "Answer."}
    assert model.fingerprint() == before


def test_a_retrained_compressor_or_table_does_not(model: ClaraModel) -> None:
    seen = {model.fingerprint()}
    nudge(model, COMPRESSOR)
    seen.add(model.fingerprint())
    with torch.no_grad():
        model.embeddings.weight[0, 0] += 1e-3
    seen.add(model.fingerprint())
    assert len(seen) == 3


def test_settings_and_base_count(model: ClaraModel, base_of: Callable[[str], Path], tmp_path: Path) -> None:
    other_base = make_base(tmp_path, "llama", seed=1)
    others = [
        make_model(base_of("llama"), compression_rate=12),
        make_model(base_of("llama"), doc_max_length=51),
        make_model(base_of("llama"), lora_alpha=16),
        make_model(other_base),
    ]
    assert others[1].config.num_memory_tokens == model.config.num_memory_tokens  # only the length differs
    seen = {model.fingerprint(), *(other.fingerprint() for other in others)}
    seen.add(ClaraModel.from_base(model.config, device="cpu", dtype="bfloat16").fingerprint())
    assert len(seen) == 6
    assert make_model(base_of("llama")).fingerprint() == model.fingerprint()


def test_a_base_has_one_fingerprint_in_fp32_and_bf16(model: ClaraModel) -> None:
    half = ClaraModel.from_base(model.config, device="cpu", dtype="bfloat16")
    assert half.config.base_fingerprint == model.config.base_fingerprint
