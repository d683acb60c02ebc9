"""What a purge reaches: other processes, requests under way, and every trace of a private text."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from typing import Any

import httpx
import pytest
from redis import Redis
from starlette.responses import JSONResponse, RedirectResponse, Response

from core.cache.request_key import digest
from core.http.app import create_app
from core.services import Services
from core.settings import Settings
from functions.local import ROUTERS
from tests.support.app import Instances
from tests.support.clock import Clock
from tests.support.fake_openai import POSTS, FakeOpenAI, thread_answer
from tests.support.site import ARTICLE, BODY, Site, page

CLEAR = "/api/cache/clear"
PLATFORMS = ["x", "bluesky", "mastodon"]


async def post(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.post("/api/generate", json=body)).json()
    return answer


async def clear(client: httpx.AsyncClient, **named: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.request("DELETE", CLEAR, json=named)).json()
    return answer


@pytest.mark.parametrize("scope", ["requests", "generations"])
@pytest.mark.parametrize("store", ["upstash", "tcp"])
async def test_a_purge_reaches_what_other_processes_hold_within_what_it_says(
    instance_of: Instances, request: pytest.FixtureRequest, site: Site, clock: Clock, scope: str, store: str
) -> None:
    settings = request.getfixturevalue(f"{store}_settings") | {"rate_limit_scope": scope}
    one, two = (instance_of(**settings, rate_limit_requests=100) for _ in range(2))
    url, others = f"{site.url}/a", {"text": ARTICLE}
    made = [await post(one, url=url, platform=platform) for platform in PLATFORMS]
    for platform in PLATFORMS:
        assert (await post(two, url=url, platform=platform))["cached"]
    paths = [f"/api/threads/{each['id']}" for each in made]
    paths += [f"/api/thread?url={url}&platform={platform}" for platform in PLATFORMS]
    assert {(await two.get(path)).status_code for path in paths} == {200}
    await post(two, **others)
    cleared = await clear(one, url=url)
    assert (cleared["success"], cleared["removed"]) == (True, 3)
    if scope == "generations":  # a hit there asks no store
        clock.now += 30
    again = await post(two, url=url)
    assert (again["cached"], again["id"] in [each["id"] for each in made]) == (False, False)
    clock.now += cleared["gone_everywhere_in_seconds"]
    statuses = [(await two.get(path)).status_code for path in paths]
    assert statuses == [404, 404, 404, 200, 404, 404]  # what was made again is there again
    assert (await post(two, **others))["cached"]


@pytest.mark.parametrize("named", ["url", "host", "prompt"])
async def test_after_a_purge_no_draft_is_used_again(
    instance_of: Instances,
    store_settings: dict[str, Any],
    model_settings: dict[str, Any],
    openai: FakeOpenAI,
    site: Site,
    named: str,
) -> None:
    client, url = instance_of(**store_settings, **model_settings), f"{site.url}/a"
    await post(client, url=url)
    assert (await post(client, url=url, platform="mastodon"))["cached"]
    names = {"url": url, "host": "127.0.0.1", "prompt": "2"}
    assert (await clear(client, **{named: names[named]}))["removed"] == 2
    response = await client.post("/api/generate", json={"url": url, "platform": "bluesky"})
    assert response.headers["cache-status"] == "threadr; fwd=uri-miss; stored"
    assert (response.json()["cached"], len(openai.requests)) == (False, 2)


async def test_each_thread_of_several_platforms_is_its_makers_to_delete(
    instance_of: Instances, model_settings: dict[str, Any], site: Site
) -> None:
    client = instance_of(**model_settings)
    body = {"url": f"{site.url}/a", "platforms": PLATFORMS}
    made = await client.post("/api/generate", json=body)
    headers = {"X-Delete-Token": made.headers["x-delete-token"]}
    for thread_id in made.json()["ids"].values():
        assert (await client.delete(f"/api/threads/{thread_id}")).status_code == 401
        assert (await client.delete(f"/api/threads/{thread_id}", headers=headers)).status_code == 200
        assert (await client.get(f"/api/threads/{thread_id}")).status_code == 404


async def test_a_hit_that_a_purge_took_away_is_counted_as_what_it_became(
    instance_of: Instances, tcp_settings: dict[str, Any]
) -> None:
    one, two = (instance_of(**tcp_settings) for _ in range(2))
    await post(one, text=ARTICLE)
    await post(two, text=ARTICLE)
    await clear(one, text=ARTICLE)
    await post(two, text=ARTICLE)
    stats = (await one.get("/api/cache/stats")).json()
    assert (stats["hits"], stats["misses"], stats["generated"]) == (1, 2, 2)
    assert (await two.get("/api/rate-limit-status")).json()["requests_used"] == 3


async def test_a_thread_that_only_one_process_has_goes_when_it_hears_of_the_purge(
    instance_of: Instances, tcp_settings: dict[str, Any], openai: FakeOpenAI, clock: Clock
) -> None:
    one, two = (instance_of(**tcp_settings) for _ in range(2))
    openai.answer = lambda _: JSONResponse({}, 400)
    degraded = await post(two, text=ARTICLE)
    assert (await two.get(f"/api/threads/{degraded['id']}")).status_code == 200
    await clear(one, text=ARTICLE)
    clock.now += 30
    assert (await two.get(f"/api/threads/{degraded['id']}")).status_code == 404


@pytest.mark.parametrize("named", ["url", "host", "prompt"])
async def test_a_generation_under_way_brings_nothing_back_and_is_not_waited_for(
    instance_of: Instances, store_settings: dict[str, Any], openai: FakeOpenAI, site: Site, named: str
) -> None:
    one = instance_of(**store_settings)
    two = instance_of(**store_settings) if store_settings else one
    waits, goes_on, numbers = asyncio.Event(), threading.Event(), itertools.count()
    loop = asyncio.get_running_loop()

    def answer_of_site() -> Response:
        if next(numbers) == 0:
            loop.call_soon_threadsafe(waits.set)
            goes_on.wait(5)
        return Response(page(BODY.replace("harbour", "central")), media_type="text/html")

    site.pages["/a"] = answer_of_site
    url = f"{site.url}/a"
    first = asyncio.create_task(post(one, url=url))
    await waits.wait()
    named_of = {"url": url, "host": "127.0.0.1", "prompt": "1"}
    assert (await clear(two, **{named: named_of[named]}))["removed"] == 0
    follower = asyncio.create_task(post(one, url=url))
    await asyncio.sleep(0)
    goes_on.set()
    old, new = await first, await follower
    assert old["id"] != new["id"]
    assert (await one.get(f"/api/threads/{old['id']}")).status_code == 404
    assert (await post(two, url=url))["id"] == new["id"]
    assert (await two.get(f"/api/threads/{new['id']}")).status_code == 200


async def test_an_article_that_was_asked_for_by_another_address_goes_with_it(
    instance_of: Instances, store_settings: dict[str, Any], site: Site
) -> None:
    client, short, url = instance_of(**store_settings), f"{site.url}/s", f"{site.url}/a"
    site.pages["/s"] = lambda: RedirectResponse(url)
    for named in (url, short):
        ids = [(await post(client, url=each, refresh=True))["id"] for each in (short, url)]
        await clear(client, url=named)
        assert {(await client.get(f"/api/threads/{each}")).status_code for each in ids} == {404}


async def test_rewritten_threads_go_with_their_source(
    instance_of: Instances, store_settings: dict[str, Any]
) -> None:
    client = instance_of(**store_settings)
    made = await post(client, text=ARTICLE)
    rewritten = (await client.post(f"/api/threads/{made['id']}/posts/1/rewrite")).json()
    assert (await clear(client, text=ARTICLE))["removed"] == 2
    assert (await client.get(f"/api/threads/{rewritten['id']}")).status_code == 404


async def test_an_id_goes_with_the_answer_that_gives_it_and_no_other(
    instance_of: Instances, store_settings: dict[str, Any]
) -> None:
    client = instance_of(**store_settings)
    older = await post(client, text=ARTICLE)
    newer = await post(client, text=ARTICLE, refresh=True)
    assert (await clear(client, id=older["id"]))["removed"] == 1
    assert (await post(client, text=ARTICLE))["id"] == newer["id"]
    assert (await clear(client, id=newer["id"]))["success"]
    assert not (await post(client, text=ARTICLE))["cached"]
    assert (await clear(client, id=newer["id"]))["success"] is False


@pytest.mark.parametrize("prompt", ["2", "2/gpt-5.4-mini"])
async def test_a_prompt_goes_with_what_it_wrote_and_other_means_all_but_the_present_one(
    instance_of: Instances, store_settings: dict[str, Any], prompt: str
) -> None:
    client = instance_of(**store_settings)
    await post(client, text=ARTICLE)
    await post(client, text=ARTICLE, generator="extractive")
    assert (await clear(client, prompt="other"))["removed"] == 0
    assert (await clear(client, prompt=prompt))["removed"] == 1
    assert not (await post(client, text=ARTICLE))["cached"]


def everything(valkey: Redis) -> str:
    """All keys and values of the server."""
    found = []
    for key in valkey.scan_iter():
        kind = valkey.type(key)
        reads: dict[Any, Any] = {"string": valkey.get, "hash": valkey.hgetall}
        found += [key, reads[kind](key) if kind in reads else valkey.zrange(key, 0, -1)]
    return json.dumps(found)


@pytest.mark.parametrize("generator", ["openai", "extractive", "failing"])
@pytest.mark.parametrize(
    ("headers", "hours"), [({"Cache-Control": "no-store"}, 24.0), ({}, 0.0)], ids=["no-store", "no caching"]
)
async def test_a_private_text_leaves_nothing_behind(
    store_settings: dict[str, Any],
    model_settings: dict[str, Any],
    openai: FakeOpenAI,
    valkey: Redis,
    headers: dict[str, str],
    hours: float,
    generator: str,
) -> None:
    openai.answer = lambda _: JSONResponse({}, 400) if generator == "failing" else thread_answer()
    settings = Settings(**store_settings, **model_settings, cache_ttl_hours=hours)
    app = create_app(*ROUTERS, settings=settings, make_services=Services)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t.test") as client:
        body = {"text": ARTICLE, "generator": generator.replace("failing", "openai")}
        answer = await client.post("/api/generate", json=body, headers=headers)
    assert answer.status_code == (503 if generator == "failing" else 200)
    assert "x-delete-token" not in answer.headers
    left = everything(valkey) + json.dumps(list(app.state.services.local.items.items.items()))
    traces = [
        POSTS[0],
        ARTICLE.split("\n")[0],
        digest(ARTICLE)[:16],
        answer.json().get("id", "threadr:thread"),
    ]
    assert not [trace for trace in traces if trace in left]
    await app.state.services.close()
