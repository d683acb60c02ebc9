"""Health: each part is checked within a deadline, all at once, and the result is reused for five seconds."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from core.ops.health import ServiceHealth, status_of
from core.ops.report import check
from core.services import Services
from core.settings import Settings
from core.workers import fair_queue
from core.writing.model.health_note import MODEL_NOTE, ModelHealthNote, read_note
from tests.support.app import whole_app
from tests.support.clock import Clock
from tests.support.loopback import closed_port
from tests.support.paths import ROOT
from tests.support.upstash_front import Front

HEALTH = "/api/monitor/health"
Instance = tuple[httpx.AsyncClient, Services]


@pytest.fixture
async def instance_of(clock: Clock) -> AsyncIterator[Callable[..., Instance]]:
    """Makes instances of the app on one clock that the test moves."""
    made: list[Services] = []

    def make(**settings: Any) -> Instance:
        app = whole_app(Settings(**settings), clock)
        made.append(app.state.services)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t"), made[-1]

    yield make
    for services in made:
        await services.close()


async def test_a_check_is_one_round_trip_and_is_reused_for_five_seconds(
    instance_of: Callable[..., Instance], upstash_settings: dict[str, Any], front: Front, clock: Clock
) -> None:
    client, _ = instance_of(**upstash_settings)
    answers = []
    for seconds in (0, 4.9, 0.2):
        clock.now += seconds
        responses = await asyncio.gather(*(client.get(HEALTH) for _ in range(5)))
        answers.append(({response.text for response in responses}, len(front.requests)))
    assert [(len(texts), trips) for texts, trips in answers] == [(1, 1), (1, 1), (1, 2)]
    assert answers[0][0] == answers[1][0]
    (_, commands) = front.requests[0]
    assert [command[0] for command in commands] == ["GET", "GET", "PING", "SET"]


async def test_a_caller_that_is_cancelled_does_not_cancel_the_check_of_others(
    instance_of: Callable[..., Instance], upstash_settings: dict[str, Any]
) -> None:
    _, services = instance_of(**upstash_settings)
    first, second = (asyncio.create_task(check(services)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).services["redis"].status == "healthy"
    assert first.cancelled()


def test_a_check_of_a_stopped_loop_is_not_waited_for() -> None:
    services = Services(Settings())
    loop = asyncio.new_event_loop()
    task = loop.create_task(check(services))
    loop.run_until_complete(asyncio.sleep(0))
    loop.run_until_complete(asyncio.sleep(0))
    assert not task.done()
    assert asyncio.run(check(services)).services["extraction"].status == "healthy"
    loop.run_until_complete(task)
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


async def test_extraction_for_which_no_worker_has_the_time_is_reported(
    instance_of: Callable[..., Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, services = instance_of(openai_api_key="sk-test-key")
    monkeypatch.setattr(fair_queue, "_MAX_JOBS", 0)
    checked = await check(services)
    service = checked.services["extraction"]
    assert (service.status, service.reason) == ("unusable", "the queue for workers is full")
    response = await client.get(HEALTH)
    assert (checked.status, response.json()["status"], response.status_code) == (
        "unhealthy",
        "unhealthy",
        503,
    )


_WITHOUT = """
import asyncio, httpx, json, sys
from functions import local
async def main():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(local.app), base_url="http://t") as client:
        health = await client.get("/api/monitor/health")
        made = await client.post("/api/generate", json={"text": "A text — that is short 中."})
        print(json.dumps([health.status_code, health.json()["status"],
                          health.json()["services"]["extraction"]["status"], made.status_code]))
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("library", "expected"),
    [
        pytest.param("trafilatura", [200, "degraded", "broken", 200], id="no-page-can-be-read"),
        pytest.param("sentencex", [503, "unhealthy", "model_only", 500], id="no-composer-works"),
        pytest.param("twitter_text", [503, "unhealthy", "unusable", 500], id="nothing-can-be-counted"),
    ],
)
def test_a_missing_library_is_reported_by_what_still_works(
    library: str, expected: list[Any], tmp_path: Path
) -> None:
    (tmp_path / f"{library}.py").write_text("raise ImportError")
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _WITHOUT],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == expected


