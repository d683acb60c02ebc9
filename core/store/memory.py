"""The store inside this process: first tier of every request, and all there is without Redis."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from core.rate_limit import Client, Decision
from core.store.counters import NO_COUNTERS, Counters, last_days, with_amounts
from core.store.keys import failure_key, lease_key, new_stamp, side_keys, thread_key
from core.store.ledger import Ledgers
from core.store.memory_items import (
    PlainValues,
    counted,
    give_back,
    head_of,
    kept,
    known,
    newest_draft,
    put_entry,
)
from core.store.memory_limiter import LocalWindow
from core.store.protocol import LEASE_SECONDS, Budget, ClientUse, Lookup, Reply, StoredEntry, StoreStats
from core.store.purges import Purge, Purged
from core.usage import micros


class MemoryStore(PlainValues):
    """`clock` gives epoch seconds; `budget_usd` is what this process may spend in a day (0: no cap)."""

    def __init__(self, clock: Callable[[], float], budget_usd: float) -> None:
        super().__init__(clock)
        self.purged = ""  # the stamp of the last purge
        self.ledgers = Ledgers(clock, micros(budget_usd))
        self.ledger = self.ledgers.common
        self._limiter = LocalWindow(clock)
        self._started_at = clock()

    async def look_up(self, lookup: Lookup, counters: Counters = NO_COUNTERS, seconds: float = 60) -> Reply:
        # As scripts/look_up.lua does it, step for step.
        decision = self._limited(lookup) if lookup.charge == "always" else None
        if decision and not decision.allowed:
            return Reply(kind="limited", decision=decision)
        found = known(self.items, lookup, decision, self.purged)
        if found and lookup.token:
            self.ledgers.count(lookup.client, counted(found, lookup), counters)
            return found
        reply = found or self._reply(lookup, seconds)
        if not lookup.token:
            decision, budget = self._limited(lookup), self.ledgers.reserve(lookup, 0)
            return replace(reply, now=self.clock(), decision=decision, budget=budget, purged=self.purged)
        if reply.kind != "limited":
            self.ledgers.count(lookup.client, counted(reply, lookup), counters)
        return replace(reply, now=self.clock(), decision=reply.decision or decision, purged=self.purged)

    def _limited(self, lookup: Lookup) -> Decision:
        return self._limiter.limit(lookup.client, 1 if lookup.token else 0)

    def _failure(self, lookup: Lookup) -> str:
        """Of the same work, a short time ago; empty if there was none."""
        value = self.items.get(failure_key(lookup.work)) if lookup.mode in lookup.LOOKING_MODES else None
        made, _, failure = (value or "0 ").partition(" ")
        return failure if self.clock() * 1000 - int(made) < lookup.max_age_seconds * 1000 else ""

    def _reply(self, lookup: Lookup, seconds: float) -> Reply:
        """What is replied where nothing is known that may be given."""
        value = kept(self.items, lookup)
        if failure := self._failure(lookup):
            return Reply(kind="failed", value=value, failure=failure)
        if lookup.mode in ("only_if_cached", "count_only"):
            return Reply(kind="not_stored", value=value)
        if lookup.mode != "refresh" and self.items.get(lease_key(lookup.work)):
            return Reply(kind="follow", value=value)
        decision = self._limited(lookup) if lookup.charge == "on_generation" else None
        if decision and not decision.allowed:
            return Reply(kind="limited", decision=decision)
        if not lookup.token:
            return Reply(kind="lead", value=value)
        self.items.put(lease_key(lookup.work), lookup.token, LEASE_SECONDS)
        budget = self.ledgers.reserve(lookup, seconds)
        return Reply(kind="lead", value=value, decision=decision, budget=budget)

    async def reserve(self, lookup: Lookup, seconds: float) -> Budget:
        return self.ledgers.reserve(lookup, seconds)

    async def keep(self, lookup: Lookup, entry: StoredEntry, counters: Counters = NO_COUNTERS) -> bool:
        self.ledgers.settle(lookup, counters)
        if entry.is_view:
            since, home = newest_draft(self.items, lookup)
            may = home not in ("", lookup.key) and head_of(entry.value or "")[1] >= since
        else:
            may = give_back(self.items, lookup)
        if not entry.value or entry.purged != self.purged:
            return False
        if entry.thread_seconds:
            self.items.put(thread_key(entry.thread_id), entry.value, entry.thread_seconds, entry.origin)
        if not may or not entry.ttl_seconds:
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
        give_back(self.items, lookup)
        self.ledgers.settle(lookup, counters)

    async def renew(self, lookup: Lookup) -> None:
        if self.items.get(lease_key(lookup.work)) == lookup.token:
            self.items.put(lease_key(lookup.work), lookup.token, LEASE_SECONDS)

    async def forget(self, key: str, draft: str = "") -> bool:
        for each in side_keys(key, draft):
            self.items.drop(each)
        return self.items.get(key) is not None and self.items.drop(key)

    async def purge(self, purge: Purge, *, seconds: float) -> Purged:
        origins = [(key, origin) for key, (_, _, origin, _) in self.items.items.items() if origin[0]]
        # The address that was asked for comes last, after the one that it led to.
        led_to = {sources[0] for _, (sources, _) in origins if purge.source in sources}
        named = {key for key, origin in origins if purge.covers(*origin) or led_to.intersection(origin[0])}
        named |= {*purge.keys}
        self.items.drop_all([key for key in self.items.items if key.startswith(failure_key(""))])
        self.items.drop_all(map(lease_key, named))
        kinds = Counter(key.split(":")[1] for key in self.items.drop_all(named))
        self.purged = new_stamp(self.clock())
        return Purged(max(kinds["cache"], kinds["thread"]))

    async def status(self, client: Client) -> Decision:
        return self._limiter.limit(client, 0)

    async def use(self, client: Client, counters: Counters = NO_COUNTERS) -> ClientUse:
        self.ledgers.count(client, counters)
        own = self.ledgers.own(client)
        return ClientUse(self._limiter.limit(client, 0), dict(own.days) if own else {})

    async def stats(self) -> StoreStats:
        now = self.clock()
        kept = [key for key, (_, ends_at, _, _) in self.items.items.items() if ends_at > now]
        return StoreStats(
            cache_entries=sum(key.startswith("threadr:cache:") for key in kept),
            rate_limit_entries=self._limiter.clients(),
            memory_used=f"{self.items.bytes / 1024:.1f}K",
            connected_clients=0,
            uptime_seconds=int(now - self._started_at),
            writable=True,
            days={
                day: with_amounts(self.ledger.days[day]) for day in last_days(now) if day in self.ledger.days
            },
        )

    async def ping(self) -> bool:
        return True
