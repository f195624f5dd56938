"""What stands beside a passage or a row in a batch, and how far it is padded, changes no number."""

from collections.abc import Callable

import pytest
import torch
from tests.modeling.bases import ANSWERS, FAMILIES, PASSAGES, QUESTIONS, gradients, train_all
from torch import Tensor

from clara.modeling import COMPRESSOR, GENERATOR, QUERY_REASONER, ClaraModel
from clara.modeling.model import Output, PaddedIds


def wider(padded: PaddedIds, by: int, *, fill: int) -> PaddedIds:
    """More padding on the left."""
    rows = padded.ids.shape[0]
    return PaddedIds(
        torch.cat([torch.full((rows, by), fill), padded.ids], dim=1),
        torch.cat([torch.zeros(rows, by, dtype=torch.long), padded.mask], dim=1),
    )


def passages(model: ClaraModel, texts: list[str]) -> PaddedIds:
    return PaddedIds.of([model.tokenizer.passage_ids(text) for text in texts], model.tokenizer.pad_id)


def step(model: ClaraModel, texts: list[str], slots: list[int], *, padding: int = 0) -> Output:
    """Two rows of two slots each."""
    rows = [model.tokenizer.answer(QUESTIONS[i], ANSWERS[i], docs=model.tokenizer.slots(2)) for i in range(2)]
    pad = model.tokenizer.pad_id
    prompt = wider(PaddedIds.of([row.input_ids for row in rows], pad), padding, fill=pad)
    labels = wider(PaddedIds.of([row.labels for row in rows], -100), padding, fill=-100).ids
    read = wider(passages(model, texts), padding, fill=pad)
    return model(
        input_ids=prompt.ids,
        attention_mask=prompt.mask,
        labels=labels,
        passage_ids=read.ids,
        passage_mask=read.mask,
        slots=torch.tensor(slots),
    )


@pytest.mark.parametrize("family", FAMILIES)
@torch.no_grad()
def test_more_padding_changes_nothing(family: str, model_of: Callable[[str], ClaraModel]) -> None:
    model = model_of(family)
    pad = model.tokenizer.pad_id
    texts = PASSAGES[:4]
    near, far = step(model, texts, [0, 1, 2, 3]), step(model, texts, [0, 1, 2, 3], padding=23)
    torch.testing.assert_close(near.loss, far.loss, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(near.alignment_loss, far.alignment_loss, rtol=1e-5, atol=1e-6)
    memory, _ = model.encode(COMPRESSOR, passages(model, texts))
    far_memory, _ = model.encode(COMPRESSOR, wider(passages(model, texts), 40, fill=pad))
    torch.testing.assert_close(memory, far_memory, rtol=1e-4, atol=1e-5)
    candidates, allowed = memory.expand(2, -1, -1, -1), torch.ones(2, 4, dtype=torch.bool)
    scores, selected, _ = model.select(passages(model, QUESTIONS), candidates, allowed)
    far_scores, far_selected, _ = model.select(wider(passages(model, QUESTIONS), 17, fill=pad), candidates, allowed)
    torch.testing.assert_close(scores, far_scores, rtol=1e-4, atol=1e-5)
    assert selected.tolist() == far_selected.tolist()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_longer_neighbour_changes_no_answer(family: str, model_of: Callable[[str], ClaraModel]) -> None:
    model = model_of(family)
    memory = model.compress(PASSAGES)
    long_question = QUESTIONS[1] + " And who, in the end, was it that painted the casing of the unit?" * 2
    together = model.generate([QUESTIONS[0], long_question], [memory[:1], memory[:5]], max_new_tokens=10)
    apart = [
        *model.generate([QUESTIONS[0]], [memory[:1]], max_new_tokens=10),
        *model.generate([long_question], [memory[:5]], max_new_tokens=10),
    ]
    assert together == apart
    assert all(together)


def test_order_and_batching_change_no_memory(model_of: Callable[[str], ClaraModel]) -> None:
    model = model_of("llama")
    memory = model.compress(PASSAGES)
    order = [3, 0, 5, 2, 4, 1]
    reordered = model.compress([PASSAGES[index] for index in order], batch_tokens=1)
    torch.testing.assert_close(reordered, memory[order], rtol=1e-4, atol=1e-5)
    assert (memory[0] - memory[1]).abs().max() > 0.1  # the passages do differ
    assert model.compress([]).shape == (0, 3, 32)


def test_a_passage_used_twice_equals_two_copies(model_of: Callable[[str], ClaraModel]) -> None:
    model = model_of("mistral")
    parameters = train_all(model, COMPRESSOR, GENERATOR)
    once = step(model, [PASSAGES[0], PASSAGES[3]], [0, 1, 1, 0])
    copies = step(model, [PASSAGES[0], PASSAGES[3], PASSAGES[3], PASSAGES[0]], [0, 1, 2, 3])
    torch.testing.assert_close(once.loss, copies.loss)
    torch.testing.assert_close(once.alignment_loss, copies.alignment_loss)
    torch.testing.assert_close(
        gradients(once.loss, parameters), gradients(copies.loss, parameters), rtol=1e-4, atol=1e-6
    )


def test_questions_are_read_by_the_query_reasoner(model_of: Callable[[str], ClaraModel]) -> None:
    model = model_of("llama")
    expected, _ = model.encode(QUERY_REASONER, passages(model, QUESTIONS))
    torch.testing.assert_close(model.encode_query(QUESTIONS), expected.detach(), rtol=1e-4, atol=1e-5)
    difference: Tensor = model.encode_query(QUESTIONS) - model.compress(QUESTIONS)
    assert difference.abs().max() > 0.1
