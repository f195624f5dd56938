"""The tiny base's shape and its forward passes: compress passages, read rows whose branches share a prefix, losses."""

from __future__ import annotations

import argparse
from typing import Any

import torch
import torch.nn.functional as F
from tiny_base_rows import FIRST_NAME_MAP, NUM_MAPS, SLOT_TOKENS, Batch, Mix, Row
from tiny_base_start import build_in_copying
from tokenizers import Tokenizer
from transformers import LlamaConfig, LlamaForCausalLM


def new_model(tokenizer: Tokenizer, args: argparse.Namespace) -> tuple[LlamaForCausalLM, torch.nn.Parameter]:
    """The model with its starting weights, and the maps of the slot hints: [NUM_MAPS, hidden, hidden].

    Behind map k a memory token names token k of its value. Map 0 starts as identity: the heads that copy out of text
    copy a value's first token out of memory too (with a rotation there, nothing was read for 1,400 steps).
    """
    torch.manual_seed(args.seed)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=args.hidden,
        intermediate_size=args.intermediate,
        num_hidden_layers=args.layers,
        num_attention_heads=args.hidden // args.head_dim,
        num_key_value_heads=args.hidden // args.head_dim,
        head_dim=args.head_dim,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        initializer_range=args.init,  # transformers' default 0.02 is far too small for a narrow model
        # with rows of 100-300 tokens on a CPU, eager attention trains 1.4 times as fast as the fused kernel's backward
        attn_implementation="sdpa" if torch.cuda.is_available() else "eager",
        bos_token_id=tokenizer.token_to_id("<s>"),
        eos_token_id=tokenizer.token_to_id("</s>"),
        pad_token_id=tokenizer.token_to_id("<pad>"),
    )
    model = LlamaForCausalLM(config)
    build_in_copying(model)
    maps = torch.stack([torch.eye(args.hidden), *(_rotation(args.hidden) for _ in range(NUM_MAPS - 1))])
    return model, torch.nn.Parameter(maps)


def _rotation(size: int) -> torch.Tensor:
    return torch.linalg.qr(torch.randn(size, size)).Q


def autocast(device: torch.device) -> Any:
    return torch.autocast(device.type, dtype=torch.bfloat16)


GATHERING_LAYER, POINTING_LAYER = 1, 2  # of four: whom the question is about, then where the answer is


