"""Passages to verified training rows, by an LLM or by the offline drafter."""
