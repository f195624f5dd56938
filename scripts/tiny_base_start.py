"""Starting weights with copying built in: previous-token heads in the first layer, matching-and-copying heads above.

A small transformer spends most of a short training on finding "look for where this token stood before and copy what
came next" (an induction head); everything the base must do, reading or memory, is a variation of it. So we start from
weights that already do it and let training shape them. Only the starting point differs from a random one.

legend: u = one direction shared by all embeddings (a constant for position-only heads); e = the token's own part;
P = projections of e that the first layer writes, one position later, into the directions Q.
"""

from __future__ import annotations

import torch
from transformers import LlamaForCausalLM

MATCH_STRENGTH = 3.0
COPY_STRENGTH = (1.0, 0.1)  # of the second and of the third layer, whose matching heads are there to be shaped
PREVIOUS_STRENGTH = 4.0
REST = 0.02  # how much the still random parts write into the stream, of their usual size


@torch.no_grad()
def build_in_copying(model: LlamaForCausalLM) -> None:
    """Overwrite a freshly initialised model's weights in place (seeded by the caller's torch.manual_seed)."""
    config = model.config
    hidden, heads, size = config.hidden_size, config.num_attention_heads, config.head_dim
    half = size // 2
    theta = 10000.0 ** (-torch.arange(half) / half)  # rotary frequency of the pair of dimensions (i, i + half)
    basis = torch.linalg.qr(torch.randn(hidden, hidden)).Q.T  # orthonormal rows
    u, seen, written = basis[0], basis[1 : 1 + 2 * size], basis[1 + 2 * size : 1 + 4 * size]  # P and Q, two heads each
    table = model.model.embed_tokens.weight
    scale = config.initializer_range * hidden**0.5
    table += scale * u
    for layer in model.model.layers:
        layer.self_attn.o_proj.weight.mul_(REST)
        layer.mlp.down_proj.weight.mul_(REST)

    first = model.model.layers[0].self_attn
    sharpness = torch.tensor([2.0, 1.0, 1.0, 0.5]) * PREVIOUS_STRENGTH  # on the four fastest pairs
    amplitude = (sharpness * size**0.5 / (hidden / 2)).sqrt()
    fast = torch.arange(4)
    for head in range(2):
        at = head * size
        for weight in (first.q_proj.weight, first.k_proj.weight):
            weight[at : at + size] = 0
        # scores peak where query - key = 1: the key's phase runs one step ahead
        first.q_proj.weight[at + fast] = amplitude[:, None] * u
        first.k_proj.weight[at + fast] = (amplitude * theta[:4].cos())[:, None] * u
        first.k_proj.weight[at + half + fast] = (amplitude * theta[:4].sin())[:, None] * u
        rows = slice(head * size, (head + 1) * size)
        first.v_proj.weight[at : at + size] = seen[rows]
        # two heads see 2 * size of hidden directions of e; written as large as e itself
        gain = scale / (hidden / 2) ** 0.5 * (hidden / (2 * size)) ** 0.5
        first.o_proj.weight[:, at : at + size] = gain * written[rows].T

    slow = torch.cat(
        [torch.arange(half // 2, half), torch.arange(half + half // 2, size)]
    )  # hardly rotate in a passage
    for layer, strength in zip(model.model.layers[1:3], COPY_STRENGTH, strict=False):
        attention = layer.self_attn
        copied = torch.linalg.qr(torch.randn(hidden, hidden)).Q.T
        for head in range(heads // 2):
            at = head * size
            rows = (torch.arange(half) + head * half) % (2 * size)
            for weight, directions in ((attention.q_proj.weight, seen), (attention.k_proj.weight, written)):
                weight[at : at + size] *= 0.2
                weight[at + slow] = MATCH_STRENGTH * directions[rows]
            copy = copied[head * size : (head + 1) * size]
            attention.v_proj.weight[at : at + size] = copy
            attention.o_proj.weight[:, at : at + size] = strength * copy.T
