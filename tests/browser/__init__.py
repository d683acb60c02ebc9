"""The pages in Chromium, against the whole service on loopback."""
