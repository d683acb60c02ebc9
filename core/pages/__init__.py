"""Pages rendered on the server: a thread at its own address, and what the form makes without a script."""