@pytest.mark.parametrize(
    ("model", "status"), [("healthy", "degraded"), ("unknown", "degraded"), ("timeout", "unhealthy")]
)
def test_a_model_that_writes_is_enough(model: str, status: str) -> None:
    services = {"redis": "healthy", "openai": model, "extraction": "model_only"}
    parts = {
        name: ServiceHealth(status=health, latency_ms=None, reason=None) for name, health in services.items()
    }
    assert status_of(parts) == status


async def test_a_model_that_nobody_asked_is_unknown_and_degrades_nothing(
    instance_of: Callable[..., Instance], model_settings: dict[str, Any]
) -> None:
    answer = (await instance_of(**model_settings)[0].get(HEALTH)).json()
    assert (answer["services"]["openai"]["status"], answer["status"]) == ("unknown", "healthy")


async def test_a_function_without_the_key_shows_what_the_one_with_it_saw(
    instance_of: Callable[..., Instance], upstash_settings: dict[str, Any], valkey: Redis, clock: Clock
) -> None:
    client, _ = instance_of(**upstash_settings)
    shown = []
    for note in (None, ["healthy", None], ["quota_exceeded", "gpt: HTTP 429"]):
        if note:
            valkey.set(MODEL_NOTE, json.dumps([*note, clock.now]), px=60_000)
        clock.now += 30
        answer = (await client.get(HEALTH)).json()
        shown.append(
            (answer["status"], *(answer["services"]["openai"][name] for name in ("status", "reason")))
        )
    assert shown == [
        ("degraded", "not_configured", "OPENAI_API_KEY is not set here"),
        ("healthy", "healthy", "as the function that writes saw it 30 s ago"),
        ("degraded", "quota_exceeded", "gpt: HTTP 429, as the function that writes saw it 30 s ago"),
    ]


@pytest.mark.parametrize("value", [None, "", "{}", "[]", "[1, 2]", '["a", "b", "c"]', "null", "[" * 100_000])
def test_a_note_of_another_format_is_ignored(value: str | None) -> None:
    assert read_note(value, 1_790_000_000.0) is None


class Model:
    health, reason, was_asked = "healthy", None, True


def test_a_note_is_written_when_it_is_new_and_once_a_minute(clock: Clock) -> None:
    model: Any = Model()
    note = ModelHealthNote(model, clock)
    written = []
    for seconds, health in (
        (0, "healthy"),
        (59, "healthy"),
        (0, "timeout"),
        (30, "timeout"),
        (31, "timeout"),
    ):
        clock.now += seconds
        model.health = health
        written.append(read_note(note.model_health().get(MODEL_NOTE), clock.now))
    now = "as the function that writes saw it 0 s ago"
    assert written == [("healthy", now), None, ("timeout", now), None, ("timeout", now)]
    assert read_note(ModelHealthNote(None, clock).model_health()[MODEL_NOTE], clock.now) == (
        "not_configured",
        now,
    )


async def test_an_unreachable_store_is_reported_within_its_own_deadline(
    instance_of: Callable[..., Instance],
) -> None:
    client, _ = instance_of(redis_url=f"redis://127.0.0.1:{closed_port()}")
    answer = (await client.get(HEALTH)).json()
    assert answer["services"]["redis"]["status"] == "unreachable"
    assert (answer["status"], answer["last_scheduled_check"]) == ("degraded", None)


async def test_a_process_that_has_not_called_a_model_shows_what_another_saw(
    instance_of: Callable[..., Instance], upstash_settings: dict[str, Any], clock: Clock
) -> None:
    client, services = instance_of(**upstash_settings, openai_api_key="sk-unasked")
    note = json.dumps(["quota_exceeded", "HTTP 429", int(clock.now) - 3])
    await services.store.remember(MODEL_NOTE, note, ttl_seconds=60)
    openai = (await client.get(HEALTH)).json()["services"]["openai"]
    assert openai["status"] == "quota_exceeded"
    assert openai["reason"].endswith("3 s ago")
