"""upstash-ratelimit's sliding window, with figures that the library's own omits."""

from collections.abc import Callable, Generator
from typing import Any

from upstash_ratelimit.limiter import AbstractLimiter

from core.rate_limit import Window
from core.store.clock import StoreClock
from core.store.keys import RATE_LIMIT_INDEX
from core.store.memory_limiter import LocalWindow
from core.store.redis import script, script_answer

Steps = Generator[Any, Any, None]  # yields a command and its arguments, is sent the result, yields the answer


class _Looking(AbstractLimiter):  # type: ignore[misc]
    """A Limiter of upstash-ratelimit, whose answers are Decisions: a Response's fields and more."""

    def _get_remaining(self, identifier: str) -> Steps:
        return self._look(identifier, "remaining")

    def _get_reset(self, identifier: str) -> Steps:
        return self._look(identifier, "reset")

    def _look(self, identifier: str, field: str) -> Steps:
        steps = self._limit(identifier, 0)
        decision = steps.send((yield next(steps)))
        yield getattr(decision, field)


class LocalLimiter(_Looking):
    """The window in this process as a Limiter; it is apart, so that a process does without the library."""

    def __init__(self, window: LocalWindow) -> None:
        self._window = window

    def _limit(self, identifier: str, rate: int = 1) -> Steps:
        yield "", ()  # no command
        yield self._window.limit(identifier, rate)


class SlidingWindow(_Looking):
    """The window in Redis as a Limiter, on the server's clock or on a `clock` of the tests, as RedisStore.

    The library's own script answers only -1 to a blocked call, from which no true Retry-After follows; it
    asks for `#!lua flags=allow-key-locking`, which Redis and Valkey refuse; and it needs two keys per client.
    """

    def __init__(self, window: Window, clock: Callable[[], float]) -> None:
        self._window = window
        self._clock = clock

    def _limit(self, identifier: str, rate: int = 1) -> Steps:
        keys = ["", "", "", "", identifier, RATE_LIMIT_INDEX]
        arguments = ["width#", self._window.milliseconds, "limit#", self._window.limit, "rate#", rate]
        now = "clock#" if isinstance(self._clock, StoreClock) else "now#"
        arguments += [now, int(self._clock() * 1000)]
        answer = yield "eval", (script("take"), keys, arguments)
        now_ms, allowed, current, previous = script_answer("take", answer)
        yield self._window.decision(allowed=bool(allowed), current=current, previous=previous, now_ms=now_ms)
