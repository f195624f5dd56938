"""Writes the asset folder: bf16 weights, tokenizer with chat template, model card, a short training log."""

from __future__ import annotations

import argparse
import json
import shutil
from typing import Any

import torch
from tiny_base_model import new_model
from tiny_base_tokenizer import load_tokenizer, wrap_tokenizer

from clara.demo.worlds import held_out_worlds, training_worlds


def export(args: argparse.Namespace) -> None:
    """Write the asset folder: bf16 safetensors, tokenizer with chat template, model card, a short training log."""
    tokenizer = load_tokenizer(args.run, seed=args.seed)
    model, _ = new_model(tokenizer, args)
    state = torch.load(args.run / "checkpoint.pt", map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    model = model.to(torch.bfloat16)
    model.generation_config.do_sample = False
    folder = args.export
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    wrap_tokenizer(tokenizer).save_pretrained(folder)
    for file in folder.iterdir():
        file.chmod(0o644)  # safetensors are written for the owner only
    shutil.copyfile(args.run / "training_run.json", folder / "training_run.json")
    evaluations: dict[str, dict[str, Any]] = {}
    lines = [json.loads(line) for line in (args.run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    for record in lines:
        if "worlds" in record:
            evaluations[record["worlds"]] = record
    short = [r for r in lines if "worlds" in r or r["step"] % (args.log_every * 5) == 0]
    (folder / "training_log.jsonl").write_text("".join(json.dumps(r) + "\n" for r in short[-400:]), encoding="utf-8")
    kinds = args.worlds.replace(",", ", ") or ", ".join(world.kind for world in training_worlds())
    held = ", ".join(world.kind for world in held_out_worlds())
    rows = "".join(
        f"| {name} | "
        + " | ".join(str(evaluations.get(split, {}).get(key, "-")) for split in ("train", "held_out"))
        + " |\n"
        for key, name in (
            ("em_text", "exact match, visible text, 1 passage"),
            ("em_n20", "exact match, 20 memory tokens"),
            ("em_n12", "exact match, 12 memory tokens"),
            ("em_n6", "exact match, 6 memory tokens"),
            ("em_n12x3", "exact match, 12 memory tokens, the right passage among 3"),
            ("recall_n12", "recall@1 among 200, 12 memory tokens"),
            ("recall_n6", "recall@1 among 200, 6 memory tokens"),
        )
    )
    parameters = sum(p.numel() for p in model.parameters())
    (folder / "README.md").write_text(
        CARD.format(
            parameters=f"{parameters / 1e6:.1f}",
            layers=args.layers,
            hidden=args.hidden,
            vocabulary=f"{tokenizer.get_vocab_size():,}",
            rows=rows,
            kinds=kinds,
            held=held,
            minutes=round(max(record.get("seconds", 0) for record in lines) / 60),
            command=f"python scripts/train_tiny_base.py --run runs/tiny_base --steps {args.steps} --seed {args.seed}",
        ),
        encoding="utf-8",
    )  # fmt: skip


CARD = """---
license: apache-2.0
language: en
---
# clara tiny base

A {parameters}M-parameter Llama-shaped language model ({layers} layers, hidden size {hidden}, byte-level BPE,
{vocabulary} tokens) that ships inside the `clara` package so that `clara demo`, the tests and the examples run on a
laptop without a download.

## What it was trained on
Only text that `src/clara/demo/worlds.py` makes up, of these kinds: {kinds};
and, for the other half, of worlds made up on the spot. No public corpus, no user data, no product sheet. Invented names
are split by a hash of their spelling; no name the demo corpus uses can occur in this
model's training text (`tests/demo/test_leaks.py` searches for them). Common first names, cities, countries, colours,
materials, months and kinds of things are shared with the demo.

**It has seen compress-and-read and retrieval** (in those other worlds): it was trained to answer from memory tokens
made by itself, of one passage up to three, some of the time from visible text, and with a small contrastive loss that
brings a question's memory near its passage's. What the demo trains is therefore the move to a new kind of document,
not the skill from zero. Training was helped along by hints that stop with it: each memory token was told which sort of
value to hold, and attention where to look. Colours and cities of product sheets it reads from memory at once; the
demo's stages add the rest.

## Measured (fresh entities; "held-out" = kinds of things never trained on: {held})

| | training worlds | held-out worlds |
| --- | --- | --- |
{rows}
It came about in one run of {minutes} minutes on a laptop's CPU, from seed and from nothing else:

    {command}

`training_run.json` holds all its arguments, `training_log.jsonl` its log. LOG.md in the repository (from experiment 25
on) says how the course was found, failed ways too.

## What it cannot do
It knows no facts about the world, cannot reason, count or translate, speaks only short template-like English, and
reads passages of up to about 128 tokens. It is a test bench for clara's mechanics, not an assistant. Do not use it
for anything that matters; use a real base model (`--base-model`).
"""
