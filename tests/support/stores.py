"""Stores in the process for tests of the cache: one that the tests may break."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.errors import StoreError
from core.rate_limit import Client, Decision, Window
from core.store.counters import NO_COUNTERS, Counters
from core.store.memory import MemoryStore
from core.store.protocol import Budget, Lookup, StoredEntry
from tests.support.clock import Clock


def local_store(clock: Clock, budget_usd: float = 0) -> MemoryStore:
    return MemoryStore(clock, budget_usd)


def named(name: str, limit: int = 10, **plan: Any) -> Client:
    """A client with a limit per hour."""
    return Client(name, Window(limit, 3_600_000), **plan)


class BreakableStore(MemoryStore):
    """Fails with `error` where one is set; `calls` are the names of its operations, in order."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, 0)
        self.error: StoreError | None = None
        self.calls: list[str] = []
        self.on_keep: Callable[[], object] = bool

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.error:
            raise self.error

    async def keep(self, lookup: Lookup, entry: StoredEntry, counters: Counters = NO_COUNTERS) -> bool:
        self._called("keep")
        self.on_keep()
        return await super().keep(lookup, entry, counters)

    async def release(
        self, lookup: Lookup, counters: Counters = NO_COUNTERS, *, refund: bool = False, failure: str = ""
    ) -> None:
        self._called("release")
        await super().release(lookup, counters, refund=refund, failure=failure)

    async def reserve(self, lookup: Lookup, seconds: float) -> Budget:
        self._called("reserve")
        return await super().reserve(lookup, seconds)

    async def content(self, name: str) -> str | None:
        self._called("content")
        return await super().content(name)

    async def peek(self, key: str) -> str | None:
        self._called("peek")
        return await super().peek(key)

    async def forget(self, key: str, draft: str = "") -> bool:
        self._called("forget")
        return await super().forget(key, draft)

    async def renew(self, lookup: Lookup) -> None:
        self._called("renew")
        await super().renew(lookup)

    async def remember(self, key: str, value: str, *, ttl_seconds: float) -> None:
        self._called("remember")
        await super().remember(key, value, ttl_seconds=ttl_seconds)

    async def status(self, client: Client) -> Decision:
        self._called("status")
        return await super().status(client)
