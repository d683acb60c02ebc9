"""Work that grows with its input, in processes that can be ended."""
