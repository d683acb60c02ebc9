"""Statistics of a Redis server, in a constant number of commands."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from core.errors import CommandFailed
from core.store.counters import counters_by_day, last_days
from core.store.keys import CACHE_INDEX, RATE_LIMIT_INDEX, STATS
from core.store.pipeline import BatchingClient
from core.store.protocol import StoreStats
from core.store.redis_errors import check_type


async def read_stats(redis: BatchingClient[Any], ping: Awaitable[bool], *, now: float) -> StoreStats:
    """What the server says at `now` (epoch seconds), in one batch with `ping`. Raises StoreError."""
    now_ms = int(now * 1000)
    commands: list[list[Any]] = [
        ["ZCOUNT", CACHE_INDEX, now_ms, "+inf"],
        ["ZCOUNT", RATE_LIMIT_INDEX, now_ms, "+inf"],
        ["HGETALL", STATS],
        *(["INFO", section] for section in ("memory", "clients", "server")),
    ]
    results: list[Any] = await asyncio.gather(ping, *map(redis.execute, commands), return_exceptions=True)
    kinds = (bool, int, int, list, str, str, str)
    writable, entries, clients, counters, memory, connected, server = map(check_type, results, kinds)
    return StoreStats(
        cache_entries=_to_int(entries),
        rate_limit_entries=_to_int(clients),
        memory_used=_info(memory).get("used_memory_human"),
        connected_clients=_to_int(_info(connected).get("connected_clients")),
        uptime_seconds=_to_int(_info(server).get("uptime_in_seconds")),
        writable=writable is True,
        # Upstash has no INFO, so the sections are not counted as missing.
        partial=any(isinstance(result, CommandFailed) for result in (entries, clients, counters)),
        days=counters_by_day(counters if isinstance(counters, list) else [], last_days(now)),
    )


def _to_int(number: object) -> int | None:
    text = str(number)
    return int(text) if text.isascii() and text.isdigit() else None


def _info(text: object) -> dict[str, str]:
    """One section of INFO; empty where the server has none, as Upstash."""
    if not isinstance(text, str):
        return {}
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
