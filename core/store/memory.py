"""The store inside this process: first tier of every request, and all there is without Redis."""

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from core.rate_limit import Client, Decision
from core.request import counters_of, result_of
from core.store.counters import NO_COUNTERS, Counters, last_days
from core.store.keys import content_key, failure_key, lease_key, thread_key
from core.store.ledger import Ledgers
from core.store.memory_limiter import LocalWindow
from core.store.protocol import LEASE_SECONDS, Budget, ClientUse, Lookup, Reply, StoredEntry, StoreStats
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

    def drop(self, key: str) -> bool:
        if item := self.items.pop(key, None):
            self.characters -= len(key) + len(item[0])
        return item is not None

    def kept(self, lookup: Lookup) -> str | None:
        """The kept value that answers the digest, fresh or not."""
        value = self.get(lookup.key) if lookup.mode in lookup.LOOKING_MODES else None
        return value if value and value.split(" ", 4)[3:4] == [lookup.digest] else None

    def fresh(self, lookup: Lookup) -> str | None:
        """The kept value if it may be given; nothing is counted."""
        if not (value := self.kept(lookup)):
            return None
        fresh_ms, created_ms, _ = head_of(value)
        now_ms = self.clock() * 1000
        is_new = now_ms - created_ms < lookup.max_age_seconds * 1000
        return value if fresh_ms > now_ms and is_new else None


class MemoryStore:
    """`clock` gives epoch seconds; `budget_usd` is what this process may spend in a day (0: no cap)."""

    def __init__(self, clock: Callable[[], float], budget_usd: float) -> None:
        self.clock = clock
        self.items = _Items(clock)
        self.ledgers = Ledgers(clock, micros(budget_usd))
        self.ledger = self.ledgers.common
        self._limiter = LocalWindow(clock)
        self._started_at = clock()

    async def look_up(self, lookup: Lookup, counters: Counters = NO_COUNTERS, seconds: float = 60) -> Reply:
        # As scripts/look_up.lua does it, step for step.
        decision = self._limiter.limit(lookup.client) if lookup.charge == "always" else None
        if decision and not decision.allowed:
            return Reply(kind="limited", decision=decision)
        reply = self._reply(lookup, seconds)
        outcome = result_of(reply.kind, waited=lookup.waited, refresh=lookup.mode == "refresh")
        cost_micros = head_of(reply.value)[2] if reply.value and reply.kind == "hit" else 0
        self.ledger.count(counters_of(outcome, cost_micros=cost_micros))
        if reply.kind != "limited":
            hit = Counter({"@hits": int(reply.kind == "hit")})
            self.ledgers.count(lookup.client, hit + Counter(counters))
        return replace(reply, now=self.clock(), decision=reply.decision or decision)

    def _reply(self, lookup: Lookup, seconds: float) -> Reply:
        if value := self.items.fresh(lookup):
            return Reply(kind="hit", value=value)
        value = self.items.kept(lookup)
        looks = lookup.mode in lookup.LOOKING_MODES
        made, _, failure = ((looks and self.items.get(failure_key(lookup.key))) or "0 ").partition(" ")
        if failure and self.clock() * 1000 - int(made) < lookup.max_age_seconds * 1000:
            return Reply(kind="failed", value=value, failure=failure)
        if lookup.mode in ("only_if_cached", "count_only"):
            return Reply(kind="not_stored", value=value)
        if lookup.mode != "refresh" and self.items.get(lease_key(lookup.key)):
            return Reply(kind="follow", value=value)
        decision = self._limiter.limit(lookup.client) if lookup.charge == "on_generation" else None
        if decision and not decision.allowed:
            return Reply(kind="limited", decision=decision)
        self.items.put(lease_key(lookup.key), lookup.token, LEASE_SECONDS)
        budget = self.ledgers.reserve(lookup, seconds)
        return Reply(kind="lead", value=value, decision=decision, budget=budget)

    async def reserve(self, lookup: Lookup, seconds: float) -> Budget:
        return self.ledgers.reserve(lookup, seconds)

    async def keep(self, lookup: Lookup, entry: StoredEntry, counters: Counters = NO_COUNTERS) -> bool:
        self.ledgers.settle(lookup, counters)
        if entry.value and entry.thread_seconds:
            self.items.put(thread_key(entry.thread_id), entry.value, entry.thread_seconds)
        if not _give_back(self.items, lookup) or not entry.value or not entry.ttl_seconds:
            return False
        self.items.put(lookup.key, entry.value, entry.ttl_seconds)
        if entry.content:
            self.items.put(content_key(entry.content), lookup.key, entry.ttl_seconds)
        return True

    async def release(
        self, lookup: Lookup, counters: Counters = NO_COUNTERS, *, refund: bool = False, failure: str = ""
    ) -> None:
        if refund:
            self._limiter.limit(lookup.client, -1)
        if failure:
            seconds, failure = failure.split(" ", 1)
            self.items.put(failure_key(lookup.key), f"{self.clock() * 1000:.0f} {failure}", float(seconds))
        _give_back(self.items, lookup)
        self.ledgers.settle(lookup, counters)

    async def renew(self, lookup: Lookup) -> None:
        if self.items.get(lease_key(lookup.key)) == lookup.token:
            self.items.put(lease_key(lookup.key), lookup.token, LEASE_SECONDS)

    async def peek(self, key: str) -> str | None:
        return self.items.get(key)

    async def content(self, name: str) -> str | None:
        key = self.items.get(content_key(name))
        return self.items.get(key) if key else None

    async def forget(self, key: str) -> bool:
        self.items.drop(failure_key(key))
        return self.items.get(key) is not None and self.items.drop(key)

    async def status(self, client: Client) -> Decision:
        return self._limiter.limit(client, 0)

    async def use(self, client: Client, counters: Counters = NO_COUNTERS) -> ClientUse:
        self.ledgers.count(client, counters)
        own = self.ledgers.own(client)
        return ClientUse(self._limiter.limit(client, 0), dict(own.days) if own else {})

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


def head_of(value: str) -> tuple[int, int, int]:
    """Fresh-until and created-at in milliseconds, cost in millionths of a dollar; zeros if it is damaged."""
    try:
        fresh, created, cost, _ = value.split(" ", 3)
        return int(fresh), int(created), int(cost)
    except ValueError:
        return 0, 0, 0


def _give_back(items: _Items, lookup: Lookup) -> bool:
    """End the lease if this look-up's token still holds it; True if it did."""
    lease = lease_key(lookup.key)
    return items.get(lease) == lookup.token and items.drop(lease)
