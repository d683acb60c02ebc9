"""The store inside this process: first tier of every request, and all there is without Redis."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from core.rate_limit import Decision, Window
from core.store.counters import NO_COUNTERS, Counters
from core.store.days import day_of, last_days
from core.store.keys import content_key, failure_key, lease_key, thread_key
from core.store.memory_limiter import LocalWindow
from core.store.protocol import Ask, Kept, StoreStats, Turn
from core.usage import micros

_MAX_CHARACTERS = 16 * 1024 * 1024
_FAILURE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Item:
    value: str
    ends_at: float


class MemoryStore:
    """Bounded dictionaries, the least recently used given up first. `clock` gives epoch seconds."""

    def __init__(self, window: Window, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._limiter = LocalWindow(window, clock)
        self._started_at = clock()
        self._items: OrderedDict[str, _Item] = OrderedDict()
        self._characters = 0
        self._reserved: dict[str, tuple[int, float]] = {}  # token: (millionths, until when)
        self._days: dict[str, Counter[str]] = {}

    async def enter(self, ask: Ask, counters: Counters = NO_COUNTERS) -> Turn:
        return self.enter_now(ask, counters)

    def enter_now(self, ask: Ask, counters: Counters = NO_COUNTERS) -> Turn:
        """core/scripts.py's ENTER, step for step."""
        now = self._clock()
        decision = self._limiter.limit(None, ask.client) if ask.counts == "coming" else None
        if decision and not decision.allowed:
            return Turn(kind="blocked", decision=decision, shared=False)
        self.count(counters)
        value = self._look(ask) if ask.looks else None
        if value and _fresh(value, now, ask.oldest):
            self.count({"collapsed": 1} if ask.waited else {"hits": 1, "saved_micros": cost_micros_of(value)})
            return Turn(kind="hit", value=value, decision=decision, shared=False)
        failure = self._get(failure_key(ask.key)) if ask.looks else None
        if failure:
            return Turn(kind="failed", value=failure, decision=decision, shared=False)
        if ask.only_looks:
            return Turn(kind="absent", value=value, decision=decision, shared=False)
        if not ask.forces and self._get(lease_key(ask.key)):
            return Turn(kind="follow", value=value, decision=decision, shared=False)
        if ask.counts == "leading":
            decision = self._limiter.limit(None, ask.client)
            if not decision.allowed:
                return Turn(kind="blocked", decision=decision, shared=False)
        self._set(lease_key(ask.key), ask.token, ask.lease_seconds)
        if ask.looks:
            self.count({"misses": 1})
        return Turn(kind="lead", value=value, decision=decision, paid=self._reserve(ask), shared=False)

    def fresh(self, ask: Ask) -> str | None:
        """The kept value if it may be given; nothing is counted."""
        value = self._look(ask) if ask.looks else None
        return value if value and _fresh(value, self._clock(), ask.oldest) else None

    async def keep(self, ask: Ask, kept: Kept) -> bool:
        self._reserved.pop(ask.token, None)
        self.count(kept.counters)
        if kept.value and kept.thread_seconds:
            self._set(thread_key(kept.thread_id), kept.value, kept.thread_seconds)
        if self._get(lease_key(ask.key)) != ask.token:
            return False
        self._drop(lease_key(ask.key))
        if not kept.value or not kept.ttl_seconds:
            return False
        self._set(ask.key, kept.value, kept.ttl_seconds)
        if kept.content:
            self._set(content_key(kept.content), ask.key, kept.ttl_seconds)
        return True

    def put(self, key: str, value: str, ttl_seconds: float) -> None:
        """Keep a copy of what another store has, or of what nobody else may have."""
        self._set(key, value, ttl_seconds)

    async def release(
        self, ask: Ask, *, refund: bool, failure: str | None, counters: Counters = NO_COUNTERS
    ) -> None:
        self._reserved.pop(ask.token, None)
        if refund:
            self._limiter.limit(None, ask.client, -1)
        if failure:
            self._set(failure_key(ask.key), failure, _FAILURE_SECONDS)
        if self._get(lease_key(ask.key)) == ask.token:
            self._drop(lease_key(ask.key))
        self.count(counters)

    async def renew(self, ask: Ask) -> None:
        if self._get(lease_key(ask.key)) == ask.token:
            self._set(lease_key(ask.key), ask.token, ask.lease_seconds)

    async def peek(self, key: str) -> str | None:
        return self._get(key)

    async def content(self, name: str) -> str | None:
        key = self._get(content_key(name))
        return self._get(key) if key else None

    async def forget(self, key: str) -> bool:
        found = self._get(key) is not None
        self._drop(key)
        self._drop(failure_key(key))
        return found

    async def status(self, client: str) -> Decision:
        return self._limiter.limit(None, client, 0)

    async def stats(self) -> StoreStats:
        now = self._clock()
        kept = [key for key, item in self._items.items() if item.ends_at > now]
        return StoreStats(
            cache_entries=sum(key.startswith("threadr:cache:") for key in kept),
            rate_limit_entries=self._limiter.clients(),
            memory_used=f"{self._characters / 1024:.1f}K",
            connected_clients=0,
            uptime_seconds=int(now - self._started_at),
            writable=True,
            days={day: dict(self._days[day]) for day in last_days(now) if day in self._days},
        )

    async def remember(self, key: str, value: str, *, ttl_seconds: float) -> None:
        self._set(key, value, ttl_seconds)

    async def recall(self, key: str) -> str | None:
        return self._get(key)

    async def ping(self) -> bool:
        return True

    async def close(self) -> None:
        return None

    def count(self, counters: Counters) -> None:
        """Add to the day's counters."""
        now = self._clock()
        if day_of(now) not in self._days:
            self._days = {day: self._days[day] for day in last_days(now) if day in self._days}
            self._days[day_of(now)] = Counter()
        self._days[day_of(now)].update({name: number for name, number in counters.items() if number})

    def _look(self, ask: Ask) -> str | None:
        """The kept value that answers the digest, fresh or not."""
        value = self._get(ask.key)
        return value if value and value.split(" ", 4)[3:4] == [ask.digest] else None

    def _reserve(self, ask: Ask) -> bool:
        now, amount = self._clock(), micros(ask.max_cost_usd)
        if not amount or not ask.budget_usd:
            return True
        self._reserved = {token: held for token, held in self._reserved.items() if held[1] > now}
        spent = self._days.get(day_of(now), Counter())["cost_micros"]
        if spent + sum(held for held, _ in self._reserved.values()) + amount > micros(ask.budget_usd):
            return False
        self._reserved[ask.token] = (amount, now + ask.seconds)
        return True

    def _get(self, key: str) -> str | None:
        item = self._items.get(key)
        if item is None or item.ends_at <= self._clock():
            self._drop(key)
            return None
        self._items.move_to_end(key)
        return item.value

    def _set(self, key: str, value: str, ttl_seconds: float) -> None:
        self._drop(key)
        self._items[key] = _Item(value, self._clock() + ttl_seconds)
        self._characters += len(key) + len(value)
        while self._characters > _MAX_CHARACTERS:
            self._drop(next(iter(self._items)))

    def _drop(self, key: str) -> None:
        if item := self._items.pop(key, None):
            self._characters -= len(key) + len(item.value)


def cost_micros_of(value: str) -> int:
    """What a kept value cost to make, in millionths of a dollar."""
    return int(value.split(" ", 3)[2])


def _fresh(value: str, now: float, oldest: float) -> bool:
    fresh_ms, kept_ms, *_ = value.split(" ", 2)
    return int(fresh_ms) > now * 1000 and int(kept_ms) > int(oldest * 1000)
