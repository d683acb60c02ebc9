"""Auto-pipelining: commands issued in one turn of the event loop travel as one batch."""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from upstash_redis.commands import AsyncCommands

from core.errors import StoreError
from core.net.breaker import Breaker
from core.store_usage import StoreUsage, current_store_usage

Command = list[Any]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A command of the next batch, and whose it is."""

    command: Command
    future: asyncio.Future[Any]
    store_usage: StoreUsage | None


class BatchingClient(AsyncCommands):
    """The SDK's command surface over one batch per turn, with a deadline and a breaker for each batch.

    The Python SDK sends a request per command (its JavaScript sister has auto-pipelining). Callers
    simply await commands together; upstash-ratelimit works on it unchanged.
    """

    def __init__(self, *, timeout_seconds: float, breaker: Breaker) -> None:
        self._timeout_seconds = timeout_seconds
        self._breaker = breaker
        self._last_health = ""
        self._waiting: list[_Waiting] = []
        self._deliveries: set[asyncio.Task[None]] = set()

    async def execute(self, command: Command) -> Any:
        """The raw result of one command. Raises StoreError; at once while the breaker is open."""
        loop = asyncio.get_running_loop()
        if self._waiting and self._waiting[0].future.get_loop() is not loop:
            self._waiting = []  # left over from a loop that was stopped
        waiting = _Waiting(command, loop.create_future(), current_store_usage.get())
        self._waiting.append(waiting)
        if len(self._waiting) == 1:
            loop.call_soon(self._flush)
        return await waiting.future

    @abstractmethod
    async def send(self, commands: Sequence[Command]) -> list[Any]:
        """One result a command, in order, an exception where one failed. Raises StoreError for the batch."""

    @abstractmethod
    async def close(self) -> None:
        """Give back connections."""

    def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        delivery = asyncio.ensure_future(self._deliver(batch))
        self._deliveries.add(delivery)  # the loop itself holds tasks only weakly
        delivery.add_done_callback(self._deliveries.discard)

    async def _deliver(self, batch: list[_Waiting]) -> None:
        results: Sequence[Any]
        started = time.perf_counter()
        try:
            results = await self._guarded([waiting.command for waiting in batch])
        except StoreError as error:
            results = [error] * len(batch)
        _enter_in_tallies(batch, (time.perf_counter() - started) * 1000)
        for waiting, result in zip(batch, results, strict=True):
            if waiting.future.done():  # its caller has gone
                continue
            if isinstance(result, Exception):
                waiting.future.set_exception(result)
            else:
                waiting.future.set_result(result)

    async def _guarded(self, commands: Sequence[Command]) -> list[Any]:
        if not self._breaker.allows():
            raise StoreError(reason="breaker open", health=self._last_health)
        try:
            results = await self._in_time(commands)
        except StoreError as error:
            self._last_health = error.health
            if error.counts_for_breaker:
                self._breaker.failed(permanent=error.permanent, pause_seconds=error.pause_seconds)
            raise
        self._breaker.succeeded()
        return results

    async def _in_time(self, commands: Sequence[Command]) -> list[Any]:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self.send(commands)
        except TimeoutError:
            raise StoreError(reason="no answer in time") from None
        except StoreError:
            raise
        # Whatever else a client raises: those who wait for an answer must get one.
        except Exception as error:
            raise StoreError(reason=type(error).__name__, health="bad_response") from None


def _enter_in_tallies(batch: list[_Waiting], milliseconds: float) -> None:
    for waiting in batch:
        if waiting.store_usage:
            waiting.store_usage.commands += 1
    for store_usage in {id(waiting.store_usage): waiting.store_usage for waiting in batch}.values():
        if store_usage:
            store_usage.trips += 1
            store_usage.milliseconds += milliseconds
