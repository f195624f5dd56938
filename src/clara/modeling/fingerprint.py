"""What a stored memory depends on, as one short string. A retrained generator or query reasoner keeps the store."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor

SAMPLED_VALUES = 1024  # per base tensor: enough to tell two bases apart without hashing 14 GB


def base_fingerprint(state: dict[str, Tensor]) -> str:
    """Digest of a base's weights: names, shapes and evenly spaced values. Adapters in `state` are left out.

    Values are rounded to bf16 first, so that one base has one fingerprint whether it is loaded in fp32 or in bf16.
    """
    digest = hashlib.sha256()
    for key in sorted(state):
        if ".lora_" in key:
            continue
        tensor = state[key]
        flat = tensor.detach().reshape(-1)
        step = max(1, flat.numel() // SAMPLED_VALUES)
        values = flat[::step][:SAMPLED_VALUES].to(torch.bfloat16).float().cpu()
        digest.update(f"{key.replace('.base_layer.', '.')}{tuple(tensor.shape)}".encode())
        digest.update(values.numpy().tobytes())
    return digest.hexdigest()[:16]


def memory_fingerprint(base: str, tensors: dict[str, Tensor], facts: dict[str, object]) -> str:
    """Digest of the base's fingerprint, the compressor's tensors and the settings memory depends on."""
    digest = hashlib.sha256(base.encode())
    for key in sorted(tensors):
        digest.update(key.encode())
        digest.update(tensors[key].detach().to(torch.float32).cpu().contiguous().numpy().tobytes())
    for key in sorted(facts):
        digest.update(f"{key}={facts[key]};".encode())
    return digest.hexdigest()[:16]
