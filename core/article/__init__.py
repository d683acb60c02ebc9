"""A URL or a text in, an Article out."""
