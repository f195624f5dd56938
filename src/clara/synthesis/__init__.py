"""Passages to verified training rows, by an LLM or by the offline drafter.

synthesize(raw_knowledge, output_dir, drafter=ExtractiveDrafter(), tokenizer=..., max_tokens=128)
"""

from clara.synthesis.drafting import ExtractiveDrafter
from clara.synthesis.drafts import Draft, Drafter, Rejected
from clara.synthesis.llm_drafter import LLMDrafter
from clara.synthesis.report import SynthesisReport
from clara.synthesis.run import synthesize

__all__ = ["Draft", "Drafter", "ExtractiveDrafter", "LLMDrafter", "Rejected", "SynthesisReport", "synthesize"]
