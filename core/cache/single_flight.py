"""Generations under way in this process, so that a request that waits for one need not ask the store."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Generic, TypeVar

_Answer = TypeVar("_Answer")
_FIRST_PAUSE_SECONDS, _MAX_PAUSE_SECONDS = 0.05, 0.5


class Flight(Generic[_Answer]):
    """One generation; its result is None when it came to nothing."""

    def __init__(self) -> None:
        self._landed: asyncio.Future[_Answer | None] = asyncio.get_running_loop().create_future()

    def land(self, answer: _Answer | None) -> None:
        if not self._landed.done():
            self._landed.set_result(answer)

    async def wait(self, seconds: float) -> _Answer | None:
        """What it brought, or None after `seconds`."""
        done, _ = await asyncio.wait([self._landed], timeout=seconds)
        return self._landed.result() if done else None


class SingleFlight(Generic[_Answer]):
    def __init__(self) -> None:
        self._flights: dict[str, Flight[_Answer]] = {}

    async def wait(self, key: str, *, seconds: float, attempt: int) -> _Answer | None:
        """What the leader in this process brings within `seconds`; without one, None after a pause, which is
        longer at each attempt (from 0).
        """
        if flight := self._flights.get(key):
            return await flight.wait(seconds)
        await asyncio.sleep(min(_FIRST_PAUSE_SECONDS * 1.5**attempt, _MAX_PAUSE_SECONDS))
        return None

    @contextlib.contextmanager
    def leading(self, key: str) -> Iterator[Flight[_Answer]]:
        """Makes the flight of `key` known while it lasts; it lands empty unless it landed before."""
        flight = self._flights[key] = Flight()
        try:
            yield flight
        finally:
            flight.land(None)
            if self._flights.get(key) is flight:
                del self._flights[key]
