"""The store that all instances share: Redis's commands, over REST or TCP."""

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from core.net.late_import import import_in_thread
from core.rate_limit import Client, Decision, Window
from core.store.clock import StoreClock
from core.store.counters import KEPT_DAYS, NO_COUNTERS, Counters, last_days, uses_by_day
from core.store.keys import CACHE_INDEX, new_stamp, rate_limit_key, script_keys, side_keys
from core.store.pipeline import BatchingClient
from core.store.protocol import LEASE_SECONDS, Budget, ClientUse, Lookup, Reply, StoredEntry, StoreStats
from core.store.purges import Purge, Purged
from core.store.redis_errors import check_type
from core.store.redis_scripts import Scripts
from core.store.redis_stats import read_stats
from core.store.redis_values import RedisValues
from core.usage import micros

_LEASE_MS = int(LEASE_SECONDS * 1000)
_NO_LOOKUP = Lookup(key="", digest="", client=Client("", Window(1, 1)), token="")
_NO_ENTRY = StoredEntry(value=None)


def time_argument(clock: Callable[[], float]) -> tuple[str, int]:
    """With which name a script gets the time: its own comes before `clock`, and after the tests' `now`."""
    if isinstance(clock, StoreClock):
        return "clock", int(clock.machine() * 1000)
    return "now", int(clock() * 1000)


class RedisStore(RedisValues):
    """`budget_usd` is what all instances may spend in a day (0: no cap).

    The scripts go by the server's clock, and set a StoreClock by it. Of any other `clock` they are sent the
    epoch seconds: for tests, which move the time.
    """

    def __init__(self, redis: BatchingClient[Any], clock: Callable[[], float], budget_usd: float) -> None:
        super().__init__(redis, clock)
        self.connect, self.explain, self.close = redis.connect, redis.explain, redis.close
        self._budget_micros = micros(budget_usd)
        self._scripts = Scripts(redis)

    async def look_up(self, lookup: Lookup, counters: Counters = NO_COUNTERS, seconds: float = 60) -> Reply:
        answer = await self._run(
            "look_up",
            lookup,
            counters,
            mode=lookup.mode,
            charge=lookup.charge,
            waited=int(lookup.waited),
            max_age=int(lookup.max_age_seconds * 1000),
            unfit=lookup.unfit_ms,
            digest=lookup.digest,
            lease=_LEASE_MS,
            budget=self._budget_micros,
            held=int(seconds * 1000),
        )
        now_ms, kind, value, current, previous, note, *budget, purged = answer
        decision = lookup.client.window.decision(
            allowed=kind != "limited", current=current, previous=previous, now_ms=now_ms
        )
        charged = {"always": True, "on_generation": kind in ("limited", "lead"), "never": False}
        return Reply(
            kind=kind,
            now=now_ms / 1000,
            value=value,
            decision=decision if charged[lookup.charge] or not lookup.token else None,
            budget=Budget(*budget),
            known_contents=note if kind == "lead" else "",
            failure=note if kind == "failed" else "",
            purged=purged,
        )

    async def reserve(self, lookup: Lookup, seconds: float) -> Budget:
        held_ms = int(seconds * 1000)
        answer = await self._run("reserve", lookup, budget=self._budget_micros, held=held_ms)
        return Budget(*answer[1:])

    async def keep(self, lookup: Lookup, entry: StoredEntry, counters: Counters = NO_COUNTERS) -> bool:
        (done,) = await self._run(
            "keep",
            lookup,
            counters,
            entry,
            value=entry.value or "",
            mode=lookup.mode,
            is_view=int(entry.is_view),
            ttl=int(entry.ttl_seconds * 1000),
            thread_ttl=int(entry.thread_seconds * 1000),
            kept_days=KEPT_DAYS,
            sources=" ".join(entry.sources),
            prompt=entry.prompt,
            purged=entry.purged,
        )
        return bool(done)

    async def release(
        self, lookup: Lookup, counters: Counters = NO_COUNTERS, *, refund: bool = False, failure: str = ""
    ) -> None:
        await self._run("release", lookup, counters, refund=int(refund), failure=failure)

    async def renew(self, lookup: Lookup) -> None:
        await self._run("renew", lookup, lease=_LEASE_MS)

    async def content(self, name: str) -> str | None:
        value: str | None
        (value,) = await self._run("content", entry=StoredEntry(value=None, content=name))
        return value

    async def forget(self, key: str, draft: str = "") -> bool:
        # Plain commands: a full database refuses scripts and still takes these.
        removed, _, _ = await asyncio.gather(
            self._redis.execute(["DEL", key]),
            self._redis.execute(["DEL", *side_keys(key, draft)]),
            self._redis.execute(["ZREM", CACHE_INDEX, key]),
        )
        return bool(check_type(removed, int))

    async def purge(self, purge: Purge, *, seconds: float) -> Purged:
        ends_at, removed, cursor, names = time.monotonic() + seconds, 0, "0", asdict(purge)
        names |= {"keys": "\n".join(purge.keys), "stamp": new_stamp(self._clock())}
        while cursor and time.monotonic() < ends_at:
            count, cursor = await self._run("purge", cursor=cursor, **names)
            removed += count
        return Purged(removed, finished=not cursor)

    async def status(self, client: Client) -> Decision:
        await import_in_thread("core.store.redis_limiter", "core.store.sdk")  # only this call needs them
        from core.store.redis_limiter import SlidingWindow
        from core.store.sdk import SdkCommands

        limiter = SlidingWindow(client.window, self._clock)
        key, commands = rate_limit_key(client.name), SdkCommands(self._redis)
        decision: Decision = await limiter.limit_async(commands, key, rate=0)
        return decision

    async def use(self, client: Client, counters: Counters = NO_COUNTERS) -> ClientUse:
        answer = await self._run("take", replace(_NO_LOOKUP, client=client), counters, rate=0)
        now_ms, _, current, previous, rows = answer
        decision = client.window.decision(current=current, previous=previous, now_ms=now_ms)
        return ClientUse(decision, uses_by_day(rows, last_days(now_ms / 1000)))

    async def stats(self) -> StoreStats:
        return await read_stats(self._redis, self.ping(), now=self._clock())

    async def _run(
        self,
        name: str,
        lookup: Lookup = _NO_LOOKUP,
        counters: Counters = NO_COUNTERS,
        entry: StoredEntry = _NO_ENTRY,
        **arguments: str | int,
    ) -> list[Any]:
        client = lookup.client
        arguments |= {"width": client.window.milliseconds, "limit": client.window.limit}
        arguments |= {"keyed": int(client.has_key), "own_budget": client.budget_micros}
        arguments |= {"token": lookup.token, "max_cost_usd": repr(lookup.max_cost_usd)}
        arguments |= [time_argument(self._clock)]
        named = {name if isinstance(value, str) else f"{name}#": value for name, value in arguments.items()}
        named |= {f"+{name}": number for name, number in counters.items() if number}
        pairs = itertools.chain.from_iterable(named.items())
        answer = await self._scripts.run(name, script_keys(lookup, entry), pairs)
        if name in ("look_up", "reserve") and isinstance(self._clock, StoreClock):
            self._clock.set(answer[0])
        return answer
