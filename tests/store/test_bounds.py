"""No call stops the store for long: of clients, entries and reservations that ended 100 go at most."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from core.services import Services
from core.settings import Settings
from core.store.keys import CACHE_INDEX, RATE_LIMIT_INDEX, RESERVED
from core.store.protocol import Lookup, Store, StoredEntry
from tests.support.clock import Clock
from tests.support.stores import named

LOOKUP = Lookup(key="threadr:cache:text:1", digest="d", client=named("a"), token="t")
COSTLY = replace(LOOKUP, max_cost_usd=0.06)


@pytest.fixture
async def store(tcp_settings: dict[str, Any], clock: Clock) -> AsyncIterator[Store]:
    services = Services(Settings(**tcp_settings, daily_budget_usd=0.1), clock=clock)
    yield services.store
    await services.close()


@pytest.mark.parametrize("index", [RATE_LIMIT_INDEX, CACHE_INDEX])
async def test_what_has_ended_is_removed_in_parts_and_never_counted(
    store: Store, valkey: Redis, clock: Clock, index: str
) -> None:
    valkey.zadd(index, {f"ended-{number}": clock.now * 1000 - 1 - number for number in range(250)})
    sizes = []
    for number in range(4):
        key, client = f"threadr:cache:text:{number}", named(f"{number}")
        lookup = replace(LOOKUP, key=key, client=client, token=f"t{number}")
        await store.look_up(lookup)
        await store.keep(lookup, StoredEntry(value="v", ttl_seconds=60))
        sizes.append(valkey.zcard(index))
        stats = await store.stats()
        assert (stats.rate_limit_entries, stats.cache_entries) == (number + 1, number + 1)
    assert sizes == [151, 52, 3, 4]


async def test_reservations_that_have_ended_are_removed_in_parts(
    store: Store, valkey: Redis, clock: Clock
) -> None:
    ends = {f"dead-{number}:200": clock.now * 1000 for number in range(250)}
    valkey.zadd(RESERVED, {**ends, "total": -50_000})
    left = []
    for number in range(4):
        lookup = replace(COSTLY, token=f"t{number}", max_cost_usd=0.01)
        assert (await store.reserve(lookup, 30)).state == "covered"
        left.append((valkey.zcard(RESERVED), valkey.zscore(RESERVED, "total")))
    assert left == [(152, -40_000), (53, -30_000), (4, -30_000), (5, -40_000)]


@pytest.mark.parametrize("held", [10, 5_000])
async def test_a_reservation_costs_the_same_however_many_there_are(
    store: Store, valkey: Redis, clock: Clock, held: int
) -> None:
    ends = {f"live-{number}:1": clock.now * 1000 + 9_000 for number in range(held)}
    valkey.zadd(RESERVED, {**ends, "total": -held})
    valkey.config_resetstat()
    assert (await store.reserve(COSTLY, 30)).state == "covered"
    stats: Any = valkey.info("commandstats")
    assert not {"cmdstat_hgetall", "cmdstat_zrange", "cmdstat_keys"} & set(stats)
    assert (await store.reserve(replace(COSTLY, token="t2"), 30)).state == "reserved"


async def test_what_was_spent_is_counted_once_however_often_it_is_sent(store: Store) -> None:
    await store.look_up(COSTLY)
    await store.release(COSTLY, {"cost_micros": 60_000})
    await store.keep(COSTLY, StoredEntry(value="v", ttl_seconds=60), {"cost_micros": 60_000})
    await store.release(replace(COSTLY, token="t2"), {"cost_micros": 1})
    assert [day["cost_micros"] for day in (await store.stats()).days.values()] == [60_001]
