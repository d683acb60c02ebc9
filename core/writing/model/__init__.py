"""Threads that a model writes."""
