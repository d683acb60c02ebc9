"""The admin routes: statistics of the store, and clearing an answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.app import Make
from tests.support.fake_openai import FakeOpenAI
from tests.support.loopback import closed_port
from tests.support.site import ARTICLE, Site

SEED_FIELDS = ["cache_entries", "rate_limit_entries", "memory_used", "connected_clients", "uptime_seconds"]


async def test_stats_count_what_happened(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any], store_settings: dict[str, Any]
) -> None:
    client = client_of(**model_settings, **store_settings)
    for text in (ARTICLE, ARTICLE, ARTICLE, "Another text."):
        await client.post("/api/generate", json={"text": text})
    stats = (await client.get("/api/cache/stats")).json()
    assert (stats["available"], stats["cache_entries"], stats["rate_limit_entries"]) == (True, 2, 1)
    assert all(stats[field] is not None for field in SEED_FIELDS)
    assert (stats["hits"], stats["misses"], stats["hit_rate"], stats["generated"]) == (2, 2, 0.5, 2)
    assert (stats["tokens_in"], stats["tokens_out"]) == (2_000, 400)
    assert (stats["cost_usd"], stats["saved_usd"]) == (0.0033, 0.0033)
    assert [day["hits"] for day in stats["days"]] == [2, *[0] * 29]


async def test_stats_of_an_unreachable_store_say_so(client_of: Make) -> None:
    client = client_of(redis_url=f"redis://127.0.0.1:{closed_port()}")
    response = await client.get("/api/cache/stats")
    stats = response.json()
    assert (response.status_code, stats["available"], stats["reason"]) == (200, False, "unreachable")
    assert all(stats[field] is None for field in SEED_FIELDS)


@pytest.mark.parametrize("place", ["json", "params"])
@pytest.mark.parametrize("source", ["url", "text"])
async def test_clearing_removes_the_answer(
    client_of: Make,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    store_settings: dict[str, Any],
    site: Site,
    place: str,
    source: str,
) -> None:
    client = client_of(**model_settings, **store_settings)
    named = {"url": f"{site.url}/bridge"} if source == "url" else {"text": ARTICLE}
    await client.post("/api/generate", json=named)
    given: dict[str, Any] = {place: named}
    first, second = [await client.request("DELETE", "/api/cache/clear", **given) for _ in range(2)]
    seconds = 80 if store_settings else 50  # of which 30 are LOCAL_CACHE_SECONDS
    told = {"removed": 1, "gone_everywhere_in_seconds": seconds}
    assert first.json() == {"success": True, "message": "The kept answer was removed.", **told}
    told["removed"] = 0
    assert second.json() == {"success": False, "message": "No answer was kept for this.", **told}
    assert (await client.post("/api/generate", json=named)).json()["cached"] is False


async def test_clearing_knows_the_model_that_wrote(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    client = client_of(openai_model="another-model", **model_settings)
    await client.post("/api/generate", json={"text": ARTICLE})
    response = await client.request("DELETE", "/api/cache/clear", json={"text": ARTICLE})
    assert response.json()["success"] is True


async def test_clearing_an_unreachable_store_is_503_and_removes_the_local_answer(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    client = client_of(redis_url=f"redis://127.0.0.1:{closed_port()}", **model_settings)
    await client.post("/api/generate", json={"text": ARTICLE})
    response = await client.request("DELETE", "/api/cache/clear", json={"text": ARTICLE})
    assert (response.status_code, response.json()["type"]) == (503, "/problems/cache-unavailable")
    assert response.headers["retry-after"] == "10"
    assert (await client.post("/api/generate", json={"text": ARTICLE})).json()["cached"] is False


@pytest.mark.parametrize(
    "named",
    [
        {},
        {"url": None},
        {"url": "https://a.example", "text": "b"},
        {"host": "a.example", "id": "A" * 22},
        {"pattern": "*"},
        {"host": "*.a.example"},
        {"host": "a.example/path"},
        {"prompt": "latest"},
    ],
    ids=repr,
)
async def test_clearing_needs_exactly_one_source(client_of: Make, named: dict[str, str]) -> None:
    response = await client_of().request("DELETE", "/api/cache/clear", json=named)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/validation")


@pytest.mark.parametrize(
    ("settings", "token", "status"),
    [
        pytest.param({}, None, 200, id="development is open"),
        pytest.param({"environment": "production"}, None, 401, id="production without a token is closed"),
        pytest.param({"environment": "production"}, "anything", 401, id="no token opens it then"),
        pytest.param({"environment": "production", "admin_token": "right"}, "wrong", 401, id="wrong token"),
        pytest.param({"environment": "production", "admin_token": "right"}, None, 401, id="no token"),
        pytest.param({"environment": "production", "admin_token": "right"}, "right", 200, id="right token"),
        pytest.param({"admin_token": "right"}, None, 401, id="a token that is set holds everywhere"),
    ],
)
async def test_admin_routes_fail_closed(
    client_of: Make, settings: dict[str, str], token: str | None, status: int
) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    response = await client_of(fetch_allow_hosts=(), **settings).get("/api/cache/stats", headers=headers)
    assert response.status_code == status
    if status == 401:
        assert response.json()["type"] == "/problems/unauthorized"
        assert response.headers["www-authenticate"].startswith("Bearer")
