"""A path in front of all routes: as gateways, balancers and proxies leave it, and as addresses keep it."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from core.http.lambda_handler import Handler, lambda_handler
from core.settings import Settings, SettingsError
from tests.support.app import Make, whole_app
from tests.support.lambda_events import Context, alb, v1, v2

Event = dict[str, Any]
AMAZON = "a1b2c3.execute-api.eu-west-1.amazonaws.com"
BODY = json.dumps({"text": "The pool is back. It opens on Monday."})


def handler_of(**values: Any) -> Handler:
    return lambda_handler(whole_app(Settings(**values)))


@pytest.fixture(scope="module")
def handler() -> Handler:
    return handler_of(rate_limit_requests=1_000)


def rest(
    path: str, resource: str, /, *, proxy: str | None = None, method: str = "POST", **context: Any
) -> Event:
    """Of a REST API, or of payload 1.0 of an HTTP API."""
    event = v1(method, path, BODY)
    parameters = {"proxy": proxy} if proxy else None
    return event | {
        "resource": resource,
        "pathParameters": parameters,
        "requestContext": event["requestContext"] | {"resourcePath": resource} | context,
    }


def http(path: str, key: str = "$default", *, proxy: str | None = None, stage: str = "$default") -> Event:
    event = v2("POST", path, BODY, routeKey=key)
    event["requestContext"]["stage"] = stage
    return event | ({"pathParameters": {"proxy": proxy}} if proxy else {})


def at_amazon(event: Event) -> Event:
    return event | {"headers": {"Host": AMAZON, "content-type": "application/json"}}


GREEDY = "/{proxy+}"
ROUTE = "api/generate"


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(rest("/threadr/api/generate", GREEDY, proxy=ROUTE), id="rest-mapping"),
        pytest.param(rest("/threadr/api/generate", "/api/generate"), id="rest-mapping-own-resource"),
        pytest.param(rest("/a/b/api/generate", GREEDY, proxy=ROUTE), id="rest-nested-mapping"),
        pytest.param(rest("/threadr/prod/api/generate", GREEDY, proxy=ROUTE), id="rest-mapping-and-stage"),
        pytest.param(rest("/threadr/api/generate/", GREEDY, proxy=ROUTE), id="rest-slash-at-the-end"),
        pytest.param(rest("/threadr/api/generate/", GREEDY, proxy=f"{ROUTE}/"), id="rest-slash-in-proxy"),
        pytest.param(rest("//threadr//api/generate", GREEDY, proxy=ROUTE), id="rest-two-slashes"),
        pytest.param(rest("/my%20app/api/generate", GREEDY, proxy=ROUTE), id="rest-encoded-mapping"),
        pytest.param(rest("/x/api/generate", "/api/{proxy+}", proxy="generate"), id="greedy-below-api"),
        pytest.param(
            rest("/threadr/api/generate", "/threadr/{proxy+}", proxy=ROUTE), id="greedy-below-mapping"
        ),
        pytest.param(at_amazon(rest("/api/generate", GREEDY, proxy=ROUTE)), id="rest-at-amazon"),
        pytest.param(rest("/prod/api/generate", "$default", version="1.0"), id="payload-1-stage"),
        pytest.param(rest("/prod/api/generate", GREEDY, proxy=ROUTE), id="payload-1-stage-greedy"),
        pytest.param(rest("/api/generate", "$default", stage="api"), id="payload-1-stage-of-a-routes-name"),
        pytest.param(http("/prod/api/generate", stage="prod"), id="http-stage"),
        pytest.param(at_amazon(http("/prod/api/generate", stage="prod")), id="http-stage-at-amazon"),
        pytest.param(http("/x/api/generate", "POST /api/generate"), id="http-prefix-own-route"),
        pytest.param(http("/x/y/api/generate", f"ANY {GREEDY}", proxy=ROUTE), id="http-prefix-greedy"),
        pytest.param(http("/t/api/generate", "ANY /t/{proxy+}", proxy=ROUTE), id="http-shared-api"),
        pytest.param(
            http("/dev/t/api/generate", "ANY /t/{proxy+}", proxy=ROUTE, stage="dev"), id="http-shared-stage"
        ),
        pytest.param(http("/api/generate", "POST /api/generate", stage="api"), id="http-stage-named-api"),
        pytest.param(rest("/t/api/generate", "/t/api/generate"), id="rest-below-a-resource"),
        pytest.param(rest("/x/t/u/api/generate", "/t/u/api/generate"), id="rest-mapping-and-resources"),
        pytest.param(http("/t/api/generate", "POST /t/api/generate"), id="http-route-below-another"),
        pytest.param(http("/api/generate/"), id="function-url-slash-at-the-end"),
        pytest.param(alb("POST", "//api/generate/", BODY), id="alb-slashes"),
    ],
)
def test_the_event_itself_shows_what_stands_in_front(event: Event, handler: Handler) -> None:
    assert handler(event, Context())["statusCode"] == 200


@pytest.mark.parametrize("base_path", ["/threadr", "threadr", "/threadr/", "//threadr//"])
@pytest.mark.parametrize(
    "event",
    [
        pytest.param(alb("POST", "/threadr/api/generate", BODY), id="alb-rule"),
        pytest.param(alb("POST", "/threadr/api/generate/", BODY), id="alb-slash"),
        pytest.param(alb("POST", "/api/generate", BODY), id="taken-off-on-the-way"),
        pytest.param(http("/threadr/api/generate"), id="function-url"),
        pytest.param(http("/prod/threadr/api/generate", stage="prod"), id="http-stage"),
        pytest.param(at_amazon(http("/prod/threadr/api/generate", stage="prod")), id="http-stage-at-amazon"),
        pytest.param(rest("/threadr/api/generate", GREEDY, proxy=f"threadr/{ROUTE}"), id="rest"),
    ],
)
def test_base_path_names_what_no_event_shows(event: Event, base_path: str) -> None:
    handler = handler_of(base_path=Settings.from_env({"BASE_PATH": base_path}).base_path)
    assert handler(event, Context())["statusCode"] == 200


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(
            rest("/evil/api/generate", GREEDY, proxy="evil/api/generate"), id="all-of-it-is-the-route"
        ),
        pytest.param(
            rest("/evil/api/generate", GREEDY, proxy="../api/generate"), id="proxy-that-is-not-there"
        ),
        pytest.param(rest("/evil/xapi/generate", GREEDY, proxy=ROUTE), id="in-the-midst-of-a-segment"),
        pytest.param(rest("/evil/api/generate", GREEDY), id="no-parameters"),
        pytest.param(http("/evil/api/generate"), id="nothing-is-known"),
        pytest.param(http("/production/api/generate", stage="prod"), id="stage-only-begins-so"),
        pytest.param(rest("/" + "x" * 300 + "/api/generate", GREEDY, proxy=ROUTE), id="endless"),
    ],
)
def test_a_prefix_that_nobody_set_is_not_found(event: Event, handler: Handler) -> None:
    answer = handler(event, Context())
    assert (answer["statusCode"], len(answer["body"]) < 2_048) == (404, True)


@pytest.mark.parametrize(
    ("event", "path"),
    [
        pytest.param(rest("/threadr/api/generate", GREEDY, proxy=ROUTE), "/threadr", id="mapping"),
        pytest.param(
            at_amazon(rest("/api/generate", GREEDY, proxy=ROUTE, path="/prod/api/generate")),
            "/prod",
            id="rest-stage-at-amazon",
        ),
        pytest.param(at_amazon(http("/prod/api/generate", stage="prod")), "/prod", id="http-stage-at-amazon"),
        pytest.param(http("/prod/api/generate", stage="prod"), "", id="http-stage-is-not-in-own-addresses"),
    ],
)
def test_a_problem_names_addresses_with_what_stands_in_front(
    event: Event, path: str, handler: Handler
) -> None:
    problem = json.loads(handler(event | {"body": "{}"}, Context())["body"])
    assert problem["type"] == f"{path}/problems/validation"
    assert problem["instance"] == f"{path}/api/generate"


@pytest.mark.parametrize(
    ("event", "address"),
    [
        pytest.param(rest("/t/", "/", method="GET"), "https://h/t/", id="mapping"),
        pytest.param(rest("/t", "/", method="GET"), "https://h/t", id="without-the-last-slash"),
        pytest.param(rest("/t", "/t", method="GET"), "https://h/t", id="resource"),
        pytest.param(
            at_amazon(rest("/", "/", method="GET", path="/prod/")), f"https://{AMAZON}/prod", id="stage"
        ),
        pytest.param(rest("/", "/", method="GET"), "https://h/elsewhere/", id="unseen"),
    ],
)
def test_the_page_finds_its_files_and_the_api_below_its_own_address(
    event: Event, address: str, handler: Handler
) -> None:
    page = handler(event, Context())["body"]
    found = {urljoin(address, name) for name in re.findall('(?:href|src)="([^"]+)"', page)}
    base = address.rstrip("/")
    assert found == {f"{base}/static/{name}" for name in ("icon.svg", "threadr.css", "threadr.js")}
    assert not re.search("[\"'`]/(?!/)", (whole_script := _script(handler)))
    assert 'new URL("..", import.meta.url)' in whole_script


def _script(handler: Handler) -> str:
    return str(handler(v1("GET", "/static/api.js"), Context())["body"])


async def test_behind_a_proxy_that_keeps_the_prefix_all_works(client_of: Make) -> None:
    client = client_of(base_path="/a/b")
    made = await client.post("/a/b/api/generate", content=BODY, headers={"content-type": "application/json"})
    assert (made.status_code, made.headers["x-ratelimit-remaining"]) == (200, "9")
    assert (await client.get(f"/a/b/api/threads/{made.json()['id']}")).status_code == 200
    assert '"/a/b/openapi.json"' in (page := await client.get("/a/b/docs")).text.replace("'", '"')
    assert 'href="/a/b/static/threadr.css"' in page.text
    assert (await client.get("/a/b/openapi.json")).json()["servers"] == [{"url": "/a/b"}]


def test_a_longer_route_wins_over_a_shorter_one_at_its_end(handler: Handler) -> None:
    answer = handler(rest("/t/api/monitor/health", "/api/monitor/health", method="GET"), Context())
    assert "services" in json.loads(answer["body"])


async def test_a_servers_root_path_counts_like_base_path() -> None:
    transport = httpx.ASGITransport(whole_app(Settings()), root_path="/a")
    async with httpx.AsyncClient(transport=transport, base_url="http://threadr.test") as client:
        assert (await client.get("/a/health")).status_code == 200
        assert (await client.get("/a/none")).json()["type"] == "/a/problems/not-found"


@pytest.mark.parametrize(
    "value",
    [
        "https://h/threadr",
        "/a b",
        "/../x",
        "/a/./b",
        "/{proxy+}",
        "/threadr/*?",
        "/ü",
        "C:\\x",
        "/a%2f",
        "/" + "x" * 91,
    ],
)
def test_a_base_path_that_is_no_path_stops_the_start(value: str) -> None:
    with pytest.raises(SettingsError, match="BASE_PATH must be a path such as /threadr"):
        Settings.from_env({"BASE_PATH": value})
