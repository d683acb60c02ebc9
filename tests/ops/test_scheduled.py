"""The scheduled check: what it asks, and when; what it keeps, logs and sends, and what it survives."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from redis import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.http.event_loop import on_process_loop
from core.net.tls import tls_context
from core.ops.report import check
from core.ops.scheduled import Checker, ScheduledCheck
from core.services import Services
from core.settings import Settings
from core.store.keys import LAST_HEALTH_CHECK, STATS, day_of
from core.workers import fair_queue
from core.writing.model.health_note import MODEL_NOTE, note_of
from tests.support.app import Make
from tests.support.clock import Clock
from tests.support.fake_openai import FakeOpenAI
from tests.support.loopback import closed_port, serving, silent_port
from tests.support.upstash_front import Front

HEALTH = "/api/monitor/health"
NOWHERE = f"http://127.0.0.1:{closed_port()}/v1"
MakeChecker = Callable[..., Checker]


@pytest.fixture
async def checker_of(clock: Clock) -> AsyncIterator[MakeChecker]:
    """Makes checkers on one clock; each is a process of its own."""
    made: list[Checker] = []

    def make(*, alert_seconds: float = 2.0, **settings: Any) -> Checker:
        made.append(Checker(Settings(**settings), clock, alert_seconds=alert_seconds))
        return made[-1]

    yield make
    for checker in made:
        await checker.close()


@dataclass
class Webhook:
    """An https server; `received` holds the texts that were sent to it, and `status` is what it answers."""

    received: list[str] = field(default_factory=list)
    status: int = 200
    delay_seconds: float = 0
    url: str = ""

    async def take(self, request: Request) -> Response:
        body = await request.json()
        assert body.keys() == {"text"}
        self.received.append(body["text"])
        await asyncio.sleep(self.delay_seconds)
        return Response("ok", self.status)


@pytest.fixture
def webhook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    authority, hook = trustme.CA(), Webhook()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "own.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    tls_context.cache_clear()
    app = Starlette(routes=[Route("/canary-hook", hook.take, methods=["POST"])])
    with serving(app, certificate=tmp_path / "own.pem") as url:
        hook.url = f"{url}/canary-hook"
        yield hook
    tls_context.cache_clear()


def commands(front: Front) -> list[list[str]]:
    return [[command[0] for command in sent] for _, sent in front.requests]


async def test_a_run_is_two_round_trips_and_at_most_eight_commands_with_that_to_connect(
    checker_of: MakeChecker, upstash_settings: dict[str, Any], model_settings: dict[str, Any], front: Front
) -> None:
    checker = checker_of(**upstash_settings, **{**model_settings, "openai_base_url": NOWHERE})
    await checker.connect()
    await checker()
    assert commands(front) == [["PING"], ["GET", "GET", "SET", "GETDEL", "HGET"], ["SET", "SET"]]
    assert sum(map(len, commands(front))) <= 8


async def test_the_models_server_is_asked_when_the_store_has_answered(
    checker_of: MakeChecker,
    upstash_settings: dict[str, Any],
    model_settings: dict[str, Any],
    front: Front,
    openai: FakeOpenAI,
) -> None:
    trips: list[int] = []

    class Calls(list[str]):
        def append(self, key: str) -> None:
            trips.append(len(front.requests))

    openai.free_calls = Calls()
    parts = (await checker_of(**upstash_settings, **model_settings)()).services
    words = {name: part.status for name, part in parts.items()}
    assert words == {"redis": "healthy", "openai": "unknown", "extraction": "healthy"}
    assert all(part.latency_ms for part in parts.values())
    assert (trips, len(front.requests)) == ([1], 2)


async def test_what_is_written_to_the_store_is_removed_again(
    checker_of: MakeChecker, tcp_settings: dict[str, Any], valkey: Redis
) -> None:
    await checker_of(**tcp_settings)()
    assert valkey.keys("*") == [LAST_HEALTH_CHECK]
    assert 0 < valkey.ttl(LAST_HEALTH_CHECK) <= 31 * 86_400


async def test_what_is_not_configured_or_not_used_yet_is_no_fault(
    checker_of: MakeChecker, upstash_settings: dict[str, Any]
) -> None:
    for settings in ({}, upstash_settings):
        result = await checker_of(**settings)()
        assert (result.status, result.last_error) == ("healthy", None)
        assert result.services["openai"].status == "not_configured"


@pytest.mark.parametrize("answer", [200, 401, 404, 429, 500])
async def test_any_answer_of_the_models_server_will_do_without_a_key_and_for_free(
    checker_of: MakeChecker, model_settings: dict[str, Any], openai: FakeOpenAI, answer: int
) -> None:
    openai.free_status = answer
    result = await checker_of(**model_settings)()
    found = result.services["openai"]
    assert (found.status, found.reason) == ("unknown", "its server answers; the model was not asked")
    assert result.status == "healthy"
    assert (openai.requests, openai.free_calls) == ([], [""])


async def test_a_models_server_that_does_not_answer_is_a_fault_that_health_shows(
    checker_of: MakeChecker, client_of: Make, upstash_settings: dict[str, Any]
) -> None:
    result = await checker_of(**upstash_settings, openai_base_url=NOWHERE)()
    assert (result.services["openai"].status, result.status) == ("unreachable", "degraded")
    shown = (await client_of(**upstash_settings).get(HEALTH)).json()["services"]["openai"]
    assert shown["status"] == "unreachable"
    assert "as the scheduled check saw it" in shown["reason"]


@pytest.mark.parametrize(
    ("noted", "found", "shown"),
    [
        ("unreachable", "unknown", "unknown"),
        ("unauthorized", "unauthorized", "unauthorized"),
        ("quota_exceeded", "quota_exceeded", "quota_exceeded"),
        ("healthy", "healthy", "healthy"),
    ],
)
async def test_an_answer_clears_only_what_it_disproves(
    checker_of: MakeChecker,
    client_of: Make,
    upstash_settings: dict[str, Any],
    valkey: Redis,
    openai: FakeOpenAI,
    clock: Clock,
    noted: str,
    found: str,
    shown: str,
) -> None:
    valkey.set(MODEL_NOTE, note_of(noted, None, clock.now), ex=60)
    result = await checker_of(**upstash_settings, openai_base_url=openai.url)()
    assert result.services["openai"].status == found
    assert (await client_of(**upstash_settings).get(HEALTH)).json()["services"]["openai"]["status"] == shown


async def test_the_newest_check_is_shown(
    checker_of: MakeChecker, upstash_settings: dict[str, Any], clock: Clock
) -> None:
    services = Services(Settings(**upstash_settings), clock=clock)
    assert (await check(services)).last_scheduled_check is None
    result = await checker_of(**upstash_settings)()
    clock.now += 5
    assert (await check(services)).last_scheduled_check == result
    await services.close()


@pytest.mark.parametrize(
    "damage",
    ['{"a":"\\ud800"}', "[" * 900, '{"status": "healthy"}', '{"status":"fine","at":"x","services":{}}', "7"],
    ids=["surrogate", "deep", "half", "unknown-status", "number"],
)
async def test_a_damaged_check_hides_nothing(
    checker_of: MakeChecker,
    client_of: Make,
    upstash_settings: dict[str, Any],
    valkey: Redis,
    damage: str,
) -> None:
    valkey.set(LAST_HEALTH_CHECK, damage, ex=60)
    response = await client_of(**upstash_settings).get(HEALTH)
    assert (response.status_code, response.json()["last_scheduled_check"]) == (200, None)
    assert (await checker_of(**upstash_settings)()).status == "healthy"
    assert (await client_of(**upstash_settings).get(HEALTH)).json()["last_scheduled_check"]


async def test_days_are_counted_and_the_last_thirty_kept(
    checker_of: MakeChecker, upstash_settings: dict[str, Any], valkey: Redis, clock: Clock
) -> None:
    for _ in range(33):
        clock.now += 86_400
        await checker_of(**upstash_settings)()
    result = await checker_of(**upstash_settings, openai_base_url=NOWHERE)()
    assert [day.date for day in result.days] == [day_of(clock.now - back * 86_400) for back in range(30)]
    today = result.days[0]
    assert (today.healthy, today.degraded, today.unhealthy) == (1, 1, 0)
    assert today.store_ms
    assert ScheduledCheck.parsed(str(valkey.get(LAST_HEALTH_CHECK))) == result


async def test_the_last_error_stays_after_it_is_over(
    checker_of: MakeChecker, upstash_settings: dict[str, Any], openai: FakeOpenAI, clock: Clock
) -> None:
    broken = await checker_of(**upstash_settings, openai_base_url=NOWHERE)()
    clock.now += 300
    well = await checker_of(**upstash_settings, openai_base_url=openai.url)()
    assert broken.last_error
    assert (well.status, well.last_error) == ("healthy", broken.last_error)
    assert (broken.last_error.part, broken.last_error.status) == ("openai", "unreachable")


async def test_the_days_spending_is_reported(
    checker_of: MakeChecker, upstash_settings: dict[str, Any], valkey: Redis, clock: Clock
) -> None:
    valkey.hset(STATS, f"{day_of(clock.now)}:cost_micros", 1_250_000)
    result = await checker_of(**upstash_settings, daily_budget_usd=5)()
    assert (result.budget_used_usd, result.budget_usd) == (1.25, 5)


@pytest.mark.parametrize("kind", ["closed", "silent"])
async def test_the_report_is_returned_while_the_store_is_down(checker_of: MakeChecker, kind: str) -> None:
    with silent_port() as silent:
        port = silent if kind == "silent" else closed_port()
        url, timeout = f"http://127.0.0.1:{port}", {"store_connect_timeout_ms": 50}
        result = await checker_of(upstash_redis_rest_url=url, upstash_redis_rest_token="t", **timeout)()
    assert (result.status, result.services["extraction"].status) == ("degraded", "healthy")
    assert result.last_error
    assert result.last_error.part == "redis"


@pytest.mark.parametrize(
    ("level", "jobs", "settings"),
    [
        ("info", 64, {}),
        ("warning", 64, {"openai_base_url": NOWHERE}),
        ("error", 0, {}),
    ],
    ids=["healthy", "degraded", "unhealthy"],
)
async def test_the_log_line_has_the_states_level_and_one_metric(
    checker_of: MakeChecker,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    level: str,
    jobs: int,
    settings: dict[str, Any],
) -> None:
    monkeypatch.setattr(fair_queue, "_MAX_JOBS", jobs)
    await checker_of(**settings)(function="threadr-health_check")
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines() if "Scheduled" in text]
    metrics = [metric["Name"] for each in line["_aws"]["CloudWatchMetrics"] for metric in each["Metrics"]]
    assert (line["level"], metrics, line["unhealthy"]) == (level, ["unhealthy"], int(level == "error"))
    assert line["stack"] == "threadr"


async def test_a_new_state_is_an_alert_once_when_it_was_found_twice(
    checker_of: MakeChecker, upstash_settings: dict[str, Any], openai: FakeOpenAI, webhook: Webhook
) -> None:
    settings = upstash_settings | {"alert_webhook_url": webhook.url}
    well, ill = (checker_of(**settings, openai_base_url=url) for url in (openai.url, NOWHERE))
    for checks, alerts in [((well, well), 0), ((ill, well, ill), 0), ((ill,), 1), ((ill, ill, well), 1)]:
        for checker in checks:
            await checker()
        assert len(webhook.received) == alerts
    another = checker_of(**settings, openai_base_url=openai.url)
    await another()
    await another()
    ill_text, well_text = webhook.received
    assert ill_text.startswith("Threadr is degraded")
    assert "openai: unreachable, ConnectError" in ill_text
    assert well_text.startswith("Threadr is healthy")


async def test_while_the_store_is_down_a_process_sends_one_alert_at_most(
    checker_of: MakeChecker, openai: FakeOpenAI, webhook: Webhook
) -> None:
    away = {"upstash_redis_rest_url": f"http://127.0.0.1:{closed_port()}", "upstash_redis_rest_token": "t"}
    checker = checker_of(**away, alert_webhook_url=webhook.url)
    for _ in range(4):
        await checker()
    assert len(webhook.received) == 1
    assert "redis: unreachable" in webhook.received[0]
    webhook.status = 500
    other = checker_of(**away, alert_webhook_url=webhook.url)
    for _ in range(4):
        await other()
    assert len(webhook.received) == 2  # a failure is an attempt


@pytest.mark.parametrize("failure", ["500", "slow", "away", "no-tls"])
async def test_a_webhook_that_fails_changes_nothing_and_is_not_named(
    checker_of: MakeChecker,
    upstash_settings: dict[str, Any],
    webhook: Webhook,
    valkey: Redis,
    capsys: pytest.CaptureFixture[str],
    failure: str,
) -> None:
    webhook.status, webhook.delay_seconds = (500, 0) if failure == "500" else (200, 0.6 * (failure == "slow"))
    url = webhook.url if failure != "away" else f"https://localhost:{closed_port()}/canary-hook"
    url = url.replace("localhost", "127.0.0.1") if failure == "no-tls" else url
    ill = {"openai_base_url": NOWHERE}
    plain = checker_of(**upstash_settings, **ill)
    want = [await plain() for _ in range(2)][1]
    valkey.delete(LAST_HEALTH_CHECK)
    alerting = checker_of(**upstash_settings, **ill, alert_webhook_url=url, alert_seconds=0.3)
    found = [await alerting() for _ in range(2)][1]
    assert (found.status, found.alerted, found.last_error) == (want.status, "healthy", want.last_error)
    out = capsys.readouterr().out
    assert out.count("Alert not sent") == 1
    assert "canary" not in out


def test_the_functions_answer_is_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    from functions import health_check

    monkeypatch.setattr(health_check, "checker", Checker(Settings()))
    answer = health_check.handler({"anything": 1}, None)
    assert json.loads(json.dumps(answer)) == answer
    assert {"status", "at", "services", "days", "last_error", "budget_used_usd"} <= answer.keys()
    again = on_process_loop(lambda loop: loop.run_until_complete(health_check.checker()))
    assert asdict(again)["days"][0]["healthy"] == 2
