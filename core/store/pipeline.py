"""Auto-pipelining: commands issued in one turn of the event loop travel as one batch."""

import asyncio
import time
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from upstash_redis.commands import AsyncCommands

from core.errors import StoreError
from core.net.breaker import Breaker
from core.net.per_loop import PerLoop
from core.usage import StoreUsage, current_store_usage

Command = list[Any]
_Client = TypeVar("_Client")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A command of the next batch, and whose it is."""

    command: Command
    future: asyncio.Future[Any]
    usage: StoreUsage | None


class BatchingClient(AsyncCommands, Generic[_Client]):
    """The SDK's command surface over one batch per turn, with a deadline and a breaker for each batch.

    The Python SDK sends a request per command (its JavaScript sister has auto-pipelining). Callers
    simply await commands together; upstash-ratelimit works on it unchanged.
    """

    def __init__(self, *, timeout_seconds: float, breaker: Breaker) -> None:
        self._timeout_seconds = timeout_seconds
        self._breaker = breaker
        self._last_health = ""
        self._clients = PerLoop(self.new_client, self.close_client)
        self._waiting: list[_Waiting] = []
        self._deliveries: set[asyncio.Task[None]] = set()

    @abstractmethod
    def new_client(self) -> _Client:
        """A client for the running loop."""

    @abstractmethod
    async def close_client(self, client: _Client) -> None:
        """Give back its connections."""

    @abstractmethod
    async def send(self, client: _Client, commands: Sequence[Command]) -> list[Any]:
        """One result a command, in order, an exception where one failed. Raises StoreError for the batch."""

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

    async def close(self) -> None:
        """Give back connections."""
        await self._clients.close()

    def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        delivery = asyncio.ensure_future(self._deliver(batch))
        self._deliveries.add(delivery)  # the loop itself holds tasks only weakly
        delivery.add_done_callback(self._deliveries.discard)

    async def _deliver(self, batch: list[_Waiting]) -> None:
        started = time.perf_counter()
        try:
            results = await self._send([waiting.command for waiting in batch])
        except StoreError as error:
            results = [error] * len(batch)
        milliseconds = (time.perf_counter() - started) * 1000
        for usage in {id(waiting.usage): waiting.usage for waiting in batch}.values():
            if usage:
                usage.trips += 1
                usage.milliseconds += milliseconds
        for waiting, result in zip(batch, results, strict=True):
            if waiting.usage:
                waiting.usage.commands += 1
            if waiting.future.done():  # its caller has gone
                continue
            if isinstance(result, Exception):
                waiting.future.set_exception(result)
            else:
                waiting.future.set_result(result)

    async def _send(self, commands: Sequence[Command]) -> list[Any]:
        if not self._breaker.allows():
            raise StoreError(reason="breaker open", health=self._last_health)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                results = await self.send(self._clients.client(), commands)
        except StoreError as error:
            raise self._noted(error) from error.__cause__
        except TimeoutError:
            raise self._noted(StoreError(reason="no answer in time")) from None
        # A client may raise anything else; those who wait for a result must get one.
        except Exception as error:
            raise self._noted(StoreError(reason=type(error).__name__, health="bad_response")) from None
        self._breaker.succeeded()
        return results

    def _noted(self, error: StoreError) -> StoreError:
        self._last_health = error.health
        if error.counts_for_breaker:
            self._breaker.failed(permanent=error.permanent, pause_seconds=error.pause_seconds)
        return error
