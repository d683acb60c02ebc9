"""Generations under way in this process, so that whoever waits for one need not ask the store."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

Answer = dict[str, Any]


class Flight:
    """One generation; its result is None when it came to nothing."""

    def __init__(self) -> None:
        self._landed: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()

    def land(self, answer: Answer | None) -> None:
        if not self._landed.done():
            self._landed.set_result(answer)

    async def wait(self, seconds: float) -> Answer | None:
        """What it brought, or None after `seconds`."""
        done, _ = await asyncio.wait([self._landed], timeout=seconds)
        return self._landed.result() if done else None


class Flights:
    def __init__(self) -> None:
        self._flights: dict[str, Flight] = {}

    def under_way(self, key: str) -> Flight | None:
        return self._flights.get(key)

    @contextlib.contextmanager
    def leading(self, key: str) -> Iterator[Flight]:
        """Makes the flight of `key` known while it lasts; it lands empty unless it landed before."""
        flight = self._flights[key] = Flight()
        try:
            yield flight
        finally:
            flight.land(None)
            if self._flights.get(key) is flight:
                del self._flights[key]
