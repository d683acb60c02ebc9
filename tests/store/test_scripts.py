"""Scripts travel whole once, then by their digests; and what a hit's one call of the store costs."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from types import FrameType
from typing import Any

import pytest
from pydantic_core import to_json
from redis import Redis

from core.errors import CommandFailed
from core.services import Services
from core.settings import Settings
from core.store.protocol import Lookup, Store, StoredEntry
from core.usage import StoreUsage, current_store_usage
from tests.support.fault_server import faulty
from tests.support.fault_server import named as commands_named
from tests.support.stores import named
from tests.support.upstash_front import Front

MAX_CALLS = 155  # 1,599 when httpx carried it
LOOKUP = Lookup(key="threadr:cache:text:1", digest="d" * 64, client=named("1.2.3.4", 10**6), token="t")


def store_of(settings: dict[str, Any]) -> Any:
    return Services(Settings(**settings)).shared


@pytest.fixture(params=["upstash", "tcp"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    store = store_of(request.getfixturevalue(f"{request.param}_settings"))
    yield store
    await store.close()


async def kept(store: Store) -> None:
    """A look-up that leads, and the answer that it keeps."""
    now = int(time.time() * 1000)
    await store.look_up(LOOKUP)
    value = f"{now + 10**8} {now} 1000 {LOOKUP.digest} {'x' * 2_600}"
    assert await store.keep(LOOKUP, StoredEntry(value=value, ttl_seconds=600))


async def test_a_script_is_sent_whole_once_and_then_by_its_digest(
    upstash_settings: dict[str, Any], front: Front
) -> None:
    store = store_of(upstash_settings)
    await kept(store)
    assert (await store.look_up(LOOKUP)).kind == "hit"
    await store.close()
    sent = [command for _, batch in front.requests for command in batch]
    assert [command[0] for command in sent] == ["EVAL", "EVAL", "EVALSHA"]  # look_up, keep, look_up
    assert len(to_json(sent[2])) < 1_000 < 5_000 < len(to_json(sent[0]))


async def test_a_server_that_forgot_its_scripts_costs_one_more_round_trip(store: Any, valkey: Redis) -> None:
    await kept(store)
    valkey.script_flush()
    trips = []
    for _ in range(2):
        usage = StoreUsage()
        current_store_usage.set(usage)
        assert (await store.look_up(LOOKUP)).kind == "hit"
        trips.append(usage.trips)
    assert trips == [2, 1]


async def test_look_ups_at_once_are_all_answered_by_a_server_that_forgot(store: Any, valkey: Redis) -> None:
    await kept(store)
    valkey.script_flush()
    lookups = [replace(LOOKUP, token=f"t{number}") for number in range(30)]
    replies = await asyncio.gather(*map(store.look_up, lookups))
    assert {reply.kind for reply in replies} == {"hit"}
    assert len({reply.decision.used for reply in replies}) == 30  # each was counted, and once


async def test_another_error_of_a_script_is_not_tried_again(upstash_settings: dict[str, Any]) -> None:
    failed = {"item": {"error": "ERR user_script:1: something"}}
    behind = upstash_settings["upstash_redis_rest_url"]
    with faulty(None, behind=behind, only=commands_named("EVALSHA")) as server:
        store = store_of(upstash_settings | {"upstash_redis_rest_url": server.url})
        await kept(store)
        server.wire = failed
        with pytest.raises(CommandFailed):
            await store.look_up(LOOKUP)
        await store.close()
    assert len(server.requests) == 3


async def test_a_hits_one_call_of_the_store_is_few_calls_of_python(upstash_settings: dict[str, Any]) -> None:
    calls = 0

    def count(_: FrameType, event: str, __: Any) -> None:
        nonlocal calls
        calls += event == "call"

    counted, before = [], sys.getprofile()
    with faulty(None, behind=upstash_settings["upstash_redis_rest_url"]) as server:
        store = store_of(upstash_settings | {"upstash_redis_rest_url": server.url})
        await kept(store)
        for _ in range(5):
            calls = 0
            sys.setprofile(count)
            try:
                reply = await store.look_up(LOOKUP)
            finally:
                sys.setprofile(before)
            assert reply.kind == "hit"
            counted.append(calls)
        await store.close()
    assert min(counted) <= MAX_CALLS
