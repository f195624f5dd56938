"""The CLaRa model: compression, retrieval and generation in one causal LM with three adapters (arXiv 2511.18659)."""

import torch  # noqa: F401 - first: without it transformers prints a notice of its own before clara's one line
from transformers import AutoConfig, AutoModel

from clara.modeling.config import ADAPTERS, COMPRESSOR, GENERATOR, QUERY_REASONER, ClaraConfig
from clara.modeling.model import ClaraModel
from clara.modeling.prompts import Prompts
from clara.modeling.selection import score_passages, straight_through_top_k

AutoConfig.register("clara", ClaraConfig, exist_ok=True)
AutoModel.register(ClaraConfig, ClaraModel, exist_ok=True)

__all__ = [
    "ADAPTERS",
    "COMPRESSOR",
    "GENERATOR",
    "QUERY_REASONER",
    "ClaraConfig",
    "ClaraModel",
    "Prompts",
    "score_passages",
    "straight_through_top_k",
]
