"""A checkpoint on disk: config.json, one standard peft folder per adapter, the small table, the tokenizer. No pickle.

DIR/config.json  DIR/embeddings.safetensors  DIR/tokenizer.json …
DIR/compressor/adapter_model.safetensors  DIR/generator/…  DIR/query_reasoner/… (from end_to_end on)
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from clara.errors import BaseModelError, CheckpointError
from clara.modeling import adapters, base, fingerprint
from clara.modeling.config import ADAPTERS, COMPRESSOR, GENERATOR, ClaraConfig

if TYPE_CHECKING:
    from clara.modeling.model import ClaraModel

CONFIG, EMBEDDINGS = "config.json", "embeddings.safetensors"
ADAPTER_WEIGHTS, ADAPTER_CONFIG = "adapter_model.safetensors", "adapter_config.json"
PEFT_PREFIX = "base_model.model."
REQUIRED = ("base_model", "doc_max_length", "compression_rate", "lora_rank", "lora_alpha", "adapters", "special_tokens")


def save(model: ClaraModel, folder: Path) -> None:
    """Write beside, then rename: `folder` is either the old checkpoint or the whole new one.

    Raises CheckpointError where `folder` is a file, or holds other things than a checkpoint: they would be lost.
    """
    folder = Path(os.path.abspath(folder.expanduser()))
    refuse_foreign_folder(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as scratch:
        beside = Path(scratch) / folder.name  # one level down, where it gets ordinary permissions
        beside.mkdir()
        _write(model, beside)
        replace_folder(beside, folder)


def refuse_foreign_folder(folder: Path) -> None:
    """Raise CheckpointError where saving to `folder` would lose something that is not a checkpoint."""
    if folder.exists() and not folder.is_dir():
        raise CheckpointError(f"{folder} is a file; name a folder for the checkpoint")
    if folder.exists() and any(folder.iterdir()) and not is_checkpoint(folder):
        raise CheckpointError(f"{folder} holds other things than a clara checkpoint; name another folder")


def is_checkpoint(folder: Path) -> bool:
    """True if `folder` has a clara configuration; says nothing of its being complete."""
    try:
        values = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(values, dict) and values.get("model_type") == ClaraConfig.model_type


def load(
    cls: type[ClaraModel],
    folder: Path,
    *,
    base_model: str | None,
    device: str | torch.device | None,
    dtype: str | torch.dtype | None,
) -> ClaraModel:
    """Read a checkpoint folder; any missing or unexpected key or file is a CheckpointError."""
    config = read_config(folder)
    states = {name: _read_adapter(folder / name) for name in config.adapters or []}
    table = _read_tensors(folder / EMBEDDINGS)
    if base_model is not None:
        config.base_model = base_model
    chosen = base.pick_device(device)
    tokenizer = _read_tokenizer(folder)
    lm = base.load_base(
        config.base_model, device=chosen, dtype=base.pick_dtype(dtype, chosen), quantization=config.quantization
    )
    _check_base(config, fingerprint.base_fingerprint(lm.state_dict()), exact=lm.dtype != torch.float16)
    model = cls(config, lm, tokenizer)
    if set(table) != {"weight"} or table["weight"].shape != model.embeddings.weight.shape:
        raise CheckpointError(
            f"{folder / EMBEDDINGS}: expected one tensor 'weight' of shape {tuple(model.embeddings.weight.shape)}, "
            f"found { ({key: tuple(value.shape) for key, value in table.items()}) }"
        )
    model.embeddings.weight.data.copy_(table["weight"])
    for name in states:
        model.add_adapter(name)
        adapters.load_adapter_state(lm, name, states[name], where=str(folder / name / ADAPTER_WEIGHTS))
    return model


def read_config(folder: Path) -> ClaraConfig:
    """The configuration of a checkpoint folder, every file it names being there.

    Raises CheckpointError or ConfigError.
    """
    path = folder / CONFIG
    if not path.is_file():
        raise CheckpointError(f"'{folder}' is not a clara checkpoint: no {CONFIG} in it")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path}: not valid JSON ({error})") from None
    if not isinstance(values, dict) or values.get("model_type") != "clara":
        kind = values.get("model_type") if isinstance(values, dict) else type(values).__name__
        hint = "; import it with `clara checkpoint import`" if kind == "CLaRa" else ""
        raise CheckpointError(f"{path}: model_type is {kind!r}, not 'clara'{hint}")
    for key in REQUIRED:
        if values.get(key) is None:
            raise CheckpointError(f"{path}: '{key}' is missing")
    config = ClaraConfig.from_strict_dict(values, where=str(path))
    stored = set(config.adapters or [])
    if not {COMPRESSOR, GENERATOR} <= stored <= set(ADAPTERS):
        raise CheckpointError(f"{path}: 'adapters' is {config.adapters}; it must hold compressor and generator")
    for name in config.files or []:
        if not (folder / name).is_file():
            raise CheckpointError(f"{folder / name} is missing: the checkpoint is incomplete")
    return config


def replace_folder(new: Path, folder: Path) -> None:
    """Put `new` in the place of `folder`; the old one is removed only when the new one stands."""
    if folder.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
        os.replace(folder, old / folder.name)
        try:
            os.replace(new, folder)
        except BaseException:
            os.replace(old / folder.name, folder)
            old.rmdir()
            raise
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.replace(new, folder)
    _sync_folder(folder.parent)


@dataclass(frozen=True, slots=True)
class AdapterInfo:
    name: str
    parameters: int
    trained: bool


def describe(folder: Path) -> tuple[ClaraConfig, list[AdapterInfo]]:
    """Configuration and adapters of a checkpoint, without loading its base."""
    config = read_config(folder)
    found = []
    for name in config.adapters or []:
        state = _read_adapter(folder / name)
        trained = any(bool(value.any()) for key, value in state.items() if ".lora_B." in key)
        found.append(AdapterInfo(name, sum(value.numel() for value in state.values()), trained))
    return config, found


def _write(model: ClaraModel, folder: Path) -> None:
    model.tokenizer.hf.save_pretrained(folder)
    save_file({"weight": model.embeddings.weight.detach().cpu().contiguous()}, folder / EMBEDDINGS)
    lora = adapters.lora_config(model.config)
    lora.target_modules = sorted(
        {key.rsplit(".lora_", 1)[0].rsplit(".", 1)[-1] for key in adapters.adapter_state(model.lm, COMPRESSOR)}
    )
    lora.inference_mode = True
    for name in model.adapter_names:
        (folder / name).mkdir()
        state = {PEFT_PREFIX + key: value for key, value in adapters.adapter_state(model.lm, name).items()}
        save_file(state, folder / name / ADAPTER_WEIGHTS, metadata={"format": "pt"})
        lora.save_pretrained(str(folder / name))
    values: dict[str, Any] = {key: getattr(model.config, key) for key in ClaraConfig.own_fields()}
    values["files"] = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    values = {"model_type": ClaraConfig.model_type, **values}
    (folder / CONFIG).write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as handle:
                os.fsync(handle.fileno())


def _check_base(config: ClaraConfig, found: str, *, exact: bool) -> None:
    # the values of a base in fp16 or quantised cannot be compared with those it was trained in
    comparable = exact and config.quantization is None
    if comparable and config.base_fingerprint not in (None, found):
        raise CheckpointError(
            f"base model '{config.base_model}' has other weights than the one this checkpoint was trained on "
            f"(fingerprint {found}, recorded {config.base_fingerprint})"
        )
    config.base_fingerprint = found


def _read_tokenizer(folder: Path) -> Any:
    try:
        return base.load_tokenizer(str(folder), base_model=str(folder))
    except BaseModelError as error:
        raise CheckpointError(f"{folder}: {error}") from None


def _read_adapter(folder: Path) -> dict[str, Tensor]:
    state = _read_tensors(folder / ADAPTER_WEIGHTS)
    return {key.removeprefix(PEFT_PREFIX): value for key, value in state.items()}


def _read_tensors(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise CheckpointError(f"{path} is missing: the checkpoint is incomplete")
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: not a readable safetensors file ({error})") from None
    return tensors


def _sync_folder(folder: Path) -> None:
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
