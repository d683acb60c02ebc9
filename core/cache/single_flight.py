"""Generations under way in this process, so that a request that waits for one need not ask the store."""

import asyncio
import contextlib
import copy
from collections.abc import Iterator
from typing import Generic, TypeVar

from core.errors import ThreadrError

_Answer = TypeVar("_Answer")
_FIRST_PAUSE_SECONDS, _MAX_PAUSE_SECONDS = 0.05, 0.5


class SingleFlight(Generic[_Answer]):
    def __init__(self) -> None:
        self._flights: dict[str, asyncio.Future[_Answer | ThreadrError | None]] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._flights

    async def wait(
        self, key: str, seconds: float, attempt: int = 0, any_failure: bool = False
    ) -> _Answer | None:
        """The answer of this process's leader, waited for up to `seconds`. Without a leader here: None, after
        a pause that grows with `attempt` (from 0). Raises the leader's failure where that is shared, and
        with `any_failure` also one of its own.
        """
        flight = self._flights.get(key)
        if flight is None:
            await asyncio.sleep(min(_FIRST_PAUSE_SECONDS * 1.5**attempt, _MAX_PAUSE_SECONDS))
            return None
        done, _ = await asyncio.wait([flight], timeout=seconds)
        found = flight.result() if done else None
        if not isinstance(found, ThreadrError):
            return found
        if found.shared or any_failure:
            raise copy.copy(found)  # raising changes it
        return None

    @contextlib.contextmanager
    def leading(self, key: str) -> Iterator[asyncio.Future[_Answer | ThreadrError | None]]:
        """A future of `key`'s answer, for followers in this process; a cancelled leader has none for them."""
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        try:
            yield flight
        except ThreadrError as error:
            flight.set_result(error)
            raise
        finally:
            if not flight.done():
                flight.set_result(None)
            if self._flights.get(key) is flight:
                del self._flights[key]
