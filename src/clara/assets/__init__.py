"""What the package carries: the tiny base model that `--base-model tiny` names. Knows paths only."""

from __future__ import annotations

from pathlib import Path

TINY_BASE = "tiny"


def tiny_base_path() -> Path:
    """Folder of the embedded tiny base (a plain transformers checkpoint with tokenizer)."""
    return Path(__file__).parent / "tiny_base"
