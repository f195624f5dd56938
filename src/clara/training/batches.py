"""Which rows form which step, and the tensors of one micro-batch.

The order is a pure function of (seed, epoch): a resumed run sees the batches an undisturbed one would have seen.

Shapes: b = rows, t = tokens, p = distinct passages, s = slots, d = candidates, n = memory tokens, h = hidden size.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.utils.data import Dataset

from clara.modeling.model import PaddedIds
from clara.modeling.tokens import IGNORED
from clara.training.rows import Row, StageRows

GROUPED = 16  # micro-batches' worth of rows that are sorted by length together
MULTIPLE = 8  # of tokens, that widths are rounded up to


class PassageMemory(Protocol):
    """Stored memory of training passages: texts -> [texts, n, h]."""

    def get(self, texts: Sequence[str]) -> Tensor: ...


def epoch_batches(
    lengths: Sequence[int], batch_size: int, *, seed: int, epoch: int, chosen: Sequence[int] | None = None
) -> list[list[int]]:
    """Row indices of each micro-batch of one epoch: shuffled, grouped by length, groups' batches shuffled again.

    Every row (every chosen one) appears exactly once; the last batch may be smaller.

    >>> sorted(sum(epoch_batches([3, 1, 2], 2, seed=0, epoch=0), []))
    [0, 1, 2]
    """
    draw = random.Random(f"{seed}/{epoch}")
    order = list(range(len(lengths)) if chosen is None else chosen)
    draw.shuffle(order)
    batches = []
    window = batch_size * GROUPED
    for start in range(0, len(order), window):
        group = sorted(order[start : start + window], key=lambda index: lengths[index])
        batches += [group[place : place + batch_size] for place in range(0, len(group), batch_size)]
    draw.shuffle(batches)
    return batches


class StepDataset(Dataset[dict[str, Tensor]]):
    """Micro-batch number i of a whole run, ready for ClaraModel.forward; epochs follow each other without a seam."""

    def __init__(
        self, rows: StageRows, *, micro_batch_size: int, num_batches: int, seed: int, memory: PassageMemory | None
    ) -> None:
        self._rows, self._size, self._count, self._seed, self._memory = (
            rows,
            micro_batch_size,
            num_batches,
            seed,
            memory,
        )
        self._lengths = [rows.length(index) for index in range(len(rows))]
        self._per_epoch = math.ceil(len(rows.of_epoch(0)) / micro_batch_size)
        self._epoch, self._batches = -1, []  # type: int, list[list[int]]

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        epoch, place = divmod(index, self._per_epoch)
        if epoch != self._epoch:
            chosen = self._rows.of_epoch(epoch)
            self._batches = epoch_batches(self._lengths, self._size, seed=self._seed, epoch=epoch, chosen=chosen)
            self._epoch = epoch
        rows = [row for index in self._batches[place] for row in self._rows.rows(index, epoch)]
        return collate(rows, self._rows, self._memory)


def collate(rows: list[Row], stage: StageRows, memory: PassageMemory | None) -> dict[str, Tensor]:
    """Tensors of one micro-batch, padded to its own longest row; each distinct passage appears once."""
    tokenizer = stage.tokenizer
    prompt = _padded([row.encoded.input_ids for row in rows], tokenizer.pad_id)
    labels = _padded([row.encoded.labels for row in rows], IGNORED).ids
    batch = {"input_ids": prompt.ids, "attention_mask": prompt.mask, "labels": labels}
    if memory is None:
        distinct = {
            text: place for place, text in enumerate(dict.fromkeys(text for row in rows for text in row.passages))
        }
        passages = _padded([stage.passage_ids(text) for text in distinct], tokenizer.pad_id)
        slots = torch.tensor([distinct[text] for row in rows for text in row.passages])
        return {**batch, "passage_ids": passages.ids, "passage_mask": passages.mask, "slots": slots}
    questions = _padded([row.question_ids for row in rows], tokenizer.pad_id)
    width = max(len(row.candidates) for row in rows)
    mask = torch.tensor([[place < len(row.candidates) for place in range(width)] for row in rows])
    texts = [row.candidates[min(place, len(row.candidates) - 1)] for row in rows for place in range(width)]
    positives = torch.tensor([[place in row.positives for place in range(width)] for row in rows])
    return {
        **batch,
        "query_ids": questions.ids,
        "query_mask": questions.mask,
        "candidates": memory.get(texts).unflatten(0, (len(rows), width)),
        "candidate_mask": mask,
        "positives": positives,
    }


def _padded(rows: Sequence[list[int]], pad_id: int) -> PaddedIds:
    return PaddedIds.of(rows, pad_id, multiple=MULTIPLE)
