"""Three LoRAs on one base: adding, switching by name, freezing, reading and writing their weights.

Switching changes the active adapter's *name* only and leaves requires_grad alone: peft's own set_adapter clears it, and
an adapter used earlier in the same step would silently get no gradient.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator

import torch
from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model, set_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn
from transformers import PreTrainedModel

from clara.errors import CheckpointError
from clara.modeling.config import ClaraConfig


def lora_config(config: ClaraConfig) -> LoraConfig:
    return LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
        base_model_name_or_path=config.base_model,
    )


def add_adapter(base: PreTrainedModel, config: ClaraConfig, name: str, *, seed: int) -> None:
    """Add one LoRA that changes nothing yet (B is zero); A depends on `seed` only. Weights are fp32."""
    requires_grad = {key: parameter.requires_grad for key, parameter in base.named_parameters()}
    with _seeded(seed), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Already found a `peft_config`")  # three adapters are the design
        inject_adapter_in_model(lora_config(config), base, adapter_name=name)
    for key, parameter in base.named_parameters():
        if f".{name}." in key:
            parameter.data = parameter.data.float()
        parameter.requires_grad_(requires_grad.get(key.replace(".base_layer.", "."), requires_grad.get(key, False)))


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Draw from `seed` inside; every global generator is as before afterwards."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def lora_layers(base: nn.Module) -> list[LoraLayer]:
    return [module for module in base.modules() if isinstance(module, LoraLayer)]


class AdapterSwitch:
    """Which adapter a forward pass goes through. One per model; the layers are found once."""

    def __init__(self, base: nn.Module) -> None:
        self._layers = lora_layers(base)
        self.active: str | None = None
        self._set(None)

    def refresh(self, base: nn.Module) -> None:
        """Call after an adapter was added."""
        self._layers = lora_layers(base)
        self._set(self.active)

    def use(self, name: str | None) -> contextlib.AbstractContextManager[None]:
        """Run through adapter `name`, or through the bare base when None; the former state comes back at the end."""
        return _Use(self, name)

    def checkpoint_contexts(
        self,
    ) -> tuple[contextlib.AbstractContextManager[None], contextlib.AbstractContextManager[None]]:
        """For torch.utils.checkpoint: recomputation goes through the adapter that was active in the forward pass."""
        return contextlib.nullcontext(), self.use(self.active)

    def _set(self, name: str | None) -> None:
        self.active = name
        for layer in self._layers:
            layer._active_adapter = [] if name is None else [name]


class _Use(contextlib.AbstractContextManager[None]):
    """May be entered again: a second backward through a kept graph recomputes with the same context."""

    def __init__(self, switch: AdapterSwitch, name: str | None) -> None:
        self._switch = switch
        self._name = name
        self._before: list[str | None] = []

    def __enter__(self) -> None:
        self._before.append(self._switch.active)
        self._switch._set(self._name)

    def __exit__(self, *error: object) -> None:
        self._switch._set(self._before.pop())


def adapter_parameters(base: nn.Module, name: str) -> dict[str, nn.Parameter]:
    """Parameters of one adapter, by their name in the base."""
    return {
        key: parameter
        for key, parameter in base.named_parameters()
        if f".lora_A.{name}." in key or f".lora_B.{name}." in key
    }


def adapter_is_untrained(base: nn.Module, name: str) -> bool:
    """True while every B matrix is zero, so that the adapter changes nothing."""
    return not any(
        bool(parameter.any()) for key, parameter in adapter_parameters(base, name).items() if ".lora_B." in key
    )


def adapter_state(base: PreTrainedModel, name: str) -> dict[str, Tensor]:
    """Weights of one adapter, named as in a standard peft file (without its `base_model.model.` prefix)."""
    state = _peft_state(base, name)
    return {key: value.detach().cpu().contiguous() for key, value in state.items()}


def _peft_state(base: PreTrainedModel, name: str) -> dict[str, Tensor]:
    # save_embedding_layers=False: peft would otherwise ask the hub about the base
    state: dict[str, Tensor] = get_peft_model_state_dict(base, adapter_name=name, save_embedding_layers=False)
    return state


def load_adapter_state(base: PreTrainedModel, name: str, state: dict[str, Tensor], *, where: str) -> None:
    """Fill one adapter; any missing, unexpected or wrongly shaped key is a CheckpointError that names `where`."""
    expected = {key: value.shape for key, value in _peft_state(base, name).items()}
    missing, unexpected = sorted(expected.keys() - state.keys()), sorted(state.keys() - expected.keys())
    if missing or unexpected:
        parts = []
        if missing:
            parts.append(f"{len(missing)} missing key(s), first '{missing[0]}'")
        if unexpected:
            parts.append(f"{len(unexpected)} unexpected key(s), first '{unexpected[0]}'")
        raise CheckpointError(f"{where}: {'; '.join(parts)}")
    for key, shape in expected.items():
        if state[key].shape != shape:
            raise CheckpointError(
                f"{where}: '{key}' has shape {tuple(state[key].shape)}, the model needs {tuple(shape)}"
            )
    set_peft_model_state_dict(base, {key: value.float() for key, value in state.items()}, adapter_name=name)


@torch.no_grad()
def copy_adapter(base: nn.Module, source: str, target: str) -> None:
    """Make `target` a copy of `source`."""
    values = adapter_parameters(base, source)
    for key, parameter in adapter_parameters(base, target).items():
        parameter.copy_(values[key.replace(f".{target}.", f".{source}.")])


@torch.no_grad()
def reset_adapter(base: nn.Module, name: str, *, seed: int) -> None:
    """Make an adapter fresh again: B zero, A drawn from `seed`; it changes nothing until trained."""
    with _seeded(seed):
        for layer in lora_layers(base):
            layer.reset_lora_parameters(name, init_lora_weights=True)
