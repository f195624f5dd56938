"""The loss is the plain cross-entropy of the answer's tokens, however little of it is computed."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from tests.modeling.bases import ANSWERS, FAMILIES, PASSAGES, QUESTIONS

from clara.modeling import COMPRESSOR, GENERATOR, ClaraModel
from clara.modeling.model import PaddedIds
from clara.modeling.tokens import IGNORED, Encoded


def batch(model: ClaraModel, rows: list[Encoded]) -> tuple[PaddedIds, torch.Tensor]:
    prompt = PaddedIds.of([row.input_ids for row in rows], model.tokenizer.pad_id)
    return prompt, PaddedIds.of([row.labels for row in rows], IGNORED).ids


def rows_of(model: ClaraModel) -> list[Encoded]:
    tokenizer = model.tokenizer
    return [
        tokenizer.answer(QUESTIONS[0], ANSWERS[0], docs=tokenizer.slots(1)),
        tokenizer.pretrain_qa(QUESTIONS, ANSWERS, docs=tokenizer.slots(1)),
        tokenizer.paraphrase(PASSAGES[2], docs=tokenizer.slots(1), draw=1),
        tokenizer.answer(QUESTIONS[1], ANSWERS[1], docs=tokenizer.slots(1)),
    ]


@pytest.mark.parametrize("family", FAMILIES)
@torch.no_grad()
def test_loss_equals_full_logits_by_hand(family: str, model_of: Callable[[str], ClaraModel]) -> None:
    model = model_of(family)
    rows, memory = rows_of(model), model.compress(PASSAGES[:4])
    prompt, labels = batch(model, rows)
    total, count = 0.0, 0
    for row, passage in zip(rows, memory, strict=True):  # one row at a time, no padding, no position ids
        ids = torch.tensor([row.input_ids])
        embeds = model.embeddings(ids, model.lm.get_input_embeddings()).clone()
        start = row.input_ids.index(model.tokenizer.memory_ids[0])
        embeds[0, start : start + 3] = passage
        with model.switch.use(GENERATOR):
            logits = model.lm(inputs_embeds=embeds).logits[0, :-1]
        targets = torch.tensor(row.labels)[1:]
        total += float(F.cross_entropy(logits, targets, ignore_index=IGNORED, reduction="sum"))
        count += int((targets != IGNORED).sum())
    assert float(model.answer_loss(prompt, labels, memory)) == pytest.approx(total / count, rel=1e-5)
    assert float(model.answer_loss(prompt, labels, memory, 10)) == pytest.approx(total / 10, rel=1e-5)


@torch.no_grad()
def test_two_half_batches_add_up_to_the_whole(model_of: Callable[[str], ClaraModel]) -> None:
    model = model_of("llama")
    rows = rows_of(model)
    read = PaddedIds.of([model.tokenizer.passage_ids(text) for text in PASSAGES[:4]], model.tokenizer.pad_id)
    items = sum(label != IGNORED for row in rows for label in row.labels)

    def step(chosen: list[int], share: float) -> float:
        prompt, labels = batch(model, [rows[index] for index in chosen])
        given = {"passage_ids": read.ids, "passage_mask": read.mask, "slots": torch.tensor(chosen)}
        given |= {"input_ids": prompt.ids, "attention_mask": prompt.mask, "labels": labels}
        return float(model(**given, num_items_in_batch=items, share=share).loss)

    assert step([0, 1], 0.5) + step([2, 3], 0.5) == pytest.approx(step([0, 1, 2, 3], 1.0), rel=1e-5)


@torch.no_grad()
def test_the_alignment_term_is_weighted_and_averaged_over_slots(model_of: Callable[[str], ClaraModel]) -> None:
    model = model_of("mistral")
    prompt, labels = batch(model, rows_of(model)[:2])
    read = PaddedIds.of([model.tokenizer.passage_ids(text) for text in PASSAGES[:3]], model.tokenizer.pad_id)
    _, distance = model.encode(COMPRESSOR, read)
    given = {"passage_ids": read.ids, "passage_mask": read.mask, "slots": torch.tensor([2, 2])}
    output = model(input_ids=prompt.ids, attention_mask=prompt.mask, labels=labels, **given)
    assert output.alignment_loss is not None
    torch.testing.assert_close(output.alignment_loss, distance[2])
    torch.testing.assert_close(output.loss, output.answer_loss + 0.1 * distance[2])


def test_memory_that_does_not_fit_the_prompt_is_refused(model_of: Callable[[str], ClaraModel]) -> None:
    model = model_of("llama")
    prompt, labels = batch(model, rows_of(model)[:1])
    with pytest.raises(ValueError, match="3 memory places, the memory 6 tokens"):
        model.answer_loss(prompt, labels, torch.zeros(2, 3, 32))
