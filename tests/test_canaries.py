"""No secret leaves: every route, in success and in failure, with a canary in every setting that holds one."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from fastapi.routing import iter_route_contexts
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core import log
from core.http.app import create_app
from core.settings import Settings
from tests.support.app import TOKEN, Make, whole_app
from tests.support.canary_guard import CanaryGuard, forms, secrets_of
from tests.support.fake_openai import FakeOpenAI
from tests.support.loopback import closed_port, serving
from tests.support.paths import ROOT
from tests.support.site import ARTICLE, page

CANARIES: dict[str, Any] = {
    "openai_api_key": "sk-canary-model-key",
    "admin_token": "canary-admin-token",
    "api_keys": ("canary-first-key", "partner:canary-second-key:10/1h:1/day"),
    "cors_origins": ("https://threadr.example",),
}
# What the caller sends must not come back, either.
SENT = {"Authorization": "Bearer canary-admin-token", "X-API-Key": "canary-first-key"}
WRONG = {"Authorization": "Bearer canary-wrong-token", "X-API-Key": "canary-wrong-key"}


# URL and ID stand for a page and a thread.
REQUESTS = [
    ("POST", "/api/generate", '{"url": "URL"}'),
    ("POST", "/api/generate", '{"url": "URL", "generator": "openai", "refresh": true}'),
    ("POST", "/api/generate", '{"canary-wrong'),
    ("POST", "/api/threads/{id}/edit", '{"thread": ["One."]}'),
    ("POST", "/api/threads/{id}/posts/{n}/rewrite", '{"wish": "shorter"}'),
    ("POST", "/api/validate", '{"platform": "x", "thread": ["A post."]}'),
    ("GET", "/api/threads/{id}", ""),
    ("GET", "/api/rate-limit-status", ""),
    ("GET", "/api/usage", ""),
    ("POST", "/api/estimate", '{"url": "URL"}'),
    ("GET", "/api/cache/stats", ""),
    ("DELETE", "/api/cache/clear", '{"url": "URL"}'),
    ("GET", "/api/thread", ""),
    ("DELETE", "/api/threads/{id}", ""),
    ("GET", "/health", ""),
    ("GET", "/api/monitor/health", ""),
    ("GET", "/debug/startup", ""),
    ("GET", "/", ""),
    ("GET", "/openapi.json", ""),
    ("GET", "/api/canary-wrong", ""),
    ("PATCH", "/api/generate", ""),
]


async def request_every_route(client: httpx.AsyncClient, url: str, headers: dict[str, str]) -> None:
    headers = headers | {"Content-Type": "application/json"}
    made = await client.post("/api/generate", json={"text": ARTICLE}, headers=headers)
    for method, template, body in REQUESTS:
        path = template.replace("{id}", made.json().get("id", "none")).replace("{n}", "1")
        response = await client.request(method, path, headers=headers, content=body.replace("URL", url))
        assert "canary-wrong" not in f"{response.headers}{response.text}".replace(path, "")


def test_every_route_of_the_api_is_requested() -> None:
    routes = iter_route_contexts(whole_app(Settings()).routes)
    written = {f"{method} {at.path}" for at in routes for method in at.methods or () if method != "HEAD"}
    sent = {f"{method} {template}" for method, template, _ in REQUESTS}
    assert {at for at in written if " /api/" in at or " /health" in at or " /debug/" in at} <= sent


@pytest.fixture(scope="module")
def echo() -> Iterator[str]:
    """A site whose articles contain the query of the request."""

    async def article(request: Request) -> Response:
        text = "".join(
            f"<p>This site was sent the header {name}: {it}.</p>" for name, it in request.headers.items()
        )
        return Response(page(text * 3), media_type="text/html")

    with serving(Starlette(routes=[Route("/{path:path}", article)])) as url:
        yield url


def echoing_model(openai: FakeOpenAI, status: int) -> None:
    message = f"Incorrect API key provided: {CANARIES['openai_api_key']}, at {openai.url}."
    openai.answer = lambda _: JSONResponse({"error": {"message": message, "code": "x"}}, status)


def settings_for(case: str, openai: FakeOpenAI, upstash: dict[str, Any]) -> dict[str, Any]:
    """The stores and models of a case, which are made to fail as it says."""
    match case.split():
        case ["model", status]:
            echoing_model(openai, int(status))
        case ["store", "away"]:
            return {"redis_url": f"redis://canary-user:canary%2Dpassword@127.0.0.1:{closed_port()}/0"}
        case ["store", "newline"]:
            return upstash | {"upstash_redis_rest_token": f"{TOKEN}\ncanary-second-line"}
        case ["store", "token"]:
            return upstash | {"upstash_redis_rest_token": "canary-upstash"}
        case ["address"]:
            return {"openai_base_url": openai.url.replace("://", "://canary-user:canary-password@")}
        case ["production"]:
            return upstash | {"environment": "production", "fetch_allow_hosts": ()}
    return upstash


CASES = "well|production|store away|store newline|store token|model 401|model 400|address".split("|")


@pytest.mark.parametrize("headers", [SENT, WRONG], ids=["right", "wrong"])
@pytest.mark.parametrize("case", CASES)
async def test_no_secret_leaves(
    client_of: Make,
    openai: FakeOpenAI,
    echo: str,
    upstash_settings: dict[str, Any],
    model_settings: dict[str, Any],
    case: str,
    headers: dict[str, str],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = {**model_settings, **CANARIES, "rate_limit_requests": 100}
    settings |= {"fetch_allow_hosts": (echo.removeprefix("http://"),)}
    settings |= settings_for(case, openai, upstash_settings)
    caplog.set_level(logging.INFO)  # as on a platform that sets the root logger so
    await request_every_route(client_of(**settings), f"{echo}/bridge", headers)
    written = "".join([*capfd.readouterr(), caplog.text])
    secrets = secrets_of(Settings(**settings))
    assert [name for secret, name in secrets.items() if secret in written] == []
    assert "canary-wrong" not in written
    assert '"route":"/api/generate"' in written


async def test_an_error_that_holds_a_secret_is_logged_by_its_kind_and_place(
    capfd: pytest.CaptureFixture[str], canary_guard: CanaryGuard
) -> None:
    router = APIRouter()

    @router.get("/broken")
    async def broken() -> None:
        raise RuntimeError(CANARIES["admin_token"]) from ValueError(CANARIES["openai_api_key"])

    app = create_app(router, settings=Settings(**CANARIES))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://threadr.test") as client:
        assert (await client.get("/broken")).status_code == 500
    written = "".join(capfd.readouterr())
    assert "RuntimeError" in written
    assert "canary" not in written


@pytest.mark.parametrize(
    ("leaves", "where"),
    [
        pytest.param(lambda secret: Response(f"my {secret}"), ["in a body"], id="body"),
        pytest.param(lambda secret: Response(headers={"X-Secret": secret}), ["in headers"], id="header"),
        pytest.param(lambda secret: log.event(f"my {secret}"), ["in a log line of threadr"], id="log"),
    ],
)
async def test_an_app_that_leaks_is_found_by_name(
    canary_guard: CanaryGuard, leaves: Callable[[str], Any], where: list[str]
) -> None:
    router = APIRouter()

    @router.get("/leak")
    async def leak() -> Response:
        return leaves("canary-admin-token") or Response("nothing")

    app = create_app(router, settings=Settings(**CANARIES))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        await client.get("/leak")
    assert canary_guard.forgive() == [f"ADMIN_TOKEN {place}" for place in where]


def test_a_secret_is_known_in_all_its_forms() -> None:
    assert forms("first-line\nsecond-line") == {
        "first-line\nsecond-line",
        "first-line\\nsecond-line",
        "first-line",
        "second-line",
    }
    assert {"pass-word", "pass%2Dword"} < forms("redis://someone:pass%2Dword@h:1/0")
    assert forms("short") == set()
    named = secrets_of(Settings(**CANARIES, redis_url="redis://:canary-password@h:1"))
    assert set(named.values()) == {"OPENAI_API_KEY", "ADMIN_TOKEN", "API_KEYS", "REDIS_URL"}
    assert "canary-password" in named


_LAMBDA = """
import importlib, json
events = json.loads(open(0).read())
class Context:
    function_name, aws_request_id = "generate", "lambda-1"
    def get_remaining_time_in_millis(self): return 9_000
