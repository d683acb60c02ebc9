"""The data path: round trips and commands by route, stale answers, equal content, cost, and charges."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import httpx
import pytest
from redis import Redis
from starlette.responses import JSONResponse, Response

from core.cache.entry import EntryCodec, failure_to_value
from core.cache.outcome import Hit, Lead, Limited, NotStored
from core.cache.request_key import RequestIdentity
from core.cache.tiered import TieredCache
from core.cache.tiers import Tiers
from core.errors import ModelError, StoreError
from core.request import RequestRecord
from core.services import Services
from core.settings import Settings
from core.store.clock import StoreClock
from core.store.protocol import Lookup
from core.threads.schemas import GenerateAnswer
from core.writing.model.prompt import PROMPT, model_variant
from tests.support.app import Instances
from tests.support.clock import Clock
from tests.support.fake_openai import FakeOpenAI, completion, played, thread_answer
from tests.support.loopback import closed_port
from tests.support.paths import ROOT
from tests.support.site import ARTICLE, BODY, Site, page
from tests.support.stores import BreakableStore, local_store, named
from tests.support.upstash_front import Front

EXAMPLE = json.loads((ROOT / "core/http/openapi_examples.json").read_text())["GenerateAnswer"]
PAGE = (ROOT / "docs/caching.md").read_text()
ROWS = re.findall(r"^\| ([a-z`][^|]+?) \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
LIMITS = {name: (int(trips), int(requests), int(generations)) for name, trips, requests, generations in ROWS}
HOUR = 3_600.0


def ran_commands(valkey: Redis) -> int:
    """How many commands the server ran, the ones inside scripts too, as Upstash bills them."""
    stats: Any = valkey.info("commandstats")
    others = ("cmdstat_config", "cmdstat_client", "cmdstat_hello")
    return sum(counted["calls"] for name, counted in stats.items() if not name.startswith(others))


async def cost(front: Front, valkey: Redis, request: Any) -> tuple[int, int, httpx.Response]:
    """Round trips and commands of one request, measured at the server, which its Server-Timing must equal."""
    front.requests.clear()
    valkey.config_resetstat()
    response: httpx.Response = await request
    commands = ran_commands(valkey)
    timing = re.search(r'desc="(\d+) round trips, (\d+) commands"', response.headers.get("server-timing", ""))
    assert (int(timing[1]), int(timing[2])) == (len(front.requests), commands) if timing else commands == 0
    return len(front.requests), commands, response


@pytest.mark.parametrize("scope", ["requests", "generations"])
async def test_no_route_costs_more_than_its_documentation_says(
    instance_of: Instances,
    front: Front,
    valkey: Redis,
    upstash_settings: dict[str, Any],
    site: Site,
    scope: str,
) -> None:
    settings = {**upstash_settings, "rate_limit_scope": scope, "rate_limit_requests": 3}
    settings |= {"store_timeout_ms": 10_000, "generate_deadline_seconds": 300.0}
    body = {"url": f"{site.url}/bridge"}
    # Imports and a worker's start, which a busy machine takes long for: no lease is renewed meanwhile.
    await instance_of(generate_deadline_seconds=300.0).post("/api/generate", json=body)
    site.pages["/another"] = lambda: Response(
        page(BODY.replace("harbour", "central")), media_type="text/html"
    )
    settings |= {"api_keys": ("acme:acme-secret-key:99/1h:1/day", "beta:beta-secret-key")}
    leader, other, third = (instance_of(clock=StoreClock(), **settings) for _ in range(3))
    acme, beta = ({"X-API-Key": f"{name}-secret-key"} for name in ("acme", "beta"))
    stats, status, health = "/api/cache/stats", "/api/rate-limit-status", "/api/monitor/health"
    thread = token = ""
    paid: dict[str, Callable[[], Any]] = {
        "a miss, made": lambda: leader.post("/api/generate", json=body),
        "a hit": lambda: other.post("/api/generate", json=body),
        "another view of it": lambda: other.post("/api/generate", json=body | {"platform": "bluesky"}),
        "a hit in the process": lambda: other.post("/api/generate", json=body),
        "a miss, made, with a key and a budget of its own": lambda: leader.post(
            "/api/generate", json={"url": f"{site.url}/another"}, headers=acme
        ),
        "a hit, with a key": lambda: third.post("/api/generate", json=body, headers=beta),
        "a rewrite": lambda: other.post(f"{thread}/posts/1/rewrite"),
        "`GET /api/threads/{id}`": lambda: other.get(thread),
        "`GET /api/thread`": lambda: other.get("/api/thread", params=body),
        "`DELETE /api/threads/{id}`": lambda: other.delete(thread, headers={"X-Delete-Token": token}),
        "a blocked client": lambda: other.post("/api/generate", json={"text": "One more."}),
        "`GET /api/rate-limit-status`": lambda: other.get(status),
        "`GET /api/usage`": lambda: other.get("/api/usage", headers=acme),
        "`POST /api/estimate`": lambda: other.post("/api/estimate", json={"text": "New."}, headers=acme),
        "`GET /api/cache/stats`": lambda: other.get(stats),
        "`DELETE /api/cache/clear`": lambda: other.request("DELETE", "/api/cache/clear", json=body),
        "`GET /api/monitor/health`": lambda: other.get(health),
        "`GET /health`": lambda: other.get("/health"),
    }
    assert set(LIMITS) == set(paid)
    for name, request in paid.items():
        if name == "a blocked client":
            for number in range(4):
                await other.post("/api/generate", json={"text": f"Text {number}."})
        if name in ("a hit", "another view of it", "a rewrite"):
            valkey.delete("threadr:ratelimit:127.0.0.1")  # the first call of a window costs most
        trips, commands, response = await cost(front, valkey, request())
        if name == "a miss, made":
            thread = f"/api/threads/{response.json()['id']}"
            token = response.headers["x-delete-token"]
        max_trips, *max_commands = LIMITS[name]
        if scope == "generations" and name == "a hit in the process":
            max_trips = 0
        if scope == "generations" and name == "a blocked client":
            max_trips = 1  # a hit would be free, so the store must be called
        assert response.status_code == (429 if name == "a blocked client" else 200), name
        assert trips <= max_trips, name
        assert commands <= max_commands[scope == "generations"], name


async def test_statistics_cost_the_same_however_many_entries_there_are(
    instance_of: Instances, front: Front, valkey: Redis, upstash_settings: dict[str, Any], clock: Clock
) -> None:
    client = instance_of(**upstash_settings)
    _, few, _ = await cost(front, valkey, client.get("/api/cache/stats"))
    ends = {f"threadr:cache:text:{number:016x}": (clock.now + number) * 1000 for number in range(20_000)}
    valkey.zadd("threadr:index:cache", ends)
    clock.now += 5_000
    _, many, response = await cost(front, valkey, client.get("/api/cache/stats"))
    assert response.json()["cache_entries"] == 15_000
    assert few == many


async def test_a_blocked_client_may_pass_exactly_after_retry_after(
    instance_of: Instances, upstash_settings: dict[str, Any], clock: Clock
) -> None:
    client = instance_of(**upstash_settings, rate_limit_requests=2)
    for _ in range(3):
        response = await client.post("/api/generate", json={"text": ARTICLE})
    wait = int(response.headers["retry-after"])
    clock.now += wait - 2
    assert (await client.post("/api/generate", json={"text": ARTICLE})).status_code == 429
    clock.now += 2
    assert (await client.post("/api/generate", json={"text": ARTICLE})).status_code == 200


async def test_in_scope_generations_what_costs_nothing_is_free(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any]
) -> None:
    client = instance_of(**store_settings, rate_limit_scope="generations", rate_limit_requests=2)
    for _ in range(5):
        assert (await client.post("/api/generate", json={"text": ARTICLE})).status_code == 200
    openai.answer = lambda _: JSONResponse({"error": {"code": "content_filter"}}, 400)
    for number in range(4):
        assert (await client.post("/api/generate", json={"text": f"Text {number}."})).status_code == 422
    status = (await client.get("/api/rate-limit-status")).json()
    assert status["requests_used"] == 1


@pytest.mark.parametrize("wire", [{"refusal": "No."}, {"refusal": "No.", "usage": None}, {"drip": True}])
async def test_in_scope_generations_a_failed_one_that_cost_money_counts(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any], wire: dict[str, Any]
) -> None:
    openai.answer = lambda _: played(wire)
    scope: dict[str, Any] = {"rate_limit_scope": "generations", "generate_deadline_seconds": 1.5}
    client = instance_of(**store_settings, **scope, rate_limit_requests=2)
    body = {"generator": "openai", "text": ""}
    statuses = [
        (await client.post("/api/generate", json=body | {"text": f"Text {number}."})).status_code
        for number in range(4)
    ]
    assert statuses[2:] == [429, 429]
    assert len(openai.requests) == 2


def record() -> RequestRecord:
    return RequestRecord(request_id="id", seconds=9)


async def test_counts_that_wait_are_not_lost_with_a_blocked_call(
    store_settings: dict[str, Any], clock: Clock
) -> None:
    services = Services(Settings(**store_settings), clock=clock)
    lookup = Lookup(key="threadr:cache:text:1", digest="d", client=named("a", 1), token="t")
    await services.cache.look_up(lookup, record())
    services.cache.count_later(named("c"), {"collapsed": 1})
    assert isinstance(await services.cache.look_up(lookup, record()), Limited)
    await services.cache.look_up(replace(lookup, client=named("b", 1)), record())
    (day,) = (await services.store.stats()).days.values()
    await services.close()
    assert day["collapsed"] == 1


@pytest.mark.parametrize(
    ("waited", "counted"),
    [
        (True, {"collapsed": 1, "collapsed_saved_micros": 7}),
        (False, {"first_tier": 1, "hits_saved_micros": 7}),
    ],
)
async def test_a_request_that_waited_counts_as_collapsed_on_a_local_hit(
    upstash_settings: dict[str, Any], clock: Clock, waited: bool, counted: dict[str, int]
) -> None:
    services = Services(Settings(**upstash_settings), clock=clock)
    lookup = Lookup(key="threadr:cache:text:1", digest="d", client=named("a"), token="t")
    kept_ms = int(clock.now * 1000)
    payload = json.dumps([EXAMPLE, [], [], "", [None, None]])
    services.local.items.put(lookup.key, f"{kept_ms + 9_000} {kept_ms} 7 d {payload}", 30)
    found = await services.cache.look_up(replace(lookup, waited=waited, charge="never"), record())
    assert isinstance(found, Hit)
    await services.cache.look_up(replace(lookup, mode="count_only"), record())  # sends the counters that wait
    (day,) = (await services.store.stats()).days.values()
    await services.close()
    assert day == counted


async def test_counts_sent_before_the_limit_was_reached_are_not_sent_again(
    store_settings: dict[str, Any], clock: Clock
) -> None:
    services = Services(Settings(**store_settings), clock=clock)
    lookup = Lookup(key="threadr:cache:text:1", digest="d", client=named("a", 1), token="t")
    lookups = [replace(lookup, key=f"threadr:cache:text:{n}", charge="on_generation") for n in range(3)]
    await services.cache.look_up(lookups[0], record())
    services.cache.count_later(named("c"), {"collapsed": 1})
    assert isinstance(await services.cache.look_up(lookups[1], record()), Limited)
    await services.cache.look_up(replace(lookups[2], client=named("b", 1)), record())
    (day,) = (await services.store.stats()).days.values()
    await services.close()
    assert day["collapsed"] == 1


def _with_status(status: int, _: object) -> Response:
    return JSONResponse(thread_answer(), status)


async def test_functions_without_the_key_show_the_models_last_health(
    instance_of: Instances, openai: FakeOpenAI, front: Front, upstash_settings: dict[str, Any], clock: Clock
) -> None:
    writing, watching = instance_of(**upstash_settings), instance_of(**upstash_settings, openai_api_key=None)
    seen = []
    for number, status in enumerate((200, 200, 401)):
        openai.answer = partial(_with_status, status)
        front.requests.clear()
        await writing.post("/api/generate", json={"text": f"{ARTICLE} {number}"})
        clock.now += 10
        trips = len(front.requests)
        health = (await watching.get("/api/monitor/health")).json()
        seen.append((trips, health["status"], health["services"]["openai"]["reason"]))
    source = "as the function that writes saw it"
    assert seen[:2] == [(2, "healthy", f"{source} 10 s ago"), (2, "healthy", f"{source} 20 s ago")]
    assert (seen[2][:2], seen[2][2][-15:]) == ((2, "degraded"), "saw it 10 s ago")


async def test_a_stale_answer_is_generated_again(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any], clock: Clock
) -> None:
    client = instance_of(**store_settings)
    first = await client.post("/api/generate", json={"text": ARTICLE})
    clock.now += 25 * HOUR
    second = await client.post("/api/generate", json={"text": ARTICLE})
    assert second.json()["id"] != first.json()["id"]
    assert len(openai.requests) == 2


@pytest.mark.parametrize("broken", ["model", "site"])
async def test_when_that_fails_the_stale_answer_is_served(
    instance_of: Instances,
    openai: FakeOpenAI,
    store_settings: dict[str, Any],
    clock: Clock,
    site: Site,
    broken: str,
) -> None:
    client = instance_of(**store_settings)
    body = {"url": f"{site.url}/bridge"}
    first = await client.post("/api/generate", json=body)
    clock.now += 25 * HOUR
    if broken == "model":
        openai.answer = lambda _: JSONResponse({}, 500)
        site.pages["/bridge"] = lambda: Response(page(title="Another title"), media_type="text/html")
    else:
        site.pages["/bridge"] = lambda: Response(status_code=500)
    second = await client.post("/api/generate", json=body)
    assert second.json() == first.json() | {"cached": True}
    assert second.headers["cache-status"] == "threadr; hit; ttl=-3600; detail=stale-if-error"
    assert second.headers["age"] == str(25 * 3600)
    clock.now += 168 * HOUR
    third = await client.post("/api/generate", json=body)
    assert (third.status_code, third.json().get("degraded")) in ((200, True), (422, None))


@pytest.mark.parametrize("broken", ["model", "site"])
async def test_an_old_answer_comes_before_a_remembered_failure(
    instance_of: Instances,
    openai: FakeOpenAI,
    store_settings: dict[str, Any],
    clock: Clock,
    site: Site,
    broken: str,
) -> None:
    first = instance_of(**store_settings, rate_limit_requests=100)
    second = instance_of(**store_settings, rate_limit_requests=100) if store_settings else first
    body = {"url": f"{site.url}/bridge"}
    answer = (await first.post("/api/generate", json=body)).json()
    clock.now += 25 * HOUR
    site.pages["/bridge"] = lambda: Response(page(title="New"), 200 if broken == "model" else 500)
    openai.answer = lambda _: JSONResponse({}, 400)
    openai.requests.clear()
    site.requests.clear()
    together = await asyncio.gather(
        *(client.post("/api/generate", json=body) for client in [first, second] * 4)
    )
    cached = {"Cache-Control": "only-if-cached"}
    later = [await client.post("/api/generate", json=body, headers=cached) for client in (first, second)]
    for response in (*together, *later):
        assert response.json() == answer | {"cached": True}
        assert response.headers["cache-status"] == "threadr; hit; ttl=-3600; detail=stale-if-error"
    assert (len(site.requests), len(openai.requests)) == (1, broken == "model")
    assert (await first.get("/api/cache/stats")).json()["stale_served"] >= 1
    if not store_settings:  # Redis has a clock of its own
        clock.now += 3
        await first.post("/api/generate", json=body)
        assert len(site.requests) == 2


async def test_a_refusal_is_not_covered_by_an_old_answer(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any], clock: Clock
) -> None:
    client = instance_of(**store_settings)
    await client.post("/api/generate", json={"text": ARTICLE})
    clock.now += 25 * HOUR
    openai.answer = lambda _: completion(refusal="No.")
    responses = await asyncio.gather(
        *(client.post("/api/generate", json={"text": ARTICLE}) for _ in range(4))
    )
    assert {response.json()["type"] for response in responses} == {"/problems/content-refused"}
    assert len(openai.requests) == 2


async def test_a_remembered_failure_of_the_model_leaves_the_fallback_to_those_who_do_not_require_it(
    upstash_settings: dict[str, Any], instance_of: Instances, clock: Clock
) -> None:
    client, services = instance_of(**upstash_settings), Services(Settings(**upstash_settings), clock=clock)
    variant = model_variant(Settings().openai_model)
    draft = RequestIdentity(url=None, text=ARTICLE, variant=variant, made_by=PROMPT).names()[2]
    failed = Lookup(key="", digest="d", client=named("a"), token="t", draft=draft)
    await services.store.release(failed, failure=failure_to_value(ModelError()))
    await services.close()
    response = await client.post("/api/generate", json={"text": ARTICLE})
    assert (response.status_code, response.json()["degraded"]) == (200, True)
    cached = {
        "Cache-Control": "only-if-cached",
    }
    assert (await client.post("/api/generate", json={"text": ARTICLE}, headers=cached)).status_code == 503


async def test_a_spent_budget_is_remembered_for_nobody(
    instance_of: Instances, openai: FakeOpenAI, upstash_settings: dict[str, Any]
) -> None:
    body = {"text": ARTICLE, "generator": "openai"}
    poor, rich = [instance_of(**upstash_settings, daily_budget_usd=usd) for usd in (0.001, 5)]
    assert (await poor.post("/api/generate", json=body)).json()["type"] == "/problems/budget-spent"
    assert (await rich.post("/api/generate", json=body)).status_code == 200


async def test_an_unchanged_page_costs_no_model_call(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any], clock: Clock, site: Site
) -> None:
    client = instance_of(**store_settings)
    body = {"url": f"{site.url}/bridge"}
    first = await client.post("/api/generate", json=body)
    clock.now += 25 * HOUR
    second = await client.post("/api/generate", json=body)
    assert second.json()["thread"] == first.json()["thread"]
    assert second.headers["cache-status"].endswith("; detail=same-content")
    assert (len(openai.requests), len(site.requests)) == (1, 2)
    clock.now += 23 * HOUR
    assert (await client.post("/api/generate", json=body)).headers["cache-status"].startswith("threadr; hit")


async def test_a_304_costs_neither_body_nor_model(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any], clock: Clock, site: Site
) -> None:
    headers = {"ETag": '"v1"', "Last-Modified": "Tue, 24 Nov 2026 10:00:00 GMT"}
    site.pages["/bridge"] = lambda: Response(page(), media_type="text/html", headers=headers)
    client = instance_of(**store_settings)
    body = {"url": f"{site.url}/bridge"}
    first = await client.post("/api/generate", json=body)
    clock.now += 25 * HOUR
    site.pages["/bridge"] = lambda: Response(status_code=304, headers=headers)
    second = await client.post("/api/generate", json=body)
    assert second.json() == first.json() | {"cached": True}
    assert second.headers["cache-status"] == "threadr; fwd=uri-miss; stored; detail=same-content"
    assert site.conditions[1:] == [('"v1"', "Tue, 24 Nov 2026 10:00:00 GMT")]
    assert (len(openai.requests), len(site.requests)) == (1, 2)
    assert (await client.post("/api/generate", json=body)).headers["cache-status"].startswith("threadr; hit")


async def test_the_same_article_at_another_address_costs_no_model_call(
    instance_of: Instances, openai: FakeOpenAI, site: Site, store_settings: dict[str, Any]
) -> None:
    first = instance_of(**store_settings)
    # The dict is not shared, so there it is the same process that must know it.
    second, third = [instance_of(**store_settings) if store_settings else first for _ in range(2)]
    await first.post("/api/generate", json={"url": f"{site.url}/bridge"})
    response = await second.post("/api/generate", json={"url": f"{site.url}/copy"})
    answer = response.json()
    assert (len(openai.requests), len(site.requests)) == (1, 2)
    assert answer["source"]["url"] == f"{site.url}/copy"
    assert answer["thread"][-1]["content"].count("/copy") == 1
    assert "/bridge" not in json.dumps(answer)
    again = await third.post("/api/generate", json={"url": f"{site.url}/copy"})
    assert again.json()["thread"] == answer["thread"]
    assert len(site.requests) == 2


async def test_one_page_has_one_key_for_all_spellings_of_its_url(
    instance_of: Instances, openai: FakeOpenAI, site: Site
) -> None:
    client = instance_of(rate_limit_requests=20)
    for tail in ("/a?b=1&c=2", "/a?c=2&b=1", "/a?b=1&c=2#top", "/a?utm_source=x&b=1&c=2", "/%61?b=1&c=2"):
        await client.post("/api/generate", json={"url": f"{site.url}{tail}"})
    assert len(site.requests) == 1


async def test_a_damaged_entry_is_generated_again_and_replaced(
    instance_of: Instances, openai: FakeOpenAI, upstash_settings: dict[str, Any], valkey: Redis, clock: Clock
) -> None:
    await instance_of(**upstash_settings).post("/api/generate", json={"text": ARTICLE})
    (key,) = list(valkey.keys("threadr:cache:text:*"))
    head = str(valkey.get(key)).split(" ", 4)[:4]
    for spoiled in ('{"tweets": 3', " ".join([*head, "junk"]), " ".join([*head, '[{"thread": 1}, [], ""]'])):
        valkey.set(key, spoiled)
        response = await instance_of(**upstash_settings).post("/api/generate", json={"text": ARTICLE})
        assert (response.status_code, response.json()["cached"]) == (200, False)
        assert str(valkey.get(key)).split(" ", 1)[0] == head[0]
    assert len(openai.requests) == 4


@pytest.mark.parametrize(("mode", "expected"), [("normal", Lead), ("only_if_cached", NotStored)])
async def test_a_damaged_entry_that_cannot_be_removed_is_passed_by(
    clock: Clock, mode: Any, expected: type
) -> None:
    shared, now_ms, seen = BreakableStore(clock), int(clock.now * 1000), record()
    lookup = Lookup(key="threadr:cache:text:1", digest="d", client=named("a"), token="t", mode=mode)
    shared.items.put(lookup.key, f"{now_ms + 9_000} {now_ms} 7 d junk", 30)
    shared.error = StoreError(reason="takes no DEL")
    tiers = Tiers(local=local_store(clock), shared=shared, settings=Settings())
    outcome = await TieredCache(tiers, EntryCodec(GenerateAnswer)).look_up(lookup, seen)
    assert isinstance(outcome, expected)
    assert (shared.calls, seen.cache.result) == (["forget", "forget"], "bypass")


async def test_a_read_only_store_is_not_asked_for_what_this_process_has(clock: Clock) -> None:
    shared, now_ms = BreakableStore(clock), int(clock.now * 1000)
    tiers = Tiers(
        local=local_store(clock), shared=shared, settings=Settings(), read_only_until=clock.now + 60
    )
    lookup = Lookup(
        key="threadr:cache:text:1", digest="d", client=named("a"), token="t", charge="on_generation"
    )
    payload = json.dumps([EXAMPLE, [], [], "", [None, None]])
    tiers.local.items.put(lookup.key, f"{now_ms + 9_000} {now_ms} 7 d {payload}", 30)
    outcome = await TieredCache(tiers, EntryCodec(GenerateAnswer)).look_up(lookup, record())
    assert isinstance(outcome, Hit)
    assert shared.calls == []


async def test_a_request_without_time_left_still_hits(
    upstash_settings: dict[str, Any], valkey: Redis, clock: Clock
) -> None:
    services, now_ms = Services(Settings(**upstash_settings), clock=clock), int(clock.now * 1000)
    lookup = Lookup(key="threadr:cache:text:1", digest="d", client=named("a"), token="t")
    valkey.set(lookup.key, f"{now_ms + 9_000} {now_ms} 7 d {json.dumps([EXAMPLE, [], [], '', [None, None]])}")
    outcome = await services.cache.look_up(lookup, RequestRecord(request_id="id", seconds=0))
    await services.close()
    assert isinstance(outcome, Hit)


async def test_fifty_parallel_requests_never_pass_the_budget(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any]
) -> None:
    # Each answer costs 0.00165 dollars, and at most 0.083 are reserved for it.
    client = instance_of(**store_settings, rate_limit_requests=100, daily_budget_usd=0.3)
    texts = [f"{ARTICLE}\nNumber {number}." for number in range(50)]
    responses = await asyncio.gather(*(client.post("/api/generate", json={"text": text}) for text in texts))
    answers = [response.json() for response in responses]
    made = [answer for answer in answers if answer["generator"] == "openai"]
    assert 1 <= len(made) <= 8
    others = [answer for answer in answers if answer["generator"] == "extractive"]
    assert all("budget" in answer["warnings"][0] for answer in others)
    assert (await client.get("/api/cache/stats")).json()["cost_usd"] == round(0.00165 * len(made), 6) <= 0.3


async def test_past_the_budget_a_request_that_requires_the_model_is_a_503(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any], clock: Clock
) -> None:
    client = instance_of(**store_settings, daily_budget_usd=0.001)
    response = await client.post("/api/generate", json={"text": ARTICLE, "generator": "openai"})
    assert (response.status_code, response.json()["type"]) == (503, "/problems/budget-spent")
    assert int(response.headers["retry-after"]) == 86_400 - clock.now % 86_400  # midnight, UTC
    assert openai.requests == []


async def test_the_budget_is_whole_again_the_next_day(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any], clock: Clock
) -> None:
    openai.answer = lambda _: thread_answer() | {"usage": {"prompt_tokens": 10**5, "completion_tokens": 1}}
    client = instance_of(**store_settings, daily_budget_usd=0.1)
    generators = []
    for number in range(3):
        clock.now += 86_400 if number == 2 else 0
        answer = (await client.post("/api/generate", json={"text": f"Text {number}. " * 20})).json()
        generators.append(answer["generator"])
    assert generators == ["openai", "extractive", "openai"]


async def test_a_failed_attempt_that_was_billed_is_counted(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any]
) -> None:
    openai.answer = lambda _: completion("no JSON")
    client = instance_of(**store_settings)
    answer = (await client.post("/api/generate", json={"text": ARTICLE})).json()
    assert (answer["generator"], answer["usage"]["cost_usd"]) == ("extractive", 0.00165)
    assert (await client.get("/api/cache/stats")).json()["cost_usd"] == 0.00165


async def test_the_budget_holds_while_the_store_is_unreachable(
    instance_of: Instances, openai: FakeOpenAI
) -> None:
    away = {"redis_url": f"redis://127.0.0.1:{closed_port()}", "daily_budget_usd": 0.1}
    openai.answer = lambda _: thread_answer() | {"usage": {"prompt_tokens": 10**5, "completion_tokens": 1}}
    client = instance_of(**away)
    answers = [(await client.post("/api/generate", json={"text": f"Text {n}."})).json() for n in range(2)]
    assert [answer["generator"] for answer in answers] == ["openai", "extractive"]
