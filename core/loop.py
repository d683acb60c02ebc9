"""The one event loop of a Lambda process: connections belong to it, so it lives as long as they do."""

from __future__ import annotations

import asyncio
import atexit
import functools


@functools.cache
def process_loop() -> asyncio.AbstractEventLoop:
    """The loop, made at the first invocation and closed when the process ends."""
    loop = asyncio.new_event_loop()
    atexit.register(loop.close)
    return loop
