"""Generations under way in this process, so that a request that waits for one need not ask the store."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Generic, TypeVar

_Answer = TypeVar("_Answer")
_FIRST_PAUSE_SECONDS, _MAX_PAUSE_SECONDS = 0.05, 0.5


class SingleFlight(Generic[_Answer]):
    def __init__(self) -> None:
        self._flights: dict[str, asyncio.Future[_Answer | None]] = {}

    async def wait(self, key: str, *, seconds: float, attempt: int) -> _Answer | None:
        """The answer of this process's leader, waited for up to `seconds`. Without a leader here: None, after
        a pause that grows with `attempt` (from 0).
        """
        flight = self._flights.get(key)
        if flight is None:
            await asyncio.sleep(min(_FIRST_PAUSE_SECONDS * 1.5**attempt, _MAX_PAUSE_SECONDS))
            return None
        done, _ = await asyncio.wait([flight], timeout=seconds)
        return flight.result() if done else None

    @contextlib.contextmanager
    def leading(self, key: str) -> Iterator[asyncio.Future[_Answer | None]]:
        """A future of `key`'s answer, for followers in this process; None if the block sets no answer."""
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        try:
            yield flight
        finally:
            if not flight.done():
                flight.set_result(None)
            if self._flights.get(key) is flight:
                del self._flights[key]
