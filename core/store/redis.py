"""The store that all instances share: Redis's commands, over whichever door leads to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from core.errors import CommandFailed, StoreError, WriteRejected
from core.rate_limit import Decision, Window
from core.store import scripts
from core.store.counters import NO_COUNTERS, Counters, counters_by_day, pack_counters
from core.store.days import KEPT_DAYS, day_of, last_days
from core.store.keys import (
    CACHE_INDEX,
    CONTENT_INDEX,
    CONTENT_MARK_LENGTH,
    PROBE,
    RATE_LIMIT_INDEX,
    RESERVED,
    STATS,
    content_key,
    failure_key,
    lease_key,
    rate_limit_key,
    thread_key,
)
from core.store.pipeline import BatchingClient
from core.store.protocol import Ask, Kept, StoreStats, Turn
from core.store.redis_limiter import SlidingWindow
from core.store_usage import add_commands
from core.usage import micros

_INDEX_TTL_MS = 400 * 86_400_000  # longer than any entry can live
_MAX_CONTENTS = 500
_FAILURE_TTL_MS = 60_000


class RedisStore:
    """`clock` gives epoch seconds."""

    def __init__(self, redis: BatchingClient, window: Window, clock: Callable[[], float]) -> None:
        self._redis = redis
        self._window = window
        self._clock = clock
        self._limiter = SlidingWindow(window, clock)

    async def enter(self, ask: Ask, counters: Counters = NO_COUNTERS) -> Turn:
        now_ms = self._now_ms()
        answer = await self._run(
            scripts.ENTER,
            _keys(ask),
            counters,
            flags=_flags(ask),
            token=ask.token,
            digest=ask.digest,
            lease=int(ask.lease_seconds * 1000),
            oldest=int(ask.oldest * 1000),
            max_cost=micros(ask.max_cost_usd),
            budget=micros(ask.budget_usd),
            held_until=now_ms + int(ask.seconds * 1000),
        )
        kind, value, current, previous, paid, contents = _check_types(
            answer, str, (str, type(None)), int, int, int, str
        )
        counted = ask.counts == "coming" or (ask.counts == "leading" and kind in ("blocked", "lead"))
        decision = self._window.decision(
            allowed=kind != "blocked", current=current, previous=previous, now_ms=now_ms
        )
        return Turn(
            kind=kind, value=value, decision=decision if counted else None, paid=bool(paid), contents=contents
        )

    async def keep(self, ask: Ask, kept: Kept) -> bool:
        answer = await self._run(
            scripts.KEEP,
            _keys(ask, kept.content, kept.thread_id),
            kept.counters,
            token=ask.token,
            value=kept.value or "",
            ttl=int(kept.ttl_seconds * 1000),
            thread_ttl=int(kept.thread_seconds * 1000),
            index_ttl=_INDEX_TTL_MS,
            mark=kept.content[:CONTENT_MARK_LENGTH],
            max_contents=_MAX_CONTENTS,
            forgotten_day=day_of(self._clock() - KEPT_DAYS * 86_400),
        )
        (done,) = _check_types(answer, int)
        return bool(done)

    async def release(
        self, ask: Ask, *, refund: bool, failure: str | None, counters: Counters = NO_COUNTERS
    ) -> None:
        await self._run(
            scripts.RELEASE,
            _keys(ask),
            counters,
            token=ask.token,
            refund=int(refund),
            failure=failure or "",
            failure_ttl=_FAILURE_TTL_MS,
        )

    async def renew(self, ask: Ask) -> None:
        lease_ms = int(ask.lease_seconds * 1000)
        await self._run(scripts.RENEW, _keys(ask), NO_COUNTERS, token=ask.token, lease=lease_ms)

    async def peek(self, key: str) -> str | None:
        value = await self._redis.execute(["GET", key])
        return None if value is None else str(_check_type(value, str))

    async def content(self, name: str) -> str | None:
        answer = await self._run(scripts.CONTENT, ["", "", "", content_key(name)], NO_COUNTERS)
        (value,) = _check_types(answer, (str, type(None)))
        return None if value is None else str(value)

    async def forget(self, key: str) -> bool:
        # Plain commands: a full database refuses scripts and still takes these.
        removed, _, _ = await asyncio.gather(
            self._redis.execute(["DEL", key]),
            self._redis.execute(["DEL", failure_key(key)]),
            self._redis.execute(["ZREM", CACHE_INDEX, key]),
        )
        return bool(_check_type(removed, int))

    async def status(self, client: str) -> Decision:
        decision: Decision = await self._limiter.limit_async(self._redis, rate_limit_key(client), rate=0)
        return decision

    async def stats(self) -> StoreStats:
        now_ms = self._now_ms()
        commands: list[list[Any]] = [
            ["ZCOUNT", CACHE_INDEX, now_ms, "+inf"],
            ["ZCOUNT", RATE_LIMIT_INDEX, now_ms, "+inf"],
            ["HGETALL", STATS],
            *(["INFO", section] for section in ("memory", "clients", "server")),
        ]
        results: list[Any] = await asyncio.gather(
            self.ping(), *(self._redis.execute(command) for command in commands), return_exceptions=True
        )
        kinds = (bool, int, int, list, str, str, str)
        writable, entries, clients, counters, memory, connected, server = map(_check_type, results, kinds)
        return StoreStats(
            cache_entries=_to_int(entries),
            rate_limit_entries=_to_int(clients),
            memory_used=_info(memory).get("used_memory_human"),
            connected_clients=_to_int(_info(connected).get("connected_clients")),
            uptime_seconds=_to_int(_info(server).get("uptime_in_seconds")),
            writable=writable is True,
            # Upstash has no INFO: what is never told is not missing.
            partial=any(isinstance(result, CommandFailed) for result in (entries, clients, counters)),
            days=counters_by_day(counters, last_days(self._clock())),
        )

    async def remember(self, key: str, value: str, *, ttl_seconds: float) -> None:
        await self._redis.execute(["SET", key, value, "PX", int(ttl_seconds * 1000)])

    async def recall(self, key: str) -> str | None:
        return await self.peek(key)

    async def ping(self) -> bool:
        answered: Any
        wrote: Any
        answered, wrote = await asyncio.gather(
            self._redis.execute(["PING"]),
            self._redis.execute(["SET", PROBE, "1", "PX", 1000]),
            return_exceptions=True,
        )
        if answered != "PONG" and getattr(answered, "health", "") not in ("read_only", "too_large"):
            told_more = isinstance(answered, StoreError) and not isinstance(answered, CommandFailed)
            raise answered if told_more else StoreError(reason="no answer to PING", health="bad_response")
        return not isinstance(_check_type(wrote, str), WriteRejected)

    async def close(self) -> None:
        await self._redis.close()

    async def _run(
        self, script: str, keys: Sequence[str], counters: Counters, **arguments: str | int
    ) -> list[Any]:
        """What the script answers after the number of commands that it ran."""
        arguments |= {
            "now": self._now_ms(),
            "day": day_of(self._clock()),
            "width": self._window.milliseconds,
            "limit": self._window.limit,
        }
        named = {name if isinstance(value, str) else f"{name}#": value for name, value in arguments.items()}
        named |= {f"+{name}": number for name, number in pack_counters(counters).items()}
        pairs = [part for pair in named.items() for part in pair]
        answer = await self._redis.execute(["EVAL", script, len(keys), *keys, *pairs])
        if not isinstance(answer, list) or not answer or not isinstance(answer[0], int):
            raise StoreError(reason="a script's answer has another shape", health="bad_response")
        add_commands(answer[0])
        return answer[1:]

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _keys(ask: Ask, content: str = "", thread_id: str = "") -> list[str]:
    """The keys of every script, in the order of core/scripts.py."""
    own = [
        ask.key,
        lease_key(ask.key),
        failure_key(ask.key),
        content_key(content),
        rate_limit_key(ask.client),
    ]
    return [*own, RATE_LIMIT_INDEX, CACHE_INDEX, CONTENT_INDEX, STATS, RESERVED, thread_key(thread_id)]


def _flags(ask: Ask) -> str:
    flags = {
        "c": ask.counts == "coming",
        "g": ask.counts == "leading",
        "l": ask.looks,
        "w": ask.waited,
        "f": ask.forces,
        "o": ask.only_looks,
        "k": ask.tells_contents,
    }
    return "".join(flag for flag, is_set in flags.items() if is_set)


def _check_type(result: Any, kind: type) -> Any:
    """The result if it is of its command's type, or the failure of that command alone. Raises StoreError."""
    if isinstance(result, CommandFailed | kind):
        return result
    if isinstance(result, BaseException):
        raise result
    raise StoreError(reason="a result has another type", health="bad_response")


def _check_types(answer: list[Any], *kinds: Any) -> list[Any]:
    """The list, if its elements are of these types. Raises StoreError."""
    if len(answer) == len(kinds) and all(map(isinstance, answer, kinds)):
        return answer
    raise StoreError(reason="a script's answer has another shape", health="bad_response")


def _to_int(number: Any) -> int | None:
    text = str(number)
    return int(text) if text.isascii() and text.isdigit() else None


def _info(text: Any) -> dict[str, str]:
    """One section of INFO; empty where the server does not tell, as Upstash may not."""
    if not isinstance(text, str):
        return {}
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
