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

RECORD = "training_run.json"
NOT_RECORDED = frozenset(
    [
        "run",
        "export",
        "start_from",
        "max_seconds",
        "stop_after",
        "workers",
        "compile",
        "log_every",
        "eval_every",
        "save_every",
        "eval_questions",
    ]
)


def mix_at(progress: float, args: argparse.Namespace) -> Mix:
    """Read, then look, then find: what was learned in one part is what the next one builds on (LOG.md, 43 to 50).

    *Read*, up to `--early`: one passage in twelve memory tokens, hints what each token shall name. *Look*, up to
    `--finding`: other sizes, several passages, the entity's name in every memory token, attention hinted where to look;
    any of these from the first step on keeps a model from ever copying a value out. *Find*, from there: half of the
    entities fill two passages, like a file of two pages, and only the right one may be found: a contrastive loss strong
    enough to tell them apart (strong from the start, it delays reading), while the slot hints fade out.
    """
    if progress < args.early:
        return Mix(
            args.memory_share, (12,), 1, 0.05, args.restate, 0.0, 0.1, 1.0, 0.5, with_names=False, pointing=False
        )
    sizes = (12, 12, 12, 6, 20)
    if progress < args.finding:
        return Mix(args.memory_share, sizes, 3, 0.05, args.restate, 0.0, 0.15, 0.6, 0.5)
    fading = max(0.0, 1.0 - (progress - args.finding) / 0.2)
    return Mix(
        args.memory_share,
        sizes,
        3,
        0.05,
        args.restate,
        0.0,
        args.retrieval,
        0.6,
        0.5,
        temperature=args.temperature,
        hint_share=fading,
    )


# ---------------------------------------------------------------- training


def worlds_of(args: argparse.Namespace) -> tuple[World, ...]:
    """The training worlds, or those of them named by --worlds."""
    if not args.worlds:
        return training_worlds()
    kinds = args.worlds.split(",")
    return tuple(world for world in training_worlds() if world.kind in kinds)


class TwoOptimizers:
    """Muon for the matrices of the layers, AdamW for embeddings, norms and maps; one schedule for both."""

    def __init__(self, model: LlamaForCausalLM, maps: torch.nn.Parameter, args: argparse.Namespace) -> None:
        matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n and "lm_head" not in n]
        chosen = {id(p) for p in matrices}
        others = [*(p for p in model.parameters() if id(p) not in chosen), maps]
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


def new_maker(tokenizer: Tokenizer, args: argparse.Namespace) -> RowMaker:
    return RowMaker(
        tokenizer,
        worlds_of(args) if args.worlds else (),
        made_up_share=args.made_up,
        seed=args.seed,
        batch_passages=args.batch_passages,
    )


def make_batch(maker: RowMaker, step: int, args: argparse.Namespace) -> tuple[Mix, Batch]:
    mix = mix_at(step / args.steps, args)
    return mix, maker.batch(step, mix)


_WORKER: dict[str, Any] = {}


def _start_worker(tokenizer_path: str, args: argparse.Namespace) -> None:
    _WORKER["args"] = args
    _WORKER["maker"] = new_maker(Tokenizer.from_file(tokenizer_path), args)


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
    record = json.loads(json.dumps(record_of(args)))
    record_path = args.run / RECORD
    if record_path.exists() and json.loads(record_path.read_text(encoding="utf-8")) != record:
        raise SystemExit(f"error: {args.run} holds a run with other arguments ({record_path}); choose another --run")
    record_path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    tokenizer = load_tokenizer(args.run, seed=args.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model, maps = new_model(tokenizer, args)
    model, maps = model.to(device), torch.nn.Parameter(maps.detach().to(device))
    optimizers = TwoOptimizers(model, maps, args)
    checkpoint = args.run / "checkpoint.pt"
    start, seconds = 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        maps.data.copy_(state["maps"])
        for part, saved in zip(optimizers.parts, state["optimizers"], strict=True):
            part.load_state_dict(saved)
        start, seconds = state["step"], state["seconds"]
    elif args.start_from and args.start_from.is_dir():  # an exported base: its maps were thrown away
        model.load_state_dict(LlamaForCausalLM.from_pretrained(args.start_from, dtype=torch.float32).state_dict())
    elif args.start_from:
        state = torch.load(args.start_from, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        maps.data.copy_(state["maps"])
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
        state = {
            "model": model.state_dict(),
            "maps": maps.data,
            "optimizers": [p.state_dict() for p in optimizers.parts],
        }
        save_checkpoint(checkpoint, {**state, "step": step, "seconds": time.monotonic() - began})

    sums: dict[str, list[float]] = defaultdict(list)
    step = start
    for mix, batch in batches(args.run / "tokenizer.json", start, args):
        with autocast(device):
            loss, parts = batch_loss(
                model,
                maps,
                batch,
                mix,
                max_tokens=args.max_tokens,
                temperature=mix.temperature,
                slot_weight=args.slot_weight * mix.hint_share,
                point_weight=args.point_weight if mix.pointing else 0.0,
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


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="folder of checkpoint, tokenizer and log")
    parser.add_argument("--export", type=Path, help="write the asset folder from the run's checkpoint and stop")
    parser.add_argument("--start-from", type=Path, help="take the weights of this checkpoint.pt or exported base")
    parser.add_argument(
        "--worlds", default="", help="only these kinds, comma-separated; default: all, and made-up ones"
    )
    parser.add_argument("--slot-weight", type=float, default=1.0, help="weight of the hint what a memory token names")
    parser.add_argument("--point-weight", type=float, default=0.3, help="weight of the hint where to look it up")
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--batch-passages", type=int, default=16)
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
    parser.add_argument("--cooldown", type=float, default=0.75)
    parser.add_argument("--early", type=float, default=0.2, help="share of the steps that are kept simple: mix_at")
    parser.add_argument("--finding", type=float, default=0.4, help="share of the steps before the contrastive part")
    parser.add_argument("--memory-share", type=float, default=0.85, help="groups read as memory, not as text")
    parser.add_argument("--made-up", type=float, default=0.5, help="share of worlds made up on the spot")
    parser.add_argument("--restate", type=float, default=0.05)
    parser.add_argument("--retrieval", type=float, default=0.5, help="weight of the contrastive loss, in its part")
    parser.add_argument("--temperature", type=float, default=0.02)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log-every", type=int, default=20)
    parser.add_argument("--eval-every", type=int, default=300)
    parser.add_argument("--save-every", type=int, default=100)
    parser.add_argument("--eval-questions", type=int, default=240)
    return parser.parse_args(argv)


def record_of(args: argparse.Namespace) -> dict[str, Any]:
    """What decides the outcome of a run: everything but where it is written, how it is watched and when it stops."""
    return {name: value for name, value in vars(args).items() if name not in NOT_RECORDED}


def arguments_of(record: dict[str, Any]) -> argparse.Namespace:
    """The arguments of a recorded run (training_run.json)."""
    return argparse.Namespace(**{**vars(parse_arguments(["--run", "."])), **record})


if __name__ == "__main__":
    arguments = parse_arguments()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    export(arguments) if arguments.export else train(arguments)
