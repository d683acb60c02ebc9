"""GET /api/threads/{id} and POST /api/validate, through the whole app, over each store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import httpx
import pytest
from redis import Redis
from starlette.responses import JSONResponse, Response

from core.http.app import create_app
from core.services import Services
from core.settings import Settings, SettingsError
from functions import threads
from tests.support.app import TOKEN, Make
from tests.support.fake_openai import FakeOpenAI
from tests.support.loopback import closed_port
from tests.support.paths import ROOT
from tests.support.site import ARTICLE, Site, page

CDN = "public, max-age=0, s-maxage=30, stale-while-revalidate=10"


async def made(client: Any, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.post("/api/generate", json={"text": ARTICLE, **body})).json()
    return answer


@pytest.mark.parametrize("generator", ["auto", "extractive"])
async def test_a_thread_is_found_under_its_id_in_every_instance(
    client_of: Make,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    upstash_settings: dict[str, Any],
    valkey: Redis,
    generator: str,
) -> None:
    answer = await made(client_of(**model_settings, **upstash_settings), generator=generator)
    response = await client_of(**upstash_settings).get(f"/api/threads/{answer['id']}")
    assert response.json() == answer
    assert response.headers["cache-control"] == CDN
    assert 0 < valkey.ttl(f"threadr:thread:{answer['id']}") <= 30 * 86_400


async def test_a_thread_without_a_store_is_found_under_its_id_in_its_process(
    client_of: Make, store_settings: dict[str, Any]
) -> None:
    client = client_of(**store_settings)
    answer = await made(client)
    assert (await client.get(f"/api/threads/{answer['id']}")).json() == answer


async def test_a_fallback_answer_has_its_permalink_and_is_no_answer_to_others(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any], upstash_settings: dict[str, Any]
) -> None:
    openai.answer = lambda _: JSONResponse({"error": {"message": "broken"}}, 500)
    answer = await made(client_of(**model_settings, **upstash_settings))
    assert answer["degraded"] is True
    other = client_of(**model_settings, **upstash_settings)
    assert (await other.get(f"/api/threads/{answer['id']}")).json()["thread"] == answer["thread"]
    assert (await made(other))["id"] != answer["id"]


async def test_no_store_leaves_no_thread(client_of: Make) -> None:
    client = client_of()
    headers = {"Cache-Control": "no-store"}
    answer = (await client.post("/api/generate", json={"text": ARTICLE}, headers=headers)).json()
    assert (await client.get(f"/api/threads/{answer['id']}")).status_code == 404


async def test_threads_of_pages_last_although_caching_is_off(
    client_of: Make,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    upstash_settings: dict[str, Any],
    site: Site,
) -> None:
    client = client_of(cache_ttl_hours=0, **model_settings, **upstash_settings)
    answer = (await client.post("/api/generate", json={"url": site.url})).json()
    assert (await client_of(**upstash_settings).get(f"/api/threads/{answer['id']}")).status_code == 200


async def test_the_same_article_at_another_address_is_a_thread_of_its_own(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any], site: Site
) -> None:
    client = client_of(**model_settings)
    ids = []
    for path in ("/one", "/two"):
        answer = (await client.post("/api/generate", json={"url": site.url + path})).json()
        assert (await client.get(f"/api/threads/{answer['id']}")).json()["source"]["url"] == site.url + path
        ids.append(answer["id"])
    assert (len(set(ids)), len(openai.requests)) == (2, 1)


@pytest.mark.parametrize(
    "known", ["{etag}", "W/{etag}", '"other", {etag}', "*"], ids=["same", "weak", "one of", "any"]
)
async def test_a_known_etag_gets_a_304(client_of: Make, known: str) -> None:
    client = client_of()
    address = f"/api/threads/{(await made(client))['id']}"
    etag = (await client.get(address)).headers["etag"]
    response = await client.get(address, headers={"If-None-Match": known.format(etag=etag)})
    assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", etag)
    assert (await client.get(address, headers={"If-None-Match": '"other"'})).status_code == 200


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("txt", "text/plain"), ("md", "text/markdown"), ("json", "application/json")],
)
async def test_a_thread_is_exported(client_of: Make, form: str, media_type: str) -> None:
    client = client_of()
    answer = await made(client)
    address = f"/api/threads/{answer['id']}"
    response = await client.get(address, params={"format": form})
    assert response.headers["content-type"].startswith(media_type)
    assert response.headers["etag"] != (await client.get(address)).headers["etag"]
    contents = [post["content"] for post in answer["thread"]]
    if form == "json":
        assert response.json() == {"posts": [{"text": content} for content in contents]}
    else:
        shown = response.text.replace("  \n", "\n")  # as Markdown keeps the end of a line
        assert all(content in shown for content in contents)
    assert (await client.get(address, params={"format": "pdf"})).status_code == 422


PAGE = page().replace(
    "<title>", '<meta property="og:description" content="A &lt;b&gt;bridge&lt;/b&gt;"><title>'
)


async def test_a_thread_is_given_as_each_api_takes_it_and_kept_by_caches(
    client_of: Make,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    upstash_settings: dict[str, Any],
    site: Site,
) -> None:
    site.pages["/a"] = lambda: Response(PAGE, media_type="text/html")
    client = client_of(**model_settings, **upstash_settings)
    answer = (await client.post("/api/generate", json={"url": f"{site.url}/a", "platform": "bluesky"})).json()
    card = {"title": "Harbour bridge closes", "description": "A bridge", "image": None, "alt": None}
    assert answer["source"]["card"] == card
    for form in ("bluesky", "mastodon", "threads", "x", "typefully"):
        address = f"/api/threads/{answer['id']}?format={form}"
        response = await client.get(address)
        assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
        assert (
            response.headers["cache-control"] == "public, max-age=0, s-maxage=30, stale-while-revalidate=10"
        )
        known = {"If-None-Match": response.headers["etag"]}
        assert (await client_of(**upstash_settings).get(address, headers=known)).status_code == 304
        posts = response.json().get("posts") or response.json()["platforms"]["bluesky"]["posts"]
        texts = [post.get("text") or post["status"] for post in posts]
        assert texts == [post["content"] for post in answer["thread"]]


async def test_a_thread_that_another_platform_does_not_take_is_a_problem(client_of: Make) -> None:
    client = client_of()
    response = await client.get(f"/api/threads/{(await made(client))['id']}?format=linkedin")
    assert (response.status_code, response.json()["type"]) == (422, "/problems/validation")
    assert response.json()["detail"].endswith("Make the thread again with platform: linkedin.")


@pytest.mark.parametrize(
    "thread_id", ["x", "A" * 22, "A" * 5_000, "..%2Fcache", "%00"], ids=lambda text: text[:9]
)
async def test_a_thread_is_not_found_by_guessing(
    client_of: Make, store_settings: dict[str, Any], thread_id: str
) -> None:
    response = await client_of(**store_settings).get(f"/api/threads/{thread_id}")
    assert (response.status_code, response.json()["type"]) == (404, "/problems/not-found")


@pytest.mark.parametrize(
    "damage", ["", "rubbish", '1 1 0 ab {"thread": []}', '1 1 0 ab [[],[],"",[null,null]]']
)
async def test_a_damaged_thread_is_not_found(
    client_of: Make, upstash_settings: dict[str, Any], valkey: Redis, damage: str
) -> None:
    valkey.set(f"threadr:thread:{'A' * 22}", damage)
    assert (await client_of(**upstash_settings).get(f"/api/threads/{'A' * 22}")).status_code == 404


async def test_an_unreachable_store_is_not_mistaken_for_an_absent_thread(client_of: Make) -> None:
    client = client_of(redis_url=f"redis://127.0.0.1:{closed_port()}")
    response = await client.get(f"/api/threads/{'A' * 22}")
    assert (response.status_code, response.json()["type"]) == (503, "/problems/cache-unavailable")


async def test_a_thread_is_validated_as_it_came_and_as_plain_texts(client_of: Make) -> None:
    client = client_of()
    answer = await made(client)
    for thread in (answer["thread"], [post["content"] for post in answer["thread"]]):
        response = await client.post("/api/validate", json={"thread": thread})
        answer = response.json()
        assert (response.status_code, answer["valid"]) == (200, True)
        assert [post["character_count"] for post in answer["thread"]] == [
            post["character_count"] for post in answer["thread"]
        ]


async def test_a_post_that_is_too_long_for_another_platform_is_reported(client_of: Make) -> None:
    body = {"thread": ["w" * 400], "platform": "bluesky"}
    answer = (await client_of().post("/api/validate", json=body)).json()
    assert (answer["success"], answer["valid"], answer["limit"]) == (True, False, 300)
    assert answer["thread"][0] == {
        "number": 1,
        "total": 1,
        "content": "w" * 400,
        "character_count": 400,
        "remaining": -100,
        "problems": ["It is 100 over the limit of 300."],
    }


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"thread": []}, id="no-posts"),
        pytest.param({"thread": ["x"] * 101}, id="too-many"),
        pytest.param({"thread": ["x" * 10_001]}, id="too-long"),
        pytest.param({"thread": ["x" * 10_000] * 4}, id="too-long-together"),
        pytest.param({"thread": ["x"], "platform": "myspace"}, id="platform"),
        pytest.param({"thread": [{"text": "x"}]}, id="no-content"),
        pytest.param({"thread": "x"}, id="no-list"),
        pytest.param({"thread": [1]}, id="no-text"),
        pytest.param({"thread": ["x"], "canary7f3a": 1}, id="unknown-field"),
    ],
)
async def test_a_body_that_is_not_a_thread_is_refused_without_an_echo(
    client_of: Make, body: dict[str, Any]
) -> None:
    response = await client_of().post("/api/validate", json=body)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/validation")
    assert "canary" not in response.text
    assert len(response.content) < 2_048


async def test_lone_surrogates_are_refused(client_of: Make) -> None:
    content = json.dumps({"thread": ["\ud800"]})
    response = await client_of().post(
        "/api/validate", content=content, headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 422


async def test_a_permalink_is_read_with_the_token_that_can_do_no_more(
    client_of: Make, upstash_settings: dict[str, Any]
) -> None:
    answer = await made(client_of(**upstash_settings), generator="extractive")
    readers = {"upstash_redis_rest_token": None, "upstash_redis_rest_readonly_token": TOKEN}
    settings = Settings(**upstash_settings | readers)
    app = create_app(threads.router, settings=settings, make_services=Services.of_readers)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://threadr.test"
    ) as client:
        assert (await client.get(f"/api/threads/{answer['id']}")).json() == answer
    await app.state.services.close()


def test_a_function_that_writes_does_not_start_with_a_read_only_token_alone() -> None:
    settings = Settings(upstash_redis_rest_url="https://x.test", upstash_redis_rest_readonly_token="r")
    with pytest.raises(SettingsError, match="UPSTASH_REDIS_REST_TOKEN is missing"):
        Services(settings)


def test_only_the_function_that_reads_takes_the_read_only_token() -> None:
    code = "from functions import {0}; print({0}.app.state.services.settings.upstash_redis_rest_token)"
    tokens = {"UPSTASH_REDIS_REST_TOKEN": "writes", "UPSTASH_REDIS_REST_READONLY_TOKEN": "reads"}
    environ = os.environ | tokens | {"UPSTASH_REDIS_REST_URL": "https://x.test"}
    taken = [
        subprocess.run(  # noqa: S603
            [sys.executable, "-c", code.format(name)], cwd=ROOT, env=environ, check=True, capture_output=True
        ).stdout
        for name in ("threads", "local")
    ]
    assert taken == [b"reads\n", b"writes\n"]
