"""The store that all instances share: Redis's commands, over whichever door leads to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from upstash_ratelimit.asyncio import Ratelimit

from core.days import KEPT_DAYS, day_of, last_days
from core.keys import CACHE_INDEX, RATE_LIMIT_INDEX, RATE_LIMIT_PREFIX, stats_key
from core.pipeline import CommandFailed, Pipelined
from core.ratelimit import SlidingWindow
from core.store import StoreStats
from core.window import Decision, Window

_STATS_TTL_SECONDS = str((KEPT_DAYS + 1) * 86_400)

_LOOKUP = """
local value = redis.call('GET', KEYS[1])
if redis.call('HINCRBY', KEYS[2], value and 'hits' or 'misses', 1) == 1 then
  redis.call('EXPIRE', KEYS[2], ARGV[1])
end
local worth = tonumber(value and string.match(value, '^[%d.]+') or 0)
if worth > 0 then redis.call('HINCRBYFLOAT', KEYS[2], 'saved_usd', worth) end
return value
"""

_COUNT = """
for i = 2, #ARGV, 2 do redis.call('HINCRBYFLOAT', KEYS[1], ARGV[i], ARGV[i + 1]) end
return redis.call('EXPIRE', KEYS[1], ARGV[1])
"""

# The index holds every entry's end, so that counting entries needs no scan.
_KEEP = """
local ttl, now = tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ttl)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZADD', KEYS[2], now + ttl, KEYS[1])
return redis.call('PEXPIRE', KEYS[2], ARGV[4])
"""

_LONGEST_TTL_MS = str(400 * 86_400_000)  # of the index: longer than any entry can live


class SharedStore:
    """`clock` gives epoch seconds."""

    def __init__(self, redis: Pipelined, window: Window, clock: Callable[[], float]) -> None:
        self._redis = redis
        self._clock = clock
        self._limiter = SlidingWindow(window, clock)
        self._ratelimit = Ratelimit(redis=redis, limiter=self._limiter, prefix=RATE_LIMIT_PREFIX)

    async def lookup(self, key: str) -> str | None:
        value: str | None = await self._redis.eval(
            _LOOKUP, [key, stats_key(day_of(self._clock()))], [_STATS_TTL_SECONDS]
        )
        return value.partition(" ")[2] if value else None

    async def keep(self, key: str, value: str, *, ttl_seconds: float, worth_usd: float = 0) -> None:
        # What the value cost stands before it, so that a hit can count what it saves in the same step.
        await self._redis.eval(
            _KEEP,
            [key, CACHE_INDEX],
            [
                f"{worth_usd:f} {value}",
                str(int(ttl_seconds * 1000)),
                str(int(self._clock() * 1000)),
                _LONGEST_TTL_MS,
            ],
        )

    async def count(self, counters: Mapping[str, float]) -> None:
        if counters:
            counted = [str(part) for pair in counters.items() for part in pair]
            await self._redis.eval(_COUNT, [stats_key(day_of(self._clock()))], [_STATS_TTL_SECONDS, *counted])

    async def forget(self, key: str) -> bool:
        removed, _ = await asyncio.gather(self._redis.delete(key), self._redis.zrem(CACHE_INDEX, key))
        return bool(removed)

    async def remember(self, key: str, value: str, *, ttl_seconds: float) -> None:
        await self._redis.set(key, value, px=int(ttl_seconds * 1000))

    async def recall(self, key: str) -> str | None:
        value: str | None = await self._redis.get(key)
        return value

    async def take(self, client: str) -> Decision:
        response = await self._ratelimit.limit(client)
        decision: Decision = response.decision
        return decision

    async def status(self, client: str) -> Decision:
        return await self._limiter.status_async(self._redis, f"{RATE_LIMIT_PREFIX}:{client}")

    async def stats(self) -> StoreStats:
        now = self._clock()
        days = last_days(now)
        now_ms = int(now * 1000)
        entries, clients, *rest = await asyncio.gather(
            self._redis.zcount(CACHE_INDEX, now_ms, "+inf"),
            self._redis.zcount(RATE_LIMIT_INDEX, now_ms, "+inf"),
            *(self._info(section) for section in ("memory", "clients", "server")),
            *(self._redis.execute(["HGETALL", stats_key(day)]) for day in days),
        )
        memory, connected, server = rest[:3]
        return StoreStats(
            cache_entries=int(entries),
            rate_limit_entries=int(clients),
            memory_used=memory.get("used_memory_human"),
            connected_clients=_whole(connected.get("connected_clients")),
            uptime_seconds=_whole(server.get("uptime_in_seconds")),
            days={day: _counters(raw) for day, raw in zip(days, rest[3:], strict=True) if raw},
        )

    async def ping(self) -> None:
        await self._redis.execute(["PING"])

    async def close(self) -> None:
        await self._redis.close()

    async def _info(self, section: str) -> dict[str, str]:
        """One section of INFO; empty where the server does not tell, as Upstash may not."""
        try:
            text = await self._redis.execute(["INFO", section])
        except CommandFailed:
            return {}
        return dict(line.split(":", 1) for line in str(text).splitlines() if ":" in line)


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None


def _counters(raw: Any) -> dict[str, float]:
    """HGETALL's flat list of names and numbers."""
    return {name: float(number) for name, number in zip(raw[::2], raw[1::2], strict=True)}
