"""Upstash by REST: what is sent, and how each reply is read."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import respx

from core.errors import CommandFailed, StoreError, StoreRefused
from core.net.breaker import Breaker
from core.store.upstash import UpstashRest
from tests.support.app import Make
from tests.support.site import ARTICLE
from tests.support.upstash_front import Front

URL = "https://eu1-test.upstash.io"
TOKEN = "canary-token"


@pytest.fixture
async def upstash() -> AsyncIterator[UpstashRest]:
    client = UpstashRest(URL, TOKEN, timeout_seconds=0.25, breaker=Breaker(time.monotonic))
    yield client
    await client.close()


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@respx.mock
async def test_commands_of_one_loop_iteration_are_one_request(upstash: UpstashRest) -> None:
    answers = [{"result": encoded("ä")}, {"result": 7}, {"result": None}, {"result": [encoded("a"), None, 3]}]
    route = respx.post(f"{URL}/pipeline").respond(json=[*answers, {"result": "OK"}])
    results: Any = await asyncio.gather(
        upstash.get("a"),
        upstash.incr("b"),
        upstash.get("c"),
        upstash.mget("a", "c", "b"),
        upstash.set("d", "1"),
    )
    assert results == ["ä", 7, None, ["a", None, 3], "OK"]
    assert route.call_count == 1
    sent = route.calls.last.request
    assert json.loads(sent.content)[0] == ["GET", "a"]
    assert sent.headers["authorization"] == f"Bearer {TOKEN}"
    assert sent.headers["upstash-encoding"] == "base64"
    assert "upstash-telemetry-sdk" not in sent.headers


@respx.mock
async def test_one_failed_command_leaves_the_others_results(upstash: UpstashRest) -> None:
    respx.post(f"{URL}/pipeline").respond(json=[{"result": 1}, {"error": "WRONGTYPE"}, {"result": 3}])
    results = await asyncio.gather(
        upstash.incr("a"), upstash.llen("b"), upstash.incr("c"), return_exceptions=True
    )
    assert (results[0], results[2]) == (1, 3)
    assert isinstance(results[1], CommandFailed)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(httpx.Response(401, json={"error": "WRONGPASS"}), StoreRefused, id="wrong token"),
        pytest.param(httpx.Response(404, html="<html>"), StoreRefused, id="wrong address"),
        pytest.param(httpx.Response(429, html="<html>"), StoreError, id="429 from an edge"),
        pytest.param(httpx.Response(500, json={"error": "ERR internal"}), StoreError, id="500"),
        pytest.param(httpx.Response(200, html="<html>hi</html>"), StoreError, id="captive page"),
        pytest.param(httpx.Response(200, json=[]), StoreError, id="too few results"),
        pytest.param(httpx.Response(200, json={"result": 1}), StoreError, id="an object"),
        pytest.param(httpx.Response(200, text="null"), StoreError, id="null"),
        pytest.param(httpx.Response(200, json=["x"]), StoreError, id="a result that is none"),
        pytest.param(httpx.Response(200, json=[{"result": "hello!"}]), StoreError, id="not base64"),
        pytest.param(httpx.Response(200, json=[{"result": "/w=="}]), StoreError, id="not UTF-8"),
        pytest.param(httpx.ConnectError("refused"), StoreError, id="refused"),
        pytest.param(httpx.RemoteProtocolError("cut"), StoreError, id="cut inside the body"),
        pytest.param(httpx.LocalProtocolError(f"Illegal {TOKEN}"), StoreError, id="broken token"),
    ],
)
@respx.mock
async def test_every_fault_is_a_store_error_that_leaks_nothing(
    upstash: UpstashRest, answer: Any, error: type[StoreError]
) -> None:
    respx.post(f"{URL}/pipeline").mock(side_effect=[answer])
    with pytest.raises(error) as caught:
        await upstash.get("a")
    assert TOKEN not in repr(caught.value)
    assert TOKEN not in str(caught.value.reason)
    assert caught.value.__cause__ is None


@respx.mock
async def test_a_silent_store_times_out_and_after_three_times_is_not_called(upstash: UpstashRest) -> None:
    requests, reasons = [], []

    async def hang(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        await asyncio.sleep(60)
        return httpx.Response(200)

    respx.post(f"{URL}/pipeline").mock(side_effect=hang)
    for _ in range(5):
        with pytest.raises(StoreError) as caught:
            await upstash.get("a")
        reasons.append(caught.value.reason)
    assert reasons == ["no answer in time"] * 3 + ["breaker open: no answer in time"] * 2
    assert len(requests) == 3


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
