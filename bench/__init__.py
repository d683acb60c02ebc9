"""Benchmarks: measured claims, printed by `make bench`."""