for function, event in events:
    print(importlib.import_module(f"functions.{function}").handler(event, Context()))
"""


@pytest.mark.parametrize("store", ["rest", "redis"])
def test_no_secret_leaves_a_lambda_function(store: str) -> None:
    port = closed_port()
    secret = {
        "OPENAI_API_KEY": "sk-canary-key",
        "OPENAI_BASE_URL": f"http://canary:canary@127.0.0.1:{port}/v1",
        "ADMIN_TOKEN": "canary-admin",
        "API_KEYS": "canary-1,canary-2",
    }
    secret |= (
        {
            "UPSTASH_REDIS_REST_URL": f"http://127.0.0.1:{port}",
            "UPSTASH_REDIS_REST_TOKEN": "canary-a\ncanary-b",
        }
        if store == "rest"
        else {"REDIS_URL": f"redis://canary:canary@127.0.0.1:{port}"}
    )
    events = [(path.stem, json.loads(path.read_text())) for path in sorted((ROOT / "events").glob("*.json"))]
    environment = {**os.environ, "ENVIRONMENT": "production", **secret}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _LAMBDA],
        cwd=ROOT,
        env=environment,
        input=json.dumps([event for event in events if event[0] in {"generate", "monitor", "cache"}]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("'statusCode'") == 3
    assert re.findall(r".{0,60}canary.{0,30}", done.stdout + done.stderr) == []
