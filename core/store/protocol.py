"""What a store does for us: a few whole operations, the same for Upstash, Redis and the dict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from core.rate_limit import Decision
from core.store.counters import NO_COUNTERS, Counters


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a request wants in its one round trip.

    `oldest` is the epoch second after which a kept answer must have been made. `counts` tells when the call
    counts against the client's limit: as it comes, when it leads, or not (again). `forces` takes the lease
    from whoever has it. `max_cost_usd` is what leading may cost at most, to be reserved of `budget_usd`
    (0: no cap) until `seconds` have passed.
    """

    key: str
    digest: str
    client: str
    token: str
    seconds: float
    lease_seconds: float
    counts: Literal["coming", "leading", "not"] = "coming"
    looks: bool = True
    waited: bool = False
    forces: bool = False
    only_looks: bool = False
    tells_contents: bool = False
    oldest: float = 0
    max_cost_usd: float = 0
    budget_usd: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What comes of it.

    blocked: over the limit. hit: `value` may be given. failed: `value` tells the failure that is remembered.
    absent: nothing may be given, and nothing was to be made. follow: another one makes it. lead: this one
    makes it, `paid` tells whether its worst case is within the budget, `contents` the marks of known ones.
    follow and lead bring the old `value`, if there is one.
    """

    kind: Literal["blocked", "hit", "failed", "absent", "follow", "lead"]
    value: str | None = None
    decision: Decision | None = None
    paid: bool = True
    contents: str = ""
    shared: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a leader brings: `value` is None where nothing may be kept.

    It is the answer for everybody who asks the same, for `ttl_seconds` (0: it is not), and what stands under
    the permalink of `thread_id`, for `thread_seconds`. `content` names its source text.
    """

    value: str | None
    ttl_seconds: float = 0
    thread_id: str = ""
    thread_seconds: float = 0
    content: str = ""
    counters: Counters = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStats:
    """Figures of a store; None where it cannot say. `days` maps an ISO date to that day's counters."""

    cache_entries: int | None = None
    rate_limit_entries: int | None = None
    memory_used: str | None = None
    connected_clients: int | None = None
    uptime_seconds: int | None = None
    writable: bool = False
    partial: bool = False
    days: Mapping[str, Counters] = field(default_factory=dict)


class Store(Protocol):
    """Every operation raises StoreError when the store does not do its work."""

    async def enter(self, ask: Ask, counters: Counters = NO_COUNTERS) -> Turn:
        """Limit, look-up, lease and reservation in one atomic step; `counters` are added to the day's."""
        ...

    async def keep(self, ask: Ask, kept: Kept) -> bool:
        """Settle what was reserved, keep the value and give the lease back.

        False when the lease is another's, who then answers for everybody.
        """
        ...

    async def release(
        self, ask: Ask, *, refund: bool, failure: str | None, counters: Counters = NO_COUNTERS
    ) -> None:
        """Settle and give the lease back without a value; a `failure` is remembered for 60 s."""
        ...

    async def renew(self, ask: Ask) -> None:
        """Make the lease last `lease_seconds` from now, if it is still the asker's."""
        ...

    async def peek(self, key: str) -> str | None:
        """The kept value, by a plain read; nothing is counted."""
        ...

    async def content(self, name: str) -> str | None:
        """The value that is filed under a source text's name."""
        ...

    async def forget(self, key: str) -> bool:
        """Remove the key's value and failure; False when there was no value."""
        ...

    async def status(self, client: str) -> Decision:
        """What the client's next call would meet; nothing is counted."""
        ...

    async def stats(self) -> StoreStats:
        """Figures, in a number of commands that does not grow with the number of keys."""
        ...

    async def remember(self, key: str, value: str, *, ttl_seconds: float) -> None:
        """Keep a note."""
        ...

    async def recall(self, key: str) -> str | None:
        """The note, if it still is."""
        ...

    async def ping(self) -> bool:
        """Whether the store takes writes."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
