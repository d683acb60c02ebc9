"""One URL for what is fetched, linked, kept, remembered and purged, whatever the first caller wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from redis import Redis
from starlette.responses import RedirectResponse, Response

from core.cache.canonical import canonical_url
from core.cache.entry import EntryCodec
from core.threads.schemas import GenerateAnswer
from tests.support.app import Instances, Make
from tests.support.clock import Clock
from tests.support.fake_openai import FakeOpenAI
from tests.support.site import BODY, Site, page

READER = (
    "utm_source=%3Cscript&mc_eid=a1b2c3&MC_EID=d4&_gl=1*x&ml_subscriber_hash=9&__hstc=7&guce_referrer_sig=A"
)


async def test_a_readers_own_parameters_reach_neither_the_site_nor_the_thread(
    client_of: Make, site: Site
) -> None:
    url = f"{site.url}/bridge?page=2&{READER}&a=1#top"
    answer = (await client_of().post("/api/generate", json={"url": url})).json()
    clean = f"{site.url}/bridge?a=1&page=2"
    assert site.queries == ["a=1&page=2"]
    assert answer["source"]["url"] == clean
    assert clean in answer["thread"][-1]["content"]
    said = json.dumps(answer).lower()
    assert not [name for name in ("3cscript", "<script", "mc_eid", "a1b2c3", "_gl") if name in said]


async def test_the_address_that_the_page_names_is_linked_whoever_asked_first(
    client_of: Make, site: Site
) -> None:
    link = '<link rel="canonical" href="/bridge?utm_source=self">'
    site.pages["/bridge"] = lambda: Response(
        page().replace("</head>", f"{link}</head>"), media_type="text/html"
    )
    answer = (await client_of().post("/api/generate", json={"url": f"{site.url}/bridge?reader=alice"})).json()
    assert answer["source"]["url"] == f"{site.url}/bridge"
    assert "alice" not in json.dumps(answer)


async def test_a_refusal_of_one_readers_parameters_is_not_remembered_for_the_page(
    client_of: Make, store_settings: dict[str, Any], site: Site
) -> None:
    blocks = "utm_source"
    site.pages["/bridge"] = lambda: (
        Response("no", 403) if blocks in site.queries[-1] else Response(page(), media_type="text/html")
    )
    first, second = client_of(**store_settings), client_of(**store_settings)
    attack = await first.post("/api/generate", json={"url": f"{site.url}/bridge?{READER}"})
    clean = await second.post("/api/generate", json={"url": f"{site.url}/bridge"})
    assert (attack.status_code, clean.status_code) == (200, 200)


async def test_a_page_that_shows_its_parameters_is_the_clean_one_for_all(
    instance_of: Instances, openai: FakeOpenAI, site: Site
) -> None:
    def reflected() -> Response:
        return Response(page(f"<p>{site.queries[-1]} and more.</p>{BODY}"), media_type="text/html")

    site.pages["/bridge"] = reflected
    for query in (READER, "", "fbclid=9"):
        await instance_of().post("/api/generate", json={"url": f"{site.url}/bridge?{query}"})
    assert len(openai.requests) == 3
    assert "script" not in json.dumps(openai.requests).lower()
    assert "a1b2c3" not in json.dumps(openai.requests)


async def test_the_link_is_where_the_redirects_ended_without_what_they_added(
    client_of: Make, site: Site
) -> None:
    site.pages["/short"] = lambda: RedirectResponse("/long?utm_medium=redirect&z=1&fbclid=2&b=#part")
    answer = (await client_of().post("/api/generate", json={"url": f"{site.url}/short?{READER}"})).json()
    assert answer["source"]["url"] == f"{site.url}/long?b=&z=1"
    assert answer["thread"][-1]["content"].count(f"{site.url}/long?b=&z=1") == 1
    assert site.queries == ["", "utm_medium=redirect&z=1&fbclid=2&b="]


async def test_an_address_is_purged_in_any_of_its_spellings(
    client_of: Make,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    store_settings: dict[str, Any],
    site: Site,
) -> None:
    client = client_of(**model_settings, **store_settings)
    await client.post("/api/generate", json={"url": f"{site.url}/bridge?b=1&a=2&{READER}"})
    named = {"url": f"{site.url}/bridge?{READER}&a=2&b=1#x"}
    assert (await client.request("DELETE", "/api/cache/clear", json=named)).json()["success"] is True


async def test_a_link_that_an_earlier_version_took_from_a_caller_is_not_kept_on(
    instance_of: Instances,
    openai: FakeOpenAI,
    upstash_settings: dict[str, Any],
    valkey: Redis,
    clock: Clock,
    site: Site,
) -> None:
    headers = {"ETag": '"v1"'}
    site.pages["/bridge"] = lambda: Response(page(), media_type="text/html", headers=headers)
    client = instance_of(**upstash_settings, local_cache_seconds=0)
    url = f"{site.url}/bridge"
    thread_id = (await client.post("/api/generate", json={"url": url})).json()["id"]
    _rewrite(valkey, f"threadr:cache:url:{url}*", lambda text: text.replace("/bridge", "/bridge?mc_eid=a1b2"))
    clock.now += 25 * 3_600
    response = await client.post("/api/generate", json={"url": url})
    assert "mc_eid" not in response.text
    assert (site.conditions[-1], len(openai.requests)) == ((None, None), 1)
    assert (await client.get(f"/api/threads/{thread_id}")).status_code == 200


def _rewrite(valkey: Redis, pattern: str, change: Callable[[str], str]) -> None:
    """Change the kept answer, as if another version had written it."""
    (key,) = list(valkey.keys(pattern))
    codec = EntryCodec(GenerateAnswer)
    entry = codec.from_value(str(valkey.get(key)))
    assert entry is not None
    payload = change(json.dumps({"answer": entry.answer.model_dump(), "content": entry.content}))
    fields = json.loads(payload) | {
        "draft": asdict(entry.draft),
        "validators": entry.validators,
        "posts": entry.posts,
    }
    valkey.set(key, " ".join([*str(valkey.get(key)).split(" ")[:4], json.dumps(fields)]), keepttl=True)


@pytest.mark.parametrize(
    "query", ["page&a=2&a=1&b", "12345-title", "q=a+b&q=%C3%BC", "a[]=2&a[]=1", "q=%3Cb%3E"], ids=str
)
async def test_what_is_fetched_is_what_is_canonical(client_of: Make, site: Site, query: str) -> None:
    url = f"{site.url}/bridge?{query}"
    answer = (await client_of().post("/api/generate", json={"url": url})).json()
    assert answer["source"]["url"] == canonical_url(url) == f"{site.url}/bridge?{site.queries[0]}"
