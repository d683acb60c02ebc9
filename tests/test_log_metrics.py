"""CloudWatch metrics: by the format's own rules, of every request on Lambda, of none elsewhere."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from core.log import NAMESPACE, UNITS, metrics
from core.settings import Settings
from core.workers import fair_queue
from tests.support.app import whole_app
from tests.support.fake_openai import FakeOpenAI
from tests.support.loopback import closed_port
from tests.support.site import ARTICLE

# docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
ALLOWED_UNITS = {
    *("Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"),
    *(f"{size}{unit}" for size in ("", "Kilo", "Mega", "Giga", "Tera") for unit in ("bytes", "bits")),
}


class Context:
    """What the Lambda runtime passes beside the event."""

    function_name = "threadr-generate"
    aws_request_id = "6f1b2c3d-0000-4000-8000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


class OnLambda:
    """The app as Mangum calls it."""

    def __init__(self, app: FastAPI, context: Any) -> None:
        self._app = app
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "aws.context": self._context}, receive, send)


Lambda = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def lambda_of(model_settings: dict[str, Any]) -> AsyncIterator[Lambda]:
    """Makes clients of the app on Lambda."""
    apps: list[FastAPI] = []

    def make(context: Any = Context, **settings: Any) -> httpx.AsyncClient:
        apps.append(whole_app(Settings(**{**model_settings, **settings})))
        transport = httpx.ASGITransport(OnLambda(apps[-1], context()), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://t")

    yield make
    for app in apps:
        await app.state.services.close()


def measured(line: dict[str, Any]) -> dict[str, float]:
    """The metrics of a line, as CloudWatch takes them; fails where the specification says MUST."""
    directives = line["_aws"]
    assert set(directives) == {"Timestamp", "CloudWatchMetrics"}
    assert isinstance(directives["Timestamp"], int)
    assert 1_700_000_000_000 < directives["Timestamp"] < 4_000_000_000_000  # milliseconds
    (directive,) = directives["CloudWatchMetrics"]
    assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
    assert 1 <= len(directive["Namespace"]) <= 1_024
    for dimensions in directive["Dimensions"]:
        assert 1 <= len(dimensions) <= 30
        assert all(isinstance(line[name], str) and 1 <= len(line[name]) <= 1_024 for name in dimensions)
    assert 1 <= len(directive["Metrics"]) <= 100
    for metric in directive["Metrics"]:
        assert set(metric) == {"Name", "Unit"}
        assert metric["Unit"] in ALLOWED_UNITS
    values = {metric["Name"]: line[metric["Name"]] for metric in directive["Metrics"]}
    assert all(type(value) in (int, float) for value in values.values())
    return values


def requests_in(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if "status" in line]


async def test_hits_misses_money_and_time_are_metrics(
    lambda_of: Lambda, upstash_settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    client = lambda_of(**upstash_settings)
    for _ in range(2):
        await client.post("/api/generate", json={"text": ARTICLE})
    miss, hit = (measured(line) for line in requests_in(capsys))
    names = ("hits", "misses", "collapsed", "degraded", "cost_usd", "store_errors")
    assert [miss[name] for name in names] == [0, 1, 0, 0, pytest.approx(0.00165), 0]
    assert [hit[name] for name in names] == [1, 0, 0, 0, 0, 0]
    assert miss["store_ms"] > 0
    assert miss["writing_ms"] > 0


async def test_degraded_answers_and_errors_of_the_store_are_metrics(
    lambda_of: Lambda, openai: FakeOpenAI, capsys: pytest.CaptureFixture[str]
) -> None:
    openai.answer = lambda _: JSONResponse({}, 404)
    client = lambda_of(redis_url=f"redis://127.0.0.1:{closed_port()}")
    await client.post("/api/generate", json={"text": ARTICLE})
    await client.get("/api/cache/stats")
    await client.get("/api/monitor/health")
    made, stats, health = (measured(line) for line in requests_in(capsys))
    assert (made["degraded"], made["store_errors"]) == (1, 1)
    assert (stats["store_errors"], health["store_errors"]) == (1, 1)


async def test_a_request_of_health_has_few_metrics(
    lambda_of: Lambda, capsys: pytest.CaptureFixture[str]
) -> None:
    await lambda_of().get("/health")
    (line,) = requests_in(capsys)
    assert set(measured(line)) == {"cost_usd", "store_errors"}
    assert (line["function"], line["stack"]) == ("threadr-generate", "threadr")
    assert line["aws_request_id"] == Context.aws_request_id


async def test_a_context_without_a_name_still_gives_metrics(
    lambda_of: Lambda, capsys: pytest.CaptureFixture[str]
) -> None:
    await lambda_of(lambda: None).get("/health")
    (line,) = requests_in(capsys)
    assert measured(line)["store_errors"] == 0
    assert (line["function"], line["stack"]) == ("threadr", "threadr")


async def test_elsewhere_no_metrics_are_written(
    lambda_of: Lambda, capsys: pytest.CaptureFixture[str]
) -> None:
    app = whole_app(Settings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        await client.get("/health")
    (line,) = requests_in(capsys)
    assert not {"_aws", "function"} & set(line)


@pytest.mark.parametrize(("jobs", "unhealthy"), [(64, 0), (0, 1)], ids=["healthy", "unhealthy"])
def test_the_scheduled_check_is_a_metric(
    jobs: int, unhealthy: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from functions import health_check

    monkeypatch.setattr(fair_queue, "_MAX_JOBS", jobs)
    health_check.handler({}, Context())
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert measured(line) == {"unhealthy": unhealthy}


def test_only_the_stack_is_a_dimension() -> None:
    line: Any = metrics(dict.fromkeys(UNITS, 0) | {"reason": "x"}, function="f", now=1_790_000_000.5)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == (NAMESPACE, [["stack"]])
    assert [metric["Name"] for metric in directive["Metrics"]] == list(UNITS)
    assert line["_aws"]["Timestamp"] == 1_790_000_000_500
