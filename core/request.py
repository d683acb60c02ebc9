"""The request under way: its deadline, its timers, what it used of the store, and what the cache did."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from core.errors import StoreError, ThreadrError
from core.rate_limit import Decision
from core.usage import AMOUNT, StoreUsage, UsageMeter
from core.usage import current_client as current_client
from core.values import value_class

AVOIDED = ("hits", "first_tier", "collapsed", "same_content", "same_draft", "stale_served")  # calls, by cause
# What a result adds to the day's counters; store/scripts/look_up.lua has the same rule.
_COUNTED_AS = {name: name for name in AVOIDED} | {"hit": "hits", "miss": "misses", "stale": "stale_served"}
_LOGGED = "hits misses collapsed same_content same_draft stale_served generated composed".split()


def result_of(kind: str, *, waited: bool = False, refresh: bool = False) -> str:
    """The log's word for a look-up: a hit after waiting is `collapsed`, a lead that did not look `forced`."""
    words = {"limited": "blocked", "not_stored": "absent", "draft": "same_draft"}
    words["lead"] = "forced" if refresh else "miss"
    return "collapsed" if kind == "hit" and waited else words.get(kind, kind)


def counters_of(result: str, *, cost_micros: int = 0) -> dict[str, int]:
    """What a result adds to the day's counters; an answer that cost no call saved `cost_micros`."""
    name = _COUNTED_AS.get(result)
    return {name: 1 + (name in AVOIDED and cost_micros) * AMOUNT} if name else {}


Forward = Literal["uri-miss", "request", "bypass", "method"]
Detail = Literal["bypass", "same-content", "same-draft", "unfit-draft", "stale-if-error"]


@value_class(frozen=True, slots=True, kw_only=True)
class CacheStatus:
    """What the cache did, as a member of Cache-Status (RFC 9211). `ttl_seconds` is there for a hit."""

    ttl_seconds: int | None = None
    forward: Forward | None = None
    collapsed: bool = False
    stored: bool = False
    detail: Detail | None = None

    def __str__(self) -> str:
        parts = [
            f"hit; ttl={self.ttl_seconds}" if self.ttl_seconds is not None else "",
            f"fwd={self.forward}" if self.forward else "",
            "collapsed" if self.collapsed else "",
            "stored" if self.stored else "",
            f"detail={self.detail}" if self.detail else "",
        ]
        return "; ".join(filter(None, parts))


@value_class(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """What a store replied. `forward`: the RFC 9211 reason when nothing is found; `refresh`: it did not look;
    `bypassed`: the shared store should have answered. A hit and a draft have an age and a time to live.
    """

    kind: str
    forward: Forward
    refresh: bool = False
    waited: bool = False
    bypassed: bool = False
    detail: Detail | None = None
    age_seconds: int | None = None
    ttl_seconds: int | None = None


@dataclass(slots=True, kw_only=True)
class CacheRecord:
    """`result` is a word of `result_of`, or `stale`, or `bypass` (of the shared store); `counted` is what the
    store counts of the request: a miss that ended with a stale answer is both.
    """

    status: CacheStatus | None = None
    age_seconds: int | None = None
    result: str | None = None
    counted: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class RequestRecord:
    """Facts about one request, from which its headers and its log line are built.

    `seconds` is the time for all of it; `monotonic` gives seconds of any origin.
    """

    request_id: str
    seconds: float
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

    def record_outcome(self, reply: LookedUp, decision: Decision | None) -> None:
        """What came of a look-up, and what it says of the client's limit."""
        self.decision = decision or self.decision
        detail: Detail | None = "bypass" if reply.bypassed and reply.forward != "method" else reply.detail
        if reply.ttl_seconds is None:
            status = CacheStatus(forward=None if detail == "bypass" else reply.forward, detail=detail)
        elif reply.waited:
            status = CacheStatus(forward="uri-miss", collapsed=True, detail=reply.detail)
        else:
            status = CacheStatus(ttl_seconds=reply.ttl_seconds, detail=detail)
        self.cache = CacheRecord(counted=dict.fromkeys(_LOGGED, 0))
        result = result_of(reply.kind, waited=reply.waited, refresh=reply.refresh)
        self._record_cache(result, status, reply.age_seconds)
        if reply.bypassed and reply.kind != "limited":
            self.cache.result = "bypass"

    def collapsed(self) -> None:
        """The answer is that of another request in this process."""
        self._record_cache("collapsed", CacheStatus(forward="uri-miss", collapsed=True))

    def served_stale(self, *, ttl_seconds: int, age_seconds: int) -> None:
        """The answer is an old one, since no new one could be made; `ttl_seconds` is negative."""
        status = CacheStatus(ttl_seconds=ttl_seconds, detail="stale-if-error")
        self._record_cache("stale", status, age_seconds)

    def _record_cache(self, result: str, status: CacheStatus, age_seconds: int | None = None) -> None:
        self.cache.result, self.cache.status, self.cache.age_seconds = result, status, age_seconds
        if name := _COUNTED_AS.get(result):
            self.cache.counted[name] = self.cache.counted.get(name, 0) + 1

    def record_stored(self, is_stored: bool, *, reused: bool) -> None:
        """Whether the answer is kept for everybody; `reused`: it was there already, for the same text."""
        if self.cache.status:
            detail: Detail | None = self.cache.status.detail or ("same-content" if reused else None)
            self.cache.status = replace(self.cache.status, stored=is_stored, detail=detail)

    def record_answer(self, event: str, generator: str, degraded: bool, fallback: str | None = None) -> None:
        """What the answer is, the phrase under which it is logged, and why no model made it."""
        self.event = event
        self.facts |= {"generator": generator, "degraded": int(degraded), "fallback": fallback}

    def record_failure(self, error: ThreadrError) -> None:
        """Why the answer is a problem."""
        self.facts |= {"problem": error.kind, "reason": error.reason}
        self.store_usage.errors += isinstance(error, StoreError)

    def log_fields(self) -> dict[str, object]:
        """All that the log line says of it, None where there is nothing to say."""
        usage, store = self.usage.total, self.store_usage
        return {
            "cache": self.cache.result,
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
        headers |= limit_headers(self.decision) if self.decision else {}
        store, parts = self.store_usage, [f"{part};dur={spent:.1f}" for part, spent in self.parts.items()]
        if store.trips:
            trips = f'desc="{store.trips} round trips, {store.commands} commands"'
            parts.insert(0, f"store;dur={store.milliseconds:.1f};{trips}")
        if parts:
            headers["Server-Timing"] = ", ".join(parts)
        return headers


def limit_headers(decision: Decision) -> dict[str, str]:
    """RateLimit and the older X-RateLimit headers, with Retry-After for a call that is blocked."""
    wait = math.ceil(decision.retry_after_seconds or decision.reset_seconds)
    remaining = max(0, decision.limit - decision.used)
    headers = {
        "RateLimit-Policy": f'"requests";q={decision.limit};w={math.ceil(decision.window_seconds)}',
        "RateLimit": f'"requests";r={remaining};t={wait}',
        "X-RateLimit-Limit": str(decision.limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(math.ceil(decision.now + wait)),
    }
    if not decision.allowed:
        headers["Retry-After"] = str(max(1, math.ceil(decision.retry_after_seconds)))
    return headers
