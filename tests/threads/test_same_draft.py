"""A model is paid once for an article: its other views are rendered, whatever the store."""

from __future__ import annotations

import asyncio
import itertools
import random
from typing import Any

import httpx
import pytest
from redis import Redis
from starlette.responses import JSONResponse

from tests.support.app import Instances
from tests.support.clock import Clock
from tests.support.fake_openai import FakeOpenAI, thread_answer
from tests.support.site import PARAGRAPHS, Site

PLATFORMS = ["x", "bluesky", "mastodon", "threads", "linkedin"]
VIEWS = [
    {"platform": platform, "numbering": numbering, "source_link": link}
    for platform, numbering, link in itertools.product(
        PLATFORMS, ["slash", "none"], ["last", "first", "none"]
    )
]
SAME_DRAFT = "detail=same-draft"
DRY = "Closed, the council said on Tuesday, is the old harbour bridge."


@pytest.fixture
def client(instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any]) -> httpx.AsyncClient:
    openai.answer = lambda _: thread_answer(PARAGRAPHS[:5], ["Another beginning.", "A third."])
    return instance_of(**store_settings, rate_limit_requests=1_000)


async def post(client: httpx.AsyncClient, site: Site, **options: Any) -> httpx.Response:
    headers = options.pop("headers", None)
    body = {"url": f"{site.url}/bridge"} | options
    response = await client.post("/api/generate", json=body, headers=headers)
    assert response.status_code == 200, response.text
    return response


def words_of(thread: list[dict[str, Any]]) -> list[str]:
    return " ".join(post["content"] for post in thread).split()


@pytest.mark.parametrize("seed", range(3))
async def test_all_views_cost_one_fetch_and_one_call(
    client: httpx.AsyncClient, openai: FakeOpenAI, site: Site, seed: int
) -> None:
    views = [*VIEWS]
    random.Random(seed).shuffle(views)  # noqa: S311 - any order will do
    views.sort(key=lambda view: view["platform"] == "linkedin")
    answers = [await post(client, site, **view) for view in views]
    assert (len(site.requests), len(openai.requests)) == (1, 1)
    assert [SAME_DRAFT in answer.headers["cache-status"] for answer in answers] == [False] + [True] * 29
    assert len({answer.json()["id"] for answer in answers}) == 30
    told = " ".join(PARAGRAPHS[:5]).split()
    for view, answer in zip(views, answers, strict=True):
        found = answer.json()
        assert found["platform"] == view["platform"]
        words = iter(words_of(found["thread"]))
        assert all(word in words for word in told)
        checked = {"thread": found["thread"], "platform": view["platform"]}
        assert (await client.post("/api/validate", json=checked)).json()["valid"]
    again = [await post(client, site, **view) for view in views]
    assert [each.json()["id"] for each in again] == [each.json()["id"] for each in answers]
    assert not [each for each in again if SAME_DRAFT in each.headers["cache-status"]]


async def test_views_asked_for_at_the_same_moment_are_one_call(
    client: httpx.AsyncClient, openai: FakeOpenAI, site: Site
) -> None:
    openai.delay_seconds = 0.2
    answers = await asyncio.gather(*(post(client, site, platform=name) for name in PLATFORMS))
    assert (len(site.requests), len(openai.requests)) == (1, 1)
    statuses = [answer.headers["cache-status"] for answer in answers]
    waited = "threadr; fwd=uri-miss; collapsed; detail=same-draft"
    assert sorted(statuses) == [waited] * 4 + ["threadr; fwd=uri-miss; stored"]


async def test_several_platforms_in_one_request_are_one_call_and_one_charge(
    client: httpx.AsyncClient, openai: FakeOpenAI, site: Site
) -> None:
    answer = (await post(client, site, platforms=["linkedin", *PLATFORMS[:4]])).json()
    assert (len(site.requests), len(openai.requests)) == (1, 1)
    assert [*answer["threads"]] == ["linkedin", *PLATFORMS[:4]]
    assert (answer["platform"], answer["thread"]) == ("linkedin", answer["threads"]["linkedin"])
    assert (answer["cached"], answer["usage"]["output_tokens"]) == (False, 200)
    assert (await client.get("/api/rate-limit-status")).json()["requests_used"] == 1
    for name, thread_id in answer["ids"].items():
        single = await post(client, site, platform=name)
        kept = (await client.get(f"/api/threads/{thread_id}")).json()
        assert single.json()["thread"] == kept["thread"] == answer["threads"][name]
        assert (single.json()["id"], single.headers["cache-status"]) == (thread_id, "threadr; hit; ttl=86400")
    again = await post(client, site, platforms=["linkedin", *PLATFORMS[:4]])
    assert again.json() == answer | {"cached": True}
    assert "hit" in again.headers["cache-status"]


