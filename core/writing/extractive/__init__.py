"""Threads of the article's own sentences, without a model."""
