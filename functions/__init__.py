"""One module per deployed function: its routes, its `app` (ASGI) and its `handler` (Lambda)."""
