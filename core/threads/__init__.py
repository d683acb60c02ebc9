"""The use cases: make, rewrite, read and check a thread."""
