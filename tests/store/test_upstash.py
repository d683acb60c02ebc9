"""Upstash by REST: what is sent, and how each reply is read."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import respx
from upstash_redis.asyncio import Redis

from core.errors import CommandFailed, StoreError, StoreRefused
from core.net.breaker import Breaker
from core.store.sdk import SdkCommands
from core.store.upstash import UpstashRest
from tests.support.app import Make
from tests.support.loopback import closed_port
from tests.support.site import ARTICLE
from tests.support.upstash_front import Front
from tests.support.wire_server import Sent, WireServer, answering, http, wire_server

URL = "https://eu1-test.upstash.io"
TOKEN = "canary-token"


@pytest.fixture
async def server() -> AsyncIterator[WireServer]:
    async with wire_server(answering(http())) as served:
        yield served


@pytest.fixture
async def upstash(server: WireServer) -> AsyncIterator[UpstashRest]:
    client = UpstashRest(server.url, TOKEN, timeout_seconds=0.25, breaker=Breaker(time.monotonic))
    yield client
    await client.close()


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def results(*items: object) -> bytes:
    return http(json.dumps(items).encode())


@respx.mock
async def test_a_batch_is_what_the_sdks_own_client_sends_and_is_read_alike(
    upstash: UpstashRest, server: WireServer
) -> None:
    answers = [{"result": encoded("ä")}, {"result": 7}, {"result": None}, {"result": [encoded("a"), None, 3]}]
    route = respx.post(f"{URL}/pipeline").respond(json=[*answers, {"result": "OK"}])
    respx.route(host="127.0.0.1").pass_through()
    theirs, ours = Redis(url=URL, token=TOKEN, allow_telemetry=False).pipeline(), SdkCommands(upstash)
    server.answer = answering(results(*answers, {"result": "OK"}))
    calls: list[Any] = [
        (each.get("a"), each.incr("b"), each.get("c"), each.mget("a", "c", "b"), each.set("d", "ü", px=5))
        for each in (ours, theirs)
    ]
    assert await asyncio.gather(*calls[0]) == ["ä", 7, None, ["a", None, 3], "OK"]
    assert await theirs.exec() == ["ä", 7, None, ["a", None, 3], True]  # it casts
    (sent,), wanted = server.requests, route.calls.last.request
    assert sent.json == json.loads(wanted.content)
    assert sent.line == "POST /pipeline HTTP/1.1"
    for name in ("authorization", "upstash-encoding", "content-type"):
        assert sent.headers[name] == wanted.headers[name]
    assert "upstash-telemetry-sdk" not in sent.headers


async def test_one_failed_command_leaves_the_others_results(upstash: UpstashRest, server: WireServer) -> None:
    server.answer = answering(results({"result": 1}, {"error": "WRONGTYPE"}, {"result": 3}))
    commands = [["INCR", "a"], ["LLEN", "b"], ["INCR", "c"]]
    found = await asyncio.gather(*map(upstash.execute, commands), return_exceptions=True)
    assert (found[0], found[2]) == (1, 3)
    assert isinstance(found[1], CommandFailed)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(http(b'{"error": "WRONGPASS"}', 401), StoreRefused, id="wrong token"),
        pytest.param(http(b"<html>", 404), StoreRefused, id="wrong address"),
        pytest.param(http(b"<html>", 429), StoreError, id="429 from an edge"),
        pytest.param(http(b'{"error": "ERR internal"}', 500), StoreError, id="500"),
        pytest.param(http(b"<html>hi</html>"), StoreError, id="captive page"),
        pytest.param(http(b"[]"), StoreError, id="too few results"),
        pytest.param(http(b'{"result": 1}'), StoreError, id="an object"),
        pytest.param(http(b"null"), StoreError, id="null"),
        pytest.param(http(b'["x"]'), StoreError, id="a result that is none"),
        pytest.param(http(b'[{"result": "hello!"}]'), StoreError, id="not base64"),
        pytest.param(http(b'[{"result": "/w=="}]'), StoreError, id="not UTF-8"),
        pytest.param(http(b'[{"result": 1}]')[:-1], StoreError, id="cut inside the body"),
        pytest.param(b"canary-token", StoreError, id="no HTTP"),
    ],
)
async def test_every_fault_is_a_store_error_that_leaks_nothing(
    upstash: UpstashRest, server: WireServer, answer: bytes, error: type[StoreError]
) -> None:
    async def reply(_: Sent, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    server.answer = reply
    with pytest.raises(error) as caught:
        await upstash.execute(["GET", "a"])
    assert TOKEN not in repr(caught.value) + str(caught.value.reason) + repr(upstash)
    assert caught.value.__cause__ is None


async def test_a_pause_that_is_longer_than_any_number_is_a_long_pause(
    upstash: UpstashRest, server: WireServer
) -> None:
    server.answer = answering(http(b"", 503, f"Retry-After: {'9' * 400}"))
    with pytest.raises(StoreError) as caught:
        await upstash.execute(["GET", "a"])
    assert (caught.value.reason, caught.value.pause_seconds) == ("HTTP 503", 999_999)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        pytest.param(f"http://127.0.0.1:{closed_port()}", "ConnectionRefusedError", id="refused"),
        pytest.param(f"http://{'a' * 70}.test", "UnicodeError", id="no possible name"),
    ],
)
async def test_a_server_that_is_not_reached_is_named_by_its_kind_alone(url: str, reason: str) -> None:
    upstash = UpstashRest(url, TOKEN, timeout_seconds=5, breaker=Breaker(time.monotonic))
    with pytest.raises(StoreError) as caught:
        await upstash.execute(["GET", "a"])
    assert (caught.value.reason, caught.value.health) == (reason, "unreachable")
    await upstash.close()


async def test_a_silent_store_times_out_and_after_three_times_is_not_called(
    upstash: UpstashRest, server: WireServer
) -> None:
    server.answer, reasons = answering(), []
    for _ in range(5):
        with pytest.raises(StoreError) as caught:
            await upstash.execute(["GET", "a"])
        reasons.append(caught.value.reason)
    assert reasons == ["no answer in time"] * 3 + ["breaker open: no answer in time"] * 2
    assert len(server.requests) == 3


async def test_a_hundred_callers_share_two_connections(upstash: UpstashRest, server: WireServer) -> None:
    async def answer(sent: Sent, writer: asyncio.StreamWriter) -> None:
        writer.write(results(*({"result": int(key)} for _, key in sent.json)))

    server.answer = answer
    tasks = []
    for key in range(100):
        tasks.append(asyncio.ensure_future(upstash.execute(["INCR", f"{key}"])))
        await asyncio.sleep(0)
    assert await asyncio.gather(*tasks) == list(range(100))
    assert server.connections == 2


async def test_a_write_after_the_process_stood_still_finds_an_open_connection(
    upstash: UpstashRest, server: WireServer
) -> None:
    server.answer = answering(results({"result": 1}))
    assert await upstash.execute(["INCR", "a"]) == 1
    for writer in server.open:
        writer.write_eof()
    time.sleep(0.02)  # noqa: ASYNC251 (as a Lambda function between two invocations)
    assert await upstash.execute(["INCR", "a"]) == 1
    assert server.connections == 2


def test_each_loop_has_connections_of_its_own(front: Front, upstash_settings: dict[str, Any]) -> None:
    url, token = upstash_settings["upstash_redis_rest_url"], upstash_settings["upstash_redis_rest_token"]
    upstash = UpstashRest(url, token, timeout_seconds=5, breaker=Breaker(time.monotonic))

    async def count() -> Any:
        counted = await upstash.execute(["INCR", "a"])
        await upstash.close()
        return counted

    assert [asyncio.run(count()) for _ in range(3)] == [1, 2, 3]


async def test_a_hit_costs_one_http_request(
    client_of: Make, front: Front, upstash_settings: dict[str, Any], model_settings: dict[str, Any]
) -> None:
    await client_of(**upstash_settings, **model_settings).post("/api/generate", json={"text": ARTICLE})
    front.requests.clear()
    other_instance = client_of(**upstash_settings, **model_settings)
    response = await other_instance.post("/api/generate", json={"text": ARTICLE})
    assert response.json()["cached"] is True
    assert [path for path, _ in front.requests] == ["/pipeline"]


async def test_concurrent_requests_share_their_round_trips(
    client_of: Make, front: Front, upstash_settings: dict[str, Any], model_settings: dict[str, Any]
) -> None:
    client = client_of(**upstash_settings, **model_settings)
    await client.post("/api/generate", json={"text": ARTICLE})
    front.requests.clear()
    await asyncio.gather(*(client.post("/api/generate", json={"text": ARTICLE}) for _ in range(8)))
    assert len(front.requests) < 8
    assert sum(len(commands) for _, commands in front.requests) == 8
