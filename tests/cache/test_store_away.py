"""Money while the shared store is away: it stays within what was left, and is counted there later, once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.app import Instances
from tests.support.fake_openai import FakeOpenAI, thread_answer
from tests.support.site import ARTICLE

COST_USD = 0.00165  # of an answer by the model server of the tests


@pytest.fixture
def pause(valkey: Any) -> Iterator[Any]:
    """Makes the server take no script until it is resumed; it may still run those that came meanwhile."""
    yield lambda: valkey.execute_command("CLIENT", "PAUSE", 60_000, "WRITE")
    valkey.execute_command("CLIENT", "UNPAUSE")


async def generated(client: httpx.AsyncClient, number: int) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.post("/api/generate", json={"text": f"{ARTICLE} {number}"})).json()
    return answer


async def spent_usd(client: httpx.AsyncClient) -> float:
    return float((await client.get("/api/cache/stats")).json()["cost_usd"])


async def test_what_was_spent_while_the_store_was_away_is_sent_to_it_with_the_next_look_up(
    instance_of: Instances, openai: FakeOpenAI, tcp_settings: dict[str, Any], valkey: Any, pause: Any
) -> None:
    client = instance_of(**tcp_settings | {"store_timeout_ms": 150})
    await generated(client, 1)
    pause()
    assert (await generated(client, 2))["generator"] == "openai"
    valkey.execute_command("CLIENT", "UNPAUSE")
    assert await spent_usd(client) == 2 * COST_USD
    for _ in range(3):
        await generated(client, 3)
    assert await spent_usd(client) == pytest.approx(3 * COST_USD)


async def test_what_the_store_may_have_counted_is_not_counted_twice(
    instance_of: Instances, openai: FakeOpenAI, tcp_settings: dict[str, Any], valkey: Any, pause: Any
) -> None:
    def paused(_: Any) -> dict[str, Any]:
        pause()
        return thread_answer()

    client = instance_of(**tcp_settings | {"store_timeout_ms": 150})
    openai.answer = paused
    await generated(client, 1)  # the store is away when the answer is to be kept
    valkey.execute_command("CLIENT", "UNPAUSE")
    openai.answer = lambda _: thread_answer()
    for number in (1, 2, 3):
        await generated(client, number)
    assert await spent_usd(client) == pytest.approx(len(openai.requests) * COST_USD)


async def test_a_process_that_is_alone_has_only_what_was_left_of_the_budget(
    instance_of: Instances, openai: FakeOpenAI, tcp_settings: dict[str, Any], pause: Any
) -> None:
    openai.answer = lambda _: thread_answer() | {"usage": None}  # 0.037 dollars each
    settings = tcp_settings | {"store_timeout_ms": 150, "daily_budget_usd": 0.2}
    other, client = (instance_of(**settings) for _ in range(2))
    for number in range(2):
        await generated(other, number)
    assert (await generated(client, 2))["generator"] == "openai"
    pause()
    answers = [await generated(client, number) for number in (3, 4)]
    assert [answer["generator"] for answer in answers] == ["openai", "extractive"]
    assert "does not cover" in answers[1]["warnings"][0]
