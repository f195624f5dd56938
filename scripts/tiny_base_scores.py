"""Scores of the tiny base on fresh entities: exact match from text and from memory, recall@1 among 200 passages.

Exact match is measured by teacher forcing: greedy decoding gives the answer if and only if every answer token (and the
end) is the most probable one given the true ones before it.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from typing import Any

import torch
import torch.nn.functional as F
from tiny_base_model import autocast, chunked_rows, compress, row_logits
from tiny_base_rows import Row, RowMaker
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from clara.demo.worlds import World, draw_question


@torch.no_grad()
def evaluate(
    model: LlamaForCausalLM, tokenizer: Tokenizer, worlds: tuple[World, ...], args: argparse.Namespace
) -> dict[str, Any]:
    """Exact match from text, from 6, 12 and 20 memory tokens, among 3 passages; recall@1 among 200. Fresh entities."""
    model.eval()
    maker = RowMaker(tokenizer, worlds, seed=args.seed, batch_passages=0)
    report: dict[str, Any] = {}
    by_kind: dict[str, list[bool]] = defaultdict(list)
    by_style: dict[str, list[bool]] = defaultdict(list)
    for name, memory_size, count in (("text", 0, 1), ("n20", 20, 1), ("n12", 12, 1), ("n6", 6, 1), ("n12x3", 12, 3)):
        rng = random.Random(f"evaluation-{args.seed}-{name}")
        hits: list[bool] = []
        while len(hits) < args.eval_questions:
            rows: list[Row] = []
            passages: list[list[int]] = []
            for _ in range(max(1, 20 // count)):
                group = maker.draw_group(rng, count)
                asked = [(p, f) for p in group for f in p.facts]
                rng.shuffle(asked)
                rows.append(maker.question_row(rng, group, asked[:6], len(passages), 0.0, memory_size))
                passages += [maker.compressor_ids(p.text, memory_size) for p in group]
            with autocast(model.device):
                memory = compress(model, passages, memory_size) if memory_size else None
                right = answers_right(model, rows, memory, args.max_tokens)
            for row, flags in zip(rows, right, strict=True):
                hits += flags
                if name == "n12":
                    for branch, flag in zip(row.branches, flags, strict=True):
                        by_style[branch.tag[0]].append(flag)
                        by_kind[branch.tag[1]].append(flag)
        report[f"em_{name}"] = round(sum(hits) / len(hits), 3)
    for memory_size in (12, 6):
        report[f"recall_n{memory_size}"] = round(recall_at_1(model, maker, memory_size, args), 3)
    report["em_n12_by_kind"] = {k: round(sum(v) / len(v), 2) for k, v in sorted(by_kind.items())}
    report["em_n12_by_style"] = {k: round(sum(v) / len(v), 2) for k, v in sorted(by_style.items())}
    model.train()
    return report


def answers_right(
    model: LlamaForCausalLM, rows: list[Row], memory: torch.Tensor | None, max_tokens: int
) -> list[list[bool]]:
    """Per row and branch: is every answer token the most probable one?"""
    found: dict[int, list[bool]] = {}
    for chunk in chunked_rows(rows, max_tokens):
        logits, target, _, belongs = row_logits(model, chunk, memory, only_answers=True)
        right = (logits.argmax(-1) == target).tolist()
        flags = [[True] * len(row.branches) for row in chunk]
        for ok, (r, b) in zip(right, belongs, strict=True):
            flags[r][b] &= ok
        for row, flag in zip(chunk, flags, strict=True):
            found[id(row)] = flag
    return [found[id(row)] for row in rows]


def recall_at_1(model: LlamaForCausalLM, maker: RowMaker, memory_size: int, args: argparse.Namespace) -> float:
    rng = random.Random(f"recall-{args.seed}")
    group = maker.draw_group(rng, 0)
    while len(group) < 200:
        group += maker.draw_group(rng, 1)
    texts = [maker.compressor_ids(p.text, memory_size) for p in group]
    asks = [maker.compressor_ids(draw_question(rng, p.entity, rng.choice(p.facts)), memory_size) for p in group]
    with autocast(model.device):
        vectors = [F.normalize(compress(model, s, memory_size).flatten(1).float(), dim=-1) for s in (texts, asks)]
    best = (vectors[1] @ vectors[0].T).argmax(-1)
    return float((best == torch.arange(len(group), device=best.device)).float().mean())
