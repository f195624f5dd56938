"""Loading the base causal LM and its tokenizer, from a folder, the hub, or the one clara carries ('tiny')."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel
from transformers.utils import logging

from clara.assets import TINY_BASE, tiny_base_path
from clara.errors import BaseModelError, UsageError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def resolve_base(name: str) -> str:
    """Folder or hub name to load from; 'tiny' is the embedded base (a folder of that name is './tiny').

    A path that looks local must hold a config.json, else BaseModelError.
    """
    if name == TINY_BASE:
        return str(tiny_base_path())
    looks_local = name.startswith((".", "~", os.sep)) or name.count("/") > 1 or Path(name).exists()
    if looks_local:
        path = Path(name).expanduser()
        if not (path / "config.json").is_file():
            raise BaseModelError(f"base model '{name}': no config.json in that folder")
        return str(path.resolve())
    return name


def portable_name(name: str) -> str:
    """What a checkpoint records: a local base by its full path, so that it loads from any working directory."""
    return name if name == TINY_BASE else resolve_base(name)


def pick_device(device: str | torch.device | None) -> torch.device:
    """The device asked for, else CUDA, else Apple's MPS, else CPU. Raises UsageError for one this machine lacks."""
    if device is not None:
        try:
            chosen = torch.device(device)
            torch.empty(1, device=chosen)  # a name torch knows may still be a device that is not there
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            reason = str(error).split(". ")[0].splitlines()[0]
            raise UsageError(f"device '{device}' cannot be used here: {reason} (cpu always can)") from None
        return chosen
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def pick_dtype(dtype: str | torch.dtype | None, device: torch.device) -> torch.dtype:
    """The dtype asked for; else bf16 where the device has it, fp16 on older GPUs, fp32 on CPU."""
    if isinstance(dtype, torch.dtype):
        return dtype
    if dtype is not None:
        if dtype not in DTYPES:
            raise BaseModelError(f"dtype '{dtype}' is not one of {', '.join(DTYPES)}")
        return DTYPES[dtype]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    return torch.float32


def fast_bfloat16(device: torch.device) -> bool:
    """Whether this device has instructions for bf16 matrix products; False when torch cannot tell."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return device.type == "cpu" and bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def load_tokenizer(source: str, *, base_model: str) -> Any:
    try:
        return AutoTokenizer.from_pretrained(source)
    except Exception as error:  # transformers raises OSError, ValueError, KeyError … for one and the same thing
        raise _not_found(base_model, "tokenizer", error) from None


def load_base(
    base_model: str, *, device: torch.device, dtype: torch.dtype, quantization: str | None = None
) -> PreTrainedModel:
    """The frozen base LM in eval mode. Raises BaseModelError when it cannot be found or is of an unsupported kind."""
    source = resolve_base(base_model)
    options: dict[str, Any] = {"dtype": dtype}
    if quantization is not None:
        options["quantization_config"] = _quantization_config(quantization, dtype)
        options["device_map"] = {"": device}
    try:
        _refuse_unsupported(AutoConfig.from_pretrained(source), base_model)
        with _no_progress_bar():
            base = AutoModelForCausalLM.from_pretrained(source, **options)
    except BaseModelError:
        raise
    except Exception as error:
        raise _not_found(base_model, "model", error) from None
    if quantization is None:
        nn.Module.to(base, device)
    base.requires_grad_(False)
    return base.eval()


def decoder_of(base: PreTrainedModel) -> nn.Module:
    """The part of a causal LM that ends with the final norm (no output head)."""
    decoder: nn.Module = base.get_decoder()
    if decoder is base:
        raise BaseModelError(f"{type(base).__name__} has no decoder part clara can reach")
    return decoder


@contextlib.contextmanager
def _no_progress_bar() -> Iterator[None]:
    """transformers draws a bar for every load; clara's own progress is enough."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _refuse_unsupported(config: Any, name: str) -> None:
    text = config.get_text_config()
    if getattr(text, "hidden_size_per_layer_input", 0):
        raise BaseModelError(
            f"base model '{name}' feeds token ids to every layer (per-layer inputs, as Gemma 3n does): "
            "memory tokens have no ids there, so clara cannot use it"
        )
    if getattr(config, "is_encoder_decoder", False):
        raise BaseModelError(f"base model '{name}' is an encoder-decoder; clara needs a causal LM")


def _quantization_config(quantization: str, dtype: torch.dtype) -> Any:
    try:
        import bitsandbytes  # noqa: F401
    except ImportError:
        raise BaseModelError("bitsandbytes is not installed; run: pip install bitsandbytes") from None
    from transformers import BitsAndBytesConfig

    if quantization == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)


def _not_found(name: str, what: str, error: Exception) -> BaseModelError:
    reason = " ".join(str(error).split())
    reason = reason if len(reason) < 200 else reason[:200] + "…"
    return BaseModelError(
        f"base {what} '{name}' could not be loaded ({type(error).__name__}: {reason}); "
        "give a folder with config.json, a hub name you can reach, or 'tiny'"
    )
