"""The three stages: what each starts from, what it trains, and the run from configuration to checkpoint.

pretrain      compressor + generator + memory-token table   answers from memory + alignment
instruction   the same, on instructions among distractors
end_to_end    query reasoner + generator, from stored memory; the compressor and the table stay frozen
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from clara.dialects import load_examples
from clara.errors import CheckpointError, ConfigError, UsageError
from clara.modeling import COMPRESSOR, GENERATOR, QUERY_REASONER, ClaraConfig, ClaraModel, Prompts
from clara.modeling.adapters import adapter_parameters, reset_adapter
from clara.modeling.base import pick_device
from clara.schema import STAGES, EndToEndExample, Example, Stage
from clara.training.batches import StepDataset
from clara.training.config import StageSection, TrainConfig, resolved_json
from clara.training.memory import build_training_memory
from clara.training.probing import measure
from clara.training.rows import StageRows, check_rows, split_rows
from clara.training.trainer import (
    MODEL_FOLDER,
    ClaraTrainer,
    TrainProgress,
    check_installed,
    checkpoints,
    cut_metrics,
    training_arguments,
)

TRAINED: dict[Stage, tuple[str, ...]] = {
    "pretrain": (COMPRESSOR, GENERATOR),
    "instruction": (COMPRESSOR, GENERATOR),
    "end_to_end": (QUERY_REASONER, GENERATOR),
}
TRAINS_TABLE: dict[Stage, bool] = {"pretrain": True, "instruction": True, "end_to_end": False}
# what a checkpoint was made with; a later stage with other values would silently train another model
FIXED_AT_PRETRAIN = (
    "doc_max_length",
    "compression_rate",
    "shared_memory_token",
    "lora_rank",
    "lora_alpha",
    "lora_dropout",
    "quantization",
)
RESULT_FILE, CONFIG_FILE, RUN_FILE = "result.json", "config.resolved.json", "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageResult:
    """What a finished stage leaves behind; also written to result.json, last."""

    stage: Stage
    checkpoint: str
    steps: int
    rows: int
    held_out_rows: int
    metrics: dict[str, float]
    key: str
    """Digest of configuration and data: the same command finds its finished work, a changed one does not."""


def train_stage(
    config: TrainConfig,
    stage: Stage,
    *,
    init_from: Path | None = None,
    restart: bool = False,
    progress: Callable[[TrainProgress], None] | None = None,
) -> StageResult:
    """Train one stage and return where its checkpoint is: `runs_dir/stage/model`.

    A finished stage with the same configuration and data is returned as it is; a killed one goes on from its newest
    checkpoint. Raises ConfigError, RecordsError, BaseModelError or CheckpointError before any training.
    """
    settings, folder = config.stage(stage), Path(config.runs_dir) / stage
    data_file = Path(getattr(config.data, stage))
    start = init_from or (Path(config.init_from) if config.init_from else _stage_before(config, stage))
    if not data_file.is_file():
        raise ConfigError(f"data.{stage}: no such file: {data_file}")
    check_installed(settings)
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise UsageError("training with several processes is not supported yet; start one process")
    key = _key(config, stage, data_file, start)
    if not restart and (done := finished(folder, key)) is not None:
        return done
    resume = None if restart else _resumable(folder, key)
    examples = load_examples(data_file, stage)
    check_rows(examples, num_documents=config.model.num_documents, file=str(data_file))
    train, held_out = split_rows(examples, eval_fraction=config.data.eval_fraction, seed=settings.seed)

    model = _model(config, stage, start, resume)
    rows, probes = _rows(model, stage, train, held_out, settings, config)
    rows.check_lengths()
    _prepare_folder(folder, key, restart=restart)  # only now: data or a model that is refused costs nothing
    memory = None
    if stage == "end_to_end":
        memory = build_training_memory(folder / "memory", rows.pool, model)
    choose_trainable(model, stage)
    model.lm.set_attn_implementation(settings.attention)
    if settings.gradient_checkpointing:
        model.enable_gradient_checkpointing()
    trainer = _trainer(
        model,
        rows,
        settings,
        folder,
        memory,
        probes,
        retrieve=stage == "end_to_end",
        keep=settings.keep_checkpoints,
        progress=progress,
    )
    (folder / CONFIG_FILE).write_text(resolved_json(config), encoding="utf-8")
    cut_metrics(folder, step=_step_of(resume))
    trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    model.eval()
    metrics = trainer.measure_now()
    assert model.config.stages is not None
    model.config.stages = [*model.config.stages, stage]
    model.save_pretrained(folder / MODEL_FOLDER)
    result = StageResult(
        stage=stage,
        checkpoint=str(folder / MODEL_FOLDER),
        steps=trainer.state.global_step,
        rows=len(train),
        held_out_rows=len(held_out),
        metrics=metrics,
        key=key,
    )
    _write_json(folder / RESULT_FILE, asdict(result))
    for old in checkpoints(folder):
        shutil.rmtree(old)
    return result


def choose_trainable(model: ClaraModel, stage: Stage) -> None:
    """Set requires_grad once for the stage; it stays the same in forward, recomputation and backward."""
    model.requires_grad_(False)
    for name in TRAINED[stage]:
        for parameter in adapter_parameters(model.lm, name).values():
            parameter.requires_grad_(True)
    model.embeddings.weight.requires_grad_(TRAINS_TABLE[stage])


def finished(folder: Path, key: str) -> StageResult | None:
    """The result of a stage that is done with this very configuration and data, else None."""
    path = folder / RESULT_FILE
    if not path.is_file():
        return None
    try:
        result = StageResult(**json.loads(path.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, TypeError):
        return None
    return result if result.key == key and Path(result.checkpoint).is_dir() else None


def _model(config: TrainConfig, stage: Stage, start: Path | None, resume: Path | None) -> ClaraModel:
    settings = config.stage(stage)
    device = pick_device(config.device)
    dtype = None if settings.precision == "auto" else settings.precision
    if resume is not None:
        return ClaraModel.from_pretrained(resume / MODEL_FOLDER, device=device, dtype=dtype, allow_untrained=True)
    if start is None:
        values = config.model.model_dump()
        if values["prompts"] is not None:
            try:
                Prompts.from_dict(values["prompts"])
            except ConfigError as error:
                raise ConfigError(f"model.prompts: {error}") from None
        return ClaraModel.from_base(ClaraConfig(**values), device=device, dtype=dtype, seed=settings.seed)
    model = ClaraModel.from_pretrained(start, device=device, dtype=dtype, allow_untrained=True)
    for name in FIXED_AT_PRETRAIN:
        stored, asked = getattr(model.config, name), getattr(config.model, name)
        if asked != stored:
            raise ConfigError(
                f"model.{name} is {asked}, but the checkpoint {start} was made with {stored}; "
                "it is fixed when pretrain starts (give the same value)"
            )
    model.config.num_documents = config.model.num_documents
    model.config.num_candidates = config.model.num_candidates
    model.config.temperature = config.model.temperature
    model.config.alignment_weight = config.model.alignment_weight
    if stage == "instruction" and settings.generator == "restart":
        reset_adapter(model.lm, GENERATOR, seed=settings.seed + 1)
    if stage == "end_to_end":
        model.start_query_reasoner()
    return model


def _rows(
    model: ClaraModel,
    stage: Stage,
    train: list[Example],
    held_out: list[Example],
    settings: StageSection,
    config: TrainConfig,
) -> tuple[StageRows, list[Any]]:
    pool: list[str] = []
    if stage == "end_to_end":
        every = [example for example in [*train, *held_out] if isinstance(example, EndToEndExample)]
        pool = list(dict.fromkeys(passage for example in every for passage in example.context))
    rows = StageRows(stage, train, model.tokenizer, settings, pool=pool)
    asked = StageRows(stage, held_out, model.tokenizer, settings, pool=pool)
    probes = [probe for index in range(len(asked)) if (probe := asked.probe(index)) is not None]
    return rows, probes[: config.data.max_eval_rows]


def _trainer(
    model: ClaraModel,
    rows: StageRows,
    settings: StageSection,
    folder: Path,
    memory: Any,
    probes: list[Any],
    *,
    retrieve: bool,
    keep: int,
    progress: Callable[[TrainProgress], None] | None,
) -> ClaraTrainer:
    micro = min(settings.micro_batch_size, settings.batch_size)
    accumulation = settings.batch_size // micro
    steps = settings.max_steps or max(
        1, math.ceil(settings.num_epochs * math.ceil(len(rows.of_epoch(0)) / micro) / accumulation)
    )
    dataset = StepDataset(
        rows, micro_batch_size=micro, num_batches=steps * accumulation, seed=settings.seed, memory=memory
    )
    arguments = training_arguments(settings, folder, steps=steps, accumulation=accumulation, device=model.device)
    return ClaraTrainer(
        model,
        arguments,
        dataset,
        measure=lambda current: measure(current, probes, retrieve=retrieve),
        eval_steps=settings.eval_steps,
        keep_checkpoints=keep,
        contrastive_weight=settings.contrastive_weight,
        progress=progress,
    )


def _stage_before(config: TrainConfig, stage: Stage) -> Path | None:
    """The checkpoint of the stage before, or None for pretrain."""
    if stage == "pretrain":
        return None
    before = STAGES[STAGES.index(stage) - 1]
    path = Path(config.runs_dir) / before / MODEL_FOLDER
    if not path.is_dir():
        raise CheckpointError(
            f"{stage} starts from the {before} checkpoint, and there is none at {path}; "
            f"run `clara train {before}` first, or give --init-from"
        )
    return path


def _resumable(folder: Path, key: str) -> Path | None:
    """The newest whole checkpoint of the same run, if there is one. UsageError when it is of another run."""
    found = checkpoints(folder)
    if found and not _is_same_run(folder, key):
        raise UsageError(
            f"{folder} holds an unfinished run with other settings or data; "
            "give the old settings to go on, another runs_dir, or --restart to throw it away"
        )
    return found[-1] if found else None


def _prepare_folder(folder: Path, key: str, *, restart: bool) -> None:
    """Make the run folder this run's: what an earlier, other run left is removed."""
    try:
        if restart and folder.is_dir():
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if not _is_same_run(folder, key):
            for name in ("metrics.jsonl", RESULT_FILE):
                (folder / name).unlink(missing_ok=True)
        _write_json(folder / RUN_FILE, {"key": key})
    except OSError as error:
        raise ConfigError(f"runs_dir: cannot write {error.filename or folder}: {error.strerror or error}") from None


def _is_same_run(folder: Path, key: str) -> bool:
    return (folder / RUN_FILE).is_file() and _read_key(folder / RUN_FILE) == key


def _read_key(path: Path) -> str | None:
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["key"])
    except (json.JSONDecodeError, KeyError, TypeError):
        return None


def _step_of(checkpoint: Path | None) -> int:
    return int(checkpoint.name.split("-")[1]) if checkpoint else 0


def _key(config: TrainConfig, stage: Stage, data_file: Path, start: Path | None) -> str:
    digest = hashlib.sha256(data_file.read_bytes())
    relevant = {
        "model": config.model.model_dump(),
        "stage": config.stage(stage).model_dump(),
        "data": config.data.eval_fraction,
    }
    digest.update(json.dumps(relevant, sort_keys=True).encode())
    if start is not None:
        if not (start / "config.json").is_file():
            raise CheckpointError(f"'{start}' is not a clara checkpoint: no config.json in it")
        for path in sorted(start.rglob("*.safetensors")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _write_json(path: Path, values: dict[str, Any]) -> None:
    beside = path.with_suffix(".writing")
    beside.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(beside, path)
