"""Train the embedded tiny base: a Llama-shaped LM that reads, compresses and retrieves text of invented worlds.

    python scripts/train_tiny_base.py --run runs/tiny_base --steps 4000            # train, or resume where it stopped
    python scripts/train_tiny_base.py --run runs/tiny_base --export src/clara/assets/tiny_base

The batch of a step is a pure function of (seed, step); a checkpoint holds weights, optimizer and step, written beside
and renamed, so a killed run goes on as if nothing had happened.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import torch
from tiny_base_export import export
from tiny_base_model import autocast, batch_loss, new_model
from tiny_base_rows import Batch, Mix, RowMaker
from tiny_base_scores import evaluate
from tiny_base_tokenizer import load_tokenizer
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from clara.demo.worlds import World, held_out_worlds, training_worlds


def mix_at(progress: float, args: argparse.Namespace) -> Mix:
    """Reading; then memory replaces text more and more; then fewer memory tokens, more passages, retrieval."""
    if args.course == "memory":
        return Mix(0.9, (12,), 1, 0.1, 0.1, 0.0, 0.0)
    if args.course == "retrieval":
        return Mix(0.9, (12,), 3, 0.05, 0.0, 0.0, 0.15)
    if args.course == "narrow":
        return narrow_mix(progress, args)
    if progress < args.reading:
        # restating visible text is copying: its dense loss forms the copying heads that answering then uses
        return Mix(0.0, (16,), 1, 0.1, 0.3, 0.0, 0.0, simple_share=0.9 if progress < args.reading / 2 else 0.2)
    fade = min(1.0, (progress - args.reading) / args.fade)
    share = 0.5 + 0.42 * fade
    if fade < 1.0:  # restating the memory is the densest loss there is on what the memory holds
        sizes = (32, 32, 16) if fade < 0.4 else (32, 16, 16, 12)
        return Mix(share, sizes, 1, 0.2, 0.3, args.question_weight, 0.0)
    late = (progress - args.reading - args.fade) / max(1e-6, 1 - args.reading - args.fade)
    if late < 0.25:
        return Mix(share, (12, 16, 16, 32), 2, 0.2, args.restate, args.question_weight, 0.05)
    if late < 0.6:
        return Mix(share, (8, 12, 12, 16, 32), 4, 0.2, args.restate, args.question_weight, 0.1)
    return Mix(share, (8, 8, 12, 12, 16, 32), 5, 0.15, 0.05, 0.05, 0.1)


# ---------------------------------------------------------------- training


def narrow_mix(progress: float, args: argparse.Namespace) -> Mix:
    """For a few worlds: they are read well within 600 steps, so memory may come early."""
    if progress < args.reading:
        return Mix(0.0, (16,), 1, 0.1, 0.2, 0.0, 0.0)
    fade = min(1.0, (progress - args.reading) / args.fade)
    sizes = (16,) if fade < 0.4 else (16, 16, 12)
    return Mix(0.6 + 0.32 * fade, sizes, 1, 0.2, 0.3, args.question_weight, 0.0)


def worlds_of(args: argparse.Namespace) -> tuple[World, ...]:
    """The training worlds, or those of them named by --worlds."""
    if not args.worlds:
        return training_worlds()
    kinds = args.worlds.split(",")
    return tuple(world for world in training_worlds() if world.kind in kinds)


class TwoOptimizers:
    """Muon for the matrices of the layers, AdamW for embeddings and norms; one schedule for both."""

    def __init__(self, model: LlamaForCausalLM, args: argparse.Namespace) -> None:
        matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n and "lm_head" not in n]
        chosen = {id(p) for p in matrices}
        others = [p for p in model.parameters() if id(p) not in chosen]
        self.parts: list[torch.optim.Optimizer] = [
            torch.optim.Muon(
                matrices, lr=args.muon_lr, momentum=0.95, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
            ),
            torch.optim.AdamW(others, lr=args.lr, betas=(0.9, 0.98), weight_decay=0.0),
        ]
        self.base = [args.muon_lr, args.lr]

    def step(self, factor: float) -> None:
        for part, base in zip(self.parts, self.base, strict=True):
            part.param_groups[0]["lr"] = base * factor
            part.step()
            part.zero_grad(set_to_none=True)


def schedule(step: int, args: argparse.Namespace) -> float:
    """Warm-up, constant, then down to a tenth over the last part."""
    warm = min(1.0, (step + 1) / args.warmup)
    cool = min(1.0, (args.steps - step) / max(1, args.steps * args.cooldown))
    return warm * (0.1 + 0.9 * cool)


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    torch.save(state, path.with_suffix(".new"))
    os.replace(path.with_suffix(".new"), path)


def make_batch(maker: RowMaker, step: int, args: argparse.Namespace) -> tuple[Mix, Batch]:
    mix = mix_at(step / args.steps, args)
    return mix, maker.batch(step, mix)


_WORKER: dict[str, Any] = {}


def _start_worker(tokenizer_path: str, args: argparse.Namespace) -> None:
    _WORKER["args"] = args
    _WORKER["maker"] = RowMaker(
        Tokenizer.from_file(tokenizer_path),
        worlds_of(args) if args.worlds else (),
        seed=args.seed,
        batch_passages=args.batch_passages,
    )


def _work(step: int) -> tuple[Mix, Batch]:
    return make_batch(_WORKER["maker"], step, _WORKER["args"])


def batches(tokenizer_path: Path, start: int, args: argparse.Namespace) -> Iterator[tuple[Mix, Batch]]:
    """The batches of steps start, start+1, …, made in `--workers` processes (0: here); the same either way."""
    if not args.workers:
        _start_worker(str(tokenizer_path), args)
        for step in range(start, args.steps):
            yield _work(step)
        return
    with ProcessPoolExecutor(args.workers, initializer=_start_worker, initargs=(str(tokenizer_path), args)) as pool:
        ahead = 4 * args.workers
        pending = [pool.submit(_work, step) for step in range(start, min(args.steps, start + ahead))]
        for step in range(start, args.steps):
            yield pending.pop(0).result()
            if step + ahead < args.steps:
                pending.append(pool.submit(_work, step + ahead))


def train(args: argparse.Namespace) -> None:
    args.run.mkdir(parents=True, exist_ok=True)
    tokenizer = load_tokenizer(args.run, seed=args.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = new_model(tokenizer, args).to(device)
    optimizers = TwoOptimizers(model, args)
    checkpoint = args.run / "checkpoint.pt"
    start, seconds = 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        for part, saved in zip(optimizers.parts, state["optimizers"], strict=True):
            part.load_state_dict(saved)
        start, seconds = state["step"], state["seconds"]
    elif args.start_from:
        model.load_state_dict(torch.load(args.start_from, map_location=device, weights_only=True)["model"])
    if args.compile:
        model.model.forward = torch.compile(model.model.forward, dynamic=True)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {device}, from step {start}", flush=True)
    began = time.monotonic() - seconds
    log = (args.run / "log.jsonl").open("a", encoding="utf-8")

    def write(record: dict[str, Any]) -> None:
        line = json.dumps(record)
        log.write(line + "\n")
        log.flush()
        print(line[:600], flush=True)

    def save(step: int) -> None:
        state = {"model": model.state_dict(), "optimizers": [p.state_dict() for p in optimizers.parts]}
        save_checkpoint(checkpoint, {**state, "step": step, "seconds": time.monotonic() - began})

    sums: dict[str, list[float]] = defaultdict(list)
    step = start
    for mix, batch in batches(args.run / "tokenizer.json", start, args):
        with autocast(device):
            loss, parts = batch_loss(
                model,
                batch,
                mix,
                max_tokens=args.max_tokens,
                temperature=args.temperature,
                slot_weight=args.slot_weight,
            )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizers.step(schedule(step, args))
        step += 1
        for key, value in parts.items():
            sums[key].append(value)
        if step % args.log_every == 0:
            means = {key: round(sum(v) / len(v), 4) for key, v in sums.items()}
            write({"step": step, "seconds": round(time.monotonic() - began), **means})
            sums.clear()
        stopping = time.monotonic() - began > args.max_seconds or step == args.stop_after
        if step % args.eval_every == 0 or step == args.steps or stopping:
            for split, worlds in (("train", worlds_of(args)), ("held_out", held_out_worlds())):
                write({"step": step, "worlds": split, **evaluate(model, tokenizer, worlds, args)})
            save(step)
        elif step % args.save_every == 0:
            save(step)
        if stopping:
            break
    log.close()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="folder of checkpoint, tokenizer and log")
    parser.add_argument("--export", type=Path, help="write the asset folder from the run's checkpoint and stop")
    parser.add_argument("--start-from", type=Path, help="take the weights (not the optimizer) of this checkpoint.pt")
    parser.add_argument(
        "--course", choices=("broad", "narrow", "memory", "retrieval"), default="broad", help="curriculum: mix_at"
    )
    parser.add_argument(
        "--worlds", default="", help="only these kinds, comma-separated; default: all, and made-up ones"
    )
    parser.add_argument("--slot-weight", type=float, default=0.0, help="weight of the hint what a memory token names")
    parser.add_argument("--steps", type=int, default=9000)
    parser.add_argument("--batch-passages", type=int, default=12)
    parser.add_argument("--max-tokens", type=int, default=4096, help="padded tokens of one forward pass")
    parser.add_argument("--max-seconds", type=float, default=math.inf, help="stop (with a checkpoint) after this long")
    parser.add_argument("--stop-after", type=int, help="stop (with a checkpoint) after this step; resume continues")
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--head-dim", type=int, default=32)
    parser.add_argument("--intermediate", type=int, default=640)
    parser.add_argument("--init", type=float, default=0.06)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--muon-lr", type=float, default=6e-3)
    parser.add_argument("--warmup", type=int, default=50)
    parser.add_argument("--cooldown", type=float, default=0.3)
    parser.add_argument("--reading", type=float, default=0.1, help="share of the steps that only read visible text")
    parser.add_argument("--fade", type=float, default=0.2, help="share of the steps in which memory replaces text")
    parser.add_argument("--restate", type=float, default=0.1)
    parser.add_argument("--question-weight", type=float, default=0.1)
    parser.add_argument("--temperature", type=float, default=0.05)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log-every", type=int, default=20)
    parser.add_argument("--eval-every", type=int, default=300)
    parser.add_argument("--save-every", type=int, default=100)
    parser.add_argument("--eval-questions", type=int, default=240)
    return parser.parse_args()


if __name__ == "__main__":
    arguments = parse_arguments()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    export(arguments) if arguments.export else train(arguments)
