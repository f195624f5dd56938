"""What a training run is told: one YAML file for the three stages, overridden by --set, kept beside the result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from clara.errors import ConfigError, did_you_mean
from clara.schema import STAGES, Stage


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=False)


class ModelSection(Section):
    """The model pretrain starts from; later stages inherit it from their checkpoint."""

    base_model: str = "tiny"
    """Hub name or folder of any causal LM; 'tiny' is the one clara carries."""
    doc_max_length: int = Field(256, ge=1)
    """Longest passage, in tokens of the base's tokenizer."""
    compression_rate: int = Field(32, ge=1)
    """Passage tokens per memory token."""
    num_documents: int = Field(5, ge=1)
    """Passages the generator sees; also the most a pretrain or instruction row may hold."""
    num_candidates: int = Field(20, ge=2)
    """Passages retrieval chooses from in end_to_end."""
    shared_memory_token: bool = False
    """One <MEM> repeated, in place of numbered memory tokens."""
    lora_rank: int = Field(16, ge=1, le=4096)
    lora_alpha: int = Field(32, ge=1)
    lora_dropout: float = Field(0.1, ge=0, lt=1)
    temperature: float = Field(0.02, gt=0)
    """Of the retrieval cosine."""
    alignment_weight: float = Field(0.1, ge=0)
    """Weight of the distance between mean memory and mean text states."""
    quantization: Literal["4bit", "8bit"] | None = None
    """Load the base in 4 or 8 bits (bitsandbytes)."""
    prompts: dict[str, Any] | None = None
    """Prompt texts that replace the defaults."""


class DataSection(Section):
    """Where the rows are, in the seed's or upstream's format."""

    pretrain: str = "data/internal/pretrain_data.jsonl"
    instruction: str = "data/internal/instruction_data.jsonl"
    end_to_end: str = "data/internal/end_to_end_data.jsonl"
    eval_fraction: float = Field(0.05, ge=0, lt=1)
    """Share of the passages whose rows are held out of training and used to measure it."""
    max_eval_rows: int = Field(200, ge=0)
    """At most this many held-out rows are generated and scored."""


class StageSection(Section):
    """How one stage is trained. One row of `training:` in the YAML holds for all stages, a stage's own section wins."""

    learning_rate: float = Field(1e-4, gt=0)
    schedule: Literal["cosine", "constant"] = "cosine"
    """cosine: warm-up, then down to 10 %; constant: warm-up, then level."""
    warmup_ratio: float = Field(0.03, ge=0, lt=1)
    num_epochs: float = Field(1, gt=0)
    max_steps: int | None = Field(None, ge=1)
    """Optimizer steps; overrides num_epochs."""
    batch_size: int = Field(32, ge=1)
    """Rows per optimizer step, over all processes."""
    micro_batch_size: int = Field(32, ge=1)
    """Rows computed at once in one process."""
    max_length: int = Field(2048, ge=16)
    """Longest generator input, in tokens; a longer answer is cut at its end."""
    answer_share: float = Field(0, ge=0, le=1)
    """pretrain only: share of qa rows that answer questions instead of writing all of them (upstream: 0)."""
    answers_per_row: int = Field(1, ge=1)
    """pretrain only: such a row answers this many of its questions, each by itself; its passage is compressed once."""
    paraphrase_share: float | None = Field(None, ge=0, lt=1)
    """pretrain only: at most this share of an epoch's rows are paraphrases, others each epoch; default: all."""
    contrastive_weight: float = Field(0, ge=0)
    """end_to_end only: weight of a contrastive loss: a row's positives above its other candidates (paper: 0)."""
    generator: Literal["continue", "restart"] = "continue"
    """instruction only: go on with pretrain's generator adapter, or start a fresh one as upstream does."""
    weight_decay: float = Field(0, ge=0)
    max_grad_norm: float = Field(1, gt=0)
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """dtype the base is loaded and computed in; adapters stay fp32."""
    autocast: Literal["none", "auto", "bfloat16"] = "none"
    """Matrix products of a float32 base in bf16; auto: where this machine is fast at it (a CPU with AVX512-BF16)."""
    attention: Literal["sdpa", "eager", "flash_attention_2"] = "sdpa"
    """Attention kernel. On a CPU with short rows, eager trains faster under autocast (docs/training.md)."""
    gradient_checkpointing: bool = False
    logging_steps: int = Field(10, ge=1)
    save_steps: int = Field(100, ge=1)
    """Steps between checkpoints a killed run resumes from."""
    keep_checkpoints: int = Field(2, ge=1)
    eval_steps: int | None = Field(None, ge=1)
    """Steps between evaluations by generation; none = at the end only."""
    seed: int = Field(0, ge=0, lt=2**32)
    report_to: list[str] = []
    """Extra trackers besides metrics.jsonl, e.g. ['tensorboard']."""

    @model_validator(mode="after")
    def _sizes_and_precisions_fit(self) -> StageSection:
        if self.batch_size > self.micro_batch_size and self.batch_size % self.micro_batch_size:
            raise ValueError(
                f"batch_size ({self.batch_size}) must be a multiple of micro_batch_size ({self.micro_batch_size}), "
                "or a step would have other rows than asked for"
            )
        if self.precision == "float16" and self.autocast != "none":
            raise ValueError(f"autocast '{self.autocast}' is for a float32 base; with precision float16 leave it out")
        return self


