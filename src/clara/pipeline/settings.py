"""Everything a pipeline run can be told, in one place: a YAML file, the command's options, or both."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clara.errors import ConfigError, did_you_mean

# not in the manifest: paths of this machine, and what changes speed or cost but no byte
NOT_SHOWN = {"workers", "engine", "concurrency", "max_requests", "max_cost", "price_in", "price_out",
          "requests_per_minute", "tokens_per_minute", "request_timeout_seconds", "prompts",
          "privacy_policy"}  # fmt: skip


class PipelineSettings(BaseModel):
    """The options of `clara extract` and `clara synthesize` that a pipeline passes on; the names are theirs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # how the work is done: none of these changes a byte of the result
    engine: Literal["local", "ray"] = "local"
    workers: int | None = Field(None, ge=1)
    concurrency: int = Field(8, ge=1)
    max_requests: int | None = None
    max_cost: float | None = None
    price_in: float | None = None
    price_out: float | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    request_timeout_seconds: float = 120.0
    # reading
    timeout_seconds: float = 60.0
    memory_mb: int = 2048
    ocr: Literal["auto", "off", "force"] = "auto"
    ocr_languages: str = "eng"
    pdf_backend: Literal["built-in", "docling"] = "built-in"
    vision_model: str = ""
    # what may leave: block, warn, redact or off; only asked when there is an endpoint
    privacy: Literal["block", "warn", "redact", "off"] = "block"
    privacy_policy: Path | None = None
    # making rows
    base_url: str = ""
    model: str = ""
    base_model: str = "tiny"
    max_tokens: int = Field(128, ge=32)
    num_documents: int = Field(5, ge=1, le=5)
    num_candidates: int = Field(8, ge=2)
    seed: int = 0
    eval_fraction: float = Field(0.0, ge=0, lt=1)
    max_rounds: int = Field(3, ge=1)
    prompts: Path | None = None
    tasks: str = ""
    language: str = "auto"
    cross_lingual: str = ""
    unanswerable_share: float = 0.0
    judge_threshold: float | None = None
    judge_model: str = ""
    report: bool = True

    def deciding(self, *names: str) -> dict[str, Any]:
        """The named settings as plain JSON: what a step's result depends on."""
        return {name: self.model_dump(mode="json")[name] for name in names}

    def shown(self) -> dict[str, Any]:
        """Everything that decides the data, for the manifest: no path and no setting of speed or money."""
        return {name: value for name, value in self.model_dump(mode="json").items() if name not in NOT_SHOWN}


def read_settings(config: Path | None, given: Mapping[str, Any]) -> PipelineSettings:
    """The file's settings with the given ones on top (None: not given). Raises ConfigError naming field and cure."""
    values: Any = {}
    where = "options"
    if config is not None:
        where = str(config)
        try:
            values = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
        except OSError as error:
            raise ConfigError(f"cannot read {config}: {error.strerror or error}") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ConfigError(f"{config} is not YAML: {' '.join(str(error).split())}") from None
        if not isinstance(values, dict):
            raise ConfigError(f"{config} must hold `name: value` lines, such as `max_tokens: 256`")
    values = {**values, **{name: value for name, value in given.items() if value is not None}}
    try:
        return PipelineSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        hint = did_you_mean(name, PipelineSettings.model_fields) if first["type"] == "extra_forbidden" else ""
        what = "no such setting" if hint or first["type"] == "extra_forbidden" else first["msg"]
        raise ConfigError(f"{where}: {name}: {what}{hint}") from None
