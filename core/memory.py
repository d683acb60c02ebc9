"""The store inside this process: first tier of every request, and all there is without Redis."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from core.days import day_of, last_days
from core.store import StoreStats
from core.window import Decision, Window

_MOST_CHARACTERS = 16 * 1024 * 1024
_MOST_CLIENTS = 50_000


@dataclass(frozen=True, slots=True)
class Kept:
    """`expires_at` in epoch seconds; `worth_usd` is what making the value cost."""

    value: str
    expires_at: float
    worth_usd: float


class MemoryStore:
    """Bounded dictionaries, the least recently used given up first. `clock` gives epoch seconds."""

    def __init__(self, window: Window, clock: Callable[[], float]) -> None:
        self._window = window
        self._clock = clock
        self._started_at = clock()
        self._entries: OrderedDict[str, Kept] = OrderedDict()
        self._characters = 0
        self._notes: dict[str, Kept] = {}
        self._clients: OrderedDict[str, tuple[int, int, int]] = OrderedDict()  # (window, current, previous)
        self._days: dict[str, defaultdict[str, float]] = {}

    async def lookup(self, key: str) -> str | None:
        kept = self.peek(key)
        await self.count({"hits": 1, "saved_usd": kept.worth_usd} if kept else {"misses": 1})
        return kept.value if kept else None

    def peek(self, key: str) -> Kept | None:
        """What is kept, with nothing counted: for the first tier, whose misses are asked further on."""
        kept = self._entries.get(key)
        if kept is None or kept.expires_at <= self._clock():
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return kept

    async def keep(self, key: str, value: str, *, ttl_seconds: float, worth_usd: float = 0) -> None:
        self._drop(key)
        self._entries[key] = Kept(value, self._clock() + ttl_seconds, worth_usd)
        self._characters += len(key) + len(value)
        while self._characters > _MOST_CHARACTERS:
            self._drop(next(iter(self._entries)))

    async def count(self, counters: Mapping[str, float]) -> None:
        now = self._clock()
        if day_of(now) not in self._days:
            self._days = {day: self._days[day] for day in last_days(now) if day in self._days}
            self._days[day_of(now)] = defaultdict(float)
        for name, number in counters.items():
            self._days[day_of(now)][name] += number

    async def forget(self, key: str) -> bool:
        found = self.peek(key) is not None
        self._drop(key)
        return found

    async def remember(self, key: str, value: str, *, ttl_seconds: float) -> None:
        self._notes[key] = Kept(value, self._clock() + ttl_seconds, 0)

    async def recall(self, key: str) -> str | None:
        note = self._notes.get(key)
        return note.value if note and note.expires_at > self._clock() else None

    async def take(self, client: str) -> Decision:
        now_ms, current, previous = self._counts(client)
        allowed = self._window.status(current=current, previous=previous, now_ms=now_ms).allowed
        current += allowed
        self._clients[client] = (self._window.index(now_ms), current, previous)
        self._clients.move_to_end(client)
        while len(self._clients) > _MOST_CLIENTS:
            self._clients.popitem(last=False)
        decision = self._window.decision(allowed=allowed, current=current, previous=previous, now_ms=now_ms)
        return replace(decision, shared=False)

    async def status(self, client: str) -> Decision:
        now_ms, current, previous = self._counts(client)
        return replace(self._window.status(current=current, previous=previous, now_ms=now_ms), shared=False)

    async def stats(self) -> StoreStats:
        now = self._clock()
        oldest = self._window.index(int(now * 1000)) - 1
        return StoreStats(
            cache_entries=sum(kept.expires_at > now for kept in self._entries.values()),
            rate_limit_entries=sum(window >= oldest for window, _, _ in self._clients.values()),
            memory_used=f"{self._characters / 1024:.1f}K",
            connected_clients=0,
            uptime_seconds=int(now - self._started_at),
            days={day: dict(self._days[day]) for day in last_days(now) if day in self._days},
        )

    async def ping(self) -> None:
        return None

    async def close(self) -> None:
        return None

    def _counts(self, client: str) -> tuple[int, int, int]:
        """Now in milliseconds, and the client's calls in the current and the previous window."""
        now_ms = int(self._clock() * 1000)
        index = self._window.index(now_ms)
        window, current, previous = self._clients.get(client, (index, 0, 0))
        if window == index:
            return now_ms, current, previous
        return now_ms, 0, current if window == index - 1 else 0

    def _drop(self, key: str) -> None:
        if (entry := self._entries.pop(key, None)) is not None:
            self._characters -= len(key) + len(entry.value)
