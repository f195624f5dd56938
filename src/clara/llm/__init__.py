"""Talk to any OpenAI-compatible endpoint: structured replies, bounded retries, nothing paid twice."""

from clara.llm.client import LLMClient, LLMConfig, LLMReplyError, Usage
from clara.llm.journal import Journal

__all__ = ["Journal", "LLMClient", "LLMConfig", "LLMReplyError", "Usage"]
