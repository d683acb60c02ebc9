"""What one request has learned on its way; the answer's headers and the log line are made of it."""

from __future__ import annotations

import contextlib
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import StoreError, ThreadrError
from core.rate_limit import Decision
from core.store.protocol import Ask, Turn
from core.store_usage import StoreUsage
from core.usage import Usage, UsageMeter

_COUNTED = {"hit": "hits", "miss": "misses", "collapsed": "collapsed", "stale": "stale_served"}


@dataclass(slots=True, kw_only=True)
class RequestRecord:
    """Filled in by the rooms that the request passes. `clock` gives epoch seconds.

    `outcome` is one word for what the cache did: hit, miss, collapsed, stale, forced (a new answer was
    wanted, or caching is off), bypass (without the shared store), blocked, failed (a failure was
    remembered), absent, follow (it waited in vain). `counted` holds what the store counts of it.
    """

    request_id: str
    seconds: float
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    decision: Decision | None = None
    cache_status: str | None = None
    age_seconds: int | None = None
    event: str | None = None
    outcome: str | None = None
    counted: Counter[str] = field(default_factory=Counter)
    meter: UsageMeter = field(default_factory=UsageMeter)
    store_usage: StoreUsage = field(default_factory=StoreUsage)
    facts: dict[str, object] = field(default_factory=dict)
    _milliseconds: dict[str, float] = field(default_factory=dict)
    _started: float = field(init=False)

    def __post_init__(self) -> None:
        self._started = self.monotonic()

    @property
    def usage(self) -> Usage:
        return self.meter.total

    @property
    def seconds_left(self) -> float:
        """Of the one budget that the request has; every door gets what is left of it."""
        return max(0.0, self.seconds - self.seconds_spent)

    @property
    def seconds_spent(self) -> float:
        return self.monotonic() - self._started

    @contextlib.contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Measures what happens inside as a part of the request, for Server-Timing and the log."""
        started = self.monotonic()
        try:
            yield
        finally:
            spent = (self.monotonic() - started) * 1000
            self._milliseconds[part] = self._milliseconds.get(part, 0.0) + spent

    def entered(self, ask: Ask, turn: Turn, *, bypassed: bool) -> None:
        """Note a turn: the limit, and what the shared store counted of it; of a bypass it counts nothing."""
        self.decision = turn.decision or self.decision
        outcome = _outcome(ask, turn)
        self.outcome = "bypass" if bypassed and turn.kind != "blocked" else outcome
        self.counted.update(dict.fromkeys(_COUNTED.values(), 0))
        if self.outcome in _COUNTED:
            self.counts(self.outcome)

    def counts(self, outcome: str) -> None:
        """Note the outcome as one that the store counts."""
        self.outcome = outcome
        self.counted[_COUNTED[outcome]] += 1

    def answers(self, event: str, answer: Mapping[str, Any]) -> None:
        """Note what is given, and under which words it is logged."""
        self.event = event
        self.facts |= {"generator": answer["generator"], "degraded": int(answer["degraded"])}

    def failed(self, error: ThreadrError) -> None:
        """Note why the answer is a problem."""
        self.facts |= {"problem": error.kind, "reason": error.reason}
        self.store_usage.errors += isinstance(error, StoreError)

    def told(self) -> dict[str, object]:
        """All that the log line tells of it, None where there is nothing to tell."""
        store_usage = self.store_usage
        return {
            "cache": self.outcome,
            "cache_status": self.cache_status,
            **self.counted,
            "tokens_in": self.usage.input_tokens,
            "tokens_out": self.usage.output_tokens,
            "cost_usd": self.usage.cost_usd,
            "milliseconds": round(self.seconds_spent * 1000, 1),
            "store_ms": round(store_usage.milliseconds, 1) if store_usage.trips else None,
            **{f"{part}_ms": round(spent, 1) for part, spent in self._milliseconds.items()},
            "store_trips": store_usage.trips,
            "store_commands": store_usage.commands,
            "store_errors": store_usage.errors,
            **self.facts,
        }

    def headers(self) -> dict[str, str]:
        """Cache-Status (RFC 9211), Age (RFC 9111) and RateLimit (draft-ietf-httpapi-ratelimit-headers-10)."""
        headers = {"X-Request-Id": self.request_id}
        if self.cache_status:
            headers["Cache-Status"] = f"threadr; {self.cache_status}"
        if self.age_seconds is not None:
            headers["Age"] = str(self.age_seconds)
        if self.decision:
            headers |= _limit_headers(self.decision, self.clock())
        if timing := self._server_timing():
            headers["Server-Timing"] = timing
        return headers

    def _server_timing(self) -> str:
        parts = [f"{part};dur={spent:.1f}" for part, spent in self._milliseconds.items()]
        if self.store_usage.trips:
            told = f"{self.store_usage.trips} round trips, {self.store_usage.commands} commands"
            parts.insert(0, f'store;dur={self.store_usage.milliseconds:.1f};desc="{told}"')
        return ", ".join(parts)


def _outcome(ask: Ask, turn: Turn) -> str:
    """One word for the turn, by the rules of what a store's `enter` counts."""
    if turn.kind == "hit":
        return "collapsed" if ask.waited else "hit"
    if turn.kind == "lead":
        return "miss" if ask.looks else "forced"
    return turn.kind


def _limit_headers(decision: Decision, now: float) -> dict[str, str]:
    wait = math.ceil(decision.retry_after_seconds or decision.reset_seconds)
    headers = {
        "RateLimit-Policy": f'"requests";q={decision.limit};w={math.ceil(decision.window_seconds)}',
        "RateLimit": f'"requests";r={decision.remaining};t={wait}',
        "X-RateLimit-Limit": str(decision.limit),
        "X-RateLimit-Remaining": str(decision.remaining),
        "X-RateLimit-Reset": str(math.ceil(now + wait)),
    }
    if not decision.allowed:
        headers["Retry-After"] = str(max(1, math.ceil(decision.retry_after_seconds)))
    return headers
