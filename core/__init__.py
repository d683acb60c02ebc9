"""Shared by all functions; who may import whom is in tests/test_structure.py."""
