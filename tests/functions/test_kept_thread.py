"""GET /api/thread and DELETE /api/threads/{id}, through the app, over each store."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from redis import Redis
from starlette.responses import JSONResponse

from core.cache.request_key import new_delete_token, thread_id_of
from tests.support.app import Instances, Make
from tests.support.clock import Clock
from tests.support.fake_openai import FakeOpenAI
from tests.support.site import ARTICLE, Site

HEADER = "X-Delete-Token"


async def make(client: httpx.AsyncClient, **body: Any) -> tuple[dict[str, Any], str]:
    """The answer, and its delete token, "" where it has none."""
    response = await client.post("/api/generate", json=body or {"text": ARTICLE})
    return response.json(), response.headers.get(HEADER, "")


@pytest.mark.parametrize("options", [{}, {"platform": "bluesky", "max_posts": 5, "hooks": 1, "tone": "dry"}])
async def test_what_is_kept_is_given_with_the_same_options_and_never_made(
    instance_of: Instances,
    openai: FakeOpenAI,
    site: Site,
    store_settings: dict[str, Any],
    options: dict[str, Any],
) -> None:
    client = instance_of(**store_settings)
    body = {"url": f"{site.url}/a", **options}
    absent = await client.get("/api/thread", params=body)
    assert (absent.status_code, absent.json()["type"]) == (404, "/problems/not-cached")
    assert "POST" in absent.json()["detail"]
    assert absent.headers["cache-control"] == "public, max-age=0, s-maxage=5"
    assert (site.requests, openai.requests) == ([], [])
    made, _ = await make(client, **body)
    found = await client.get("/api/thread", params=body)
    assert found.json() == made | {"cached": True}
    assert HEADER not in found.headers
    assert found.headers["cache-control"] == "public, max-age=0, s-maxage=30, stale-while-revalidate=10"
    other = await client.get("/api/thread", params={**body, "numbering": "none"})
    assert other.status_code == 404


async def test_asking_takes_no_lease_counts_nothing_and_charges_nobody(
    instance_of: Instances, upstash_settings: dict[str, Any], valkey: Redis
) -> None:
    client = instance_of(**upstash_settings, rate_limit_requests=1)
    for _ in range(3):
        assert (await client.get("/api/thread?url=https://example.com/a")).status_code == 404
    assert valkey.keys() == []
    assert (await client.get("/api/rate-limit-status")).json()["requests_used"] == 0


async def test_a_known_tag_gets_304_and_head_has_no_body(
    instance_of: Instances, site: Site, store_settings: dict[str, Any]
) -> None:
    client, address = instance_of(**store_settings), f"/api/thread?url={site.url}/a"
    await make(client, url=f"{site.url}/a")
    found, head = await client.get(address), await client.head(address)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", found.headers["etag"])
    same = await client.get(address, headers={"If-None-Match": found.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["cache-control"] == found.headers["cache-control"]


async def test_what_is_no_longer_fresh_is_not_given_and_caches_know_before(
    instance_of: Instances, site: Site, store_settings: dict[str, Any], clock: Clock
) -> None:
    client, address = instance_of(**store_settings), f"/api/thread?url={site.url}/a"
    await make(client, url=f"{site.url}/a")
    clock.now += 24 * 3_600 - 7
    assert "s-maxage=7," in (await client.get(address)).headers["cache-control"]
    clock.now += 7
    assert (await client.get(address)).status_code == 404


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("", "validation"),
        ("url=ftp://a.example/", "article-blocked"),
        ("url=https://a.example/&platform=myspace", "validation"),
        ("url=https://a.example/&text=Some", "validation"),
        ("url=https://a.example/&refresh=true", "validation"),
        ("url=https://a.example/&max_posts=26", "validation"),
    ],
)
async def test_a_query_is_checked_as_a_body_is(client_of: Make, query: str, kind: str) -> None:
    response = await client_of().get(f"/api/thread?{query}")
    assert (response.status_code, response.json()["type"]) == (422, f"/problems/{kind}")
    assert response.headers["cache-control"] == "no-store"


async def test_a_maker_deletes_the_thread_and_the_answer_that_gives_it(
    instance_of: Instances, store_settings: dict[str, Any], clock: Clock
) -> None:
    one = instance_of(**store_settings)
    two = instance_of(**store_settings) if store_settings else one
    made, token = await make(one)
    assert thread_id_of(token) == made["id"]
    assert (await two.get(f"/api/threads/{made['id']}")).status_code == 200
    deleted = await one.delete(f"/api/threads/{made['id']}", headers={HEADER: token})
    seconds = deleted.json()["gone_everywhere_in_seconds"]
    assert deleted.json() == {
        "success": True,
        "message": "The kept answer was removed.",
        "removed": 1,
        "gone_everywhere_in_seconds": 80 if store_settings else 50,
    }
    clock.now += seconds
    assert (await two.get(f"/api/threads/{made['id']}")).status_code == 404
    assert (await make(two))[0]["cached"] is False
    again = await one.delete(f"/api/threads/{made['id']}", headers={HEADER: token})
    assert (again.status_code, again.json()["type"]) == (404, "/problems/not-found")


async def test_only_the_request_that_made_a_thread_gets_its_token(
    instance_of: Instances, store_settings: dict[str, Any], site: Site
) -> None:
    client = instance_of(**store_settings)
    answers = [await make(client, url=f"{site.url}{path}") for path in ("/a", "/a", "/copy", "/copy")]
    assert [bool(token) for _, token in answers] == [True, False, True, False]
    id_ = answers[0][0]["id"]
    rewritten = await client.post(f"/api/threads/{id_}/posts/1/rewrite")
    assert thread_id_of(rewritten.headers[HEADER]) == rewritten.json()["id"]
    assert "delete_token" not in rewritten.text + str(answers[0][0])


@pytest.mark.parametrize(
    ("settings", "headers", "status"),
    [
        pytest.param({}, {}, 401, id="no token"),
        pytest.param({}, {HEADER: new_delete_token()}, 401, id="another's token"),
        pytest.param({}, {HEADER: "é" * 9}, 401, id="no token's form"),
        pytest.param({}, {"Authorization": "Bearer "}, 401, id="nobody is admin without ADMIN_TOKEN"),
        pytest.param({"admin_token": "right"}, {"Authorization": "Bearer wrong"}, 401, id="wrong admin"),
        pytest.param({"admin_token": "right"}, {"Authorization": "Bearer right"}, 200, id="admin"),
        pytest.param({"environment": "production"}, {"Authorization": "Bearer x"}, 401, id="production"),
    ],
)
async def test_nobody_else_but_the_admin_deletes_a_thread(
    client_of: Make, settings: dict[str, str], headers: dict[str, str], status: int
) -> None:
    client = client_of(fetch_allow_hosts=(), **settings)
    made, _ = await make(client)
    encoded = {name.encode(): value.encode() for name, value in headers.items()}
    refused = await client.delete(f"/api/threads/{made['id']}", headers=encoded)
    assert refused.status_code == status
    if status == 401:
        assert refused.json()["type"] == "/problems/unauthorized"
        assert (await client.get(f"/api/threads/{made['id']}")).status_code == 200


async def test_a_wrong_token_asks_no_store(
    instance_of: Instances, front: Any, upstash_settings: dict[str, Any]
) -> None:
    client = instance_of(**upstash_settings)
    response = await client.delete(f"/api/threads/{'A' * 22}", headers={HEADER: "wrong"})
    assert (response.status_code, len(front.requests)) == (401, 0)


async def test_a_fallback_thread_is_deleted_where_it_is(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any]
) -> None:
    openai.answer = lambda _: JSONResponse({}, 400)
    client = instance_of(**store_settings)
    made, token = await make(client)
    assert made["degraded"]
    address = f"/api/threads/{made['id']}"
    assert (await client.delete(address, headers={HEADER: token})).json()["removed"] == 1
    assert (await client.get(address)).status_code == 404


async def test_a_method_that_no_route_takes_is_told_all_that_they_take(client_of: Make) -> None:
    response = await client_of().put(f"/api/threads/{'A' * 22}")
    assert (response.status_code, response.headers["allow"]) == (405, "DELETE, GET, HEAD")
