"""The log: one line a request, without secrets; the saved query equals the statistics."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest
import yaml
from fastapi import APIRouter
from starlette.responses import Response

from core import log
from core.http.app import create_app
from core.settings import Settings
from tests.support.app import Instances, Make
from tests.support.clock import Clock
from tests.support.fake_openai import FakeOpenAI, completion, thread_answer
from tests.support.loopback import closed_port
from tests.support.paths import ROOT
from tests.support.site import ARTICLE, Site

SERVERLESS = yaml.safe_load((ROOT / "serverless.yml").read_text(encoding="utf-8"))
QUERY = SERVERLESS["resources"]["Resources"]["HitRateQuery"]["Properties"]["QueryString"]
Lines = list[dict[str, Any]]


def lines_of(capsys: pytest.CaptureFixture[str]) -> Lines:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def results_of(query: str, lines: Lines) -> dict[str, Any]:
    """The results of a saved query in Logs Insights: of a filter, sums and a formula."""
    (wanted,) = re.findall(r"^filter ispresent\((\w+)\)", query)
    lines = [line for line in lines if wanted in line]
    sums = {
        alias: sum(line[name] for line in lines)
        for name, alias in re.findall(r"sum\((\w+)\) as (\w+)", query)
    }
    ((formula, alias),) = re.findall(r"(1 - all_generated / [^/]+) as (\w+)$", query, re.MULTILINE)
    return sums | {alias: eval(formula, {}, sums)}  # noqa: S307 (the template's own text)


async def test_every_request_has_one_line(
    client_of: Make, model_settings: dict[str, Any], upstash_settings: dict[str, Any], capsys: Any, site: Site
) -> None:
    client = client_of(**model_settings, **upstash_settings)
    response = await client.post("/api/generate", json={"url": f"{site.url}/bridge"})
    (line,) = lines_of(capsys)
    measured = {name: line.pop(name) for name in ("milliseconds", "store_ms", "article_ms", "writing_ms")}
    assert all(0 < taken <= measured["milliseconds"] for taken in measured.values())
    assert line.pop("timestamp").endswith("+00:00")
    assert line.pop("store_commands") > 0
    assert line == {
        "level": "info",
        "message": "Successfully generated thread using OpenAI",
        "request_id": response.headers["x-request-id"],
        "method": "POST",
        "route": "/api/generate",
        "status": 200,
        "cache": "miss",
        "cache_status": "fwd=uri-miss; stored",
        "hits": 0,
        "misses": 1,
        "collapsed": 0,
        "same_content": 0,
        "same_draft": 0,
        "stale_served": 0,
        "generated": 1,
        "composed": 0,
        "tokens_in": 1_000,
        "tokens_out": 200,
        "cost_usd": response.json()["usage"]["cost_usd"],
        "store_trips": 3,
        "store_errors": 0,
        "generator": "openai",
        "degraded": 0,
    }
    parts = re.findall(r"(\w+);dur=[\d.]+", response.headers["server-timing"])
    assert parts == ["store", "article", "writing"]


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        pytest.param("GET", "/nothing/canary", None, (404, None, "not-found"), id="no-route"),
        pytest.param(
            "PUT", "/api/generate", None, (405, "/api/generate", "method-not-allowed"), id="no-method"
        ),
        pytest.param(
            "GET", "/api/threads/canary", None, (404, "/api/threads/{id}", "not-found"), id="template"
        ),
        pytest.param(
            "POST", "/api/generate", '{"canary": 1}', (422, "/api/generate", "validation"), id="not-valid"
        ),
        pytest.param(
            "POST", "/api/generate", "c" * 7_000_000, (413, "/api/generate", "validation"), id="too-large"
        ),
    ],
)
async def test_a_refused_request_has_a_line_without_its_content(
    client_of: Make, method: str, path: str, body: str | None, expected: Any, capsys: Any
) -> None:
    headers = {"Content-Type": "application/json"}
    await client_of().request(method, path, content=body, headers=headers)
    (line,) = lines_of(capsys)
    assert (line["status"], line.get("route"), line["problem"]) == expected
    assert "canary" not in json.dumps(line)


async def test_other_lines_have_the_id_of_their_request(
    client_of: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    client = client_of(redis_url=f"redis://127.0.0.1:{closed_port()}")
    ids = [
        (await client.post("/api/generate", json={"text": ARTICLE})).headers["x-request-id"] for _ in range(2)
    ]
    log.event("Outside")
    *lines, outside = lines_of(capsys)
    assert [(line["message"], line["request_id"]) for line in lines] == [
        ("Store failed", ids[0]),
        ("Successfully generated thread using the built-in composer", ids[0]),
        ("Store failed", ids[1]),
        ("Returning cached thread response", ids[1]),
    ]
    assert [(line["cache"], line["store_errors"]) for line in lines[1::2]] == [("bypass", 1), ("bypass", 1)]
    assert "request_id" not in outside


async def test_a_request_that_is_cancelled_has_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    router, reached = APIRouter(), asyncio.Event()

    @router.get("/hanging")
    async def hanging() -> None:
        reached.set()
        await asyncio.Event().wait()

    transport = httpx.ASGITransport(create_app(router, settings=Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        request = asyncio.create_task(client.get("/hanging"))
        await reached.wait()
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
    (line,) = lines_of(capsys)
    assert (line["route"], line.get("status")) == ("/hanging", None)


def test_lines_take_any_text(capfd: pytest.CaptureFixture[str]) -> None:
    log.set_up()
    log.event("Two\nlines, a lone \ud800 and an é", odd=object, missing=None)
    (line,) = capfd.readouterr().out.splitlines()
    assert json.loads(line)["message"] == "Two\nlines, a lone \ud800 and an é"
    assert line.isascii()


async def _fail() -> None:
    raise ValueError("canary")


def lose_a_task() -> None:
    """A task whose error nobody asks for, as asyncio tells of it when the task is collected."""

    async def start() -> None:
        lost = asyncio.ensure_future(_fail())
        await asyncio.sleep(0)
        del lost

    asyncio.run(start())
    gc.collect()


def fail_in_a_callback() -> None:
    async def start() -> None:
        asyncio.get_running_loop().call_soon(int, "canary")
        await asyncio.sleep(0)

    asyncio.run(start())


OTHERS = [
    pytest.param(lose_a_task, "Task exception was never retrieved", "asyncio", id="task"),
    pytest.param(fail_in_a_callback, "Exception in callback int(", "asyncio", id="callback"),
    pytest.param(
        lambda: logging.getLogger("uvicorn.start").error(OSError(98, "canary")),
        "Address already in use",
        "uvicorn.start",
        id="port-taken",
    ),
    pytest.param(
        lambda: logging.getLogger("uvicorn.start").warning("Cancel %s tasks", "canary"),
        "Cancel %s tasks",
        "uvicorn.start",
        id="server",
    ),
    pytest.param(
        lambda: logging.getLogger("a.library").warning("canary %d", "canary"),
        "A library logged this",
        "a.library",
        id="library",
    ),
]


@pytest.mark.parametrize(("cause", "message", "name"), OTHERS)
def test_lines_of_others_are_json_without_values(
    cause: Callable[[], None], message: str, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    log.set_up()
    cause()
    out, err = capfd.readouterr()
    (line,) = map(json.loads, out.splitlines())
    assert (line["message"], line["logger"], err) == (message, name, "")
    assert "canary" not in out


_WARNING = """
import logging.config, uvicorn.config, warnings
logging.config.dictConfig(uvicorn.config.LOGGING_CONFIG)  # as uvicorn does before it imports the app
from functions import local
warnings.warn("canary", UserWarning)
logging.getLogger("uvicorn.error").error("Said once")
"""


def test_warnings_are_json_as_the_server_starts_the_app() -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _WARNING], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["message"] for line in lines] == ["<string>:5: UserWarning", "Said once"]
    assert done.stderr == ""


def test_http_clients_log_no_addresses() -> None:
    log.set_up()
    assert not any(logging.getLogger(name).isEnabledFor(logging.INFO) for name in ("httpx", "httpx2"))


def writes(body: dict[str, Any]) -> dict[str, Any]:
    """Threads, single posts, and a refusal."""
    if "Refuse this" in json.dumps(body):
        return completion(refusal="No.")
    wants_thread = "posts" in json.dumps(body.get("response_format", {}))
    return thread_answer() if wants_thread else completion(json.dumps({"post": "Said better."}))


async def mixed_run(one: httpx.AsyncClient, other: httpx.AsyncClient, site: Site, clock: Clock) -> None:
    """Requests with every outcome."""

    async def post(client: httpx.AsyncClient, headers: dict[str, str] | None = None, **body: Any) -> Any:
        return (await client.post("/api/generate", json=body, headers=headers)).json()

    made = await post(one, text=ARTICLE)
    for client in (one, other, other):  # kept in the process, in the store, in the process
        await post(client, text=ARTICLE)
    await asyncio.gather(*(post(one, text=f"{ARTICLE} Together.") for _ in range(4)))
    await asyncio.gather(*(post(client, text=f"{ARTICLE} Apart.") for client in (one, other)))
    await post(one, text=ARTICLE, refresh=True)
    await post(one, {"Cache-Control": "only-if-cached"}, text="Never requested before.")
    await post(one, text="Refuse this.")
    await post(one, text=ARTICLE, generator="extractive")
    rewrite = f"/api/threads/{made['id']}/posts/1/rewrite"
    assert (await one.post(rewrite, json={})).status_code == 200
    for path in ("bridge", "copy"):
        await post(one, url=f"{site.url}/{path}")
    site.pages = {f"/{path}": partial(Response, status_code=404) for path in ("bridge", "gone")}
    clock.now += 25 * 3_600
    for path in ("bridge", "gone", "gone"):  # stale, failed, remembered as failed
        await post(one, url=f"{site.url}/{path}")
    await post(other, text=ARTICLE)
    for client in (one, other):  # sends the counters that wait
        await post(client, text=ARTICLE, refresh=True)


@pytest.mark.parametrize("scope", ["requests", "generations"])
async def test_the_saved_query_equals_the_statistics(
    instance_of: Instances,
    openai: FakeOpenAI,
    store_settings: dict[str, Any],
    site: Site,
    clock: Clock,
    capsys: pytest.CaptureFixture[str],
    scope: str,
) -> None:
    openai.answer, openai.delay_seconds = writes, 0.02
    settings = {**store_settings, "rate_limit_scope": scope, "rate_limit_requests": 20}
    one = instance_of(**settings)
    # The dict is not shared, so there both are the same process.
    other = instance_of(**settings) if store_settings else one
    await mixed_run(one, other, site, clock)
    last = instance_of(**settings) if store_settings else one
    answers = [await last.post("/api/generate", json={"text": f"Text {n}."}) for n in range(20)]
    assert answers[-1].status_code == 429
    stats = (await one.get("/api/cache/stats")).json()
    lines = lines_of(capsys)
    results = results_of(QUERY, lines)
    names = (
        "hits misses collapsed same_content same_draft stale_served generated tokens_in tokens_out cost_usd"
    )
    assert {name: round(results[f"all_{name}"], 6) for name in names.split()} == {
        name: stats[name] for name in names.split()
    }
    assert round(results["hit_rate"], 4) == stats["hit_rate"]
    outcomes = {line.get("cache") for line in lines}
    assert outcomes >= {"hit", "miss", "collapsed", "stale", "forced", "blocked", "failed", "absent"}


async def test_head_is_logged_as_head(client_of: Make, capsys: pytest.CaptureFixture[str]) -> None:
    await client_of().head("/health")
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["method"] == "HEAD"