# DESIGN §6: learning rates of the three stages, and a constant schedule in the last
STAGE_DEFAULTS: dict[Stage, dict[str, Any]] = {
    "pretrain": {},
    "instruction": {},
    "end_to_end": {"learning_rate": 5e-6, "schedule": "constant"},
}


class TrainConfig(Section):
    """A whole run: model, data and the three stages."""

    runs_dir: str = "runs"
    """Each stage writes into its own folder in here."""
    init_from: str | None = None
    """Checkpoint a stage starts from; default: the stage before, in runs_dir."""
    device: str | None = None
    """cpu, cuda, mps …; default: the best there is."""
    model: ModelSection = ModelSection()
    data: DataSection = DataSection()
    pretrain: StageSection = StageSection()
    instruction: StageSection = StageSection()
    end_to_end: StageSection = StageSection()

    @model_validator(mode="after")
    def _more_candidates_than_documents(self) -> TrainConfig:
        if self.model.num_documents >= self.model.num_candidates:
            raise ValueError(
                f"model.num_documents ({self.model.num_documents}) must be less than model.num_candidates "
                f"({self.model.num_candidates}), or there is nothing to choose"
            )
        if self.model.compression_rate > self.model.doc_max_length:
            raise ValueError(
                f"model.compression_rate ({self.model.compression_rate}) is larger than model.doc_max_length "
                f"({self.model.doc_max_length}): no memory token would be left"
            )
        return self

    def stage(self, stage: Stage) -> StageSection:
        section: StageSection = getattr(self, stage)
        return section


def load_config(path: Path, overrides: list[str] | None = None) -> TrainConfig:
    """Read a YAML file and apply `key.path=value` overrides. Raises ConfigError naming the file and the field."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from None
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: expected a mapping of sections, found {type(values).__name__}")
    for override in overrides or []:
        _apply(values, override)
    return parse_config(values, where=str(path))


def parse_config(values: dict[str, Any], *, where: str) -> TrainConfig:
    """Build a TrainConfig from plain values, spreading `training:` over the stages. Raises ConfigError."""
    values = dict(values)
    common = values.pop("training", None) or {}
    if not isinstance(common, dict):
        raise ConfigError(f"{where}: training: expected a mapping")
    for stage in STAGES:
        own = values.get(stage) or {}
        if not isinstance(own, dict):
            raise ConfigError(f"{where}: {stage}: expected a mapping")
        values[stage] = {**STAGE_DEFAULTS[stage], **common, **own}
    try:
        return TrainConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError("\n".join(f"{where}: {_explain(problem)}" for problem in error.errors())) from None


def _apply(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise ConfigError(f"--set {override}: expected key=value, e.g. --set pretrain.learning_rate=1e-4")
    *folders, name = key.split(".")
    for folder in folders:
        if values.get(folder) is None:
            values[folder] = {}
        values = values[folder]
        if not isinstance(values, dict):
            raise ConfigError(f"--set {override}: '{folder}' is not a section")
    try:
        values[name] = _number(yaml.safe_load(text)) if text else None
    except yaml.YAMLError:
        raise ConfigError(f"--set {override}: the value is not valid YAML (quote it?)") from None


def _number(value: Any) -> Any:
    # YAML 1.1 reads 1e-4 as a string
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _explain(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        section: dict[str, type[Section]] = {"model": ModelSection, "data": DataSection}
        section |= dict.fromkeys(STAGES, StageSection)
        parent = problem["loc"][0] if len(problem["loc"]) > 1 else None
        known = list((section.get(str(parent), TrainConfig) if parent else TrainConfig).model_fields)
        known += [] if parent else ["training"]
        return f"unknown field '{place}'{did_you_mean(str(problem['loc'][-1]), known)}"
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def resolved_json(config: TrainConfig) -> str:
    return json.dumps(config.model_dump(), indent=2, ensure_ascii=False) + "\n"
