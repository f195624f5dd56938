"""Checkpoints of apple/ml-clara: `config.json`, `adapters.pth`, `decoder_first_last_layers.pth` -> ClaraModel.

Pickles are read with weights_only=True and nothing that ships beside them is ever run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from clara.errors import CheckpointError, ConfigError
from clara.modeling import adapters, base, fingerprint
from clara.modeling.config import COMPRESSOR, GENERATOR, QUERY_REASONER, ClaraConfig
from clara.modeling.model import ClaraModel
from clara.modeling.prompts import Prompts

ADAPTER_NAMES = {
    "encoder_adapter": COMPRESSOR,
    "decoder_adapter": GENERATOR,
    "query_reasoner_adapter": QUERY_REASONER,
}
STAGES = {
    "stage1": ["pretrain"],
    "stage1_2": ["pretrain", "instruction"],
    "stage2": ["pretrain", "instruction", "end_to_end"],
}
# Whole embedding and head, stored again under every adapter: of these only the added rows of the embedding matter.
DROPPED = ("lm_head.weight", "model.embed_tokens.weight")
EMBEDDING = "model.embed_tokens.weight"


def import_upstream(
    folder: Path,
    *,
    base_model: str,
    prompts: Prompts | None = None,
    device: str | torch.device | None = None,
    dtype: str | torch.dtype | None = None,
) -> ClaraModel:
    """Read an upstream checkpoint folder onto `base_model`.

    Every LoRA tensor must find its place and every place its tensor. Raises CheckpointError naming file and key.
    """
    config = _config(folder, base_model, prompts)
    stored = _read_pickle(folder / "adapters.pth")
    _check_adapters(stored, where=folder / "adapters.pth")
    table = _read_pickle(folder / "decoder_first_last_layers.pth")
    chosen = base.pick_device(device)
    tokenizer = base.load_tokenizer(base.resolve_base(base_model), base_model=base_model)
    lm = base.load_base(base_model, device=chosen, dtype=base.pick_dtype(dtype, chosen))
    config.base_fingerprint = fingerprint.base_fingerprint(lm.state_dict())
    model = ClaraModel(config, lm, tokenizer)
    _load_special_rows(model, table, where=folder / "decoder_first_last_layers.pth")
    for their_name, our_name in ADAPTER_NAMES.items():
        if their_name not in stored:
            continue
        state = {key: value for key, value in stored[their_name].items() if key not in DROPPED}
        model.add_adapter(our_name)
        adapters.load_adapter_state(lm, our_name, state, where=f"{folder / 'adapters.pth'} ({their_name})")
    return model.eval()


def read_prompts(path: Path) -> Prompts:
    """Prompts from a JSON file: an object of texts, or one that holds them under 'prompts'. Raises ConfigError."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid JSON ({error})") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: expected an object of prompt texts")
    try:
        return Prompts.from_dict(values.get("prompts", values))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _config(folder: Path, base_model: str, prompts: Prompts | None) -> ClaraConfig:
    path = folder / "config.json"
    if not path.is_file():
        raise CheckpointError(f"'{folder}' is not an upstream checkpoint: no config.json in it")
    try:
        theirs: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path}: not valid JSON ({error})") from None
    for key in ("compr_rate", "doc_max_length", "lora_r"):
        if not isinstance(theirs.get(key), int):
            raise CheckpointError(f"{path}: '{key}' is missing or not an integer")
    if theirs.get("sep") is False:
        raise CheckpointError(f"{path}: 'sep' is false; clara's slots always end with <SEP>")
    return ClaraConfig(
        base_model=base_model,
        doc_max_length=theirs["doc_max_length"],
        compression_rate=theirs["compr_rate"],
        num_documents=max(1, int(theirs.get("generation_top_k") or 1)),
        shared_memory_token=not theirs.get("different_mem_tokens", True),
        lora_rank=theirs["lora_r"],
        lora_alpha=2 * theirs["lora_r"],
        prompts=(prompts or Prompts()).to_dict(),
        stages=STAGES.get(str(theirs.get("training_stage")), []),
    )


def _check_adapters(stored: dict[str, Any], *, where: Path) -> None:
    for needed in ("encoder_adapter", "decoder_adapter"):
        if needed not in stored:
            raise CheckpointError(f"{where}: no '{needed}' in it (found {', '.join(stored) or 'nothing'})")
    for name, state in stored.items():
        if name not in ADAPTER_NAMES:
            raise CheckpointError(f"{where}: unexpected adapter '{name}'")
        if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
            raise CheckpointError(f"{where}: '{name}' is not a dictionary of tensors")


def _load_special_rows(model: ClaraModel, table: dict[str, Tensor], *, where: Path) -> None:
    if not isinstance(table.get(EMBEDDING), Tensor):
        raise CheckpointError(f"{where}: '{EMBEDDING}' is missing")
    rows = table[EMBEDDING]
    ids = list(model.tokenizer.special_ids.values())
    if rows.shape[0] <= max(ids) or rows.shape[1] != model.hidden_size:
        raise CheckpointError(
            f"{where}: '{EMBEDDING}' has shape {tuple(rows.shape)}; clara's special tokens need rows up to {max(ids)} "
            f"of width {model.hidden_size}: is '{model.config.base_model}' the base it was trained on?"
        )
    model.embeddings.take_rows(model.lm.get_input_embeddings(), rows[torch.tensor(ids)])


def _read_pickle(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise CheckpointError(f"{path} is missing: the upstream checkpoint is incomplete")
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch.load raises half a dozen kinds for a torn or foreign file
        raise CheckpointError(f"{path}: cannot be read safely ({type(error).__name__})") from None
    if not isinstance(loaded, dict):
        raise CheckpointError(f"{path}: expected a dictionary of tensors, found {type(loaded).__name__}")
    return loaded
