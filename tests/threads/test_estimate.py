"""What a request would cost: said before it is made, for nothing, and true of what then happens."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import httpx
import pytest
from redis import Redis
from starlette.responses import JSONResponse, Response

from tests.support.app import Instances
from tests.support.clock import Clock
from tests.support.fake_openai import FakeOpenAI, thread_answer
from tests.support.site import ARTICLE, PARAGRAPHS, Site
from tests.support.upstash_front import Front

Bodies = list[dict[str, Any]]


@pytest.fixture
def client(instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any]) -> httpx.AsyncClient:
    openai.answer = lambda _: thread_answer(PARAGRAPHS[:5], ["Another beginning."])
    return instance_of(**store_settings, rate_limit_requests=1_000, cache_ttl_hours=1, daily_budget_usd=0.2)


async def estimated(client: httpx.AsyncClient, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    response = await client.post("/api/estimate", json=body, headers=headers)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def outcome_of(response: httpx.Response) -> str:
    """What came of a request, by its status and headers."""
    if response.status_code != 200:
        return "fails"
    status, answer = response.headers["cache-status"], response.json()
    named = [name for name in ("same-draft", "stale", "collapsed", "hit") if name in status]
    return named[0] if named else "compose" if answer["generator"] == "extractive" else "write"


def questions(site: Site) -> Bodies:
    sources: Bodies = [{"url": f"{site.url}/{name}"} for name in ("one", "two")]
    sources += [{"text": f"{ARTICLE} {number}"} for number in range(2)]
    views: Bodies = [
        {},
        {},
        {"platform": "mastodon"},
        {"platform": "linkedin"},
        {"numbering": "none"},
        {"hooks": 2},
    ]
    others: Bodies = [{"generator": "extractive"}, {"refresh": True}, {"generator": "openai"}]
    return [source | view for source in sources for view in [*views, *others]]


@pytest.mark.parametrize("seed", range(4))
async def test_the_outcome_is_what_then_happens_and_the_cost_is_a_bound(
    client: httpx.AsyncClient, openai: FakeOpenAI, site: Site, clock: Clock, seed: int
) -> None:
    rng, seen = random.Random(seed), set()  # noqa: S311 - mixed, and the same each time
    site.pages["/two"] = lambda: Response("oops", 500)
    for step in range(40):
        body, wants = rng.choice(questions(site)), rng.choice(["", "", "", "only-if-cached", "max-age=60"])
        expected = await estimated(client, body, **{"Cache-Control": wants})
        before = len(openai.requests)
        response = await client.post("/api/generate", json=body, headers={"Cache-Control": wants})
        happened = outcome_of(response)
        seen.add(happened)
        is_free = len(openai.requests) == before
        # What a page holds is not known before it is read: it may fail, and its text may be known.
        if body.get("url") and expected["outcome"] in ("write", "compose") and is_free:
            assert happened in ("fails", "hit", expected["outcome"]) or "same-content" in str(
                response.headers
            )
        else:
            assert happened == expected["outcome"], (step, body, response.headers.get("cache-status"))
        paid = 0 if is_free else response.json()["usage"]["cost_usd"]
        assert paid <= expected["max_cost_usd"]
        assert (expected["problem"] is not None) is (expected["outcome"] == "fails")
        clock.now += rng.choice([0] * 6 + [61, 3_700])
    assert seen >= {"hit", "write", "fails"}


def contents(valkey: Redis) -> dict[str, Any]:
    """What is kept under each key."""
    names: Any = valkey.keys("*")
    return {name: valkey.dump(name) for name in names}


async def test_asking_takes_nothing_and_is_one_round_trip(
    instance_of: Instances,
    openai: FakeOpenAI,
    upstash_settings: dict[str, Any],
    site: Site,
    front: Front,
    valkey: Redis,
) -> None:
    client = instance_of(**upstash_settings, api_keys=("acme:acme-secret-key:9/1h:1/day",))
    key, link = {"X-API-Key": "acme-secret-key"}, {"url": f"{site.url}/bridge"}
    await client.post("/api/generate", json={"text": ARTICLE}, headers=key)
    kept = contents(valkey)
    before = len(openai.requests), len(site.requests)
    for body in (
        link,
        {"text": ARTICLE},
        {"text": "New."},
        link | {"platforms": ["x", "bluesky", "linkedin"]},
    ):
        front.requests.clear()
        expected = await estimated(client, body, **key)
        assert len(front.requests) == 1
        assert (expected["limit"]["requests_used"], expected["limit"]["total_limit"]) == (1, 9)
        assert expected["budget_left_usd"] == pytest.approx(1 - 0.00165)
    assert (len(openai.requests), len(site.requests)) == before
    assert contents(valkey) == kept
    assert expected["outcomes"] == {"bluesky": "same-draft", "linkedin": "same-draft", "x": "write"}


async def test_what_only_a_draft_that_cannot_serve_is_kept_of_is_not_cached(
    client: httpx.AsyncClient, openai: FakeOpenAI
) -> None:
    await client.post("/api/generate", json={"text": ARTICLE, "hooks": 0})
    body: dict[str, Any] = {"text": ARTICLE, "hooks": 3}
    expected = await estimated(client, body)
    assert (expected["outcome"], expected["limit"]["requests_used"]) == ("write", 1)
    wants = {"Cache-Control": "only-if-cached"}
    expected = await estimated(client, body, **wants)
    response = await client.post("/api/generate", json=body, headers=wants)
    assert (expected["outcome"], expected["calls"]) == (outcome_of(response), 0)
    assert response.json()["type"].endswith(str(expected["problem"]))


async def test_what_is_being_made_is_waited_for(client: httpx.AsyncClient, openai: FakeOpenAI) -> None:
    openai.delay_seconds = 0.5
    writing = asyncio.create_task(client.post("/api/generate", json={"text": ARTICLE}))
    while not openai.requests:  # noqa: ASYNC110 - what another thread's server does
        await asyncio.sleep(0.01)
    expected = await estimated(client, {"text": ARTICLE})
    await writing
    assert (expected["outcome"], expected["max_cost_usd"]) == ("collapsed", 0)


async def test_a_budget_that_does_not_cover_the_call_is_said_with_what_follows(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any], site: Site, clock: Clock
) -> None:
    client = instance_of(**store_settings, daily_budget_usd=0.08)
    page = await estimated(client, {"url": f"{site.url}/bridge"})
    assert (page["outcome"], page["budget_covers"], page["budget_left_usd"]) == ("write", None, 0.08)
    assert "not read" in page["reason"]
    await client.post("/api/generate", json={"text": ARTICLE})
    body: dict[str, Any] = {"text": "Another text."}
    expected = await estimated(client, body)
    assert (expected["outcome"], expected["budget_covers"], expected["max_cost_usd"]) == ("compose", False, 0)
    expected = await estimated(client, body | {"generator": "openai"})
    assert (expected["outcome"], expected["problem"]) == ("fails", "budget-spent")
    refused = await client.post("/api/generate", json=body | {"generator": "openai"})
    assert refused.json()["type"] == "/problems/budget-spent"
    assert int(refused.headers["retry-after"]) == 86_400 - clock.now % 86_400


async def test_a_client_over_its_limit_is_told_so(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any]
) -> None:
    client = instance_of(**store_settings, rate_limit_requests=2)
    for number in range(3):
        expected = await estimated(client, {"text": f"{ARTICLE} {number}"})
        assert expected["outcome"] == ("fails" if number == 2 else "write")
        await client.post("/api/generate", json={"text": f"{ARTICLE} {number}"})
    assert (expected["problem"], expected["limit"]["requests_remaining"]) == ("rate-limited", 0)


async def test_a_failure_that_is_remembered_and_an_old_thread_are_foretold(
    client: httpx.AsyncClient, openai: FakeOpenAI, site: Site, clock: Clock
) -> None:
    link = {"url": f"{site.url}/bridge"}
    await client.post("/api/generate", json=link)
    site.pages["/bridge"] = lambda: Response("gone", 404)
    clock.now += 3_700
    assert (await client.post("/api/generate", json=link)).headers["cache-status"].endswith("stale-if-error")
    assert (await estimated(client, link))["outcome"] == "stale"
    openai.answer = lambda _: JSONResponse({}, 500)
    await client.post("/api/generate", json={"text": "A text that the model cannot write about."})
    foretold = await estimated(client, {"url": "http://127.0.0.1:1/x"})
    assert foretold["outcome"] in ("write", "fails")


async def test_who_takes_only_what_is_kept_gets_no_thread_of_the_composer(
    client: httpx.AsyncClient, openai: FakeOpenAI, clock: Clock
) -> None:
    await client.post("/api/generate", json={"text": ARTICLE})
    clock.now += 3_700
    openai.answer = lambda _: JSONResponse({}, 500)
    await client.post("/api/generate", json={"text": ARTICLE})  # gets the old one; the failure is remembered
    body, wants = {"text": ARTICLE, "platform": "bluesky"}, {"Cache-Control": "only-if-cached"}
    assert (await estimated(client, body))["outcome"] == "compose"
    expected = await estimated(client, body, **wants)
    refused = await client.post("/api/generate", json=body, headers=wants)
    assert (expected["outcome"], outcome_of(refused)) == ("fails", "fails")
    assert refused.json()["type"].endswith(expected["problem"])


async def test_without_a_model_the_composer_writes_and_it_says_why(instance_of: Instances) -> None:
    found = await estimated(instance_of(openai_api_key=None), {"text": ARTICLE})
    assert (found["outcome"], found["calls"]) == ("compose", 0)
    assert found["reason"] == "The built-in composer writes the thread. No model is configured."
