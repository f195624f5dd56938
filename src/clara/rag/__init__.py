"""Documents into a memory store, questions into answers with sources."""
