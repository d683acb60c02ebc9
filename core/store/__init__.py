"""A few whole atomic operations: protocol, memory, Redis."""