async def test_a_platform_that_is_named_beside_others_is_the_one_that_is_shown(
    client: httpx.AsyncClient, openai: FakeOpenAI, site: Site
) -> None:
    answer = (await post(client, site, platform="mastodon", platforms=["bluesky", "x"])).json()
    assert (answer["platform"], [*answer["threads"]], len(openai.requests)) == (
        "mastodon",
        ["bluesky", "x"],
        1,
    )


@pytest.mark.parametrize("headers", [{"Cache-Control": "no-store"}, {"Cache-Control": "no-cache"}], ids=str)
async def test_what_must_be_new_is_new_once_for_all_platforms(
    client: httpx.AsyncClient, openai: FakeOpenAI, site: Site, headers: dict[str, str]
) -> None:
    for number in (1, 2):
        await post(client, site, platforms=PLATFORMS, headers=headers)
        assert (len(site.requests), len(openai.requests)) == (number, number)


@pytest.mark.parametrize(
    ("first", "second", "calls"),
    [
        pytest.param({"max_posts": 12}, {"max_posts": 5}, 1, id="as many posts as there are"),
        pytest.param({"max_posts": 12}, {"max_posts": 4}, 2, id="fewer posts than there are"),
        pytest.param({"max_posts": 6}, {"max_posts": 20}, 1, id="more than it needed"),
        pytest.param({"max_posts": 5}, {"max_posts": 6}, 2, id="perhaps it would have been longer"),
        pytest.param({"hooks": 2}, {"hooks": 1}, 1, id="fewer hooks"),
        pytest.param({"hooks": 2}, {"hooks": 3}, 2, id="more hooks"),
        pytest.param({"platform": "linkedin"}, {"platform": "x"}, 2, id="a LinkedIn post as a thread"),
        pytest.param({"tone": "dry"}, {"platform": "bluesky"}, 2, id="another tone"),
    ],
)
async def test_a_draft_serves_what_the_model_would_write_the_same_for(
    client: httpx.AsyncClient,
    openai: FakeOpenAI,
    site: Site,
    first: dict[str, Any],
    second: dict[str, Any],
    calls: int,
) -> None:
    await post(client, site, **first)
    answer = await post(client, site, **second)
    hooks = min(second.get("hooks", 0), 2)
    assert (len(openai.requests), len(answer.json()["hooks"])) == (calls, hooks)
    says = answer.headers["cache-status"]
    if "tone" not in first:
        assert says.endswith(SAME_DRAFT if calls == 1 else "stored; detail=unfit-draft")


async def test_a_draft_without_numbers_leaves_space_for_them(
    client: httpx.AsyncClient, openai: FakeOpenAI, site: Site
) -> None:
    await post(client, site, numbering="none")
    assert "at most 273 characters" in openai.requests[0]["messages"][0]["content"]


async def test_a_view_is_as_old_as_its_draft(
    client: httpx.AsyncClient, openai: FakeOpenAI, site: Site, clock: Clock
) -> None:
    made = (await post(client, site)).json()
    clock.now += 60
    view = await post(client, site, platform="bluesky", headers={"Cache-Control": "only-if-cached"})
    assert view.headers["cache-status"] == "threadr; hit; ttl=86340; detail=same-draft"
    assert (view.headers["age"], view.json()["cached"], view.json()["usage"]) == ("60", True, made["usage"])
    clock.now += 10
    kept = await post(client, site, platform="bluesky")
    assert (kept.headers["cache-status"], kept.headers["age"]) == ("threadr; hit; ttl=86330", "70")
    await post(client, site, platform="mastodon", headers={"Cache-Control": "max-age=60"})
    assert len(site.requests) == 2


