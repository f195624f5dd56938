"""transformers' Trainer around ClaraModel: our batches in our order, atomic checkpoints, an unrounded metrics file.

What Trainer keeps: optimizer, schedule, accumulation, clipping, mixed precision, processes. What it does not do exactly
is replaced here: the data order after a resume (batches.py), and saving in place (a torn checkpoint would win).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.integrations import get_reporting_integration_callbacks
from transformers.trainer_callback import PrinterCallback
from transformers.utils import is_flash_attn_2_available

from clara.errors import ConfigError
from clara.modeling import ClaraModel
from clara.modeling.base import fast_bfloat16
from clara.modeling.checkpoint import replace_folder
from clara.modeling.tokens import IGNORED
from clara.training.batches import StepDataset
from clara.training.config import StageSection

METRICS_FILE = "metrics.jsonl"
MODEL_FOLDER = "model"
Measure = Callable[[ClaraModel], dict[str, float]]


@dataclass(frozen=True, slots=True)
class TrainProgress:
    """Where a run is: optimizer steps done and in all, seconds since it started, latest mean loss."""

    step: int
    steps: int
    seconds: float
    loss: float | None


def training_arguments(
    settings: StageSection, folder: Path, *, steps: int, accumulation: int, device: torch.device
) -> TrainingArguments:
    """Our settings in Trainer's words. One dataloader item is a whole micro-batch, hence batch size 1 there."""
    cosine = settings.schedule == "cosine"
    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=1,
        gradient_accumulation_steps=accumulation,
        max_steps=steps,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine_with_min_lr" if cosine else "constant_with_warmup",
        lr_scheduler_kwargs={"min_lr_rate": 0.1} if cosine else {},
        warmup_steps=round(settings.warmup_ratio * steps),
        weight_decay=settings.weight_decay,
        adam_beta1=0.9,
        adam_beta2=0.95,
        max_grad_norm=settings.max_grad_norm,
        logging_steps=settings.logging_steps,
        logging_first_step=True,
        logging_nan_inf_filter=False,
        save_strategy="steps",
        save_steps=settings.save_steps,
        eval_strategy="no",
        report_to=settings.report_to,
        seed=settings.seed,
        data_seed=settings.seed,
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_num_workers=0,
        use_cpu=device.type == "cpu",
        fp16=settings.precision == "float16",
        bf16=settings.autocast == "bfloat16" or (settings.autocast == "auto" and fast_bfloat16(device)),
        label_names=["labels"],
    )
    # one process, one device: nn.DataParallel would cut a micro-batch's tensors apart, rows here and passages there
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments


