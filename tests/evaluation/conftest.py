"""The model and the store these tests read."""

from tiny_store import checkpoint, model, store_path

__all__ = ["checkpoint", "model", "store_path"]
