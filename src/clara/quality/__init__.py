"""Is the data fit to train on? Duplicates, leakage, support, diversity; secrets and personal data."""
