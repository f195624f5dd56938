"""Sentence embeddings for hard negatives: a local BERT-like folder read with numpy, or an endpoint's /embeddings.

A local folder holds config.json, tokenizer.json and model.safetensors, as sentence-transformers saves MiniLM, BGE, GTE
or E5 models. Nothing is downloaded, and neither torch nor transformers is needed: passages are few and short.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from clara.errors import LLMError, MissingExtraError, UsageError
from clara.llm import LLMSession
from clara.synthesis.event_loop import run_async

BATCH = 32
FAMILIES = {"bert": 0, "roberta": 2, "xlm-roberta": 2}  # model_type -> where its position ids start


class Embedder(Protocol):
    """Rows of unit length, one for each text; `documents` says whose text it is, for the privacy receipt."""

    def embed(self, texts: Sequence[str], *, documents: Sequence[str] = ()) -> np.ndarray: ...

    def usage(self) -> dict[str, Any]: ...


class LocalEmbedder:
    """A BERT encoder with mean or first-token pooling, in float32. Raises UsageError for a folder it cannot read."""

    def __init__(self, folder: Path) -> None:
        try:
            from safetensors.numpy import load_file
            from tokenizers import Tokenizer
        except ImportError as error:
            raise MissingExtraError(error.name or "safetensors", extra="data") from None
        for name in ("config.json", "tokenizer.json", "model.safetensors"):
            if not (folder / name).is_file():
                raise UsageError(f"--embedding-model {folder}: there is no {name}; name a sentence-embedding folder")
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if config.get("model_type") not in FAMILIES:
            raise UsageError(
                f"--embedding-model {folder}: model_type {config.get('model_type')!r} is none of {', '.join(FAMILIES)}"
            )
        try:
            weights = load_file(folder / "model.safetensors")
        except Exception as error:  # the binding raises its own and numpy's
            raise UsageError(f"--embedding-model {folder}: model.safetensors cannot be read: {error}") from None
        self._weights = {
            name.removeprefix("bert.").removeprefix("roberta."): value.astype(np.float32)
            for name, value in weights.items()
            if value.dtype.kind == "f"
        }
        self._first_position = FAMILIES[config["model_type"]]
        self._heads, self._layers = config["num_attention_heads"], config["num_hidden_layers"]
        self._epsilon = config.get("layer_norm_eps", 1e-12)
        pooling = folder / "1_Pooling" / "config.json"
        self._first_token = pooling.is_file() and bool(
            json.loads(pooling.read_text(encoding="utf-8")).get("pooling_mode_cls_token")
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        positions = len(self._weights["embeddings.position_embeddings.weight"]) - self._first_position
        self._tokenizer.enable_truncation(min(positions, 512))
        self._tokenizer.enable_padding(pad_id=config.get("pad_token_id") or 0)
        self._known: dict[str, np.ndarray] = {}

    def embed(self, texts: Sequence[str], *, documents: Sequence[str] = ()) -> np.ndarray:
        new = sorted({text for text in texts if text not in self._known}, key=lambda text: (len(text), text))
        for start in range(0, len(new), BATCH):
            batch = new[start : start + BATCH]
            self._known.update(zip(batch, self._encode(batch), strict=True))
        return np.stack([self._known[text] for text in texts])

    def usage(self) -> dict[str, Any]:
        return {}

    def _encode(self, texts: list[str]) -> np.ndarray:
        encoded = self._tokenizer.encode_batch(texts)
        ids = np.array([item.ids for item in encoded])  # [batch, length]
        mask = np.array([item.attention_mask for item in encoded], dtype=np.float32)
        weights = self._weights
        hidden = (
            weights["embeddings.word_embeddings.weight"][ids]
            + weights["embeddings.position_embeddings.weight"][self._first_position + np.arange(ids.shape[1])]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        hidden = self._norm(hidden, "embeddings.LayerNorm")  # [batch, length, hidden]
        for layer in range(self._layers):
            hidden = self._layer(hidden, mask, f"encoder.layer.{layer}")
        pooled = hidden[:, 0] if self._first_token else (hidden * mask[:, :, None]).sum(1) / mask.sum(1)[:, None]
        unit: np.ndarray = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        return unit

    def _layer(self, hidden: np.ndarray, mask: np.ndarray, name: str) -> np.ndarray:
        batch, length, size = hidden.shape
        query, key, value = (
            self._linear(hidden, f"{name}.attention.self.{part}")
            .reshape(batch, length, self._heads, size // self._heads)
            .transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )  # [batch, heads, length, head size]
        scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(size // self._heads) + (mask[:, None, None, :] - 1) * 1e9
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        attended = (scores / scores.sum(-1, keepdims=True)) @ value
        attended = attended.transpose(0, 2, 1, 3).reshape(batch, length, size)
        hidden = self._norm(
            hidden + self._linear(attended, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm"
        )
        wide = _gelu(self._linear(hidden, f"{name}.intermediate.dense"))
        return self._norm(hidden + self._linear(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _linear(self, hidden: np.ndarray, name: str) -> np.ndarray:
        flat = hidden.reshape(-1, hidden.shape[-1])  # one large product instead of one for each text
        out: np.ndarray = flat @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return out.reshape(*hidden.shape[:-1], -1)

    def _norm(self, hidden: np.ndarray, name: str) -> np.ndarray:
        centred = hidden - hidden.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + self._epsilon)
        out: np.ndarray = scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return out


def _gelu(values: np.ndarray) -> np.ndarray:
    """x times the normal distribution's integral, its error function to 1.5e-7 (Abramowitz and Stegun 7.1.26)."""
    scaled = np.abs(values) / np.sqrt(2.0, dtype=np.float32)
    t = 1 / (1 + 0.3275911 * scaled)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    error = np.sign(values) * (1 - series * np.exp(-(scaled**2)))
    out: np.ndarray = (0.5 * values * (1 + error)).astype(np.float32)
    return out


class EndpointEmbedder:
    """Vectors of an OpenAI-compatible /embeddings: paced, within the budget, on the receipt, and never paid twice."""

    def __init__(self, session: LLMSession) -> None:
        self._session = session
        self._known: dict[str, np.ndarray] = {}
        self._size = 0

    def embed(self, texts: Sequence[str], *, documents: Sequence[str] = ()) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            for text, found in zip(new, run_async(self._ask(new, documents)), strict=True):
                vector = np.array(found, dtype=np.float32)
                if self._size and len(vector) != self._size:
                    raise LLMError(
                        f"the embedding model gives vectors of {self._size} and of {len(vector)} numbers: it changed; "
                        "move llm_journal.sqlite away to ask for all again"
                    )
                self._size = len(vector)
                self._known[text] = vector / max(float(np.linalg.norm(vector)), 1e-12)
        return np.stack([self._known[text] for text in texts])

    def usage(self) -> dict[str, Any]:
        return {"embeddings": self._session.usage()}

    async def _ask(self, texts: list[str], documents: Sequence[str]) -> list[list[float]]:
        try:
            return await self._session.embed(texts, documents=list(dict.fromkeys(documents)))
        finally:
            await self._session.close()
