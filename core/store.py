"""What a store does for us: a few whole operations, the same for Upstash, Redis and the dict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from core.window import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStats:
    """Figures of a store; None where it cannot say. `days` maps an ISO date to that day's counters."""

    cache_entries: int | None
    rate_limit_entries: int | None
    memory_used: str | None = None
    connected_clients: int | None = None
    uptime_seconds: int | None = None
    days: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


class Store(Protocol):
    """Every operation raises StoreError when the store does not do its work."""

    async def lookup(self, key: str) -> str | None:
        """The kept value, or None; counted as a hit (with what it saves) or a miss of the day."""
        ...

    async def keep(self, key: str, value: str, *, ttl_seconds: float, worth_usd: float = 0) -> None:
        """Keep `value`, which cost `worth_usd` to make, for `ttl_seconds`."""
        ...

    async def count(self, counters: Mapping[str, float]) -> None:
        """Add `counters` to the day's."""
        ...

    async def forget(self, key: str) -> bool:
        """Remove the key; False when there was none."""
        ...

    async def remember(self, key: str, value: str, *, ttl_seconds: float) -> None:
        """Keep a value that is no answer: nothing is counted."""
        ...

    async def recall(self, key: str) -> str | None:
        """What was remembered, if it still is."""
        ...

    async def take(self, client: str) -> Decision:
        """Count one call of `client` if it is within the limit."""
        ...

    async def status(self, client: str) -> Decision:
        """The same figures, with nothing counted."""
        ...

    async def stats(self) -> StoreStats:
        """Figures, in a number of commands that does not grow with the number of keys."""
        ...

    async def ping(self) -> None:
        """Return if the store answers."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
