"""Auto-pipelining: commands that are issued together, or while others are under way, travel as one batch."""

import asyncio
import itertools
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from core.errors import StoreError
from core.net.breaker import Breaker
from core.usage import StoreUsage, current_store_usage
from core.values import value_class

MAX_BATCHES = 2  # under way at once, each over a connection of its own
_MAX_COMMANDS = 64  # of a batch
_MAX_WAITING = 32 * _MAX_COMMANDS
_SLICES, _TURNS = 5, 50

Command = list[Any]
_Client = TypeVar("_Client")


class Deadline:
    """Ends `timeout` when the store has had its time to answer, or first to be connected to.

    A plain timeout would blame the store for time that the event loop spent elsewhere. So: five short timers
    in a row, of which a blocked loop uses up one at most; then 50 turns to read what has arrived meanwhile.
    """

    def __init__(self, answer_seconds: float, connect_seconds: float) -> None:
        self.timeout = asyncio.timeout(None)
        self._loop = asyncio.get_running_loop()
        self.timer = asyncio.Handle(int, (), self._loop)  # does nothing
        self._seconds = answer_seconds, connect_seconds
        self.start()

    def start(self, *, connecting: bool = False) -> None:
        """Begin again: with a connection that is to be made, or with a request over an open one."""
        self.timer.cancel()
        self.is_connecting = connecting
        slices = itertools.repeat(self._seconds[connecting] / _SLICES, _SLICES)
        self._pauses = itertools.chain(slices, itertools.repeat(0.0, _TURNS))
        self._pass()

    def _pass(self) -> None:
        pause = next(self._pauses, None)
        if pause is None:
            self.timeout.reschedule(self._loop.time())
        else:
            self.timer = self._loop.call_later(pause, self._pass)


@value_class(frozen=True, slots=True)
class _Waiting:
    """A command of the next batch, and whose it is."""

    command: Command
    future: asyncio.Future[Any]
    usage: StoreUsage | None


class BatchingClient(ABC, Generic[_Client]):
    """Commands in batches, with deadlines and a breaker for each batch; callers simply await them together.

    A batch is sent by a task of its own, so that a caller's cancellation ends no request that others share.
    """

    def __init__(
        self, *, timeout_seconds: float, breaker: Breaker, connect_timeout_seconds: float = 1.0
    ) -> None:
        self._limits = timeout_seconds, connect_timeout_seconds
        self._breaker = breaker
        self._last_failure = "", ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: _Client | None = None  # of this loop: connections belong to the one that opened them
        self._waiting: list[_Waiting] = []
        self._deliveries: set[asyncio.Task[None]] = set()
        self._closing: set[asyncio.Task[None]] = set()

    @abstractmethod
    def new_client(self) -> _Client:
        """A client for the running loop."""

    @abstractmethod
    async def close_client(self, client: _Client) -> None:
        """Give back its connections."""

    @abstractmethod
    async def send(self, client: _Client, commands: Sequence[Command], deadline: Deadline) -> list[Any]:
        """One result a command, in order, an exception where one failed. Raises StoreError for the batch."""

    async def explain(self, error: StoreError) -> StoreError:
        """The failure, or what a closer look makes of it; for health answers."""
        return error

    async def execute(self, command: Command) -> Any:
        """The raw result of one command. Raises StoreError; at once while the breaker is open."""
        loop = self._this_loop()
        if len(self._waiting) >= _MAX_WAITING:
            raise StoreError(reason="too many commands wait", counts_for_breaker=False)
        waiting = _Waiting(command, loop.create_future(), current_store_usage.get())
        self._waiting.append(waiting)
        if len(self._waiting) == 1:
            loop.call_soon(self._flush)
        return await waiting.future

    async def connect(self) -> None:
        """Open a connection in advance. What fails here does not count: the first command tries again."""
        self._this_loop()
        try:
            await self._send([["PING"]], Deadline(*self._limits))
        except StoreError:
            self._breaker.succeeded()

    async def close(self) -> None:
        """Give back connections, if they are this loop's."""
        client, self._client = self._client, None
        if self._loop is asyncio.get_running_loop():
            if client is not None:
                await self.close_client(client)
            await asyncio.gather(*self._closing)

    def _this_loop(self) -> asyncio.AbstractEventLoop:
        """The running loop; what is left over of one that was stopped is dropped."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._client, self._waiting = loop, None, []
            self._deliveries, self._closing = set(), set()
        return loop

    def _flush(self) -> None:
        """Send what waits, as far as not too much is under way; without commands whose callers have gone."""
        self._waiting = [each for each in self._waiting if not each.future.done()]
        while self._waiting and len(self._deliveries) < MAX_BATCHES:
            batch, self._waiting = self._waiting[:_MAX_COMMANDS], self._waiting[_MAX_COMMANDS:]
            delivery = asyncio.get_running_loop().create_task(self._deliver(batch))
            self._deliveries.add(delivery)  # the loop itself holds tasks only weakly
            delivery.add_done_callback(self._delivered)

    def _delivered(self, delivery: asyncio.Task[None]) -> None:
        self._deliveries.discard(delivery)
        if self._waiting:
            self._flush()

    async def _deliver(self, batch: list[_Waiting]) -> None:
        started, deadline = time.perf_counter(), Deadline(*self._limits)
        try:
            results = await self._send([waiting.command for waiting in batch], deadline)
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

    async def _send(self, commands: Sequence[Command], deadline: Deadline) -> list[Any]:
        client, is_usable = None, False
        try:
            if self._breaker.failures and not self._breaker.allows():
                reason, health = self._last_failure
                raise StoreError(reason=reason, health=health, counts_for_breaker=False)
            client = self._client = self._client or self.new_client()
            async with deadline.timeout:
                results = await self.send(client, commands, deadline)
            is_usable = True
        except StoreError as error:
            is_usable = True
            raise self._noted(error) from error.__cause__
        except TimeoutError:
            reason = "no connection in time" if deadline.is_connecting else "no answer in time"
            raise self._noted(StoreError(reason=reason)) from None
        # A client may raise anything else; those who wait for a result must get one.
        except Exception as error:
            raise self._noted(StoreError(reason=type(error).__name__, health="bad_response")) from None
        finally:
            deadline.timer.cancel()
            if client is not None and not is_usable:
                self._replace(client)
        if self._breaker.failures:
            self._breaker.succeeded()
        return results

    def _replace(self, client: _Client) -> None:
        """Have the next batch get a new client, and close this one when the batches that use it have ended.

        A pool may never give back the connection of a request that was cancelled.
        """
        if self._client is client:
            self._client = None
        closing = asyncio.ensure_future(self._close(client, self._deliveries - {asyncio.current_task()}))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def _close(self, client: _Client, deliveries: set[asyncio.Task[None]]) -> None:
        await asyncio.gather(*deliveries, return_exceptions=True)
        await asyncio.gather(self.close_client(client), return_exceptions=True)  # it is broken anyway

    def _noted(self, error: StoreError) -> StoreError:
        if error.counts_for_breaker:
            self._last_failure = f"breaker open: {error.reason}", error.health
            self._breaker.failed(permanent=error.permanent, pause_seconds=error.pause_seconds)
        return error
