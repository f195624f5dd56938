"""Tiny random base models of seven families, and a ClaraModel on one with all adapters filled.

Between them the families cover what bases differ in: chat templates that take, refuse or silently drop a system text;
text after the answer; tied and untied heads; vocabularies with padded rows; embeddings scaled inside the module; fused
projections; tokenizers with and without bos and pad.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from clara.modeling import ADAPTERS, QUERY_REASONER, ClaraConfig, ClaraModel
from clara.modeling.adapters import adapter_parameters

PASSAGES = [
    "Moneculu 98 is a radio beacon. It weighs 61 kg. The casing is amber. Its lead engineer was Jonas Quill.",
    "Quosed 50 is a sensor array. It is produced by Sedka Works and ships in a violet casing.",
    "Gorkanek 15, a cargo drone, is assembled in Leeds.",
    "Ecuzor 20 was first sold in 1975. Dora Ortega led the design team, and then for many years the assembly line in "
    "Zug, where one unit after another left the gate in a copper casing with a mass of 96 kg and a violet label on it.",
    "Osttarlim 58: green.",
    "Luecuyra 54, a cargo drone, is widely used. The casing is green. One unit has a mass of 68 kg.",
]
QUESTIONS = ["Where is Gorkanek 15 assembled?", "Who led the design of Moneculu 98, the radio beacon?"]
ANSWERS = ["Leeds", "Jonas Quill"]

RAISES_ON_SYSTEM = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('System role not "
    "supported') }}{% elif m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}"
    "{% else %}{{ ' ' + m['content'] + eos_token }}{% endif %}{% endfor %}"
)
DROPS_SYSTEM = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] != 'system' %}{{ '<start_of_turn>' + ('model' if m['role'] "
    "== 'assistant' else 'user') + '\n' + (m['content'] | trim) + '<end_of_turn>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
HAS_SYSTEM = (
    "{{ bos_token }}{% for m in messages %}{{ '<|start_header|>' + m['role'] + '<|end_header|>\n\n' + "
    "(m['content'] | trim) + '<|eot|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header|>assistant<|end_header|>\n\n' }}{% endif %}"
)
CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CHATML_THINKING = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}{% if m['role'] == 'assistant' %}"
    "{{ '<think>\n\n</think>\n\n' }}{% endif %}{{ m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
    "{% if enable_thinking is defined and not enable_thinking %}{{ '<think>\n\n</think>\n\n' }}{% endif %}{% endif %}"
)
PHI = (
    "{% for m in messages %}{{ '<|' + m['role'] + '|>\n' + m['content'] + '<|end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """`marks` are special tokens of the chat template; `padded_rows` are rows of the base no token uses."""

    config: str
    template: str
    eos: str = "</s>"
    bos: str | None = "<s>"
    pad: str | None = None
    marks: tuple[str, ...] = ()
    tied: bool = False
    padded_rows: int = 0
    settings: dict[str, Any] | None = None


FAMILIES = {
    "llama": Family(
        config="LlamaConfig", template=HAS_SYSTEM, marks=("<|start_header|>", "<|end_header|>", "<|eot|>"), pad="<pad>"
    ),
    "mistral": Family(config="MistralConfig", template=RAISES_ON_SYSTEM, marks=("[INST]", "[/INST]")),
    "qwen3": Family(
        config="Qwen3Config",
        template=CHATML_THINKING,
        bos=None,
        eos="<|im_end|>",
        pad="<|endoftext|>",
        marks=("<|im_start|>",),
        tied=True,
        padded_rows=40,
    ),
    "qwen2": Family(
        config="Qwen2Config",
        template=CHATML,
        bos=None,
        eos="<|im_end|>",
        pad="<|endoftext|>",
        marks=("<|im_start|>",),
        padded_rows=40,
    ),
    "phi3": Family(
        config="Phi3Config",
        template=PHI,
        eos="<|endoftext|>",
        pad="<|endoftext|>",
        marks=("<|system|>", "<|user|>", "<|assistant|>", "<|end|>"),
        padded_rows=4,  # some of clara's tokens fall inside the head, some beyond it
    ),
    "gemma2": Family(
        config="Gemma2Config",
        template=RAISES_ON_SYSTEM,
        bos="<bos>",
        eos="<eos>",
        pad="<pad>",
        marks=("[INST]", "[/INST]"),
        tied=True,
        settings={"query_pre_attn_scalar": 16},
    ),
    "gemma3": Family(
        config="Gemma3TextConfig",
        template=DROPS_SYSTEM,
        bos="<bos>",
        eos="<eos>",
        pad="<pad>",
        marks=("<start_of_turn>", "<end_of_turn>"),
        tied=True,
        settings={"query_pre_attn_scalar": 16, "sliding_window": 512},
    ),
}


def make_base(folder: Path, family: str, *, hidden: int = 32, seed: int = 0) -> Path:
    """Write a random two-layer causal LM of `family` with its tokenizer; returns `folder`."""
    chosen = FAMILIES[family]
    tokenizer = _tokenizer(chosen)
    config = getattr(transformers, chosen.config)(
        vocab_size=len(tokenizer) + chosen.padded_rows,
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=2048,
        initializer_range=0.15,
        tie_word_embeddings=chosen.tied,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **({} if family == "phi3" else {"head_dim": 16}),
        **(chosen.settings or {}),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_model(base: Path, *, filled: bool = True, dropout: float = 0.0, **settings: Any) -> ClaraModel:
    """A ClaraModel on `base`; `filled` gives it a query reasoner too, and every adapter random non-zero weights."""
    config = ClaraConfig(
        base_model=str(base),
        lora_dropout=dropout,
        **{
            "doc_max_length": 48,
            "compression_rate": 16,
            "num_documents": 2,
            "lora_rank": 4,
            "lora_alpha": 8,
            **settings,
        },
    )
    model = ClaraModel.from_base(config, device="cpu", dtype="float32")
    if filled:
        model.add_adapter(QUERY_REASONER, seed=2)
        fill_adapters(model)
    return model


@torch.no_grad()
def fill_adapters(model: ClaraModel, *, seed: int = 7) -> None:
    """Random weights of a size that visibly changes what the model computes."""
    generator = torch.Generator().manual_seed(seed)
    for name in ADAPTERS:
        for parameter in adapter_parameters(model.lm, name).values():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.15)


def train_all(model: ClaraModel, *names: str) -> dict[str, torch.nn.Parameter]:
    """Let exactly these adapters learn; returns their parameters by name."""
    parameters: dict[str, torch.nn.Parameter] = {}
    for name in ADAPTERS:
        for key, parameter in adapter_parameters(model.lm, name).items():
            parameter.requires_grad_(name in names)
            if name in names:
                parameters[key] = parameter
    return parameters


def gradients(loss: torch.Tensor, parameters: dict[str, torch.nn.Parameter]) -> dict[str, torch.Tensor]:
    """Gradient of every parameter (zeros where the loss does not reach)."""
    found = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
    return {
        key: torch.zeros_like(parameter) if gradient is None else gradient
        for (key, parameter), gradient in zip(parameters.items(), found, strict=True)
    }


def _tokenizer(family: Family) -> PreTrainedTokenizerFast:
    special = [token for token in (family.bos, family.eos, family.pad, *family.marks) if token is not None]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=380,
        special_tokens=list(dict.fromkeys(special)),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*PASSAGES, *QUESTIONS, *ANSWERS], trainer)
    wrapped: Callable[..., PreTrainedTokenizerFast] = PreTrainedTokenizerFast
    return wrapped(
        tokenizer_object=tokenizer,
        bos_token=family.bos,
        eos_token=family.eos,
        pad_token=family.pad,
        chat_template=family.template,
    )
