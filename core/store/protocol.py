"""What a store does: a few whole operations, the same for Upstash, Redis and memory."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, Protocol, Self

from core.errors import BudgetReserved, BudgetSpent, ModelError
from core.rate_limit import Client, Decision
from core.store.counters import NO_COUNTERS, Counters
from core.store.purges import Purge, Purged
from core.values import value_class

LEASE_SECONDS = 10.0  # a leader that died is replaced after so long; a living one renews its lease in time
ANY_AGE_SECONDS = 1e10

Mode = Literal["normal", "refresh", "only_if_cached", "count_only"]
Charge = Literal["always", "on_generation", "never"]


@value_class(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What a request wants of its one round trip.

    `mode`: `normal` looks and may lead; `refresh` leads without looking, and takes the lease from its holder;
    `only_if_cached` looks and never leads; `count_only` does neither. `charge`: when the call counts against
    the client's limit. `max_age_seconds`: how old a kept answer may be. `waited`: the request waited for
    another's generation, so that a hit is counted as collapsed. `max_cost_usd`: what leading may cost, to be
    reserved of the day's budget and of the client's own; 0 where that is not known yet. `token` names this
    caller; without one the look-up is dry: nothing is counted, taken or reserved. `draft` is the key of the
    draft that the answer is a view of, if it is one; drafts made until `unfit_ms` are of no use.
    """

    LOOKING_MODES: ClassVar[tuple[Mode, ...]] = ("normal", "only_if_cached")

    key: str
    digest: str
    client: Client
    token: str
    mode: Mode = "normal"
    charge: Charge = "always"
    waited: bool = False
    max_age_seconds: float = ANY_AGE_SECONDS
    max_cost_usd: float = 0
    draft: str = ""
    unfit_ms: int = 0

    @property
    def work(self) -> str:
        """What lease and failure are of: a draft is written once for all its views."""
        return self.draft or self.key

    def uncharged(self) -> Self:
        """The same once more; a call that was counted is not counted again."""
        return replace(self, charge="on_generation" if self.charge == "on_generation" else "never")

    def after_waiting(self) -> Self:
        """The same after another's generation, whose answer is new enough."""
        return replace(self.uncharged(), waited=True, max_age_seconds=ANY_AGE_SECONDS)

    def without_draft(self, created_at: float) -> Self:
        """The same where the draft of that time (epoch seconds) cannot serve."""
        return replace(self.uncharged(), unfit_ms=round(created_at * 1000))


@dataclass(frozen=True, slots=True)
class Budget:
    """Whether the day's budget and the client's own cover a cost, which is then reserved.

    spent: what is left of it does not. reserved: it would, were nothing reserved by requests under way; own_…
    is said of the client's. Spent today, in millionths of a dollar, is `spent_micros`, and by the client
    `own_spent_micros`; -1 where that was not asked.
    """

    state: Literal["covered", "reserved", "spent", "own_reserved", "own_spent"] = "covered"
    spent_micros: int = -1
    own_spent_micros: int = -1

    def shortage(self, now: float) -> ModelError | None:
        """Why a model may not be asked at `now`, if it may not; a spent budget ends with the day (UTC)."""
        state, reason = self.state.removeprefix("own_"), f"budget {self.state}"
        if state == "spent":
            return BudgetSpent(reason=reason, headers={"Retry-After": str(math.ceil(86_400 - now % 86_400))})
        return BudgetReserved(reason=reason) if state == "reserved" else None


