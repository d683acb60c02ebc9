"""Where in its source a text stands, and what of it the source does not say."""
