"""Gradient checkpointing changes no gradient, of any adapter, in either path; without its context it would."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.modeling.bases import ANSWERS, PASSAGES, QUESTIONS, gradients, make_model, train_all
from torch import Tensor

from clara.modeling import COMPRESSOR, GENERATOR, QUERY_REASONER, ClaraModel
from clara.modeling.model import PaddedIds

FAMILIES = ("llama", "mistral", "qwen3", "gemma3")


def passage_step(model: ClaraModel) -> Tensor:
    """Pretrain and instruction: compressor and generator learn."""
    rows = [model.tokenizer.answer(QUESTIONS[i], ANSWERS[i], docs=model.tokenizer.slots(2)) for i in range(2)]
    return step(model, rows, **passages_of(model), slots=torch.tensor([0, 1, 2, 0]))


def retrieval_step(model: ClaraModel) -> Tensor:
    """end_to_end: generator and query reasoner learn."""
    rows = [model.tokenizer.answer(QUESTIONS[i], ANSWERS[i], docs=model.tokenizer.slots(2)) for i in range(2)]
    queries = PaddedIds.of([model.tokenizer.passage_ids(text) for text in QUESTIONS], model.tokenizer.pad_id)
    generator = torch.Generator().manual_seed(1)
    memory = torch.randn(2, 6, model.config.num_memory_tokens, model.hidden_size, generator=generator)
    given = {"query_ids": queries.ids, "query_mask": queries.mask, "candidates": memory}
    return step(model, rows, **given, candidate_mask=torch.ones(2, 6, dtype=torch.bool))


def passages_of(model: ClaraModel) -> dict[str, Tensor]:
    padded = PaddedIds.of([model.tokenizer.passage_ids(text) for text in PASSAGES[:3]], model.tokenizer.pad_id)
    return {"passage_ids": padded.ids, "passage_mask": padded.mask}


def step(model: ClaraModel, rows: list[Any], **given: Tensor) -> Tensor:
    prompt = PaddedIds.of([row.input_ids for row in rows], model.tokenizer.pad_id)
    labels = PaddedIds.of([row.labels for row in rows], -100).ids
    return model(input_ids=prompt.ids, attention_mask=prompt.mask, labels=labels, **given).loss


def gradients_of(
    model: ClaraModel, take_step: Callable[[ClaraModel], Tensor], adapters: list[str]
) -> dict[str, Tensor]:
    """By the time of the backward pass another adapter is active, as between two steps of any training loop."""
    parameters = train_all(model, *adapters)
    torch.manual_seed(3)  # the same dropout every time
    loss = take_step(model)
    with model.switch.use(GENERATOR):
        return gradients(loss, parameters)


STEPS = {
    "passages": (passage_step, [COMPRESSOR, GENERATOR]),
    "retrieval": (retrieval_step, [GENERATOR, QUERY_REASONER]),
}


@pytest.mark.parametrize("path", STEPS)
@pytest.mark.parametrize(("family", "dropout"), [*((family, 0.0) for family in FAMILIES), ("llama", 0.1)])
def test_gradient_checkpointing_changes_no_gradient(
    family: str, dropout: float, path: str, base_of: Callable[[str], Path]
) -> None:
    take_step, adapters = STEPS[path]
    model = make_model(base_of(family), dropout=dropout).train()
    plain = gradients_of(model, take_step, adapters)
    for name in adapters:
        assert any(gradient.abs().max() > 1e-6 for key, gradient in plain.items() if f".{name}." in key), name
    model.enable_gradient_checkpointing()
    checkpointed = gradients_of(model, take_step, adapters)
    torch.testing.assert_close(checkpointed, plain, rtol=1e-5, atol=1e-7)


def test_without_the_context_the_gradients_are_wrong(base_of: Callable[[str], Path]) -> None:
    """The trap: transformers' own way recomputes the compressor through the adapter that is active by then."""
    model = make_model(base_of("llama")).train()
    plain = gradients_of(model, passage_step, [COMPRESSOR, GENERATOR])
    model.lm.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    wrong = gradients_of(model, passage_step, [COMPRESSOR, GENERATOR])
    assert max(float((wrong[key] - plain[key]).abs().max()) for key in plain) > 1e-3


def test_a_kept_graph_can_be_gone_through_twice(base_of: Callable[[str], Path]) -> None:
    model = make_model(base_of("llama")).train()
    model.enable_gradient_checkpointing()
    parameters = train_all(model, COMPRESSOR, GENERATOR)
    loss = passage_step(model)
    first = torch.autograd.grad(loss, list(parameters.values()), retain_graph=True)
    second = torch.autograd.grad(loss, list(parameters.values()))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
