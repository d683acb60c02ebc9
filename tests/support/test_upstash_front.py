"""The REST front behaves as Upstash's documentation says, seen by Upstash's own SDK."""

from __future__ import annotations

import subprocess
import sys
import time

import httpx
import pytest
from upstash_ratelimit.asyncio import Ratelimit, SlidingWindow
from upstash_redis.asyncio import Redis
from upstash_redis.errors import UpstashError

from tests.support.app import TOKEN
from tests.support.loopback import closed_port
from tests.support.paths import ROOT
from tests.support.upstash_front import Front


@pytest.fixture
def url(_front: tuple[Front, str], front: Front) -> str:
    return _front[1]


async def test_the_sdk_works_over_it(url: str) -> None:
    async with Redis(url, TOKEN) as redis:
        await redis.set("key", "wörd")
        assert await redis.get("key") == "wörd"
        assert await redis.get("none") is None
        assert await redis.hset("hash", values={"a": "1", "b": "2"}) == 2
        assert await redis.hgetall("hash") == {"a": "1", "b": "2"}


async def test_upstashs_own_rate_limit_scripts_run_on_it(url: str) -> None:
    async with Redis(url, TOKEN) as redis:
        ratelimit = Ratelimit(redis, SlidingWindow(max_requests=2, window=60))
        assert [(await ratelimit.limit("client")).allowed for _ in range(3)] == [True, True, False]


async def test_a_transaction_answers_all_its_results(url: str) -> None:
    async with Redis(url, TOKEN) as redis:
        transaction = redis.multi()
        transaction.set("a", "1")
        transaction.incr("a")
        assert await transaction.exec() == [True, 2]


async def test_an_error_of_one_command_leaves_the_results_of_the_others(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        response = await client.post("/pipeline", json=[["SET", "a", "x"], ["INCR", "a"], ["GET", "a"]])
        first, second, third = response.json()
        assert (first, third) == ({"result": "OK"}, {"result": "x"})
        assert "not an integer" in second["error"]
        single = await client.post("/", json=["INCR", "a"])
        assert (single.status_code, "not an integer" in single.json()["error"]) == (400, True)


async def test_a_wrong_token_is_refused(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": "Bearer wrong"}) as client:
        assert (await client.post("/", json=["PING"])).status_code == 401
    async with Redis(url, "wrong", rest_retries=0) as redis:
        with pytest.raises(UpstashError, match="WRONGPASS"):
            await redis.get("a")


def test_it_is_a_server_in_front_of_a_redis_that_is_named(redis_url: str) -> None:
    """As docker-compose's profile `rest` starts it, with what the image has."""
    port = closed_port()
    command = [sys.executable, "-m", "tests.support.upstash_front", "--port", str(port)]
    command += ["--host", "127.0.0.1", "--redis-url", redis_url, "--token", "local"]
    headers = {"Authorization": "Bearer local"}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:  # noqa: S603
        for _ in range(300):
            try:
                answer = httpx.post(f"http://127.0.0.1:{port}/", json=["PING"], headers=headers)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        process.terminate()
    assert answer.json() == {"result": "PONG"}
