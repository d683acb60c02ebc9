"""Which store answers, what an entry is, and who leads."""
