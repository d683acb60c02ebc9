"""Headers: structured fields parse (RFC 9651), security is everywhere, HEAD is GET without its body."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import Any

import http_sf
import httpx
import pytest
from http_sf import Token
from starlette.responses import Response

from tests.support.app import Make
from tests.support.fake_openai import FakeOpenAI
from tests.support.loopback import closed_port
from tests.support.site import ARTICLE, Site

PRODUCTION: dict[str, Any] = {"environment": "production", "fetch_allow_hosts": ()}
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
REASONS = "bypass method uri-miss vary-miss miss request stale partial".split()  # RFC 9211, section 2.2


def field(response: httpx.Response, name: str) -> Any:
    """The one member of the list that the header is, and its parameters."""
    parsed: Any = http_sf.parse(response.headers[name].encode(), tltype="list")
    ((item, parameters),) = parsed
    return item, parameters


def cache_status(response: httpx.Response) -> dict[str, Any]:
    """The parameters, each of the type that RFC 9211, section 2, gives it."""
    name, parameters = field(response, "cache-status")
    assert name == Token("threadr")
    types = {"hit": bool, "ttl": int, "stored": bool, "collapsed": bool, "fwd": Token, "detail": Token}
    assert {key: type(value) for key, value in parameters.items()} == {key: types[key] for key in parameters}
    assert not {"hit", "fwd"} <= parameters.keys()
    assert str(parameters.get("fwd", "miss")) in REASONS
    assert not {"stored", "collapsed"} & parameters.keys() or "fwd" in parameters
    return {key: str(value) if isinstance(value, Token) else value for key, value in parameters.items()}


async def generated(client: httpx.AsyncClient, directive: str = "", **body: Any) -> httpx.Response:
    headers = {"Cache-Control": directive} if directive else {}
    return await client.post("/api/generate", json=body or {"text": ARTICLE}, headers=headers)


async def test_cache_status_tells_a_miss_a_hit_and_a_forced_request(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any], upstash_settings: dict[str, Any]
) -> None:
    client = client_of(**model_settings, **upstash_settings)
    miss, hit, forced = await generated(client), await generated(client), await generated(client, "no-cache")
    assert cache_status(miss) == {"fwd": "uri-miss", "stored": True}
    assert cache_status(hit).keys() == {"hit", "ttl"}
    assert 86_390 < cache_status(hit)["ttl"] <= 86_400
    assert hit.headers["age"] == "0"
    assert cache_status(forced)["fwd"] == "request"


async def test_cache_status_tells_a_collapsed_request(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    openai.delay_seconds = 0.2
    client = client_of(**model_settings)
    statuses = [cache_status(found) for found in await asyncio.gather(generated(client), generated(client))]
    assert {"fwd": "uri-miss", "collapsed": True} in statuses


async def test_cache_status_tells_a_stale_answer(client_of: Make, site: Site) -> None:
    client = client_of(cache_ttl_hours=1 / 3_600_000_000)
    url = f"{site.url}/bridge"
    assert (await generated(client, url=url)).status_code == 200
    site.pages["/bridge"] = lambda: Response(status_code=500)
    assert cache_status(await generated(client, url=url)) == {
        "hit": True,
        "ttl": 0,
        "detail": "stale-if-error",
    }


async def test_cache_status_tells_that_the_store_was_bypassed(client_of: Make) -> None:
    response = await generated(client_of(redis_url=f"redis://127.0.0.1:{closed_port()}"))
    assert cache_status(response) == {"detail": "bypass"}


@pytest.mark.parametrize("status", [200, 429, 504])
async def test_rate_limit_headers_follow_the_draft(client_of: Make, status: int) -> None:
    client = client_of(rate_limit_requests=2)
    for _ in range(2 if status == 429 else 0):
        await generated(client)
    response = await generated(client, "only-if-cached" if status == 504 else "")
    assert response.status_code == status
    cache_status(response)
    (policy, quota), (same, rest) = field(response, "ratelimit-policy"), field(response, "ratelimit")
    assert (policy, quota) == ("requests", {"q": 2, "w": 3600})
    assert (same, rest.keys()) == (policy, {"r", "t"})
    assert (type(rest["r"]), type(rest["t"])) == (int, int)
    assert rest["r"] == (0 if status == 429 else 1)
    if status == 429:
        assert int(response.headers["retry-after"]) == rest["t"] > 0


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"text": 1}', b'{"url": "no address"}', b"[" * 3_000],
    ids=lambda body: str(body[:8]),
)
async def test_a_refused_request_says_the_quota_and_what_is_known_of_it(client_of: Make, body: bytes) -> None:
    client = client_of(rate_limit_requests=3)
    send = partial(client.post, "/api/generate", content=body, headers={"Content-Type": "application/json"})
    first = await send()
    made = await generated(client)
    later = await send()
    assert (first.status_code, made.status_code, later.status_code) == (422, 200, 422)
    assert "ratelimit" not in first.headers  # nothing is known of this client so far
    for response in (first, later):
        assert field(response, "ratelimit-policy") == ("requests", {"q": 3, "w": 3600})
        assert response.headers["x-ratelimit-limit"] == "3"
    assert field(later, "ratelimit")[1]["r"] == 2
    assert later.headers["x-ratelimit-remaining"] == "2"


async def test_an_article_error_carries_the_headers_of_its_own_look_up(client_of: Make) -> None:
    client = client_of(rate_limit_requests=3)
    for left in (2, 1):
        response = await generated(client, url="http://10.0.0.1/")
        assert response.status_code == 422
        assert field(response, "ratelimit")[1]["r"] == left


async def test_routes_without_a_quota_say_none(client_of: Make) -> None:
    response = await client_of().post("/api/validate", json={})
    assert response.status_code == 422
    assert "ratelimit-policy" not in response.headers


EVERYWHERE = [
    pytest.param("GET", "/", id="page"),
    pytest.param("GET", "/static/threadr.js", id="file"),
    pytest.param("GET", "/health", id="answer"),
    pytest.param("GET", "/nothing", id="404"),
    pytest.param("PUT", "/api/generate", id="405"),
    pytest.param("POST", "/api/generate", id="422"),
    pytest.param("OPTIONS", "/api/generate", id="options"),
    pytest.param("HEAD", "/", id="head"),
]


@pytest.mark.parametrize("settings", [{}, PRODUCTION], ids=["development", "production"])
@pytest.mark.parametrize(("method", "path"), EVERYWHERE)
async def test_security_headers_are_on_every_response(
    client_of: Make, settings: dict[str, Any], method: str, path: str
) -> None:
    headers = (await client_of(**settings).request(method, path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert ("strict-transport-security" in headers) == bool(settings)
    assert "x-request-id" in headers


async def test_the_pages_csp_allows_its_own_files_and_that_of_an_answer_nothing(client_of: Make) -> None:
    client = client_of()
    responses = {path: (await client.get(path)).headers for path in ("/", "/health", "/nothing")}
    policies = {path: headers["content-security-policy"] for path, headers in responses.items()}
    assert policies.pop("/").startswith(PAGE)
    assert policies == {"/health": NOTHING, "/nothing": NOTHING}


async def test_the_documents_page_loads_nothing_from_elsewhere_and_runs_nothing(client_of: Make) -> None:
    response = await client_of().get("/docs")
    assert response.headers["content-security-policy"].startswith(PAGE)
    assert set(re.findall(r'(?:href|src)="(?!#)([^"]*)"', response.text)) == {
        *("/openapi.json", "/static/threadr.css", "/static/icon.svg"),
    }
    assert not re.search(r"<script|<style| style=|@import|url\(", response.text)


async def test_the_documents_page_shows_every_operation_and_type(client_of: Make) -> None:
    client = client_of()
    page, document = (await client.get("/docs")).text, (await client.get("/openapi.json")).json()
    operations = [each["operationId"] for path in document["paths"].values() for each in path.values()]
    assert len(operations) > 8
    targets = set(re.findall(r'id="(\w+)"', page))
    assert targets == {*operations, *document["components"]["schemas"]}
    assert set(re.findall(r'href="#(\w+)"', page)) <= targets


@pytest.mark.parametrize(
    ("method", "path", "kept"),
    [
        ("GET", "/", "public, max-age=300"),
        ("GET", "/static/threadr.css", "public, max-age=300"),
        ("GET", "/static/nothing.css", "no-store"),
        ("GET", "/health", "no-store"),
        ("GET", "/api/rate-limit-status", "no-store"),
        ("GET", "/api/cache/stats", "no-store"),
        ("GET", "/api/threads/none", "no-store"),
        ("POST", "/api/generate", "no-store"),
    ],
)
async def test_each_route_has_its_cache_control(client_of: Make, method: str, path: str, kept: str) -> None:
    response = await client_of().request(method, path, json={"text": ARTICLE} if method == "POST" else None)
    assert response.headers["cache-control"] == kept


@pytest.mark.parametrize("path", ["/", "/static/icon.svg", "/health", "/api/rate-limit-status", "/nothing"])
async def test_head_is_get_without_its_body(client_of: Make, path: str) -> None:
    client = client_of()
    got, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    for name in ("content-type", "content-length", "cache-control", "content-security-policy"):
        assert head.headers[name] == got.headers[name]


async def test_head_of_a_post_route_is_a_405(client_of: Make) -> None:
    response = await client_of().head("/api/generate")
    assert (response.status_code, response.headers["allow"], response.content) == (405, "POST", b"")


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/", "GET, HEAD"),
        ("/docs", "GET, HEAD"),
        ("/health", "GET, HEAD"),
        ("/api/threads/x", "DELETE, GET, HEAD"),
        ("/api/generate", "POST"),
        ("/api/cache/clear", "DELETE"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "TRACE", "BREW"])
async def test_a_405_names_the_methods_that_work(client_of: Make, path: str, allow: str, method: str) -> None:
    response = await client_of().request(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allow)
    assert response.headers["content-type"] == "application/problem+json"
