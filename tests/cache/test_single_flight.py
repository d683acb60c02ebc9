"""Identical requests, in one process and in several, are generated once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from redis import Redis
from starlette.responses import Response

from core.cache.request_key import RequestIdentity
from core.cache.single_flight import SingleFlight
from core.errors import ArticleTimeout
from core.settings import Settings
from core.store.keys import lease_key
from core.writing.model.prompt import PROMPT, model_variant
from tests.support.app import Make
from tests.support.fake_openai import FakeOpenAI, completion
from tests.support.loopback import closed_port
from tests.support.paths import ROOT
from tests.support.site import ARTICLE, Site


def draft_of(url: str | None = None, text: str | None = None, **options: str) -> str:
    """What the draft of the source is called in the store."""
    variant = options | model_variant(Settings().openai_model)
    return RequestIdentity(url=url, text=text, variant=variant, made_by=PROMPT).names()[2]


@contextlib.contextmanager
def processes(number: int, settings: dict[str, Any]) -> Iterator[list[str]]:
    """The addresses of so many servers, each a process of its own."""
    environment = os.environ | {name.upper(): str(value) for name, value in settings.items()}
    ports = [closed_port() for _ in range(number)]
    base = [sys.executable, "-m", "uvicorn", "functions.generate:app", "--log-level", "error", "--port"]
    running = [subprocess.Popen([*base, str(port)], cwd=ROOT, env=environment) for port in ports]  # noqa: S603
    try:
        yield [f"http://127.0.0.1:{port}" for port in ports]
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(10)


async def up(client: httpx.AsyncClient, url: str) -> None:
    for _ in range(200):
        with contextlib.suppress(httpx.TransportError):
            await client.get(f"{url}/api/rate-limit-status")
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the server did not start")


async def test_fifty_identical_requests_over_four_processes_are_one_generation(
    upstash_settings: dict[str, Any], model_settings: dict[str, Any], openai: FakeOpenAI, site: Site
) -> None:
    openai.delay_seconds = 0.5
    settings = {
        **upstash_settings,
        **model_settings,
        "rate_limit_requests": 1_000,
        "fetch_allow_hosts": site.authority,
    }
    with processes(4, settings) as urls:
        async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=60)) as client:
            await asyncio.gather(*(up(client, url) for url in urls))
            body = {"url": f"{site.url}/bridge"}
            requests = [client.post(f"{urls[n % 4]}/api/generate", json=body) for n in range(50)]
            responses = await asyncio.gather(*requests)
    answers = {json.dumps(response.json() | {"cached": None}) for response in responses}
    statuses = [response.headers["cache-status"] for response in responses]
    assert (len(site.requests), len(openai.requests), len(answers)) == (1, 1, 1)
    assert sum("stored" in status for status in statuses) == 1
    assert sum(status.endswith("; collapsed") for status in statuses) >= 40


async def test_requests_that_waited_are_marked_and_counted_as_collapsed(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any], store_settings: dict[str, Any]
) -> None:
    openai.delay_seconds = 0.2
    client = client_of(rate_limit_requests=100, **model_settings, **store_settings)
    responses = await asyncio.gather(
        *(client.post("/api/generate", json={"text": ARTICLE}) for _ in range(10))
    )
    statuses = sorted(response.headers["cache-status"] for response in responses)
    assert statuses == ["threadr; fwd=uri-miss; collapsed"] * 9 + ["threadr; fwd=uri-miss; stored"]
    assert len({json.dumps(response.json()) for response in responses}) == 1
    assert len(openai.requests) == 1
    await client.post("/api/generate", json={"text": ARTICLE})  # sends the counters that wait
    stats = (await client.get("/api/cache/stats")).json()
    assert (stats["misses"], stats["collapsed"], stats["hits"]) == (1, 9, 1)


async def test_a_leader_that_died_is_replaced_when_its_lease_ends(
    client_of: Make,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    upstash_settings: dict[str, Any],
    valkey: Redis,
) -> None:
    valkey.set(lease_key(draft_of(text=ARTICLE)), "a leader that is gone", px=400)
    clients = [client_of(rate_limit_requests=100, **model_settings, **upstash_settings) for _ in range(3)]
    responses = await asyncio.gather(
        *(client.post("/api/generate", json={"text": ARTICLE}) for client in clients)
    )
    assert [response.status_code for response in responses] == [200] * 3
    assert len(openai.requests) == 1


@pytest.mark.parametrize("shared", ["upstash_settings", "tcp_settings"])
async def test_a_cancelled_leader_has_one_successor_and_no_stampede(
    client_of: Make,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    shared: str,
    request: pytest.FixtureRequest,
) -> None:
    openai.delay_seconds = 0.6
    settings = {**model_settings, **request.getfixturevalue(shared), "rate_limit_requests": 100}
    clients, body = [client_of(**settings) for _ in range(4)], {"text": ARTICLE, "generator": "openai"}
    leader = asyncio.create_task(clients[0].post("/api/generate", json=body))
    for _ in range(500):
        await asyncio.sleep(0.01)
        if openai.requests:
            break
    others = [asyncio.create_task(clients[n % 4].post("/api/generate", json=body)) for n in range(19)]
    await asyncio.sleep(0.05)
    leader.cancel()
    assert [response.status_code for response in await asyncio.gather(*others)] == [200] * 19
    assert len(openai.requests) == 2


@pytest.mark.parametrize("number", [1, 2], ids=["one instance", "two instances"])
async def test_a_site_that_fails_is_asked_once_for_all_that_wait(
    client_of: Make, store_settings: dict[str, Any], site: Site, number: int
) -> None:
    # Without a shared store each process asks for itself.
    site.pages["/bridge"] = lambda: Response(status_code=500)
    clients = [client_of(rate_limit_requests=100, **store_settings) for _ in range(number)]
    body = {"url": f"{site.url}/bridge"}
    requests = [clients[n % number].post("/api/generate", json=body) for n in range(90)]
    responses = await asyncio.gather(*requests)
    assert {(response.status_code, response.json()["type"]) for response in responses} == {
        (422, "/problems/article-unreachable")
    }
    assert len({response.content for response in responses}) == 1
    assert len(site.requests) == (1 if store_settings else number)


@pytest.mark.parametrize(
    ("answer", "generator", "status", "kind"),
    [
        pytest.param(completion(refusal="No."), "auto", 422, "content-refused", id="refusal"),
        pytest.param({}, "openai", 503, "model-unavailable", id="broken and required"),
    ],
)
@pytest.mark.parametrize("number", [1, 2], ids=["one instance", "two instances"])
async def test_a_model_that_does_not_write_is_paid_once_for_all_that_wait(
    client_of: Make,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    store_settings: dict[str, Any],
    number: int,
    answer: dict[str, Any],
    generator: str,
    status: int,
    kind: str,
) -> None:
    openai.answer, openai.delay_seconds = lambda _: answer, 0.1
    settings = {**model_settings, **store_settings, "rate_limit_requests": 100}
    clients = [client_of(**settings) for _ in range(number)]
    body = {"text": ARTICLE, "generator": generator}
    requests = [clients[n % number].post("/api/generate", json=body) for n in range(60)]
    responses = await asyncio.gather(*requests)
    seen = {
        (response.status_code, response.json()["type"], response.headers.get("retry-after"))
        for response in responses
    }
    assert seen == {(status, f"/problems/{kind}", "60" if status == 503 else None)}
    assert len(openai.requests) == (1 if store_settings else number)


@pytest.mark.parametrize(
    ("error", "any_failure", "shared"),
    [
        pytest.param(ArticleTimeout(), False, True, id="of what was asked"),
        pytest.param(ArticleTimeout().unshared(), False, False, id="of the leader"),
        pytest.param(ArticleTimeout().unshared(), True, True, id="of the leader, and wanted"),
        pytest.param(RuntimeError(), True, False, id="a fault of ours"),
    ],
)
async def test_those_who_wait_get_a_failure_of_what_was_asked(
    error: Exception, any_failure: bool, shared: bool
) -> None:
    flights: SingleFlight[str] = SingleFlight()
    with contextlib.suppress(ArticleTimeout, RuntimeError), flights.leading("key"):
        waiting = asyncio.create_task(flights.wait("key", 9, any_failure=any_failure))
        await asyncio.sleep(0)
        raise error
    (found,) = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(found, ArticleTimeout) if shared else found is None
    assert found is not error  # its traceback is the leader's


async def test_without_the_store_a_process_still_generates_once(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    openai.delay_seconds = 0.3
    away = f"redis://127.0.0.1:{closed_port()}"
    client = client_of(rate_limit_requests=100, redis_url=away, **model_settings)
    await asyncio.gather(*(client.post("/api/generate", json={"text": ARTICLE}) for _ in range(10)))
    assert len(openai.requests) == 1


async def test_a_request_for_a_new_answer_does_not_wait_for_others(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any], store_settings: dict[str, Any]
) -> None:
    openai.delay_seconds = 0.2
    client = client_of(rate_limit_requests=100, **model_settings, **store_settings)
    headers = {"Cache-Control": "no-cache"}
    requests = [client.post("/api/generate", json={"text": ARTICLE}, headers=headers) for _ in range(3)]
    responses = await asyncio.gather(*requests)
    assert all(response.headers["cache-status"].startswith("threadr; fwd=request") for response in responses)
    assert len(openai.requests) == 3


async def test_a_permanent_failure_is_the_answer_to_all_that_waited(
    client_of: Make, upstash_settings: dict[str, Any], site: Site
) -> None:
    site.pages["/gone"] = lambda: Response(status_code=404)
    clients = [client_of(rate_limit_requests=100, **upstash_settings) for _ in range(3)]
    body = {"url": f"{site.url}/gone"}
    responses = await asyncio.gather(*(clients[n % 3].post("/api/generate", json=body) for n in range(12)))
    assert {response.json()["type"] for response in responses} == {"/problems/article-unreachable"}
    assert site.requests == ["/gone"]


async def test_a_follower_without_time_gets_the_fallback(
    client_of: Make,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    upstash_settings: dict[str, Any],
    valkey: Redis,
) -> None:
    valkey.set(lease_key(draft_of(text=ARTICLE)), "a leader that takes long", px=60_000)
    client = client_of(generate_deadline_seconds=3.2, **model_settings, **upstash_settings)
    answer = (await client.post("/api/generate", json={"text": ARTICLE})).json()
    assert (answer["generator"], answer["degraded"]) == ("extractive", True)
    assert openai.requests == []


@pytest.mark.parametrize(("generator", "fetches"), [("auto", 1), ("openai", 0)])
async def test_followers_without_time_share_one_fallback(
    client_of: Make,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    upstash_settings: dict[str, Any],
    valkey: Redis,
    site: Site,
    generator: str,
    fetches: int,
) -> None:
    client = client_of(
        generate_deadline_seconds=3.2, rate_limit_requests=100, **model_settings, **upstash_settings
    )
    body = {"url": f"{site.url}/bridge", "generator": generator}
    options = {"generator": generator} if fetches == 0 else {}
    valkey.set(lease_key(draft_of(url=body["url"], **options)), "a leader that takes long", px=60_000)
    responses = await asyncio.gather(*(client.post("/api/generate", json=body) for _ in range(10)))
    assert {response.status_code for response in responses} == {200 if fetches else 503}
    assert (len(site.requests), openai.requests) == (fetches, [])
