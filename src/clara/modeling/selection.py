"""Scoring passages against a question, and a hard choice that still passes gradients.

Shapes: q = questions, d = candidate documents (passages), k = chosen documents, n = memory tokens, h = hidden size.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

# Upstream's: not 0, so that a candidate more than 18 logits (0.37 of cosine) ahead still draws later slots' gradient.
TAKEN_WEIGHT = 1e-8
CONTRASTIVE_TEMPERATURE = 0.05


def score_passages(query: Tensor, memory: Tensor) -> Tensor:
    """Cosine between flattened memories, in fp32. query [q, n, h], memory [q, d, n, h] -> [q, d].

    >>> query = torch.tensor([[[1.0, 0.0]]])
    >>> score_passages(query, torch.tensor([[[[2.0, 0.0]], [[0.0, 3.0]]]])).tolist()
    [[1.0, 0.0]]
    """
    query = F.normalize(query.float().flatten(1), dim=-1)  # [q, n*h]
    memory = F.normalize(memory.float().flatten(2), dim=-1)  # [q, d, n*h]
    return torch.einsum("qx,qdx->qd", query, memory)


def contrastive_loss(scores: Tensor, positives: Tensor, candidates: Tensor) -> Tensor:
    """How far a row's positives are from the top of its candidates: -log of their share of softmax(score / 0.05).

    scores, positives, candidates (which places are filled): [q, d]. The mean over rows that have a positive, 0 without
    such a row; InfoNCE with a fixed temperature, over the row's own candidates.

    >>> everything = torch.tensor([[True, True]])
    >>> contrastive_loss(torch.tensor([[0.9, -0.9]]), torch.tensor([[True, False]]), everything) < 1e-6
    tensor(True)
    """
    logits = (scores / CONTRASTIVE_TEMPERATURE).masked_fill(~candidates, float("-inf"))
    positives = positives & candidates
    has = positives.any(dim=1)
    missed = logits.logsumexp(1) - logits.masked_fill(~positives, torch.finfo(logits.dtype).min).logsumexp(1)
    return torch.where(has, missed, 0.0).sum() / has.sum().clamp(min=1)


def straight_through_top_k(logits: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k best candidates of each row, best first: (indices [q, k], weights [q, k, d]).

    Forward the weights are one-hot. Backward each slot has the gradient of a softmax in which candidates that earlier
    slots have taken count TAKEN_WEIGHT (CLaRa, arXiv 2511.18659). Candidates at -inf are never chosen while others are
    left. Raises ValueError when k is larger than the number of candidates.
    """
    if k > logits.shape[1]:
        raise ValueError(f"cannot choose {k} of {logits.shape[1]} candidates")
    logits = logits.float()
    indices = logits.topk(k, dim=-1).indices  # [q, k]
    taken = torch.zeros_like(logits)
    weights = []
    for slot in range(k):
        soft = torch.softmax(logits + taken * math.log(TAKEN_WEIGHT), dim=-1)
        hard = F.one_hot(indices[:, slot], logits.shape[1]).to(soft.dtype)
        weights.append(hard + (soft - soft.detach()))  # in this order the forward value is exactly one-hot
        taken = taken + hard
    return indices, torch.stack(weights, dim=1)
