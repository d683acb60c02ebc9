"""The day's budget through the whole app: what is reserved, what is booked, and what an answer says of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.responses import StreamingResponse

from tests.support.app import Instances
from tests.support.fake_openai import FakeOpenAI, played
from tests.support.site import ARTICLE, Site
from tests.support.upstash_front import Front

WORST_USD = 0.037  # of a call about a short text: the rules, and 8,000 tokens of answer


async def until(happened: Callable[[], object]) -> None:
    while not happened():  # noqa: ASYNC110 - what another thread's server does
        await asyncio.sleep(0.01)


async def spent_usd(client: Any) -> float:
    return float((await client.get("/api/cache/stats")).json()["cost_usd"])


async def test_calls_that_time_out_never_pass_the_budget(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any]
) -> None:
    openai.answer = lambda _: played({"drip": True})
    settings: dict[str, Any] = {"daily_budget_usd": 0.2, "generate_deadline_seconds": 2.5}
    client = instance_of(**store_settings, **settings, rate_limit_requests=100)
    # On a busy machine a worker may take as long to start.
    await client.post("/api/generate", json={"text": ARTICLE, "generator": "extractive"})
    for round_ in range(2):
        texts = [{"text": f"Text {round_} {number}."} for number in range(10)]
        await asyncio.gather(*(client.post("/api/generate", json=text) for text in texts))
    calls = len(openai.requests)
    assert calls >= 1
    assert calls * WORST_USD <= await spent_usd(client) <= 0.2


async def test_a_call_under_way_when_the_caller_goes_away_is_booked(
    instance_of: Instances, openai: FakeOpenAI, store_settings: dict[str, Any]
) -> None:
    openai.delay_seconds = 5
    client = instance_of(**store_settings)
    asking = asyncio.create_task(client.post("/api/generate", json={"text": ARTICLE}))
    await until(lambda: openai.requests)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await spent_usd(client) >= 0.036


async def never_ending() -> AsyncIterator[bytes]:
    yield b"<html>"
    await asyncio.sleep(60)


async def test_pages_that_are_still_read_reserve_nothing(
    instance_of: Instances, openai: FakeOpenAI, site: Site, store_settings: dict[str, Any]
) -> None:
    client = instance_of(**store_settings, daily_budget_usd=0.1, rate_limit_requests=100)
    reading = []
    for number in range(45):
        site.pages[f"/{number}"] = lambda: StreamingResponse(never_ending(), media_type="text/html")
        body = {"url": f"{site.url}/{number}"}
        reading.append(asyncio.create_task(client.post("/api/generate", json=body)))
    await until(lambda: len(site.requests) == 45)
    for body in ({"text": ARTICLE}, {"url": f"{site.url}/bridge"}):
        answer = (await client.post("/api/generate", json=body)).json()
        assert (answer["generator"], answer["warnings"]) == ("openai", [])
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)


@pytest.mark.parametrize("source", ["text", "url"])
async def test_a_budget_that_is_only_reserved_is_not_called_spent(
    instance_of: Instances, openai: FakeOpenAI, site: Site, store_settings: dict[str, Any], source: str
) -> None:
    client = instance_of(**store_settings, daily_budget_usd=0.1, rate_limit_requests=100)
    body = {"text": ARTICLE} if source == "text" else {"url": f"{site.url}/bridge"}
    openai.delay_seconds = 60
    writing = asyncio.create_task(client.post("/api/generate", json={"text": "Another text."}))
    await until(lambda: openai.requests)
    answer = (await client.post("/api/generate", json=body)).json()
    assert (answer["generator"], answer["degraded"]) == ("extractive", True)
    assert "reserved" in answer["warnings"][0]
    insisting = await client.post("/api/generate", json=body | {"generator": "openai", "tone": "dry"})
    assert (insisting.status_code, insisting.headers["retry-after"]) == (503, "5")
    assert "reserved" in insisting.json()["detail"]
    assert "spent" not in f"{answer}{insisting.text}"
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)


@pytest.mark.parametrize("settings", [{"daily_budget_usd": 0}, {"openai_api_key": None}, {}], ids=repr)
async def test_where_no_model_is_asked_or_no_budget_is_set_nothing_is_reserved(
    instance_of: Instances, site: Site, front: Front, upstash_settings: dict[str, Any], settings: Any
) -> None:
    client = instance_of(**upstash_settings, **settings)
    body = {"url": f"{site.url}/bridge", "generator": "auto" if settings else "extractive"}
    await client.post("/api/generate", json=body)
    assert len(front.requests) == 2


@pytest.mark.parametrize(
    ("budget", "covers"),
    [(0.01, "no call of the model"), (0.09, "sources of at most"), (5, None), (0, None)],
)
async def test_a_budget_below_one_call_says_so_at_the_start(
    instance_of: Instances, capsys: pytest.CaptureFixture[str], budget: float, covers: str | None
) -> None:
    client = instance_of(daily_budget_usd=budget)
    warnings = (await client.get("/debug/startup")).json()["warnings"]
    assert [covers in warning for warning in warnings if covers] == ([True] if covers else [])
    assert ("DAILY_BUDGET_USD covers" in capsys.readouterr().out) is bool(covers)
