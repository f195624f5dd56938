"""The whole way from a folder of documents to checked training data, in steps that are done once."""
