"""What holds for every route: one shape of errors, ids, CORS."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import APIRouter

from core.app import create_app
from core.settings import Settings
from tests.conftest import Make


async def test_unknown_paths_and_wrong_methods_are_problems(client_of: Make) -> None:
    client = client_of()
    missing = await client.get("/api/nothing")
    wrong = await client.put("/api/generate", json={})
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/not-found")
    assert (wrong.status_code, wrong.json()["type"]) == (405, "/problems/method-not-allowed")
    assert wrong.headers["allow"] == "POST"


async def test_every_answer_has_a_request_id(client_of: Make) -> None:
    client = client_of()
    ids = [(await client.get(path)).headers["x-request-id"] for path in ("/health", "/health", "/nothing")]
    assert len(set(ids)) == 3


async def test_what_nobody_foresaw_is_a_500_with_an_id_and_without_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    router = APIRouter()

    @router.get("/broken")
    async def broken() -> None:
        raise RuntimeError("canary")

    transport = httpx.ASGITransport(create_app(router, settings=Settings()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://threadr.test") as client:
        response = await client.get("/broken")
    assert (response.status_code, response.json()["type"]) == (500, "/problems/internal")
    assert response.headers["x-request-id"] in response.json()["detail"]
    log = capsys.readouterr().out
    assert "RuntimeError" in log
    assert response.headers["x-request-id"] in log
    assert "canary" not in response.text + log


@pytest.mark.parametrize(
    ("settings", "origin"),
    [
        ({}, "*"),
        ({"environment": "production", "fetch_allow_hosts": ()}, None),
        ({"cors_origins": ("https://threadr.example",)}, "https://threadr.example"),
    ],
    ids=["development", "production", "set"],
)
async def test_cors_is_as_the_settings_say(
    client_of: Make, settings: dict[str, Any], origin: str | None
) -> None:
    headers = {"Origin": "https://threadr.example", "Access-Control-Request-Method": "DELETE"}
    response = await client_of(**settings).options("/api/cache/clear", headers=headers)
    assert response.headers.get("access-control-allow-origin") == origin
    assert "DELETE" in response.headers["access-control-allow-methods"]
