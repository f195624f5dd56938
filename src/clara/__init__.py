"""clara: a folder of documents in, a model that answers from them with sources out."""

__version__ = "0.1.0"
