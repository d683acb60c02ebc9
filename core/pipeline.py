"""Auto-pipelining: commands issued in one turn of the event loop travel as one batch."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from upstash_redis.commands import AsyncCommands

from core.breaker import Breaker
from core.errors import StoreError, StoreRefused, StoreUnreachable

Command = list[Any]


class CommandFailed(StoreError):
    """The store answered, and refused this one command of the batch."""


class Pipelined(AsyncCommands):
    """The SDK's command surface over one batch per turn, with a deadline and a breaker for each batch.

    The Python SDK sends a request per command (its JavaScript sister has auto-pipelining). Callers
    simply await commands together; upstash-ratelimit works on it unchanged.
    """

    def __init__(self, *, timeout_seconds: float, breaker: Breaker) -> None:
        self._timeout_seconds = timeout_seconds
        self._breaker = breaker
        self._waiting: list[tuple[Command, asyncio.Future[Any]]] = []
        self._deliveries: set[asyncio.Task[None]] = set()

    async def execute(self, command: Command) -> Any:
        """The raw result of one command. Raises StoreError; at once while the breaker is open."""
        loop = asyncio.get_running_loop()
        if self._waiting and self._waiting[0][1].get_loop() is not loop:
            self._waiting = []  # left over from a loop that was stopped
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((command, future))
        if len(self._waiting) == 1:
            loop.call_soon(self._flush)
        return await future

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

    async def _deliver(self, batch: list[tuple[Command, asyncio.Future[Any]]]) -> None:
        results: Sequence[Any]
        try:
            results = await self._guarded([command for command, _ in batch])
        except StoreError as error:
            results = [error] * len(batch)
        for (_, future), result in zip(batch, results, strict=True):
            if future.done():  # its caller has gone
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)

    async def _guarded(self, commands: Sequence[Command]) -> list[Any]:
        if not self._breaker.lets_through():
            raise StoreUnreachable(reason="breaker open")
        try:
            async with asyncio.timeout(self._timeout_seconds):
                results = await self.send(commands)
        except TimeoutError:
            self._breaker.failed(permanent=False)
            raise StoreUnreachable(reason="no answer in time") from None
        except StoreError as error:
            self._breaker.failed(permanent=isinstance(error, StoreRefused))
            raise
        self._breaker.succeeded()
        return results