def padded(sequences: list[list[int]], pad: int, device: torch.device) -> torch.Tensor:
    width = -(-max(map(len, sequences)) // 8) * 8
    return torch.tensor([ids + [pad] * (width - len(ids)) for ids in sequences], device=device)


def compress(model: LlamaForCausalLM, sequences: list[list[int]], memory_size: int) -> torch.Tensor:
    """[sequences, memory, hidden]: last hidden states at the memory tokens that end every sequence."""
    device = model.device
    memory: list[torch.Tensor | None] = [None] * len(sequences)
    order = sorted(range(len(sequences)), key=lambda i: len(sequences[i]))
    for part in [order[: len(order) // 2], order[len(order) // 2 :]]:  # two lengths: less padding
        if not part:
            continue
        ids = padded([sequences[i] for i in part], model.config.pad_token_id, device)
        # right padding under a causal mask: no real position ever sees it
        states = model.model(input_ids=ids, use_cache=False).last_hidden_state
        for row, i in enumerate(part):
            memory[i] = states[row, len(sequences[i]) - memory_size : len(sequences[i])]
    return torch.stack([m for m in memory if m is not None])


def chunked_rows(rows: list[Row], max_tokens: int) -> list[list[Row]]:
    chunks: list[list[Row]] = []
    for row in sorted(rows, key=len):
        if chunks and (len(chunks[-1]) + 1) * len(row) <= max_tokens and len(row) <= 1.3 * len(chunks[-1][0]) + 16:
            chunks[-1].append(row)
        else:
            chunks.append([row])
    return chunks


def row_logits(
    model: LlamaForCausalLM, rows: list[Row], memory: torch.Tensor | None, *, only_answers: bool
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, list[tuple[int, int]]]:
    """Logits, targets and weights of every predicted token, and which (row, branch) each belongs to (-1: prefix)."""
    logits, target, weight, belongs, _ = read_rows(model, rows, memory, only_answers=only_answers)
    return logits, target, weight, belongs


def read_rows(
    model: LlamaForCausalLM, rows: list[Row], memory: torch.Tensor | None, *, only_answers: bool, pointing: bool = False
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, list[tuple[int, int]], torch.Tensor | None]:
    """row_logits, and -log of the attention that the pointing heads pay to the memory tokens they shall point to."""
    device = model.device
    width = -(-max(map(len, rows)) // 8) * 8
    ids = torch.full((len(rows), width), model.config.pad_token_id)
    positions = torch.zeros((len(rows), width), dtype=torch.long)
    owner = torch.full((len(rows), width), -1)  # 0 prefix, 1… branches, -1 padding
    source: list[int] = []  # flat position whose logits predict …
    target: list[int] = []
    weight: list[float] = []
    belongs: list[tuple[int, int]] = []
    points: list[tuple[int, int, int, int, int]] = []  # layer, row, head, from, to
    slot_at: list[int] = []
    slot_from: list[int] = []
    for r, row in enumerate(rows):
        prefix = len(row.prefix)
        ids[r, :prefix] = torch.tensor(row.prefix)
        positions[r, :prefix] = torch.arange(prefix)
        owner[r, :prefix] = 0
        if not only_answers:
            for i in range(1, prefix):
                if row.prefix_weights[i]:
                    source.append(r * width + i - 1)
                    target.append(row.prefix[i])
                    weight.append(row.prefix_weights[i])
                    belongs.append((r, -1))
        at = prefix
        for b, branch in enumerate(row.branches):
            size = len(branch.ids)
            ids[r, at : at + size] = torch.tensor(branch.ids)
            positions[r, at : at + size] = torch.arange(prefix, prefix + size)
            owner[r, at : at + size] = b + 1
            for i in range(1, size):
                if branch.weights[i] == 1.0 or (branch.weights[i] and not only_answers):
                    source.append(r * width + at + i - 1)
                    target.append(branch.ids[i])
                    weight.append(branch.weights[i])
                    belongs.append((r, b))
            if pointing and branch.points_to >= 0:
                answer = [i for i in range(1, size) if branch.weights[i] == 1.0]
                for k, i in enumerate(answer[: min(SLOT_TOKENS, len(answer) - 1)]):  # not for the end token
                    points += [
                        (POINTING_LAYER, r, head, at + i - 1, branch.points_to) for head in pointing_heads(model, k)
                    ]
                    points += [
                        (GATHERING_LAYER, r, head, at + i - 1, at + place)
                        for token, place in enumerate(branch.name_at)
                        for head in pointing_heads(model, 2 + token)  # the first half copies (tiny_base_start.py)
                    ]
            at += size
        if row.slots and memory is not None:
            n = memory.shape[1]
            for start, passage in row.slots:
                slot_at += [r * width + start + i for i in range(n)]
                slot_from += [passage * n + i for i in range(n)]
    ids, positions, owner = ids.to(device), positions.to(device), owner.to(device)
    embeds = model.model.embed_tokens(ids)
    if slot_at and memory is not None:
        flat = embeds.flatten(0, 1)
        values = memory.flatten(0, 1)[torch.tensor(slot_from, device=device)].to(flat.dtype)
        embeds = flat.index_put((torch.tensor(slot_at, device=device),), values).view_as(embeds)
    causal = torch.ones((width, width), dtype=torch.bool, device=device).tril()
    same = (owner[:, None, :] == 0) | (owner[:, None, :] == owner[:, :, None])
    allowed = (causal & same)[:, None]  # [rows, 1, query, key]
    mask = torch.zeros(allowed.shape, device=device).masked_fill(~allowed, torch.finfo(torch.float32).min)
    out = model.model(
        inputs_embeds=embeds,
        attention_mask=mask,
        position_ids=positions,
        use_cache=False,
        output_attentions=bool(points),
    )
    logits = model.lm_head(out.last_hidden_state.flatten(0, 1)[torch.tensor(source, device=device)])
    missed = None
    if points:
        layer, row, head, query, key = (torch.tensor(column, device=device) for column in zip(*points, strict=True))
        attention = torch.stack([out.attentions[GATHERING_LAYER], out.attentions[POINTING_LAYER]])
        paid = attention[layer - GATHERING_LAYER, row, head, query, key].float()
        missed = torch.stack([-paid.clamp_min(1e-6).log(), layer.float()])
    return logits, torch.tensor(target, device=device), torch.tensor(weight, device=device), belongs, missed


def pointing_heads(model: LlamaForCausalLM, place: int) -> range:
    """The heads that shall look, for the answer's token number `place`, at the memory token that holds the answer."""
    count = model.config.num_attention_heads // SLOT_TOKENS
    return range(place * count, (place + 1) * count)


def contrastive_loss(
    memory: torch.Tensor, queries: torch.Tensor, targets: list[int], temperature: float
) -> torch.Tensor:
    """In-batch InfoNCE between question memories and passage memories, in both directions."""
    q = F.normalize(queries.flatten(1).float(), dim=-1)
    p = F.normalize(memory.flatten(1).float(), dim=-1)
    scores = q @ p.T / temperature  # [queries, passages]
    labels = torch.tensor(targets, device=scores.device)
    return (
        F.cross_entropy(scores, labels)
        + F.cross_entropy(scores.T[labels], torch.arange(len(labels), device=scores.device))
    ) / 2


def log_name(row: Row, branch: int) -> str:
    """Under which name a branch's loss is logged."""
    kind = row.branches[branch].tag[0]
    if kind == "restate":
        return kind
    return "write" if kind == "write" else "answer_memory" if row.slots else "answer_text"


def batch_loss(
    model: LlamaForCausalLM,
    maps: torch.Tensor,
    batch: Batch,
    mix: Mix,
    *,
    max_tokens: int,
    temperature: float,
    slot_weight: float = 0.0,
    point_weight: float = 0.0,
) -> tuple[torch.Tensor, dict[str, float]]:
    """Weighted mean cross-entropy over all rows, plus the contrastive and the slot term; and its parts for the log."""
    uses_memory = any(row.slots for row in batch.rows) or mix.retrieval_weight > 0
    parts: dict[str, float] = {}
    memory = None
    if uses_memory:
        asks = batch.queries if mix.retrieval_weight > 0 else []
        both = compress(model, batch.passages + asks, batch.memory_size)
        memory, queries = both[: len(batch.passages)], both[len(batch.passages) :]
    total = torch.zeros((), device=model.device)
    weights = torch.zeros((), device=model.device)
    seen: dict[str, list[torch.Tensor]] = {"answer_text": [], "answer_memory": [], "restate": []}
    pointed: list[torch.Tensor] = []
    for chunk in chunked_rows(batch.rows, max_tokens):
        logits, target, weight, belongs, missed = read_rows(
            model, chunk, memory, only_answers=False, pointing=point_weight > 0
        )
        if missed is not None:
            pointed.append(missed)
        losses = F.cross_entropy(logits.float(), target, reduction="none")
        total = total + (losses * weight).sum()
        weights = weights + weight.sum()
        for name, some in seen.items():
            chosen = [b >= 0 and log_name(chunk[r], b) == name for r, b in belongs]
            some.append(losses.detach()[torch.tensor(chosen, device=losses.device) & (weight == 1.0)])
    loss = total / weights
    parts |= {name: float(torch.cat(some).mean()) for name, some in seen.items() if sum(map(len, some))}
    if mix.retrieval_weight > 0 and memory is not None:
        nce = contrastive_loss(memory, queries, batch.query_targets, temperature)
        parts["nce"] = float(nce.detach())
        loss = loss + mix.retrieval_weight * nce
    parts["loss"] = float(loss.detach())
    if pointed:
        missed, layer = torch.cat(pointed, dim=1)
        for name, which in (("gathering", GATHERING_LAYER), ("pointing", POINTING_LAYER)):
            of_layer = missed[layer == which].mean()
            parts[name] = float(of_layer.detach())
            loss = loss + point_weight * of_layer
    if slot_weight and memory is not None:
        hints = [hint for hint in batch.hints if hint[0] < len(both)]
        passage, slot, place, token = (torch.tensor(c, device=model.device) for c in zip(*hints, strict=True))
        held = both[passage, slot]
        through = torch.stack([held @ each.T for each in maps])[place, torch.arange(len(place), device=place.device)]
        losses = F.cross_entropy(model.lm_head(through).float(), token, reduction="none")
        folded, of_name = place >= SLOT_TOKENS, place >= FIRST_NAME_MAP
        for name, share, which in (("slots", 1.0, ~folded), ("folded", 0.3, folded & ~of_name), ("name", 0.5, of_name)):
            if bool(which.any()):
                mean = losses[which].mean()
                parts[name] = float(mean.detach())
                loss = loss + slot_weight * share * mean
    return loss, parts
