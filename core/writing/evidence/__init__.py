"""Finds a text in its source, and the claims in it that the source does not support."""
