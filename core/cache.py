"""Where answers are kept and looked for: this process first, then the store that all instances share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.entry import Entry
from core.errors import StoreError
from core.memory import MemoryStore
from core.store import Store


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up gave. `reachable` is False when the shared store did not answer."""

    entry: Entry | None = None
    reachable: bool = True


class Cache:
    """Without a shared store the local one is all there is; it also serves when the shared one fails."""

    def __init__(
        self,
        *,
        local: MemoryStore,
        shared: Store | None,
        ttl_seconds: float,
        local_seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._local = local
        self._shared = shared
        self._ttl_seconds = ttl_seconds
        self._local_seconds = local_seconds
        self._clock = clock

    @property
    def turned_off(self) -> bool:
        return self._ttl_seconds == 0

    async def lookup(self, key: str, digest: str) -> Found:
        """The fresh entry under `key` that answers `digest`, from the nearest place that has it."""
        near = self._local.peek(key)
        entry = self._fresh(near.value if near else None, digest)
        if near and entry:
            reachable = await self.count({"hits": 1, "saved_usd": near.worth_usd})
            return Found(entry, reachable)
        if self._shared is None:
            await self._local.count({"misses": 1})
            return Found()
        try:
            value = await self._shared.lookup(key)
        except StoreError:
            return Found(reachable=False)
        entry = self._fresh(value, digest)
        if entry and value:
            await self._keep_near(key, value, entry)
        return Found(entry)

    async def keep(self, key: str, digest: str, answer: dict[str, Any]) -> bool:
        """Keep an answer for everybody; False when the shared store fails and only this process has it."""
        entry = self._entry(digest, answer, self._ttl_seconds)
        value = entry.to_json()
        if self._shared is None:
            await self._local.keep(key, value, ttl_seconds=self._ttl_seconds, worth_usd=entry.worth_usd)
            return True
        try:
            await self._shared.keep(key, value, ttl_seconds=self._ttl_seconds, worth_usd=entry.worth_usd)
        except StoreError:
            await self._local.keep(key, value, ttl_seconds=self._ttl_seconds, worth_usd=entry.worth_usd)
            return False
        await self._keep_near(key, value, entry)
        return True

    async def keep_here(self, key: str, digest: str, answer: dict[str, Any], *, seconds: float) -> None:
        """Keep an answer for this process alone."""
        seconds = min(seconds, self._ttl_seconds)
        await self._local.keep(key, self._entry(digest, answer, seconds).to_json(), ttl_seconds=seconds)

    async def forget(self, key: str) -> bool:
        """Remove an entry everywhere. The local one goes first, even when StoreError is raised."""
        found_near = await self._local.forget(key)
        return (await self._shared.forget(key) if self._shared else False) or found_near

    async def count(self, counters: Mapping[str, float]) -> bool:
        """Add to the day's counters; False when the shared store fails and they are counted here."""
        try:
            await (self._shared or self._local).count(counters)
        except StoreError:
            await self._local.count(counters)
            return False
        return True

    async def _keep_near(self, key: str, value: str, entry: Entry) -> None:
        seconds = min(self._local_seconds, entry.fresh_until - self._clock())
        if seconds > 0:
            await self._local.keep(key, value, ttl_seconds=seconds, worth_usd=entry.worth_usd)

    def _entry(self, digest: str, answer: dict[str, Any], seconds: float) -> Entry:
        now = self._clock()
        return Entry(digest=digest, kept_at=now, fresh_until=now + seconds, answer=answer)

    def _fresh(self, value: str | None, digest: str) -> Entry | None:
        entry = Entry.from_json(value, digest=digest) if value else None
        return entry if entry and entry.fresh_until > self._clock() else None
