"""Commands: filled in by their owner."""
