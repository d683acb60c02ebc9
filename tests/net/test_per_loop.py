"""A client belongs to the event loop that made it."""

from __future__ import annotations

import asyncio

from core.net.per_loop import PerLoop


class Clients:
    """Numbers the clients that it makes; `closed` are those that were closed."""

    def __init__(self) -> None:
        self.made = 0
        self.closed: list[int] = []
        self.per_loop = PerLoop(self._make, self._close)

    def _make(self) -> int:
        self.made += 1
        return self.made

    async def _close(self, client: int) -> None:
        self.closed.append(client)

    async def use(self) -> tuple[int, int]:
        return self.per_loop.client(), self.per_loop.client()


def test_one_loop_has_one_client_and_another_loop_another() -> None:
    clients = Clients()
    assert [asyncio.run(clients.use()), asyncio.run(clients.use())] == [(1, 1), (2, 2)]


def test_only_a_client_of_the_running_loop_is_closed() -> None:
    clients = Clients()

    async def use_and_close() -> None:
        await clients.use()
        await clients.per_loop.close()

    asyncio.run(clients.use())
    asyncio.run(clients.per_loop.close())
    assert clients.closed == []
    asyncio.run(use_and_close())
    assert clients.closed == [2]


async def test_after_close_a_new_client_is_made() -> None:
    clients = Clients()
    await clients.use()
    await clients.per_loop.close()
    await clients.per_loop.close()
    assert await clients.use() == (2, 2)
    assert clients.closed == [1]
