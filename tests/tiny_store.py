"""A two-layer random Llama with filled adapters, and passages to index: for tests of store, engine, evaluation."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from clara.modeling import COMPRESSOR, GENERATOR, ClaraConfig, ClaraModel
from clara.modeling.adapters import adapter_parameters
from clara.rag.indexing import build_index
from clara.schema import Passage

NAMES = ["Arlo", "Brisk", "Cuvo", "Delta", "Ember", "Fjord", "Gamma", "Hazel", "Iota", "Juno"]
COLOURS = ["amber", "blue", "coral", "denim", "ebony"]


def passages(count: int = 30) -> list[Passage]:
    """Passages of different lengths, three to a document, in the order of their sources."""
    made = []
    for i in range(count):
        text = f"The {NAMES[i % 10]} {i} kettle has a {COLOURS[i % 5]} casing." + " It was built in Lund." * (i % 4)
        document, start = f"sheets/kettle-{i // 3:03d}.pdf", 100 * (i % 3)
        made.append(
            Passage(id=f"k{i:03d}", document=document, page=1 + i % 2, start=start, end=start + len(text), text=text)
        )
    return sorted(made, key=lambda p: (p.document, p.page, p.start))


def make_checkpoint(folder: Path, *, seed: int = 0, query_reasoner: bool = True, trained: bool = True) -> Path:
    """A checkpoint in `folder`, its base beside it; adapters are random, or untouched when not `trained`."""
    base = folder.parent / "base"
    if not base.exists():
        _make_base(base)
    config = ClaraConfig(
        base_model=str(base), doc_max_length=48, compression_rate=16, num_documents=3, lora_rank=4, lora_alpha=8
    )
    model = ClaraModel.from_base(config, device="cpu", dtype="float32", seed=seed)
    if trained:
        generator = torch.Generator().manual_seed(seed)
        for name in (COMPRESSOR, GENERATOR):
            for key, parameter in adapter_parameters(model.lm, name).items():
                if ".lora_B." in key:
                    parameter.data.normal_(std=0.1, generator=generator)
    if query_reasoner:
        model.start_query_reasoner()
    model.save_pretrained(folder)
    return folder


def _make_base(folder: Path) -> None:
    tokenizer = Tokenizer(models.BPE(unk_token=None))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([passage.text for passage in passages()], trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="</s>")
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=0.2,
        max_position_embeddings=512,
        bos_token_id=fast.bos_token_id,
        eos_token_id=fast.eos_token_id,
    )
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(folder)
    fast.save_pretrained(folder)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("model") / "checkpoint")


@pytest.fixture(scope="session")
def model(checkpoint: Path) -> ClaraModel:
    return ClaraModel.from_pretrained(checkpoint, device="cpu")


@pytest.fixture(scope="session")
def store_path(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, model: ClaraModel) -> Path:
    """A finished store, for reading."""
    path = tmp_path_factory.mktemp("store") / "store"
    build_index(path, passages(), model, model_path=str(checkpoint), block_passages=8)
    return path
