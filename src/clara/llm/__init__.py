"""Talk to any OpenAI-compatible endpoint: structured replies, bounded retries, nothing paid twice."""

from clara.llm.budget import Budget, BudgetReachedError
from clara.llm.client import LLMClient, LLMConfig, LLMReplyError, NotSentError
from clara.llm.journal import Journal
from clara.llm.receipt import write_receipt
from clara.llm.sending import Usage
from clara.llm.session import LLMSession

__all__ = [
    "Budget",
    "BudgetReachedError",
    "Journal",
    "LLMClient",
    "LLMConfig",
    "LLMReplyError",
    "LLMSession",
    "NotSentError",
    "Usage",
    "write_receipt",
]
