"""Pure rules of texts: counting, splitting, cleaning; imports nothing of ours."""