async def test_after_a_refresh_of_one_platform_the_others_follow(
    client: httpx.AsyncClient, openai: FakeOpenAI, site: Site, clock: Clock
) -> None:
    for name in PLATFORMS:
        await post(client, site, platform=name)
    clock.now += 1
    openai.answer = lambda _: thread_answer(["The bridge is closed now.", PARAGRAPHS[1]])
    await post(client, site, platform="bluesky", refresh=True)
    for name in PLATFORMS:
        assert (await post(client, site, platform=name)).text.count("is closed now") == 1
    assert len(openai.requests) == 2


async def test_what_is_cleared_is_not_rendered_again(
    client: httpx.AsyncClient, openai: FakeOpenAI, site: Site
) -> None:
    await post(client, site, platform="bluesky")
    await post(client, site)
    named = {"url": f"{site.url}/bridge"}
    assert (await client.request("DELETE", "/api/cache/clear", json=named)).json()["success"]
    assert SAME_DRAFT not in (await post(client, site)).headers["cache-status"]
    assert len(site.requests) == 2


async def test_a_view_is_counted_as_such_with_what_it_saved(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any], site: Site
) -> None:
    openai.answer = lambda _: thread_answer(PARAGRAPHS[:3])
    limits: dict[str, Any] = {
        "rate_limit_scope": "generations",
        "rate_limit_requests": 1,
        "local_cache_seconds": 0,
    }
    client = instance_of(**store_settings, **limits)
    made = (await post(client, site)).json()
    for name in PLATFORMS:
        await post(client, site, platform=name)
    stats = (await client.get("/api/cache/stats")).json()
    found = [stats[name] for name in ("misses", "hits", "same_draft", "generated")]
    assert (found, stats["cost_usd"]) == ([1, 1, 4, 1], made["usage"]["cost_usd"])
    assert stats["saved_usd"] == pytest.approx(5 * stats["cost_usd"])


async def test_the_same_text_at_another_address_needs_no_call_on_any_platform(
    client: httpx.AsyncClient, openai: FakeOpenAI, site: Site
) -> None:
    await post(client, site)
    for name in PLATFORMS:
        answer = await post(client, site, url=f"{site.url}/other", platform=name)
        assert answer.json()["source"]["url"] == f"{site.url}/other"
    assert (site.requests, len(openai.requests)) == (["/bridge", "/other"], 1)


async def test_without_a_model_one_fetch_is_enough_for_a_minute(
    instance_of: Instances, store_settings: dict[str, Any], site: Site
) -> None:
    client = instance_of(**store_settings, openai_api_key=None, rate_limit_requests=1_000)
    for name in PLATFORMS:
        answer = (await post(client, site, platform=name)).json()
        assert (answer["generator"], answer["platform"], answer["cached"]) == ("extractive", name, False)
    await post(client, site, platforms=PLATFORMS, numbering="none")
    assert len(site.requests) == 1


async def test_a_failure_is_that_of_all_views(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any], site: Site
) -> None:
    openai.answer = lambda _: JSONResponse({"error": {"code": "content_filter"}}, 400)
    client = instance_of(**store_settings, rate_limit_requests=1_000)
    for name in PLATFORMS:
        body = {"url": f"{site.url}/bridge", "platform": name}
        assert (await client.post("/api/generate", json=body)).status_code == 422
    assert (len(site.requests), len(openai.requests)) == (1, 1)


async def test_an_entry_of_another_draft_is_no_draft(
    instance_of: Instances, openai: FakeOpenAI, upstash_settings: dict[str, Any], valkey: Redis, site: Site
) -> None:
    openai.answer = lambda body: thread_answer([DRY if "Tone: dry" in str(body) else PARAGRAPHS[0]])
    client = instance_of(**upstash_settings, local_cache_seconds=0)
    plain, dry = (f"threadr:{each}" for each in ("plain", "dry"))
    for name, options in ((plain, {}), (dry, {"tone": "dry"})):
        await post(client, site, **options)
        (new,) = {*valkey.keys("threadr:draft:*")} - {valkey.get(plain)}
        valkey.set(name, str(new))
    valkey.set(str(valkey.get(plain)), str(valkey.get(str(valkey.get(dry)))))
    answer = await post(client, site, platform="bluesky")
    assert answer.json()["thread"][0]["content"].startswith(PARAGRAPHS[0])
