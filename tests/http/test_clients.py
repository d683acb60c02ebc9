"""What one process knows of clients: how often they call, and whether a proxy is in front."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from core.errors import RateLimited
from core.http import bounds
from core.http.client_id import Clients
from core.request import RequestRecord
from core.settings import Settings
from tests.support.app import Instances, Make
from tests.support.clock import Clock
from tests.support.lambda_events import call, v2
from tests.support.upstash_front import Front

ROUTES = [
    ("GET", "/"),
    ("GET", "/api/threads/AAAAAAAAAAAAAAAAAAAAAA"),
    ("POST", "/api/validate"),
    ("POST", "/api/generate"),
    ("POST", "/api/threads/AAAAAAAAAAAAAAAAAAAAAA/posts/1/rewrite"),
    ("GET", "/api/monitor/health"),
    ("GET", "/api/rate-limit-status"),
]


async def spend(client: httpx.AsyncClient) -> None:
    for _ in range(bounds.BURST_CALLS):
        assert (await client.get("/api/nothing")).status_code == 404


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_every_public_route_refuses_a_client_that_calls_too_often(
    instance_of: Instances, upstash_settings: dict[str, Any], front: Front, method: str, path: str
) -> None:
    client = instance_of(**upstash_settings, rate_limit_requests=7)
    await spend(client)
    response = await client.request(method, path)
    assert (response.status_code, response.json()["type"]) == (429, "/problems/rate-limited")
    assert response.headers["retry-after"] == "1"
    assert response.headers["ratelimit-policy"] == '"burst";q=120;w=60'
    assert response.headers["ratelimit"] == '"burst";r=0;t=1'
    assert not front.requests  # it cost the store nothing


async def test_health_is_always_answered(instance_of: Instances) -> None:
    client = instance_of()
    await spend(client)
    assert (await client.get("/health")).status_code == 200


async def test_the_admin_is_not_held_up(instance_of: Instances) -> None:
    client = instance_of(admin_token="right")
    await spend(client)
    for token, status in [("right", 200), ("wrong", 429)]:
        response = await client.get("/api/cache/stats", headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == status


def admitted(clients: Clients, calls: int, *, address: str = "203.0.113.5") -> int:
    """How many of the calls pass."""
    passed = 0
    for _ in range(calls):
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/x",
            "query_string": b"",
            "headers": [],
            "state": {"headers": {}},
        }
        try:
            clients.admit(scope | {"client": (address, 1)}, RequestRecord(request_id="", seconds=1))
        except RateLimited:
            continue
        passed += 1
    return passed


def test_calls_come_back_with_time_and_each_client_has_its_own(clock: Clock) -> None:
    clients = Clients(Settings(), clock, {})
    assert admitted(clients, 500) == bounds.BURST_CALLS
    assert admitted(clients, 500, address="203.0.113.6") == bounds.BURST_CALLS
    clock.now += 10
    assert admitted(clients, 500) == 10 * bounds.CALLS_PER_SECOND
    clock.now += 3_600
    assert admitted(clients, 500) == bounds.BURST_CALLS


@pytest.mark.parametrize("seconds", [3_600, 86_400])
def test_a_clock_that_is_set_back_empties_no_bucket(clock: Clock, seconds: float) -> None:
    clients = Clients(Settings(), clock, {})
    assert admitted(clients, 1) == 1
    clock.now -= seconds
    assert admitted(clients, 500) == bounds.BURST_CALLS


def test_who_may_generate_more_may_call_more(clock: Clock) -> None:
    settings = Settings(rate_limit_requests=1_000, rate_limit_window_hours=0.01)
    clients = Clients(settings, clock, {})
    assert admitted(clients, 2_000) == 1_000
    clock.now += 18
    assert admitted(clients, 2_000) == 500


def test_of_too_many_clients_the_one_that_called_longest_ago_is_forgotten(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MAX_CLIENTS", 2)
    clients = Clients(Settings(), clock, {})
    for address in ("203.0.113.1", "203.0.113.2"):
        assert admitted(clients, 500, address=address) == bounds.BURST_CALLS
    assert admitted(clients, 1, address="203.0.113.1") == 0
    assert admitted(clients, 1, address="203.0.113.3") == 1
    assert admitted(clients, 1, address="203.0.113.1") == 0
    assert admitted(clients, 1, address="203.0.113.2") == 1


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        pytest.param("a=1&" * 1_000, {}, id="many-parameters"),
        pytest.param("text=" + "a" * 60_000, {"Accept": "a" * 9_000}, id="long-query"),
        pytest.param("", {"Cache-Control": "max-age=1," * 10_000}, id="long-header"),
        pytest.param("", {f"X-{number}": "a" for number in range(200)}, id="many-headers"),
    ],
)
async def test_an_address_and_headers_have_bounds(
    client_of: Make, query: str, headers: dict[str, str]
) -> None:
    response = await client_of().request("DELETE", f"/api/cache/clear?{query}", headers=headers)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/validation")
    assert response.json()["detail"] == "The address or the headers are too long."


FORWARDED = [{"X-Forwarded-For": "203.0.113.5"}, {"Forwarded": "for=203.0.113.5"}]


@pytest.mark.parametrize("headers", FORWARDED, ids=["x-forwarded-for", "forwarded"])
async def test_a_proxy_that_front_door_does_not_name_is_told_once(
    client_of: Make, headers: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    client = client_of()
    assert "front_door" not in (await client.get("/api/monitor/health")).json()["details"]
    for _ in range(3):
        details = (await client.get("/api/monitor/health", headers=headers)).json()["details"]
    assert "FRONT_DOOR=proxy:1" in details["front_door"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (warning,) = [line for line in lines if "FRONT_DOOR" in line["message"]]
    assert (warning["level"], "203.0.113" in str(warning)) == ("warning", False)


async def test_a_named_proxy_is_nothing_to_tell(client_of: Make, capsys: pytest.CaptureFixture[str]) -> None:
    await client_of(front_door="proxy:1").get("/api/rate-limit-status", headers=FORWARDED[0])
    assert "FRONT_DOOR" not in capsys.readouterr().out


def test_on_lambda_the_gateway_is_no_proxy(capsys: pytest.CaptureFixture[str]) -> None:
    event = v2("GET", "/api/monitor/health")
    event["headers"] |= {"x-forwarded-for": "203.0.113.5"}
    assert call("monitor", event)["statusCode"] in (200, 503)
    assert "FRONT_DOOR" not in capsys.readouterr().out
