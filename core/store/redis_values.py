"""Plain values in Redis, and whether a server takes writes and gives back what was written."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

from core.errors import CommandFailed, StoreError, WriteRejected
from core.store.keys import PROBE, STATS, day_of
from core.store.pipeline import BatchingClient
from core.store.redis_errors import check_type


class RedisValues:
    """What a store does with values whose meaning it does not know; raises StoreError."""

    def __init__(self, redis: BatchingClient[Any], clock: Callable[[], float]) -> None:
        self._redis = redis
        self._clock = clock

    async def peek(self, key: str) -> str | None:
        value = await self._redis.execute(["GET", key])
        return None if value is None else str(check_type(value, str))

    async def remember(self, key: str, value: str, *, ttl_seconds: float) -> None:
        await self._redis.execute(["SET", key, value, "PX", int(ttl_seconds * 1000)])

    async def ping(self) -> bool:
        """Whether the server takes writes. Raises StoreError when it does not answer."""
        answered: Any
        wrote: Any
        answered, wrote = await asyncio.gather(
            self._redis.execute(["PING"]),
            self._redis.execute(["SET", PROBE, "1", "PX", 1000]),
            return_exceptions=True,
        )
        if answered != "PONG" and getattr(answered, "health", "") not in ("read_only", "too_large"):
            if isinstance(answered, StoreError) and not isinstance(answered, CommandFailed):
                raise answered
            raise StoreError(reason="no answer to PING", health="bad_response")
        return not isinstance(check_type(wrote, str), WriteRejected)

    async def verify(self) -> float:
        """Write, read and delete a note; the USD spent today, from the same round trip. Raises StoreError."""
        today, key = day_of(self._clock()), f"{PROBE}:{secrets.token_hex(8)}"
        commands: list[list[Any]]
        commands = [["SET", key, key, "PX", 10_000], ["GETDEL", key], ["HGET", STATS, f"{today}:cost_micros"]]
        wrote, read, micros = await asyncio.gather(*map(self._redis.execute, commands))
        if (wrote, read) != ("OK", key):
            raise StoreError(reason="what was written is not what is read", health="bad_response")
        return int(micros or 0) / 1_000_000
