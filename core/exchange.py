"""What one request has learned on its way; the answer's headers and the log line are made of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from core.tally import Tally
from core.window import Decision


@dataclass(slots=True, kw_only=True)
class Exchange:
    """Filled in by the rooms that the request passes. `clock` gives epoch seconds."""

    request_id: str
    seconds: float
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    decision: Decision | None = None
    cache_status: str | None = None
    age_seconds: int | None = None
    event: str | None = None
    tally: Tally = field(default_factory=Tally)
    facts: dict[str, object] = field(default_factory=dict)
    _started: float = field(init=False)

    def __post_init__(self) -> None:
        self._started = self.monotonic()

    @property
    def seconds_left(self) -> float:
        """Of the one budget that the request has; every door gets what is left of it."""
        return max(0.0, self.seconds - self.seconds_spent)

    @property
    def seconds_spent(self) -> float:
        return self.monotonic() - self._started

    def headers(self) -> dict[str, str]:
        """Cache-Status (RFC 9211), Age (RFC 9111) and RateLimit (draft-ietf-httpapi-ratelimit-headers-10)."""
        headers = {"X-Request-Id": self.request_id}
        if self.cache_status:
            headers["Cache-Status"] = f"threadr; {self.cache_status}"
        if self.age_seconds is not None:
            headers["Age"] = str(self.age_seconds)
        if self.decision:
            headers |= _limit_headers(self.decision, self.clock())
        if self.tally.trips:
            told = f"{self.tally.trips} round trips, {self.tally.commands} commands"
            headers["Server-Timing"] = f'store;dur={self.tally.milliseconds:.1f};desc="{told}"'
        return headers


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
