"""upstash-ratelimit's sliding window, with the figures that its own leaves out."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

from upstash_ratelimit.limiter import AbstractLimiter, Response
from upstash_redis.commands import AsyncCommands

from core.keys import RATE_LIMIT_INDEX
from core.window import Decision, Window

# The library's script answers only -1 to a blocked call, from which no true Retry-After follows; it asks
# for `#!lua flags=allow-key-locking`, which Redis and Valkey refuse; and it needs two keys per client.
# Here both windows are fields of one hash. A window's first call costs four commands more.
_TAKE = """
local index, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local milliseconds, now = tonumber(ARGV[3]), tonumber(ARGV[4])
local counts = redis.call('HMGET', KEYS[1], index, index - 1)
local current, previous = tonumber(counts[1] or 0), tonumber(counts[2] or 0)
local left = milliseconds - now % milliseconds
if current + math.floor(left * previous / milliseconds) >= limit then return {0, current, previous} end
current = redis.call('HINCRBY', KEYS[1], index, 1)
if current == 1 then
  local expires_at = (index + 2) * milliseconds
  redis.call('HDEL', KEYS[1], index - 2, index - 3)
  redis.call('PEXPIRE', KEYS[1], milliseconds * 2)
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
  redis.call('ZADD', KEYS[2], expires_at, KEYS[1])
  redis.call('PEXPIRE', KEYS[2], milliseconds * 2)
end
return {1, current, previous}
"""


Steps = Generator[Any, Any, None]  # yields a command and its arguments, is sent the result, yields the answer


class TrueResponse(Response):  # type: ignore[misc]
    """The library's answer, with our decision beside it."""

    def __init__(self, decision: Decision, now_ms: int) -> None:
        super().__init__(
            allowed=decision.allowed,
            limit=decision.limit,
            remaining=decision.remaining,
            reset=now_ms / 1000 + decision.retry_after_seconds,
        )
        self.decision = decision


class SlidingWindow(AbstractLimiter):  # type: ignore[misc]
    """A Limiter for upstash_ratelimit.asyncio.Ratelimit. `clock` gives epoch seconds."""

    def __init__(self, window: Window, clock: Callable[[], float]) -> None:
        self._window = window
        self._clock = clock

    async def status_async(self, redis: AsyncCommands, identifier: str) -> Decision:
        """The decision that the next call would get, with nothing counted."""
        now_ms = self._now_ms()
        return self._status(await redis.hmget(*self._both_windows(identifier, now_ms)), now_ms)

    def _limit(self, identifier: str, rate: int = 1) -> Steps:
        now_ms = self._now_ms()
        arguments = [self._window.index(now_ms), self._window.limit, self._window.milliseconds, now_ms]
        allowed, current, previous = yield "eval", (_TAKE, [identifier, RATE_LIMIT_INDEX], arguments)
        decision = self._window.decision(
            allowed=bool(allowed), current=int(current), previous=int(previous), now_ms=now_ms
        )
        yield TrueResponse(decision, now_ms)

    def _get_remaining(self, identifier: str) -> Steps:
        now_ms = self._now_ms()
        counts = yield "hmget", self._both_windows(identifier, now_ms)
        yield self._status(counts, now_ms).remaining

    def _get_reset(self, identifier: str) -> Steps:
        now_ms = self._now_ms()
        counts = yield "hmget", self._both_windows(identifier, now_ms)
        yield now_ms / 1000 + self._status(counts, now_ms).reset_seconds

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _both_windows(self, identifier: str, now_ms: int) -> tuple[str, str, str]:
        index = self._window.index(now_ms)
        return identifier, str(index), str(index - 1)

    def _status(self, counts: Sequence[str | None], now_ms: int) -> Decision:
        current, previous = (int(count or 0) for count in counts)
        return self._window.status(current=current, previous=previous, now_ms=now_ms)
