"""Is this data good, and may it leave? Private data and secrets are found here before any text goes anywhere."""
