"""Time is the store's: instances whose own clocks differ decide alike, over a real Valkey."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from core.net.breaker import Breaker
from core.rate_limit import Client, Window
from core.store.clock import StoreClock
from core.store.keys import STATS, day_of
from core.store.protocol import Lookup
from core.store.redis import RedisStore
from core.store.tcp import TcpRedis
from tests.support.app import Instances
from tests.support.clock import Clock
from tests.support.fake_openai import FakeOpenAI
from tests.support.site import ARTICLE
from tests.support.stores import named

COUNTING = Lookup(key="threadr:cache:text:1", digest="d", client=named("a"), token="t", mode="count_only")
StoreOf = Callable[[Callable[[], float]], RedisStore]


def clock_off_by(seconds: float) -> StoreClock:
    """The clock of an instance whose machine is so many seconds ahead."""
    return StoreClock(lambda: time.time() + seconds)


@pytest.fixture
async def store_of(redis_url: str) -> AsyncIterator[StoreOf]:
    client = TcpRedis(redis_url, timeout_seconds=5, breaker=Breaker(time.monotonic))
    yield lambda clock: RedisStore(client, clock, 0)
    await client.close()


@pytest.mark.parametrize("skew", [1, -1, 60, -180, 3_600])
async def test_instances_on_both_sides_of_a_windows_edge_let_no_more_than_the_limit_pass(
    store_of: StoreOf, skew: float
) -> None:
    # The edge is in the middle between the two clocks.
    window = Window(10, int(time.time() * 1000 + skew * 500) // 50)
    counting = replace(COUNTING, client=Client("a", window))
    stores = [store_of(clock_off_by(seconds)) for seconds in (0, skew)]
    kinds = [(await store.look_up(counting)).kind for _ in range(30) for store in stores]
    assert kinds.count("not_stored") == 10


async def test_a_decision_is_made_at_the_stores_time(store_of: StoreOf) -> None:
    store = store_of(clock_off_by(-7_200))
    counting = replace(COUNTING, client=named("a", 1))
    replies = [await store.look_up(counting) for _ in range(2)]
    blocked, status = replies[1].decision, await store.status(counting.client)
    assert blocked is not None
    assert blocked.now == pytest.approx(time.time(), abs=60)
    assert status.reset == pytest.approx(blocked.reset, abs=60)


@pytest.mark.parametrize("local_cache_seconds", [0, 30])
async def test_an_answer_is_fresh_for_instances_with_other_clocks(
    instance_of: Instances,
    upstash_settings: dict[str, Any],
    openai: FakeOpenAI,
    local_cache_seconds: float,
) -> None:
    settings = {**upstash_settings, "cache_ttl_hours": 0.1, "local_cache_seconds": local_cache_seconds}
    clients = [instance_of(clock=clock_off_by(seconds), **settings) for seconds in (-600, 600, 600)]
    for client in (*clients, *clients):
        answer = await client.post(
            "/api/generate", json={"text": ARTICLE}, headers={"Cache-Control": "max-age=300"}
        )
    assert len(openai.requests) == 1
    assert int(answer.headers["age"]) < 60
    assert 300 < int(answer.headers["cache-status"].split("ttl=")[1]) <= 360
    assert int(answer.headers["x-ratelimit-reset"]) == pytest.approx(time.time(), abs=2 * 3_600)


async def test_a_stores_clock_is_followed_from_its_first_answer(store_of: StoreOf) -> None:
    clock = clock_off_by(900)
    assert clock() == pytest.approx(time.time() + 900, abs=60)
    await store_of(clock).look_up(COUNTING)
    assert clock() == pytest.approx(time.time(), abs=60)


async def test_scripts_know_the_date(store_of: StoreOf, valkey: Redis, clock: Clock) -> None:
    store = store_of(clock)
    times = [0, 951_782_399, 951_782_400, 951_868_800, 1_709_164_800, 1_767_225_599, 1_767_225_600, 4e9]
    times += [1_790_000_000 + 86_400 * 37.3 * number for number in range(40)]
    for clock.now in times:
        await store.look_up(COUNTING, {"collapsed": 1})
    fields: Any = valkey.hkeys(STATS)
    assert set(fields) == {f"{day_of(moment)}:collapsed" for moment in times}


async def test_a_store_that_allows_no_time_in_scripts_goes_by_the_callers_clock(valkey: Any) -> None:
    port = valkey.connection_pool.connection_kwargs["port"]
    valkey.execute_command("ACL", "SETUSER", "timeless", "on", ">secret", "~*", "+@all", "-time")
    url = f"redis://timeless:secret@127.0.0.1:{port}"
    client, clock = TcpRedis(url, timeout_seconds=5, breaker=Breaker(time.monotonic)), clock_off_by(-900)
    store = RedisStore(client, clock, 0)
    counting = replace(COUNTING, client=named("a", 3))
    kinds = [(await store.look_up(counting)).kind for _ in range(5)]
    await client.close()
    assert kinds == ["not_stored"] * 3 + ["limited"] * 2
    assert clock() == pytest.approx(time.time() - 900, abs=60)
