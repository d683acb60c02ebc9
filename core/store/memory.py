"""The store inside this process: first tier of every request, and all there is without Redis."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from core.rate_limit import Decision, Window
from core.request import counters_of, result_of
from core.store.counters import NO_COUNTERS, Counters, last_days
from core.store.keys import content_key, failure_key, lease_key, side_keys, thread_key
from core.store.ledger import Ledger
from core.store.memory_limiter import LocalWindow
from core.store.protocol import LEASE_SECONDS, Budget, Lookup, Reply, StoredEntry, StoreStats
from core.usage import micros

_MAX_CHARACTERS = 16 * 1024 * 1024


@dataclass(slots=True)
class _Items:
    """Values with an expiry; the least recently used are evicted first."""

    clock: Callable[[], float]
    items: OrderedDict[str, tuple[str, float]] = field(default_factory=OrderedDict)  # value, and until when
    characters: int = 0

    def get(self, key: str) -> str | None:
        if key not in self.items:
            return None
        value, ends_at = self.items[key]
        if ends_at <= self.clock():
            self.drop(key)
            return None
        self.items.move_to_end(key)
        return value

    def put(self, key: str, value: str, ttl_seconds: float) -> None:
        self.drop(key)
        self.items[key] = (value, self.clock() + ttl_seconds)
        self.characters += len(key) + len(value)
        while self.characters > _MAX_CHARACTERS:
            self.drop(next(iter(self.items)))

    def is_fresh(self, value: str, lookup: Lookup, since: int) -> bool:
        fresh_ms, created_ms, _ = head_of(value)
        now_ms, max_age_ms = self.clock() * 1000, lookup.max_age_seconds * 1000
        return fresh_ms > now_ms and now_ms - created_ms < max_age_ms and created_ms >= since

    def drop(self, key: str) -> bool:
        if item := self.items.pop(key, None):
            self.characters -= len(key) + len(item[0])
        return item is not None


class MemoryStore:
    """`clock` gives epoch seconds; `budget_usd` is what this process may spend in a day (0: no cap)."""

    def __init__(self, window: Window, clock: Callable[[], float], budget_usd: float) -> None:
        self.clock = clock
        self.items = _Items(clock)
        self.ledger = Ledger(clock, micros(budget_usd))
        self._limiter = LocalWindow(window, clock)
        self._started_at = clock()

    async def look_up(self, lookup: Lookup, counters: Counters = NO_COUNTERS, seconds: float = 60) -> Reply:
        # As scripts/look_up.lua does it, step for step.
        decision = self._limiter.limit(lookup.client) if lookup.charge == "always" else None
        if decision and not decision.allowed:
            return Reply(kind="limited", decision=decision)
        if counters:
            self.ledger.count(counters)
        reply = self._reply(lookup, seconds)
        if reply.kind != "draft":
            outcome = result_of(reply.kind, waited=lookup.waited, refresh=lookup.mode == "refresh")
            self.ledger.count(counters_of(outcome, cost_micros=head_of(reply.value or "")[2]))
        return replace(reply, now=self.clock(), decision=reply.decision or decision)

    def _reply(self, lookup: Lookup, seconds: float) -> Reply:
        if known := self.known(lookup):
            return known
        value = _kept(self.items, lookup)
        looks = lookup.mode in lookup.LOOKING_MODES
        made, _, failure = ((looks and self.items.get(failure_key(lookup.work))) or "0 ").partition(" ")
        if failure and self.clock() * 1000 - int(made) < lookup.max_age_seconds * 1000:
            return Reply(kind="failed", value=value, failure=failure)
        if lookup.mode in ("only_if_cached", "count_only"):
            return Reply(kind="not_stored", value=value)
        if lookup.mode != "refresh" and self.items.get(lease_key(lookup.work)):
            return Reply(kind="follow", value=value)
        decision = self._limiter.limit(lookup.client) if lookup.charge == "on_generation" else None
        if decision and not decision.allowed:
            return Reply(kind="limited", decision=decision)
        self.items.put(lease_key(lookup.work), lookup.token, LEASE_SECONDS)
        budget = self.ledger.reserve(lookup.token, micros(lookup.max_cost_usd), seconds)
        return Reply(kind="lead", value=value, decision=decision, budget=budget)

    async def reserve(self, lookup: Lookup, seconds: float) -> Budget:
        return self.ledger.reserve(lookup.token, micros(lookup.max_cost_usd), seconds)

    def known(self, lookup: Lookup) -> Reply | None:
        """What may be given: the kept value, or the draft that it can be a view of; nothing is counted."""
        if lookup.mode not in lookup.LOOKING_MODES:
            return None
        value, (since, home) = _kept(self.items, lookup), _newest_draft(self.items, lookup)
        if value and self.items.is_fresh(value, lookup, since):
            return Reply(kind="hit", now=self.clock(), value=value)
        draft = self.items.get(home) if home not in ("", lookup.key) else None
        if draft and self.items.is_fresh(draft, lookup, max(since, lookup.unfit_ms + 1)):
            return Reply(kind="draft", now=self.clock(), value=draft)
        return None

    async def keep(self, lookup: Lookup, entry: StoredEntry, counters: Counters = NO_COUNTERS) -> bool:
        self.ledger.settle(lookup.token, counters)
        if entry.value and entry.thread_seconds:
            self.items.put(thread_key(entry.thread_id), entry.value, entry.thread_seconds)
        if entry.is_view:
            since, home = _newest_draft(self.items, lookup)
            may = home not in ("", lookup.key) and head_of(entry.value or "")[1] >= since
        else:
            may = _give_back(self.items, lookup)
        if not may or not entry.value or not entry.ttl_seconds:
            return False
        put_entry(self.items, lookup, entry, entry.ttl_seconds)
        return True

    async def release(
        self, lookup: Lookup, counters: Counters = NO_COUNTERS, *, refund: bool = False, failure: str = ""
    ) -> None:
        if refund:
            self._limiter.limit(lookup.client, -1)
        if failure:
            seconds, failure = failure.split(" ", 1)
            self.items.put(failure_key(lookup.work), f"{self.clock() * 1000:.0f} {failure}", float(seconds))
        _give_back(self.items, lookup)
        self.ledger.settle(lookup.token, counters)

    async def renew(self, lookup: Lookup) -> None:
        if self.items.get(lease_key(lookup.work)) == lookup.token:
            self.items.put(lease_key(lookup.work), lookup.token, LEASE_SECONDS)

    async def peek(self, key: str) -> str | None:
        return self.items.get(key)

    async def content(self, name: str) -> str | None:
        key = self.items.get(content_key(name))
        return self.items.get(key) if key else None

    async def forget(self, key: str, draft: str = "") -> bool:
        for each in side_keys(key, draft):
            self.items.drop(each)
        return self.items.get(key) is not None and self.items.drop(key)

    async def status(self, client: str) -> Decision:
        return self._limiter.limit(client, 0)

    async def stats(self) -> StoreStats:
        now = self.clock()
        kept = [key for key, (_, ends_at) in self.items.items.items() if ends_at > now]
        return StoreStats(
            cache_entries=sum(key.startswith("threadr:cache:") for key in kept),
            rate_limit_entries=self._limiter.clients(),
            memory_used=f"{self.items.characters / 1024:.1f}K",
            connected_clients=0,
            uptime_seconds=int(now - self._started_at),
            writable=True,
            days={day: dict(self.ledger.days[day]) for day in last_days(now) if day in self.ledger.days},
        )

    async def remember(self, key: str, value: str, *, ttl_seconds: float) -> None:
        self.items.put(key, value, ttl_seconds)

    async def ping(self) -> bool:
        return True

    async def close(self) -> None:
        return None


def put_entry(items: _Items, lookup: Lookup, entry: StoredEntry, seconds: float) -> None:
    """Keep the entry for so long, whoever holds the lease."""
    value = entry.value or ""
    items.put(lookup.key, value, seconds)
    if entry.content:
        items.put(content_key(entry.content), lookup.key, seconds)
    if lookup.draft and not entry.is_view:
        since = head_of(value)[1] if lookup.mode == "refresh" else _newest_draft(items, lookup)[0]
        items.put(lookup.draft, f"{since} {lookup.key}", seconds)


def head_of(value: str) -> tuple[int, int, int]:
    """Fresh-until and created-at in milliseconds, cost in millionths of a dollar; zeros if it is damaged."""
    try:
        fresh, created, cost, _ = value.split(" ", 3)
        return int(fresh), int(created), int(cost)
    except ValueError:
        return 0, 0, 0


def _newest_draft(items: _Items, lookup: Lookup) -> tuple[int, str]:
    """From when on (ms) views must be made of it, and where it is kept: nowhere if there is none."""
    since, _, home = ((lookup.draft and items.get(lookup.draft)) or "0 ").partition(" ")
    return int(since), home


def _kept(items: _Items, lookup: Lookup) -> str | None:
    """The kept value that answers the digest, fresh or not."""
    value = items.get(lookup.key) if lookup.mode in lookup.LOOKING_MODES else None
    return value if value and value.split(" ", 4)[3:4] == [lookup.digest] else None


def _give_back(items: _Items, lookup: Lookup) -> bool:
    """End the lease if this look-up's token still holds it; True if it did."""
    lease = lease_key(lookup.work)
    return items.get(lease) == lookup.token and items.drop(lease)
