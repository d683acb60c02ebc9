"""Batches: how many are under way, what a caller who leaves changes, and whose time a deadline counts."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from core.errors import StoreError
from core.net.breaker import Breaker
from core.store.pipeline import BatchingClient
from core.store.tcp import TcpRedis
from core.store.upstash import UpstashRest
from tests.support.app import TOKEN
from tests.support.clock import Clock
from tests.support.fault_server import FaultServer, faulty
from tests.support.loopback import serving
from tests.support.upstash_front import Front
from tests.support.wire_server import Sent, http, until, wire_server

HANGS = {"accept": True}


class Gate:
    """Answers every command with its key, a batch each time that it is opened."""

    def __init__(self) -> None:
        self.batches: list[list[Any]] = []
        self.under_way = self.most_under_way = 0
        self._open = asyncio.Semaphore(0)

    def open(self, times: int = 1) -> None:
        for _ in range(times):
            self._open.release()

    async def answer(self, sent: Sent, writer: asyncio.StreamWriter) -> None:
        self.batches.append(sent.json)
        self.under_way += 1
        self.most_under_way = max(self.under_way, self.most_under_way)
        await self._open.acquire()
        self.under_way -= 1
        keys = (base64.b64encode(key.encode()).decode() for _, key in sent.json)
        writer.write(http(json.dumps([{"result": key} for key in keys]).encode()))


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
async def upstash(gate: Gate, clock: Clock) -> AsyncIterator[UpstashRest]:
    async with wire_server(gate.answer) as server:
        client = UpstashRest(server.url, TOKEN, timeout_seconds=5, breaker=Breaker(clock))
        yield client
        gate.open(100)
        await client.close()


async def turns(number: int = 20) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def issued(client: BatchingClient[Any], number: int, *, apart: int = 0) -> list[asyncio.Task[Any]]:
    """Callers of GET 0, GET 1, …, each `apart` turns of the loop after the one before."""
    tasks = []
    for key in range(number):
        tasks.append(asyncio.ensure_future(client.execute(["GET", str(key)])))
        await turns(apart)
    await turns()
    return tasks


async def test_what_comes_while_two_batches_are_under_way_travels_together(
    upstash: UpstashRest, gate: Gate
) -> None:
    tasks = await issued(upstash, 150, apart=10)
    await until(lambda: len(gate.batches) == 2)
    assert [len(batch) for batch in gate.batches] == [1, 1]
    gate.open(10)
    assert await asyncio.gather(*tasks) == [str(key) for key in range(150)]
    assert [len(batch) for batch in gate.batches] == [1, 1, 64, 64, 20]
    assert gate.most_under_way == 2


async def test_five_hundred_commands_at_once_are_eight_batches(upstash: UpstashRest, gate: Gate) -> None:
    tasks = await issued(upstash, 500)
    gate.open(8)
    assert await asyncio.gather(*tasks) == [str(key) for key in range(500)]
    assert sorted(len(batch) for batch in gate.batches) == [52] + [64] * 7
    assert gate.most_under_way == 2


async def test_a_caller_who_leaves_ends_no_request_that_others_share(
    upstash: UpstashRest, gate: Gate
) -> None:
    gone, here = await issued(upstash, 2)
    gone.cancel()
    await turns()
    gate.open()
    assert await here == "1"
    assert gate.batches == [[["GET", "0"], ["GET", "1"]]]


async def test_a_caller_who_leaves_before_its_batch_goes_sends_nothing(
    upstash: UpstashRest, gate: Gate
) -> None:
    tasks = await issued(upstash, 4, apart=10)
    tasks[2].cancel()
    gate.open(3)
    assert await asyncio.gather(*tasks[:2], tasks[3]) == ["0", "1", "3"]
    assert gate.batches[2] == [["GET", "3"]]


async def test_commands_that_would_wait_too_long_are_refused_without_blaming_the_store(
    upstash: UpstashRest, gate: Gate
) -> None:
    await issued(upstash, 2, apart=10)
    tasks = await issued(upstash, 32 * 64 + 5)
    refused = [task for task in tasks if task.done()]
    assert [str(getattr(task.exception(), "reason", "")) for task in refused] == [
        "too many commands wait"
    ] * 5
    gate.open(100)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(result, str) for result in results) == 32 * 64


class Slow:
    """The front, which answers only after 20 ms."""

    def __init__(self, front: Front) -> None:
        self._front = front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await asyncio.sleep(0.02)
        await self._front.app(scope, receive, send)


async def test_a_crowd_at_a_distant_store_is_answered_by_it(front: Front, clock: Clock) -> None:
    with serving(Slow(front)) as url:
        upstash = UpstashRest(url, TOKEN, timeout_seconds=1, breaker=Breaker(clock))
        tasks = await issued(upstash, 200, apart=20)
        assert await asyncio.gather(*tasks) == [None] * 200
        await upstash.close()


async def test_after_an_overload_the_store_is_used_again(clock: Clock, upstash_settings: Any) -> None:
    with faulty(HANGS, behind=upstash_settings["upstash_redis_rest_url"]) as store:
        upstash = UpstashRest(store.url, TOKEN, timeout_seconds=0.25, breaker=Breaker(clock))
        crowd = await issued(upstash, 200, apart=20)
        failed = await asyncio.gather(*crowd, return_exceptions=True)
        assert all(isinstance(each, StoreError) for each in failed)
        store.wire = None
        clock.now += 10
        assert await upstash.execute(["GET", "a"]) is None
        await upstash.close()


async def arrived(store: FaultServer, number: int) -> None:
    for _ in range(1_000):
        if len(store.requests) == number:
            return
        await asyncio.sleep(0.01)


async def test_a_request_that_was_ended_takes_no_other_with_it(upstash_settings: Any, clock: Clock) -> None:
    with faulty(HANGS, behind=upstash_settings["upstash_redis_rest_url"]) as store:
        upstash = UpstashRest(store.url, TOKEN, timeout_seconds=5, breaker=Breaker(clock))
        before = asyncio.all_tasks()
        (caller,) = await issued(upstash, 1)
        (delivery,) = asyncio.all_tasks() - before - {caller}
        await arrived(store, 1)
        store.wire = {"delay_s": 0.2}
        late = asyncio.ensure_future(upstash.execute(["GET", "late"]))
        await arrived(store, 2)
        delivery.cancel()  # as a Lambda function's loop does with what is left at its end
        assert await late is None
        store.wire = None
        assert await upstash.execute(["GET", "a"]) is None
        assert store.connections == 3
        caller.cancel()
        await upstash.close()


Make = Callable[..., BatchingClient[Any]]


@pytest.fixture(params=["upstash", "tcp"])
async def client_to(
    request: pytest.FixtureRequest, upstash_settings: dict[str, Any], redis_url: str, clock: Clock
) -> AsyncIterator[Make]:
    """Makes clients of the store under the name `localhost`."""
    made: list[BatchingClient[Any]] = []

    def make(**limits: float) -> BatchingClient[Any]:
        kind: Any = UpstashRest if request.param == "upstash" else TcpRedis
        address = [upstash_settings["upstash_redis_rest_url"], TOKEN] if kind is UpstashRest else [redis_url]
        address[0] = address[0].replace("127.0.0.1", "localhost")
        made.append(kind(*address, **limits, breaker=Breaker(clock)))
        return made[-1]

    yield make
    for client in made:
        await client.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """While it is not set, names wait for up to 0.3 s to be resolved."""
    true, found = socket.getaddrinfo, threading.Event()

    def slow(*args: Any, **options: Any) -> Any:
        found.wait(0.3)
        return true(*args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    return found


async def test_making_a_connection_does_not_count_against_the_round_trip(
    client_to: Make, names: threading.Event
) -> None:
    assert await client_to(timeout_seconds=0.15, connect_timeout_seconds=5).execute(["GET", "a"]) is None


async def test_a_connection_that_is_not_made_in_time_is_given_up(
    client_to: Make, names: threading.Event
) -> None:
    with pytest.raises(StoreError) as caught:
        await client_to(timeout_seconds=5, connect_timeout_seconds=0.05).execute(["GET", "a"])
    assert caught.value.reason == "no connection in time"


async def test_what_has_arrived_while_the_loop_was_busy_is_taken(client_to: Make) -> None:
    client = client_to(timeout_seconds=0.2)
    await client.execute(["GET", "a"])
    results = []
    for _ in range(4):  # one more than a breaker lets fail
        task = asyncio.ensure_future(client.execute(["GET", "a"]))
        await asyncio.sleep(0.001)
        time.sleep(0.25)  # noqa: ASYNC251 (what is tested)
        results.append(await task)
    assert results == [None] * 4


async def test_connecting_in_advance_is_no_failure_of_the_store(upstash_settings: Any, clock: Clock) -> None:
    with faulty(HANGS, behind=upstash_settings["upstash_redis_rest_url"]) as store:
        upstash = UpstashRest(store.url, TOKEN, timeout_seconds=0.05, breaker=Breaker(clock))
        for _ in range(5):
            await upstash.connect()
        assert len(store.requests) == 5
        with pytest.raises(StoreError) as caught:
            await upstash.execute(["GET", "a"])
        assert caught.value.reason == "no answer in time"
        await upstash.close()
