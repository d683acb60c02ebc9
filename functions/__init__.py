"""One module per deployed function: its routes, its `app` (ASGI) and its `handler` (Lambda)."""

import gc

# What a start imports is not garbage, and looking for some took a fifth of it (`python -m bench.imports`).
# Making a handler switches collecting on again.
gc.disable()