@value_class(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a store answers to a look-up.

    limited: over the limit. hit: `value` may be given. draft: `value` holds a fresh draft of which the answer
    may be a view; that it is one is counted by who renders it. failed: `failure` is remembered.
    not_stored: nothing may be given, and nothing was to be made. follow: another caller makes it. lead: this
    one does; `budget` says whether its cost could be reserved, `known_contents` holds the marks of the source
    texts that have an answer. All but limited, hit and draft carry the stale `value`, if there is one. `now`
    is the epoch second of the reply, `purged` the stamp of the last purge.
    """

    kind: Literal["limited", "hit", "draft", "failed", "not_stored", "follow", "lead"]
    now: float = 0
    value: str | None = None
    decision: Decision | None = None
    budget: Budget = Budget()
    known_contents: str = ""
    failure: str = ""
    purged: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """What a leader stores: `value` is None where nothing may be kept.

    It answers the look-up's key for `ttl_seconds` (0: not at all) and the permalink of `thread_id` for
    `thread_seconds`. `content` is the digest of its source text. A view is kept without a lease, as long as
    its draft is. `sources` are what it was made of, the last of them as it was asked for, and `prompt` is
    the prompt's version and the model, for purges. Nothing is kept when the last purge has another stamp than
    `purged`, that of the look-up.
    """

    value: str | None
    ttl_seconds: float = 0
    thread_id: str = ""
    thread_seconds: float = 0
    content: str = ""
    is_view: bool = False
    sources: tuple[str, ...] = ()
    prompt: str = ""
    purged: str = ""

    @property
    def origin(self) -> tuple[tuple[str, ...], str]:
        """What purges find it by."""
        return self.sources, self.prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStats:
    """Figures of a store; None: not reported. `days` maps an ISO date to that day's counters."""

    cache_entries: int | None = None
    rate_limit_entries: int | None = None
    memory_used: str | None = None
    connected_clients: int | None = None
    uptime_seconds: int | None = None
    writable: bool = False
    partial: bool = False
    days: Mapping[str, Counters] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClientUse:
    """What a client's next call would meet, and what it used: counters of USES by ISO date."""

    decision: Decision
    days: Mapping[str, Counters]


class Store(Protocol):
    """Every operation raises StoreError when the store does not do its work."""

    async def look_up(self, lookup: Lookup, counters: Counters = NO_COUNTERS, seconds: float = 60) -> Reply:
        """Limit, look-up, lease and reservation (for `seconds`) in one atomic step.

        `counters` are added to the day's, the client's own (USES) to its, unless the call is over the limit.
        A dry one changes nothing, and its reply, of any kind, has limit and budget.
        """

    async def reserve(self, lookup: Lookup, seconds: float) -> Budget:
        """Reserve the look-up's `max_cost_usd` for `seconds`, where that was not known at the look-up."""

    async def keep(self, lookup: Lookup, entry: StoredEntry, counters: Counters = NO_COUNTERS) -> bool:
        """Settle, keep the entry, end the lease. False: another's lease, or nothing to keep.

        To settle is to end the reservation and to count what was spent; a shared store does it once, however
        often it is sent.
        """

    async def release(
        self, lookup: Lookup, counters: Counters = NO_COUNTERS, *, refund: bool = False, failure: str = ""
    ) -> None:
        """Settle and give the lease back without an entry; a `failure` begins with its time in seconds."""

    async def renew(self, lookup: Lookup) -> None:
        """Extend the lease if this look-up's token still holds it."""

    async def peek(self, key: str) -> str | None:
        """The key's value, by a plain read; nothing is counted."""

    async def content(self, name: str) -> str | None:
        """The value stored under a source text's digest."""

    async def forget(self, key: str, draft: str = "") -> bool:
        """Remove the key's value, and the failure and the way to the draft; False when there was no value."""

    async def purge(self, purge: Purge, *, seconds: float) -> Purged:
        """Remove what it names, for at most about `seconds`. What is being made meanwhile is not kept."""

    async def status(self, client: Client) -> Decision:
        """What the client's next call would meet; nothing is counted."""

    async def use(self, client: Client, counters: Counters = NO_COUNTERS) -> ClientUse:
        """What a client with a key used, after its `counters` are added."""

    async def stats(self) -> StoreStats:
        """Figures, in a number of commands that does not grow with the number of keys."""

    async def remember(self, key: str, value: str, *, ttl_seconds: float) -> None:
        """Keep a note."""

    async def ping(self) -> bool:
        """Whether the store takes writes."""

    async def close(self) -> None:
        """Give back connections."""
