"""What the package carries: the tiny base ('tiny') and the demo trained on it ('tiny-demo'). Knows paths only."""

from __future__ import annotations

from pathlib import Path

TINY_BASE = "tiny"
TINY_DEMO = "tiny-demo"


def tiny_base_path() -> Path:
    """Folder of the embedded tiny base (a plain transformers checkpoint with tokenizer)."""
    return Path(__file__).parent / "tiny_base"


def tiny_demo_path() -> Path:
    """Folder of the trained demo checkpoint: adapters for the tiny base, for `ClaraModel.from_pretrained`."""
    return Path(__file__).parent / "tiny_demo"


def checkpoint_path(name: Path) -> Path:
    """The checkpoint a user means: `tiny-demo` is the one the package carries, unless a folder here has that name."""
    return tiny_demo_path() if str(name) == TINY_DEMO and not name.exists() else name
