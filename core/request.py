"""The request under way: its deadline, its timers, what it used of the store, and what the cache did."""

import contextlib
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from core.errors import StoreError, ThreadrError
from core.rate_limit import Decision
from core.usage import StoreUsage, UsageMeter

# What an outcome adds to the day's counters; store/scripts/look_up.lua has the same rule.
_COUNTED_AS = {"hit": "hits", "miss": "misses", "collapsed": "collapsed", "stale": "stale_served"}


def outcome_of(kind: str, *, waited: bool = False, refresh: bool = False) -> str:
    """The log's word for a look-up: a hit after waiting is `collapsed`, a lead that did not look `forced`."""
    words = {"limited": "blocked", "not_stored": "absent", "lead": "forced" if refresh else "miss"}
    return "collapsed" if kind == "hit" and waited else words.get(kind, kind)


def counters_of(outcome: str, *, cost_micros: int = 0) -> dict[str, int]:
    """What an outcome adds to the day's counters; a hit saved `cost_micros` (millionths of a dollar)."""
    if outcome not in _COUNTED_AS:
        return {}
    saved = {"saved_micros": cost_micros} if cost_micros and outcome == "hit" else {}
    return {_COUNTED_AS[outcome]: 1} | saved


Forward = Literal["uri-miss", "request", "bypass", "method"]
Detail = Literal["bypass", "same-content", "stale-if-error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheStatus:
    """What the cache did, as a member of Cache-Status (RFC 9211). `ttl_seconds` is there for a hit."""

    ttl_seconds: int | None = None
    forward: Forward | None = None
    collapsed: bool = False
    stored: bool = False
    detail: Detail | None = None

    def __str__(self) -> str:
        parts = {
            f"hit; ttl={self.ttl_seconds}": self.ttl_seconds is not None,
            f"fwd={self.forward}": self.forward,
            "collapsed": self.collapsed,
            "stored": self.stored,
            f"detail={self.detail}": self.detail,
        }
        return "; ".join(part for part, is_set in parts.items() if is_set)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """What came of a look-up. `forward`: why the request goes past the cache where nothing is found;
    `bypassed`: the shared store should have answered, and did not. A hit has an age and a time to live.
    """

    kind: str
    forward: Forward
    waited: bool
    bypassed: bool
    age_seconds: int | None = None
    ttl_seconds: int | None = None


@dataclass(slots=True, kw_only=True)
class CacheRecord:
    """What the cache did. `outcome` is a word of `outcome_of`, `stale`, or `bypass` of the shared store.

    `counted` is what the store counted of it: a miss that ended with a stale answer is both.
    """

    status: CacheStatus | None = None
    age_seconds: int | None = None
    outcome: str | None = None
    counted: Counter[str] = field(default_factory=Counter)


class _Answer(Protocol):
    @property
    def generator(self) -> str: ...
    @property
    def degraded(self) -> bool: ...


@dataclass(slots=True, kw_only=True)
class RequestRecord:
    """What one request has learned; the answer's headers and the log line are made of it.

    `seconds` is the time for all of it; `clock` gives epoch seconds, `monotonic` seconds of any origin.
    """

    request_id: str
    seconds: float
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    started: float = field(default_factory=time.monotonic)
    decision: Decision | None = None
    cache: CacheRecord = field(default_factory=CacheRecord)
    usage: UsageMeter = field(default_factory=UsageMeter)
    store_usage: StoreUsage = field(default_factory=StoreUsage)
    event: str | None = None
    facts: dict[str, object] = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def seconds_left(self) -> float:
        """Of the request's one deadline; every client gets what is left of it."""
        return max(0.0, self.seconds - self.seconds_spent)

    @property
    def seconds_spent(self) -> float:
        return self.monotonic() - self.started

    @contextlib.contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Measures what happens inside as a part of the request, for Server-Timing and the log."""
        started = self.monotonic()
        try:
            yield
        finally:
            self.parts[part] = self.parts.get(part, 0.0) + (self.monotonic() - started) * 1000

    def looked_up(self, result: LookedUp, decision: Decision | None) -> None:
        """Note what came of a look-up, and what it says of the client's limit."""
        self.decision = decision or self.decision
        outcome = outcome_of(result.kind, waited=result.waited, refresh=result.forward != "uri-miss")
        if result.bypassed and result.kind != "limited":
            outcome = "bypass"
        detail: Detail | None = "bypass" if result.bypassed and result.forward != "method" else None
        status = CacheStatus(forward=None if detail else result.forward, detail=detail)
        if result.kind == "hit" and result.waited:
            status = CacheStatus(forward="uri-miss", collapsed=True)
        elif result.kind == "hit":
            status = CacheStatus(ttl_seconds=result.ttl_seconds, detail=detail)
        self.cache.counted = Counter(dict.fromkeys(_COUNTED_AS.values(), 0))
        self.record_cache(outcome, status, age_seconds=result.age_seconds)

    def record_cache(self, outcome: str, status: CacheStatus, *, age_seconds: int | None = None) -> None:
        """Note what the cache did, after what it did before."""
        self.cache.status, self.cache.age_seconds, self.cache.outcome = status, age_seconds, outcome
        self.cache.counted.update(counters_of(outcome))

    def stored(self, is_stored: bool, *, known: bool) -> None:
        """Note that the answer is kept for everybody; `known`: it was there already, for the same text."""
        if self.cache.status:
            detail: Detail | None = "same-content" if known else self.cache.status.detail
            self.cache.status = replace(self.cache.status, stored=is_stored, detail=detail)

    def answered(self, event: str, answer: _Answer, *, fallback: str | None = None) -> None:
        """Note what the answer is, the phrase under which it is logged, and why no model made it."""
        self.event = event
        self.facts |= {"generator": answer.generator, "degraded": int(answer.degraded), "fallback": fallback}

    def failed(self, error: ThreadrError) -> None:
        """Note why the answer is a problem."""
        self.facts |= {"problem": error.kind, "reason": error.reason}
        self.store_usage.errors += isinstance(error, StoreError)

    def log_fields(self) -> dict[str, object]:
        """All that the log line says of it, None where there is nothing to say."""
        usage, store = self.usage.total, self.store_usage
        return {
            "cache": self.cache.outcome,
            "cache_status": str(self.cache.status) if self.cache.status else None,
            **self.cache.counted,
            "tokens_in": usage.input_tokens,
            "tokens_out": usage.output_tokens,
            "cost_usd": usage.cost_usd,
            "milliseconds": round(self.seconds_spent * 1000, 1),
            "store_ms": round(store.milliseconds, 1) if store.trips else None,
            **{f"{part}_ms": round(spent, 1) for part, spent in self.parts.items()},
            "store_trips": store.trips,
            "store_commands": store.commands,
            "store_errors": store.errors,
            **self.facts,
        }

    def headers(self) -> dict[str, str]:
        """Cache-Status (RFC 9211), Age (RFC 9111) and RateLimit (draft-ietf-httpapi-ratelimit-headers-10)."""
        headers = {"X-Request-Id": self.request_id}
        if self.cache.status:
            headers["Cache-Status"] = f"threadr; {self.cache.status}"
        if self.cache.age_seconds is not None:
            headers["Age"] = str(self.cache.age_seconds)
        if self.decision:
            headers |= _limit_headers(self.decision, self.clock())
        store, parts = self.store_usage, [f"{part};dur={spent:.1f}" for part, spent in self.parts.items()]
        if store.trips:
            trips = f"{store.trips} round trips, {store.commands} commands"
            parts.insert(0, f'store;dur={store.milliseconds:.1f};desc="{trips}"')
        if parts:
            headers["Server-Timing"] = ", ".join(parts)
        return headers


def _limit_headers(decision: Decision, now: float) -> dict[str, str]:
    wait = math.ceil(decision.retry_after_seconds or decision.reset_seconds)
    remaining = max(0, decision.limit - decision.used)
    headers = {
        "RateLimit-Policy": f'"requests";q={decision.limit};w={math.ceil(decision.window_seconds)}',
        "RateLimit": f'"requests";r={remaining};t={wait}',
        "X-RateLimit-Limit": str(decision.limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(math.ceil(now + wait)),
    }
    if not decision.allowed:
        headers["Retry-After"] = str(max(1, math.ceil(decision.retry_after_seconds)))
    return headers
