"""A client that belongs to the event loop that is running."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

_Client = TypeVar("_Client")


class PerLoop(Generic[_Client]):
    """A client, made when first used: its connections belong to the loop that opened them."""

    def __init__(self, make: Callable[[], _Client], close: Callable[[_Client], Awaitable[object]]) -> None:
        self._make = make
        self._close = close
        self._client: _Client | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def client(self) -> _Client:
        """The running loop's client."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._client, self._loop = self._make(), loop
        return self._client

    def discard(self, client: _Client) -> None:
        """Do not give this one out again; closing it is left to the caller."""
        if self._client is client:
            self._client = None

    async def close(self) -> None:
        """Give back its connections, if they are this loop's."""
        if self._client is not None and self._loop is asyncio.get_running_loop():
            await self._close(self._client)
        self._client = None
