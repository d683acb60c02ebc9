"""Plans per key: limits, budgets and figures of each key, and who is turned away."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import httpx
import pytest
from redis import Redis

from tests.support.app import Instances, Make
from tests.support.fake_openai import FakeOpenAI
from tests.support.site import ARTICLE
from tests.support.upstash_front import Front

COST_USD = 0.00165  # of an answer by the model server of the tests
PLANS = ("acme:acme-secret-key:30/1h:0.2/day", "beta:beta-secret-key:45/1d", "plain-secret-key")
ACME, BETA, PLAIN = ({"X-API-Key": key} for key in ("acme-secret-key", "beta-secret-key", "plain-secret-key"))


async def made(client: httpx.AsyncClient, key: dict[str, str], text: str, **body: Any) -> httpx.Response:
    return await client.post("/api/generate", json={"text": f"{ARTICLE} {text}", **body}, headers=key)


async def usage(client: httpx.AsyncClient, key: dict[str, str]) -> dict[str, Any]:
    response = await client.get("/api/usage", headers=key)
    assert response.status_code == 200
    figures: dict[str, Any] = response.json()
    return figures


async def test_parallel_calls_of_two_keys_are_exact_in_calls_and_cents(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any]
) -> None:
    settings: dict[str, Any] = {**store_settings, "api_keys": PLANS, "daily_budget_usd": 0}
    clients = [instance_of(**settings) for _ in range(2)] if store_settings else [instance_of(**settings)] * 2
    calls = [(clients[number % 100 // 50], (ACME, BETA)[number % 2], f"{number}") for number in range(100)]
    responses = await asyncio.gather(*(made(client, key, text) for client, key, text in calls))
    for key, limit, budget in ((ACME, 30, 0.2), (BETA, 45, None)):
        own = [response for response, call in zip(responses, calls, strict=True) if call[1] is key]
        answers = [response.json() for response in own if response.status_code == 200]
        paid = [answer["usage"]["cost_usd"] for answer in answers if answer["generator"] == "openai"]
        for client in set(clients):  # each sends what it still has to
            figures = await usage(client, key)
        today = figures["days"][0]
        assert (len(answers), figures["limit"], figures["used"]) == (limit, limit, limit)
        assert (figures["remaining"], figures["budget_usd"]) == (0, budget)
        assert (today["requests"], today["blocked"]) == (limit, 50 - limit)
        assert figures["spent_today_usd"] == today["cost_usd"] == round(sum(paid), 6) <= (budget or 9)
        assert 1 <= len(paid) <= (limit if budget is None else 4)
    assert Counter(response.status_code for response in responses) == {200: 75, 429: 25}


async def test_a_key_sees_its_own_figures_and_only_with_the_key(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any]
) -> None:
    client = instance_of(**store_settings, api_keys=PLANS)
    for text in ("1", "1", "2"):
        await made(client, ACME, text)
    figures = await usage(client, ACME)
    row = {"requests": 3, "generations": 2, "hits": 1, "blocked": 0, "tokens_in": 2_000, "tokens_out": 400}
    assert figures["days"][0] == {"date": "2026-09-21", **row, "cost_usd": 2 * COST_USD}
    assert (figures["name"], figures["remaining"], figures["spent_today_usd"]) == ("acme", 27, 2 * COST_USD)
    assert len(figures["days"]) == 30
    assert sum(sum(day.values()) for day in (await usage(client, BETA))["days"] if day.pop("date")) == 0
    for headers in ({}, {"X-API-Key": "acme"}, {"X-API-Key": ""}):
        refused = await client.get("/api/usage", headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (401, "/problems/unauthorized")
        assert "X-API-Key" in refused.headers["www-authenticate"]


async def test_a_view_of_a_draft_is_one_hit_of_the_key(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any]
) -> None:
    client = instance_of(**store_settings, api_keys=PLANS)
    for platform in ("x", "bluesky"):
        await made(client, ACME, "1", platform=platform)
    row = {"requests": 2, "generations": 1, "hits": 1, "blocked": 0, "tokens_in": 1_000, "tokens_out": 200}
    assert (await usage(client, ACME))["days"][0] == {"date": "2026-09-21", **row, "cost_usd": COST_USD}
    stats = (await client.get("/api/cache/stats")).json()
    assert (stats["generated"], stats["hits"], stats["saved_usd"]) == (1, 0, COST_USD)


async def test_days_are_apart_and_thirty_are_kept(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any], clock: Any
) -> None:
    client = instance_of(**store_settings, api_keys=PLANS)
    for number in range(33):
        for _ in range(1 + number % 2):
            await made(client, PLAIN, f"{number}")
        clock.now += 86_400
    days = (await usage(client, PLAIN))["days"]
    assert [day["requests"] for day in days] == [0, *[1, 2] * 14, 1]
    assert [day["hits"] for day in days] == [0, *[0, 1] * 14, 0]


@pytest.mark.parametrize("scope", ["requests", "generations"])
async def test_hits_in_the_process_and_those_that_waited_count_for_the_key(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any], scope: str
) -> None:
    settings = {**store_settings, "rate_limit_scope": scope, "api_keys": PLANS}
    one = instance_of(**settings)
    other = instance_of(**settings) if store_settings else one
    openai.delay_seconds = 0.05
    await asyncio.gather(*(made(client, ACME, "same") for client in [one, other] * 5))
    for client in (one, other, one):
        await made(client, ACME, "same")
    for client in (one, other):
        today = (await usage(client, ACME))["days"][0]
    assert (today["requests"], today["generations"], today["hits"]) == (13, 1, 12)


async def test_a_spent_budget_of_one_key_is_nothing_to_another(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any]
) -> None:
    client = instance_of(
        **store_settings, api_keys=("poor:poor-secret-key:0.001/day", "rich:rich-secret-key")
    )
    poor, rich = {"X-API-Key": "poor-secret-key"}, {"X-API-Key": "rich-secret-key"}
    together = await asyncio.gather(*(made(client, key, "same") for key in (poor, rich, poor, rich)))
    later = [await made(client, key, "other") for key in (poor, rich, poor)]
    kinds = [response.json()["generator"] for response in (*together, *later)]
    assert kinds[1::2] == ["openai", "openai", "openai"]  # what the rich made is for all
    assert (kinds[4], kinds[6]) == ("extractive", "openai")
    refused = await made(client, poor, "third", generator="openai")
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/budget-spent")
    assert (await usage(client, poor))["spent_today_usd"] == 0


async def test_the_budget_of_all_holds_for_keys_too(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any]
) -> None:
    client = instance_of(**store_settings, api_keys=PLANS, daily_budget_usd=0.001)
    assert (await made(client, ACME, "1")).json()["generator"] == "extractive"
    assert (await usage(client, ACME))["days"][0]["requests"] == 1


DENIED = [
    pytest.param("acme", ACME, "198.51.100.1", id="name"),
    pytest.param("plain-secret-key", PLAIN, "198.51.100.1", id="key-without-a-name"),
    pytest.param("198.51.100.1", {}, "198.51.100.1", id="address"),
    pytest.param("198.51.100.0/24", ACME, "198.51.100.1", id="network-with-a-key"),
    pytest.param("2001:db8::/32", {}, "2001:db8:1::7", id="ipv6"),
    pytest.param("::ffff:198.51.100.1", {}, "198.51.100.1", id="mapped"),
    pytest.param("198.51.100.1", {}, "::ffff:198.51.100.1", id="mapped-caller"),
]


def calling_from(app: Any, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://threadr.test")


@pytest.mark.parametrize(("deny", "key", "address"), DENIED)
async def test_who_is_denied_gets_403_without_a_round_trip_and_is_counted(
    client_of: Make,
    front: Front,
    upstash_settings: dict[str, Any],
    deny: str,
    key: dict[str, str],
    address: str,
) -> None:
    app: Any = client_of(**upstash_settings, api_keys=PLANS, deny=(deny,))._transport.app  # type: ignore[attr-defined]
    denied, other = calling_from(app, address), calling_from(app, "203.0.113.9")
    for path in ("/api/generate", "/api/validate"):
        response = await denied.post(path, json={"text": ARTICLE}, headers=key)
        assert (response.status_code, response.json()["type"]) == (403, "/problems/unauthorized")
    assert not front.requests
    assert (await denied.get("/health", headers=key)).status_code == 200
    assert (await other.post("/api/generate", json={"text": ARTICLE})).status_code == 200
    stats = (await other.get("/api/cache/stats")).json()
    assert (stats["blocked"], stats["days"][0]["blocked"]) == (2, 2)


async def test_refused_calls_are_in_the_statistics(
    client_of: Make, store_settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    client = client_of(**store_settings, rate_limit_requests=2)
    statuses = [(await client.post("/api/generate", json={"text": ARTICLE})).status_code for _ in range(5)]
    assert (await client.get("/api/cache/stats")).json()["blocked"] == statuses.count(429) == 3
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sum(line.get("blocked", 0) for line in lines) == 3


async def test_neither_keys_nor_what_is_guessed_of_them_are_in_the_store(
    instance_of: Instances, openai: FakeOpenAI, tcp_settings: dict[str, Any], valkey: Redis
) -> None:
    client = instance_of(**tcp_settings, api_keys=PLANS)
    for key in (ACME, BETA, PLAIN):
        await made(client, key, "1")
    names: Any = valkey.keys("threadr:*")
    assert "threadr:ratelimit:key-acme" in names
    assert [name for name in names if "secret" in name] == []
    assert all(valkey.pttl(name) > 0 for name in names)


async def test_a_value_of_an_earlier_version_and_a_damaged_one_count_as_they_can(
    instance_of: Instances, openai: FakeOpenAI, tcp_settings: dict[str, Any], valkey: Redis, clock: Any
) -> None:
    client, window = instance_of(**tcp_settings, api_keys=PLANS), int(clock.now // 3600)
    for value, requests in ((f"{window}:4:0", 5), (f"{window}:4:0 2026-09-21,junk 7", 5), ("junk", 1)):
        valkey.set("threadr:ratelimit:key-acme", value)
        await made(client, ACME, "1")
        figures = await usage(client, ACME)
        assert (figures["used"], figures["days"][0]["requests"]) == (requests, 1)


async def test_a_key_with_a_large_limit_may_call_as_often_at_once(instance_of: Instances) -> None:
    client = instance_of(api_keys=("fast:fast-secret-key:200/1m", "slow:slow-secret-key"))
    counts = Counter[tuple[str, int]]()
    for name in ("fast", "slow"):
        for _ in range(150):
            response = await client.get("/api/nothing", headers={"X-API-Key": f"{name}-secret-key"})
            counts[name, response.status_code] += 1
    assert counts == {("fast", 404): 150, ("slow", 404): 120, ("slow", 429): 30}
