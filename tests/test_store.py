"""One contract for the three stores: Upstash REST, Redis over TCP, the dict in the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis import Redis

from core.rooms import Rooms
from core.settings import Settings
from core.store import Store
from tests.conftest import Clock

HOUR = 3_600.0


@pytest.fixture
async def store(store_settings: dict[str, Any], clock: Clock) -> AsyncIterator[Store]:
    rooms = Rooms(Settings(rate_limit_requests=3, **store_settings), clock=clock)
    yield rooms.store
    await rooms.close()


async def test_a_kept_value_is_found_again(store: Store) -> None:
    await store.keep("threadr:cache:text:1", "naïve “text” 😀", ttl_seconds=60)
    assert await store.lookup("threadr:cache:text:1") == "naïve “text” 😀"


async def test_an_unknown_key_is_absent(store: Store) -> None:
    assert await store.lookup("threadr:cache:text:2") is None


async def test_the_newest_value_wins(store: Store) -> None:
    await store.keep("threadr:cache:text:1", "old", ttl_seconds=60)
    await store.keep("threadr:cache:text:1", "new", ttl_seconds=60)
    assert await store.lookup("threadr:cache:text:1") == "new"
    assert (await store.stats()).cache_entries == 1


async def test_forgetting_tells_whether_there_was_something(store: Store) -> None:
    await store.keep("threadr:cache:text:1", "value", ttl_seconds=60)
    assert await store.forget("threadr:cache:text:1") is True
    assert await store.forget("threadr:cache:text:1") is False
    assert await store.lookup("threadr:cache:text:1") is None


async def test_calls_over_the_limit_are_refused_and_not_counted(store: Store) -> None:
    decisions = [await store.take("1.2.3.4") for _ in range(5)]
    assert [decision.allowed for decision in decisions] == [True, True, True, False, False]
    assert [decision.remaining for decision in decisions] == [2, 1, 0, 0, 0]
    assert (await store.take("1.2.3.5")).allowed


async def test_waiting_for_retry_after_is_exactly_enough(store: Store, clock: Clock) -> None:
    for _ in range(3):
        await store.take("1.2.3.4")
    blocked = await store.take("1.2.3.4")
    clock.now += blocked.retry_after_seconds - 0.001
    assert not (await store.take("1.2.3.4")).allowed
    clock.now += 0.001
    assert (await store.take("1.2.3.4")).allowed


async def test_parallel_calls_never_pass_the_limit(store: Store) -> None:
    decisions = await asyncio.gather(*(store.take("1.2.3.4") for _ in range(30)))
    assert sum(decision.allowed for decision in decisions) == 3


async def test_looking_at_the_limit_consumes_nothing(store: Store) -> None:
    await store.take("1.2.3.4")
    looks = [await store.status("1.2.3.4") for _ in range(9)]
    assert {look.remaining for look in looks} == {2}
    assert (await store.take("1.2.3.4")).remaining == 1


async def test_the_quota_is_whole_again_after_reset(store: Store, clock: Clock) -> None:
    clock.now += 1_234.567
    for _ in range(3):
        decision = await store.take("1.2.3.4")
    clock.now += decision.reset_seconds
    assert (await store.status("1.2.3.4")).remaining == 3


async def test_stats_count_hits_misses_and_what_hits_saved(store: Store, clock: Clock) -> None:
    await store.keep("threadr:cache:text:1", "value", ttl_seconds=60, worth_usd=0.0025)
    for key in ("threadr:cache:text:1", "threadr:cache:text:1", "threadr:cache:text:9"):
        await store.lookup(key)
    await store.count({"generated": 1, "cost_usd": 0.0025})
    clock.now += 86_400
    await store.lookup("threadr:cache:text:9")
    today, yesterday = (await store.stats()).days.values()
    assert today == {"misses": 1}
    assert yesterday == {"hits": 2, "misses": 1, "saved_usd": 0.005, "generated": 1, "cost_usd": 0.0025}


async def test_stats_tell_entries_and_clients_and_forget_both_after_their_end(
    store: Store, clock: Clock
) -> None:
    await store.keep("threadr:cache:text:1", "value", ttl_seconds=60)
    await store.keep("threadr:cache:text:2", "value", ttl_seconds=HOUR)
    await store.take("1.2.3.4")
    stats = await store.stats()
    assert (stats.cache_entries, stats.rate_limit_entries) == (2, 1)
    clock.now += 2 * HOUR
    stats = await store.stats()
    assert (stats.cache_entries, stats.rate_limit_entries) == (0, 0)


async def test_a_note_is_recalled_and_not_counted(store: Store) -> None:
    await store.remember("threadr:health:last", "{}", ttl_seconds=60)
    assert await store.recall("threadr:health:last") == "{}"
    assert await store.recall("threadr:health:none") is None
    assert (await store.stats()).days == {}


async def test_the_store_answers_a_ping(store: Store) -> None:
    await store.ping()


@pytest.mark.parametrize("settings", ["upstash_settings", "tcp_settings"])
async def test_every_key_has_the_prefix_and_a_ttl(
    settings: str, request: pytest.FixtureRequest, valkey: Redis
) -> None:
    rooms = Rooms(Settings(**request.getfixturevalue(settings)))
    await rooms.store.keep("threadr:cache:text:1", "value", ttl_seconds=60)
    await rooms.store.lookup("threadr:cache:text:1")
    await rooms.store.take("1.2.3.4")
    await rooms.store.remember("threadr:health:last", "{}", ttl_seconds=60)
    await rooms.close()
    keys: list[Any] = valkey.keys("*")
    assert "threadr:ratelimit:1.2.3.4" in keys
    assert len(keys) == 6
    assert all(key.startswith("threadr:") and valkey.pttl(key) > 0 for key in keys)
