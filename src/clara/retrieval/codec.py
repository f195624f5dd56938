"""Memory tensors as bytes of a fixed width, and back. Knows nothing of files.

Shapes: k = passages, n = memory tokens, h = hidden size.
"""

from __future__ import annotations

from enum import StrEnum

import torch
from torch import Tensor


class MemoryEncoding(StrEnum):
    """How one number of a memory is kept. All but INT8 are exact for memory of that dtype."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"
    INT8 = "int8"  # one fp32 scale per memory token, then the signed bytes


_DTYPES = {
    MemoryEncoding.FLOAT32: torch.float32,
    MemoryEncoding.BFLOAT16: torch.bfloat16,
    MemoryEncoding.FLOAT16: torch.float16,
}


def bytes_per_passage(num_memory_tokens: int, hidden_size: int, encoding: MemoryEncoding) -> int:
    """The width of one passage on disk.

    >>> bytes_per_passage(8, 4096, MemoryEncoding.BFLOAT16)
    65536
    >>> bytes_per_passage(8, 4096, MemoryEncoding.INT8)
    32800
    """
    if encoding is MemoryEncoding.INT8:
        return num_memory_tokens * (4 + hidden_size)
    return num_memory_tokens * hidden_size * _DTYPES[encoding].itemsize


def encode_memory(memory: Tensor, encoding: MemoryEncoding) -> bytes:
    """The bytes of `memory` [k, n, h], passage after passage."""
    if encoding is not MemoryEncoding.INT8:
        return memory.detach().cpu().to(_DTYPES[encoding]).contiguous().view(torch.uint8).numpy().tobytes()
    values = memory.detach().cpu().float()
    scales = (values.abs().amax(dim=-1, keepdim=True) / 127).clamp_min(torch.finfo(torch.float32).tiny)  # [k, n, 1]
    whole = torch.round(values / scales).clamp(-127, 127).to(torch.int8)  # [k, n, h]
    k = len(memory)
    packed = torch.cat(
        [scales.contiguous().view(torch.uint8).reshape(k, -1), whole.view(torch.uint8).reshape(k, -1)], 1
    )
    return packed.contiguous().numpy().tobytes()


def decode_memory(data: bytes | bytearray | memoryview, *, shape: tuple[int, int], encoding: MemoryEncoding) -> Tensor:
    """Memory [k, n, h] from the bytes of `encode_memory`; `shape` is (n, h). INT8 comes back as fp32."""
    n, h = shape
    raw = torch.frombuffer(bytearray(data), dtype=torch.uint8).reshape(-1, bytes_per_passage(n, h, encoding))
    if encoding is not MemoryEncoding.INT8:
        return raw.view(_DTYPES[encoding]).reshape(-1, n, h)
    scales = raw[:, : 4 * n].contiguous().view(torch.float32).reshape(-1, n, 1)
    return raw[:, 4 * n :].contiguous().view(torch.int8).reshape(-1, n, h).float() * scales


def pool(memory: Tensor) -> Tensor:
    """A small unit vector [k, h] fp32 per memory [k, n, h]: its mean over memory tokens, for shortlisting only."""
    return torch.nn.functional.normalize(memory.float().mean(dim=1), dim=-1)


def flat_unit(memory: Tensor) -> Tensor:
    """Unit vectors [k, n * h] fp32: the dot product of two is the cosine that CLaRa retrieves by."""
    return torch.nn.functional.normalize(memory.float().flatten(1), dim=-1)
