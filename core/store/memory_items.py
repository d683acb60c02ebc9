"""What the store in the process keeps, and what of it answers a look-up."""

import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from core.rate_limit import Decision
from core.request import counters_of, result_of
from core.store.counters import NO_COUNTERS, Counters
from core.store.keys import content_key, lease_key
from core.store.protocol import Lookup, Reply, StoredEntry

_MAX_BYTES = 16 * 1024 * 1024

Origin = tuple[tuple[str, ...], str]


@dataclass(slots=True)
class Items:
    """Values with an expiry; the least recently used are evicted first."""

    clock: Callable[[], float]
    # Value, until when, what it was made of (sources and a prompt), and its size with the key's.
    items: OrderedDict[str, tuple[str, float, Origin, int]] = field(default_factory=OrderedDict)
    bytes: int = 0

    def get(self, key: str) -> str | None:
        if key not in self.items:
            return None
        value, ends_at, _, _ = self.items[key]
        if ends_at <= self.clock():
            self.drop(key)
            return None
        self.items.move_to_end(key)
        return value

    def put(self, key: str, value: str, ttl_seconds: float, origin: Origin = ((), "")) -> None:
        self.drop(key)
        size = sys.getsizeof(key) + sys.getsizeof(value)  # one emoji makes four bytes of each character
        self.items[key] = (value, self.clock() + ttl_seconds, origin, size)
        self.bytes += size
        while self.bytes > _MAX_BYTES:
            self.drop(next(iter(self.items)))

    def is_fresh(self, value: str, lookup: Lookup, since: int) -> bool:
        fresh_ms, created_ms, _ = head_of(value)
        now_ms, max_age_ms = self.clock() * 1000, lookup.max_age_seconds * 1000
        return fresh_ms > now_ms and now_ms - created_ms < max_age_ms and created_ms >= since

    def drop_all(self, keys: Iterable[str]) -> list[str]:
        """Those that had a value."""
        return [key for key in keys if self.get(key) is not None and self.drop(key)]

    def clear(self) -> None:
        self.items.clear()
        self.bytes = 0

    def drop(self, key: str) -> bool:
        if item := self.items.pop(key, None):
            self.bytes -= item[3]
        return item is not None


class PlainValues:
    """What a store does with values whose meaning it does not know."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.items = Items(clock)

    async def peek(self, key: str) -> str | None:
        return self.items.get(key)

    async def content(self, name: str) -> str | None:
        key = self.items.get(content_key(name))
        return self.items.get(key) if key else None

    async def remember(self, key: str, value: str, *, ttl_seconds: float) -> None:
        self.items.put(key, value, ttl_seconds)

    async def close(self) -> None:
        return None


def put_entry(items: Items, lookup: Lookup, entry: StoredEntry, seconds: float) -> None:
    """Keep the entry for so long; the lease is not looked at."""
    value = entry.value or ""
    items.put(lookup.key, value, seconds, entry.origin)
    if entry.content:
        items.put(content_key(entry.content), lookup.key, seconds, entry.origin)
    if lookup.draft and not entry.is_view:
        since = head_of(value)[1] if lookup.mode == "refresh" else newest_draft(items, lookup)[0]
        items.put(lookup.draft, f"{since} {lookup.key}", seconds, entry.origin)


def known(items: Items, lookup: Lookup, decision: Decision | None = None, purged: str = "") -> Reply | None:
    """What may be given: the kept value, or the draft that it can be a view of; nothing is counted."""
    if lookup.mode not in lookup.LOOKING_MODES:
        return None
    value, (since, home) = kept(items, lookup), newest_draft(items, lookup)
    if value and items.is_fresh(value, lookup, since):
        return Reply(kind="hit", now=items.clock(), value=value, decision=decision, purged=purged)
    draft = items.get(home) if home not in ("", lookup.key) else None
    if draft and items.is_fresh(draft, lookup, max(since, lookup.unfit_ms + 1)):
        return Reply(kind="draft", now=items.clock(), value=draft, decision=decision, purged=purged)
    return None


def counted(reply: Reply, lookup: Lookup, *, as_hit: str = "hit") -> Counters:
    """What the reply adds to the day's counters and the client's own, a hit under the name of `as_hit`.

    An answer of a draft is counted when it is rendered.
    """
    if reply.kind == "draft":
        return NO_COUNTERS
    result = result_of(reply.kind, waited=lookup.waited, refresh=lookup.mode == "refresh")
    saved = head_of(reply.value or "")[2]
    counters = counters_of(as_hit if result == "hit" else result, cost_micros=saved)
    return {**counters, "@hits": 1} if reply.kind == "hit" else counters


def head_of(value: str) -> tuple[int, int, int]:
    """Fresh-until and created-at in milliseconds, cost in millionths of a dollar; zeros if it is damaged."""
    try:
        fresh, created, cost, _ = value.split(" ", 3)
        return int(fresh), int(created), int(cost)
    except ValueError:
        return 0, 0, 0


def newest_draft(items: Items, lookup: Lookup) -> tuple[int, str]:
    """From when on (ms) views must be made of it, and where it is kept: nowhere if there is none."""
    since, _, home = ((lookup.draft and items.get(lookup.draft)) or "0 ").partition(" ")
    return int(since), home


def kept(items: Items, lookup: Lookup) -> str | None:
    """The kept value that answers the digest, fresh or not."""
    value = items.get(lookup.key) if lookup.mode in lookup.LOOKING_MODES else None
    return value if value and value.split(" ", 4)[3:4] == [lookup.digest] else None


def give_back(items: Items, lookup: Lookup) -> bool:
    """End the lease if this look-up's token still holds it; True if it did."""
    lease = lease_key(lookup.work)
    return items.get(lease) == lookup.token and items.drop(lease)
