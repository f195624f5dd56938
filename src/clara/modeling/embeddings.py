"""The small embedding table of clara's added tokens, beside a base that is never resized."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SpecialEmbeddings(nn.Module):
    """Rows for the added tokens, found through an id table (added ids may fall inside a base's padded rows).

    special_ids: ids in the order of the rows. `weight` is [tokens, hidden].
    """

    special_ids: Tensor
    rows: Tensor

    def __init__(self, special_ids: list[int], hidden_size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(len(special_ids), hidden_size))
        self.register_buffer("special_ids", torch.tensor(special_ids), persistent=False)
        rows = torch.full((max(special_ids) + 1,), -1)
        rows[torch.tensor(special_ids)] = torch.arange(len(special_ids))
        self.register_buffer("rows", rows, persistent=False)

    def forward(self, ids: Tensor, base: nn.Module) -> Tensor:
        """ids [...] -> embeddings [..., hidden]: base rows by the base's own module, added tokens from this table."""
        inside = ids.clamp(max=self.rows.shape[0] - 1)
        row = torch.where(ids < self.rows.shape[0], self.rows[inside], -1)
        special = row >= 0
        plain = base(ids.masked_fill(special, 0))
        added = nn.functional.embedding(row.clamp(min=0), self.weight).to(plain.dtype)
        return torch.where(special.unsqueeze(-1), added, plain)

    @torch.no_grad()
    def start_from_base(self, base: nn.Module, known: dict[int, int], *, seed: int, vocab_size: int) -> None:
        """First values: the base's own row where the base knows the token, else random with the norm of its rows.

        known: row of this table -> token id in the base.
        """
        device = next(base.parameters()).device
        sample = torch.arange(0, vocab_size, max(1, vocab_size // 4096), device=device)
        norm = base(sample).float().norm(dim=-1).mean()
        generator = torch.Generator().manual_seed(seed)
        fresh = torch.randn(self.weight.shape, generator=generator)
        fresh = fresh / fresh.norm(dim=-1, keepdim=True) * norm.cpu()
        self.weight.copy_(fresh.to(self.weight.device))
        for row, token_id in known.items():
            self.weight[row] = base(torch.tensor([token_id], device=device))[0].to(self.weight)

    @torch.no_grad()
    def take_rows(self, base: nn.Module, rows: Tensor) -> None:
        """Fill the table with rows [tokens, hidden] of a base-shaped embedding weight.

        They pass through the base's own module, because some scale there and this table holds what comes out.
        """
        scale = getattr(base, "scalar_embed_scale", None)
        if scale is not None:  # Gemma's module keeps its scale in the base's dtype: 59.75 for 59.87 in bf16
            self.weight.copy_(rows.float() * scale)
            return
        weight = next(base.parameters())
        ids = torch.arange(rows.shape[0], device=weight.device)
        embedded = torch.func.functional_call(base, {"weight": rows.to(weight.device, self.weight.dtype)}, (ids,))
        self.weight.copy_(embedded)
