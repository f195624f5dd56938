"""What the demo trains, and how long: the same fields as configs/tiny_cpu.yaml."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from clara.errors import UsageError

HELD_OUT_SHARE = 5  # one held-out document for every five to train on
MIN_HELD_OUT = 20
NUM_QUESTIONS = 402
MIN_STEPS = 6

MODEL: dict[str, Any] = {
    "doc_max_length": 128,
    "compression_rate": 10,
    "num_documents": 3,
    "num_candidates": 20,
    "lora_rank": 16,
    "lora_alpha": 32,
    "lora_dropout": 0.0,
}
TRAINING: dict[str, Any] = {
    "batch_size": 16,
    "micro_batch_size": 16,
    "precision": "float32",
    "autocast": "auto",
    "attention": "eager",
    "save_steps": 50,
    "logging_steps": 5,
}
STAGES: dict[str, dict[str, Any]] = {
    "pretrain": {
        "learning_rate": 1e-3,
        "answer_share": 1.0,
        "answers_per_row": 4,
        "paraphrase_share": 0.1,
        "max_steps": 300,
    },
    "instruction": {"learning_rate": 1e-3, "max_steps": 200},
    "end_to_end": {"learning_rate": 1e-3, "contrastive_weight": 1.0, "max_steps": 250},
}

LONG_STEPS = 3.0  # `--long` takes this many times the steps of every stage: three runs within the hour on two cores
LONG_RATES = {4: 6, 8: 12, 16: 32}
"""What `--long` aims at -> model.compression_rate. The measured rate is text tokens / (memory tokens + <SEP>); a demo
passage has about 84 tokens, so 128 // 6 = 21, 128 // 12 = 10 and 128 // 32 = 4 memory tokens come nearest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSettings:
    """What a user may choose. Everything else is the recipe."""

    output: Path
    seed: int = 0
    documents: int = 1000
    base_model: str = "tiny"
    compression_rate: int = MODEL["compression_rate"]
    """Passage tokens for each memory token, at full length."""
    steps_factor: float = 1.0
    """Every stage takes this many times the recipe's steps."""

    def __post_init__(self) -> None:
        if self.documents < 20:
            raise UsageError(f"--documents {self.documents}: the demo needs at least 20 documents to train on")

    @property
    def held_out(self) -> int:
        return max(MIN_HELD_OUT, self.documents // HELD_OUT_SHARE)

    @property
    def questions(self) -> int:
        """At least two a held-out document, at least 402 at the default size; a multiple of three."""
        return max(NUM_QUESTIONS * self.held_out // 200, 2 * self.held_out) // 3 * 3

    def training(self, data: Path, runs: Path) -> dict[str, Any]:
        """The training configuration, as `clara train --config` would read it."""
        return {
            "runs_dir": str(runs),
            "device": "cpu",
            "model": {**MODEL, "base_model": self.base_model, "compression_rate": self.compression_rate},
            "data": {stage: str(data / f"{stage}_data.jsonl") for stage in STAGES}
            | {"eval_fraction": 0.05, "max_eval_rows": 100},
            "training": {**TRAINING, "seed": self.seed},
            **{stage: {**values, "max_steps": self._steps(values)} for stage, values in STAGES.items()},
        }

    def _steps(self, values: dict[str, Any]) -> int:
        """Optimizer steps of a stage: the recipe's are for 1,000 documents, more documents get more."""
        return max(MIN_STEPS, round(values["max_steps"] * self.steps_factor * self.documents / 1000))

    def at_each_rate(self) -> dict[int, DemoSettings]:
        """The runs of `--long`: the rate each aims at, and its settings, in a folder of its own inside `output`."""
        return {
            target: replace(self, output=self.output / f"rate-{target}", compression_rate=rate, steps_factor=LONG_STEPS)
            for target, rate in LONG_RATES.items()
        }

    def identity(self) -> dict[str, Any]:
        """What makes two runs the same run."""
        recipe = {"model": MODEL, "training": TRAINING, "stages": STAGES}
        return {key: value for key, value in asdict(self).items() if key != "output"} | {"recipe": recipe}
