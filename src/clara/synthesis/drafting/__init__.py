"""The offline drafter: questions and answers from English prose, lists and tables by rules, without any model."""

from clara.synthesis.drafting.extractive import ExtractiveDrafter

__all__ = ["ExtractiveDrafter"]