class ClaraTrainer(Trainer):
    """Trains one stage. `measure` is called every `eval_steps` steps and at the end, on the model as it is."""

    def __init__(
        self,
        model: ClaraModel,
        arguments: TrainingArguments,
        dataset: StepDataset,
        *,
        measure: Measure,
        eval_steps: int | None,
        keep_checkpoints: int,
        contrastive_weight: float = 0.0,
        progress: Callable[[TrainProgress], None] | None = None,
    ) -> None:
        self._run = Path(str(arguments.output_dir))
        super().__init__(model=model, args=arguments, train_dataset=dataset, data_collator=_only_item)
        self.model_accepts_loss_kwargs = True  # num_items_in_batch: the loss is a mean over the global batch's tokens
        self._measure, self._eval_steps, self._keep = measure, eval_steps, keep_checkpoints
        self._contrastive_weight = contrastive_weight
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, Tensor | float] = {}
        self._totals: dict[str, Tensor] = {}
        self.remove_callback(PrinterCallback)
        self.add_callback(_Watch(self, progress))

    def get_train_dataloader(self) -> DataLoader[Any]:
        assert self.train_dataset is not None
        loader = DataLoader(self.train_dataset, batch_size=1, shuffle=False, collate_fn=_only_item)
        prepared: DataLoader[Any] = self.accelerator.prepare(loader)
        return prepared

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        inputs = dict(inputs)
        positives = inputs.pop("positives", None)
        share = 1 / (self.current_gradient_accumulation_steps * self.accelerator.num_processes)
        if positives is not None and self._contrastive_weight:
            inputs |= {"positives": positives, "contrastive_weight": self._contrastive_weight}
        output = model(**inputs, num_items_in_batch=num_items_in_batch, share=share)
        tokens = (inputs["labels"] != IGNORED).sum()
        scale = tokens if num_items_in_batch is None else num_items_in_batch
        self._note("answer_loss", output.answer_loss * scale, tokens)
        if output.alignment_loss is not None:
            self._note("alignment_loss", output.alignment_loss, 1)
        if output.contrastive_loss is not None:
            self._note("contrastive_loss", output.contrastive_loss, 1)
        if positives is not None and output.selected is not None:
            self._note_recall(positives.bool(), output.selected, output.scores, inputs["candidate_mask"])
        padded = [
            (inputs[name] == 0).sum() for name in ("attention_mask", "passage_mask", "query_mask") if name in inputs
        ]
        sizes = [inputs[name].numel() for name in ("attention_mask", "passage_mask", "query_mask") if name in inputs]
        self._note("padding_share", torch.stack(padded).sum(), float(sum(sizes)))
        self._note_total("tokens", sum(sizes) - torch.stack(padded).sum())
        loss = output.loss * self.accelerator.num_processes
        return (loss, output) if return_outputs else loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """One line of metrics.jsonl per log, unrounded; the trackers of report_to get the same numbers."""
        if "loss" in logs and self._sums:
            logs = {**{key: value for key, value in logs.items() if key != "loss"}, **self._drain()}
        super().log(logs, start_time)
        if self.is_world_process_zero():
            line = {"step": self.state.global_step, **logs}
            with (self._run / METRICS_FILE).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def measure_now(self) -> dict[str, float]:
        """Evaluate by generation and log the result under eval_*. Dropout's generator is left as it was."""
        with torch.random.fork_rng(devices=[]):
            found = self._measure(self.accelerator.unwrap_model(self.model))
        if found:
            self.log({f"eval_{key}": value for key, value in found.items()})
        return found

    def _note(self, name: str, total: Tensor | float, count: Tensor | float) -> None:
        self._sums[name] = self._sums.get(name, 0.0) + torch.as_tensor(total).detach().float()  # MPS has no float64
        self._counts[name] = self._counts.get(name, 0.0) + count

    def _note_total(self, name: str, total: Tensor) -> None:
        self._totals[name] = self._totals.get(name, 0) + total.detach()

    def _note_recall(self, positives: Tensor, selected: Tensor, scores: Tensor, mask: Tensor) -> None:
        has = positives.any(dim=1)
        top = scores.masked_fill(~mask, float("-inf")).argsort(dim=1, descending=True)
        for k in (1, 5):
            found = positives.gather(1, top[:, :k]).sum(1) / positives.sum(1).clamp(min=1)
            self._note(f"recall_at_{k}", found[has].sum(), has.sum())
        chosen = positives.gather(1, selected).any(dim=1)
        self._note("selected_a_positive", chosen[has].sum(), has.sum())
        self._note_total("rows_without_positives", (~has).sum())

    def _drain(self) -> dict[str, float]:
        """Means since the last log; a mean over nothing (recall without any positive) is left out, not zero."""
        drained = {name: float(total) / n for name, total in self._sums.items() if (n := float(self._counts[name]))}
        drained |= {name: int(total) for name, total in self._totals.items()}
        weight = self._model_config().alignment_weight
        drained = {"loss": drained["answer_loss"] + weight * drained.get("alignment_loss", 0.0), **drained}
        self._sums, self._counts, self._totals = {}, {}, {}
        return drained

    def _model_config(self) -> Any:
        return self.accelerator.unwrap_model(self.model).config

    # -- checkpoints: written beside, then renamed; a resumed run starts from the newest whole one --------------------

    def _get_output_dir(self, trial: Any) -> str:
        return str(self._run / ".writing")

    def _save_checkpoint(self, model: torch.nn.Module, trial: Any) -> None:
        run, writing = self._run, Path(self._get_output_dir(trial))
        if self.args.should_save:
            shutil.rmtree(writing, ignore_errors=True)
        self.accelerator.wait_for_everyone()  # nobody writes into a folder that is being removed
        super()._save_checkpoint(model, trial)
        self.accelerator.wait_for_everyone()
        if self.args.should_save:
            name = f"checkpoint-{self.state.global_step}"
            _sync(writing / name)
            replace_folder(writing / name, run / name)
            shutil.rmtree(writing, ignore_errors=True)
            for old in checkpoints(run)[: -self._keep]:
                shutil.rmtree(old)
        self.accelerator.wait_for_everyone()

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        assert output_dir is not None
        unwrapped: ClaraModel = self.accelerator.unwrap_model(self.model)
        unwrapped.save_pretrained(Path(output_dir) / MODEL_FOLDER)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        """The model was built from checkpoint-N/model already (stages.py)."""


def check_installed(settings: StageSection) -> None:
    """Raise ConfigError for a tracker or an attention kernel that is unknown or not installed here."""
    for tracker in settings.report_to:
        try:
            for callback in get_reporting_integration_callbacks([tracker]):
                callback()
        except (ValueError, RuntimeError, ImportError) as error:
            raise ConfigError(f"report_to: '{tracker}': {error}") from None
    if settings.attention == "flash_attention_2" and not is_flash_attn_2_available():
        raise ConfigError("attention: flash_attention_2 needs the flash-attn package and a GPU; use sdpa or eager")


def checkpoints(run: Path) -> list[Path]:
    """Whole checkpoints of a run, oldest first."""
    found = [path for path in run.glob("checkpoint-*") if re.fullmatch(r"checkpoint-\d+", path.name)]
    return sorted(found, key=lambda path: int(path.name.split("-")[1]))


def cut_metrics(run: Path, *, step: int) -> None:
    """Drop lines after `step` (and a torn tail): the resumed run writes them again."""
    path = run / METRICS_FILE
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            if json.loads(line)["step"] <= step:
                kept.append(line + "\n")
        except (json.JSONDecodeError, KeyError, TypeError):
            continue
    beside = path.with_suffix(".writing")
    beside.write_text("".join(kept), encoding="utf-8")
    os.replace(beside, path)


class _Watch(TrainerCallback):
    """Progress for people, and the measurements between steps."""

    def __init__(self, trainer: ClaraTrainer, progress: Callable[[TrainProgress], None] | None) -> None:
        self._trainer, self._progress = trainer, progress
        self._start = time.monotonic()
        self._loss: float | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._start = time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
        self._loss = (logs or {}).get("loss", self._loss)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == state.max_steps:
            control.should_log = True  # a run shorter than logging_steps has its curve too
        every = self._trainer._eval_steps
        if every is not None and state.global_step % every == 0 and state.global_step < state.max_steps:
            self._trainer.measure_now()
        if self._progress is not None:
            self._progress(
                TrainProgress(state.global_step, state.max_steps, time.monotonic() - self._start, self._loss)
            )


def _only_item(items: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    return items[0]


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
