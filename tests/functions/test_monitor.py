"""Health of the services; the start report lists names of settings and never values."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.responses import JSONResponse

from core.ops.scheduled import Checker
from tests.support.app import Make
from tests.support.fake_openai import FakeOpenAI
from tests.support.loopback import closed_port
from tests.support.site import ARTICLE


async def test_health_calls_no_service(client_of: Make) -> None:
    response = await client_of(redis_url=f"redis://127.0.0.1:{closed_port()}").get("/health")
    assert (response.status_code, response.json()) == (200, {"status": "healthy"})


async def test_it_is_healthy_when_every_part_is(
    client_of: Make, model_settings: dict[str, Any], store_settings: dict[str, Any], openai: FakeOpenAI
) -> None:
    client = client_of(**model_settings, **store_settings)
    await client.post("/api/generate", json={"text": ARTICLE})
    asked = len(openai.requests)
    health = (await client.get("/api/monitor/health")).json()
    assert health["status"] == "healthy"
    assert health["services"]["redis"]["status"] == ("healthy" if store_settings else "not_configured")
    assert health["services"]["openai"]["status"] == "healthy"
    assert health["services"]["extraction"]["latency_ms"] > 0
    assert (len(openai.requests), openai.free_calls) == (asked, [])


async def test_without_a_model_it_is_degraded(client_of: Make) -> None:
    response = await client_of().get("/api/monitor/health")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert response.json()["services"]["openai"]["status"] == "not_configured"


@pytest.mark.parametrize(
    ("status", "code", "word", "said"),
    [
        (401, "invalid_api_key", "unauthorized", "refused the key"),
        (429, "insufficient_quota", "quota_exceeded", "no quota left"),
        (404, "model_not_found", "misconfigured", "no such model"),
        (500, None, "server_error", "an error of its own"),
    ],
)
async def test_a_fault_of_the_model_is_one_sentence_in_warning_problem_and_health(
    client_of: Make,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    status: int,
    code: str | None,
    word: str,
    said: str,
) -> None:
    openai.answer = lambda _: JSONResponse({"error": {"message": "canary", "code": code}}, status)
    client = client_of(**model_settings)
    made = (await client.post("/api/generate", json={"text": ARTICLE})).json()
    required = await client.post("/api/generate", json={"text": f"{ARTICLE} So.", "generator": "openai"})
    service = (await client.get("/api/monitor/health")).json()["services"]["openai"]
    (sentence,) = [part for part in made["warnings"] if said in part]
    fault = sentence.removesuffix(" The built-in composer made this thread.")
    assert required.json()["detail"].startswith(f"{fault} With generator: auto")
    assert (service["status"], service["reason"]) == (word, f"gpt-5.4-mini: HTTP {status}. {fault}")


async def test_a_model_without_a_known_price_is_named_at_the_start_and_to_the_admin(
    client_of: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    production = {"environment": "production", "admin_token": "right", "fetch_allow_hosts": ()}
    client = client_of(openai_api_key="k", openai_model="gpt-9-secret", **production)
    admin = {"Authorization": "Bearer right"}
    full = (await client.get("/api/monitor/health", headers=admin)).json()
    warning = "gpt-9-secret: not in the price table of 2026-11"
    assert full["services"]["openai"]["reason"].startswith(warning)
    assert full["details"]["prices"].startswith(warning)
    assert warning in (await client.get("/debug/startup", headers=admin)).json()["warnings"][0]
    assert warning in capsys.readouterr().out
    assert "gpt-9-secret" not in (await client.get("/api/monitor/health")).text


@pytest.mark.parametrize("token", [None, "wrong"])
async def test_the_public_sees_words_and_times_and_the_admin_sees_why(
    client_of: Make, model_settings: dict[str, Any], upstash_settings: dict[str, Any], token: str | None
) -> None:
    production = {"environment": "production", "admin_token": "right", "fetch_allow_hosts": ()}
    away = {"openai_base_url": f"http://127.0.0.1:{closed_port()}/v1", "openai_model": "secret-model"}
    client = client_of(**{**model_settings, **upstash_settings, **production, **away})
    await client.post("/api/generate", json={"text": ARTICLE})
    checker = Checker(client._transport.app.state.settings)  # type: ignore[attr-defined]
    await checker()
    await checker.close()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    public = await client.get("/api/monitor/health", headers=headers)
    full = await client.get("/api/monitor/health", headers={"Authorization": "Bearer right"})
    assert "secret-model" in full.text
    assert "secret-model" not in public.text
    assert public.json()["services"]["openai"] == {
        "status": "unreachable",
        "latency_ms": None,
        "reason": None,
    }
    shown = [public.json(), public.json()["last_scheduled_check"]]
    assert {part["reason"] for each in shown for part in each["services"].values()} == {None}
    assert (public.json()["details"], public.status_code) == ({}, full.status_code)
    assert public.json()["status"] == full.json()["status"]


async def test_an_unreachable_store_degrades(client_of: Make, model_settings: dict[str, Any]) -> None:
    client = client_of(redis_url=f"redis://127.0.0.1:{closed_port()}", **model_settings)
    response = await client.get("/api/monitor/health")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert response.json()["services"]["redis"]["status"] == "unreachable"


async def test_the_start_report_names_settings_and_hides_their_values(
    client_of: Make, upstash_settings: dict[str, Any]
) -> None:
    client = client_of(openai_api_key="sk-reported", api_keys=("key-reported",), **upstash_settings)
    response = await client.get("/debug/startup")
    report = response.json()
    assert report["redis_available"] is True
    assert report["settings"]["OPENAI_API_KEY"] is True
    assert report["settings"]["REDIS_URL"] is False
    assert set(report["versions"]) >= {"python", "fastapi", "upstash-redis"}
    assert "reported" not in response.text
    assert "front-token" not in response.text


async def test_the_start_report_is_hidden_in_production(client_of: Make) -> None:
    client = client_of(environment="production", admin_token="right", fetch_allow_hosts=())
    assert (await client.get("/debug/startup")).json()["type"] == "/problems/not-found"
    opened = await client.get("/debug/startup", headers={"Authorization": "Bearer right"})
    assert (opened.status_code, opened.json()["redis_available"]) == (200, False)
