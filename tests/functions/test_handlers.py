"""Each function's handler, with its sample event of events/ and the other formats that Lambda sends."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import lambda_events
from tests.support.lambda_events import Shape, alb, v1, v2
from tests.support.paths import ROOT

EVENTS = sorted((ROOT / "events").glob("*.json"))
# There is no such thread and no such key, and the token is another's.
OF_A_THREAD = (
    "threads",
    "threads.kept",
    "threads.page",
    "threads.oembed",
    "generate.edit",
    "generate.rewrite",
)
STATUSES = dict.fromkeys(OF_A_THREAD, 404) | dict.fromkeys(("generate.usage", "cache.thread"), 401)
EXPECTED: dict[str, Callable[[Any], bool]] = {
    "generate": lambda answer: json.loads(answer["body"])["success"] is True,
    "threads.validate": lambda answer: json.loads(answer["body"])["valid"] is True,
    "pages": lambda answer: answer["body"].startswith("<!doctype html>"),
    "cache": lambda answer: json.loads(answer["body"])["available"] is True,
    "monitor.health": lambda answer: (
        json.loads(answer["body"])["services"]["extraction"]["status"] == "healthy"
    ),
    "health_check": lambda answer: answer["status"] in ("healthy", "degraded"),
}


def call(function: str, event: dict[str, Any]) -> dict[str, Any]:
    """The answer of a new process's function, which has counted no calls yet."""
    sys.modules.pop(f"functions.{function}", None)
    return lambda_events.call(function, event)


@pytest.mark.parametrize("event", EVENTS, ids=[event.stem for event in EVENTS])
def test_the_sample_event_is_answered(event: Path) -> None:
    answer = call(event.name.partition(".")[0], json.loads(event.read_text()))
    assert answer.get("statusCode", 200) == STATUSES.get(event.stem, 200)
    assert EXPECTED.get(event.stem, bool)(answer)


@pytest.mark.parametrize("shape", [v2, v1, alb], ids=["v2", "v1", "alb"])
def test_every_shape_of_event_reaches_the_route(shape: Shape) -> None:
    answer = call("generate", shape("POST", "/api/generate", json.dumps({"text": "Hello world."})))
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert json.loads(answer["body"])["thread"][0]["content"] == "Hello world."


def test_a_base64_body_is_read() -> None:
    body = base64.b64encode(b'{"text":"Hello world."}').decode()
    assert call("generate", v2("POST", "/api/generate", body, isBase64Encoded=True))["statusCode"] == 200


def test_problems_leave_as_text() -> None:
    answer = call("generate", v2("POST", "/api/generate", "{}"))
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (422, False)
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert json.loads(answer["body"])["type"] == "/problems/validation"


def test_a_handler_works_after_other_loops_have_come_and_gone() -> None:
    event = v2("GET", "/health")
    assert call("monitor", event)["statusCode"] == 200
    asyncio.run(asyncio.sleep(0))
    assert call("monitor", event)["statusCode"] == 200


def test_http_and_schedule_share_a_process() -> None:
    schedule = json.loads((ROOT / "events" / "health_check.json").read_text())
    assert call("monitor", v2("GET", "/api/monitor/health"))["statusCode"] == 200
    assert call("health_check", schedule)["services"]["extraction"]["status"] == "healthy"
    assert call("monitor", v2("GET", "/api/monitor/health"))["statusCode"] == 200


@pytest.mark.parametrize("event", [{}, None, [], "text", {"detail": None}], ids=repr)
def test_the_scheduled_check_runs_whatever_the_event_is(event: Any) -> None:
    assert call("health_check", event)["status"] in ("healthy", "degraded")


def test_a_path_of_another_function_is_not_found() -> None:
    answer = call("pages", v2("POST", "/api/generate", "{}"))
    assert (answer["statusCode"], json.loads(answer["body"])["type"]) == (404, "/problems/not-found")


@pytest.mark.parametrize("function", sorted({event.name.partition(".")[0] for event in EVENTS}))
def test_garbage_is_collected_once_a_function_is_imported(function: str) -> None:
    code = f"import gc, functions.{function}; print(gc.isenabled(), gc.get_freeze_count() > 10_000)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)  # noqa: S603
    assert done.stdout == "True True\n"


def test_a_bad_setting_stops_the_start_by_name() -> None:
    environment = {**os.environ, "RATE_LIMIT_REQUESTS": "many-canaries"}
    code = [sys.executable, "-c", "import functions.generate"]
    done = subprocess.run(code, cwd=ROOT, env=environment, capture_output=True, text=True)  # noqa: S603
    assert done.returncode == 1
    assert done.stderr.endswith("SettingsError: RATE_LIMIT_REQUESTS must be a whole number\n")
    assert "canaries" not in done.stderr
