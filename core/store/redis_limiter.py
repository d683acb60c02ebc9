"""upstash-ratelimit's sliding window, with figures that the library's own omits."""

from collections.abc import Callable, Generator
from typing import Any

from upstash_ratelimit.limiter import AbstractLimiter

from core.rate_limit import Window
from core.store.keys import RATE_LIMIT_INDEX
from core.store.redis import time_argument
from core.store.redis_scripts import script, script_answer

Steps = Generator[Any, Any, None]  # yields a command and its arguments, is sent the result, yields the answer


class SlidingWindow(AbstractLimiter):  # type: ignore[misc]
    """A Limiter of upstash-ratelimit, whose answers are Decisions: a Response's fields and more.

    The library's own script answers only -1 to a blocked call, from which no true Retry-After follows; it
    asks for `#!lua flags=allow-key-locking`, which Redis and Valkey refuse; and it needs two keys per client.
    """

    def __init__(self, window: Window, clock: Callable[[], float]) -> None:
        self._window = window
        self._clock = clock

    def _limit(self, identifier: str, rate: int = 1) -> Steps:
        keys = ["", "", "", "", identifier, RATE_LIMIT_INDEX]
        width, limit = self._window.milliseconds, self._window.limit
        arguments = ["width#", width, "limit#", limit, "rate#", rate]
        name, now_ms = time_argument(self._clock)
        answer = yield "eval", (script("take"), keys, [*arguments, f"{name}#", now_ms])
        now_ms, allowed, current, previous, _ = script_answer("take", answer)
        yield self._window.decision(allowed=bool(allowed), current=current, previous=previous, now_ms=now_ms)

    def _get_remaining(self, identifier: str) -> Steps:
        return self._look(identifier, "remaining")

    def _get_reset(self, identifier: str) -> Steps:
        return self._look(identifier, "reset")

    def _look(self, identifier: str, field: str) -> Steps:
        steps = self._limit(identifier, 0)
        decision = steps.send((yield next(steps)))
        yield getattr(decision, field)
