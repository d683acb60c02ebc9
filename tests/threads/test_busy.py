"""What a request gets when no worker has the time for it."""

from __future__ import annotations

import pytest

from core.workers import fair_queue
from tests.support.app import Instances
from tests.support.clock import Clock
from tests.support.site import ARTICLE


async def test_a_full_queue_is_a_429_at_once(instance_of: Instances, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_queue, "_MAX_JOBS", 0)
    response = await instance_of().post("/api/generate", json={"text": ARTICLE})
    assert (response.status_code, response.json()["type"]) == (429, "/problems/rate-limited")
    assert response.headers["Retry-After"] == "5"
    assert response.json()["detail"].startswith("There is more work than can be done in time.")


async def test_an_old_answer_is_served_where_there_is_one(
    instance_of: Instances, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = instance_of()
    made = await client.post("/api/generate", json={"text": ARTICLE})
    clock.now += 25 * 3600
    monkeypatch.setattr(fair_queue, "_MAX_JOBS", 0)
    stale = await client.post("/api/generate", json={"text": ARTICLE})
    assert (stale.status_code, stale.json()["thread"]) == (200, made.json()["thread"])
    assert "detail=stale-if-error" in stale.headers["Cache-Status"]


async def test_a_failure_of_the_crowd_is_not_remembered(
    instance_of: Instances, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = instance_of()
    with monkeypatch.context() as full:
        full.setattr(fair_queue, "_MAX_JOBS", 0)
        assert (await client.post("/api/generate", json={"text": ARTICLE})).status_code == 429
    assert (await client.post("/api/generate", json={"text": ARTICLE})).status_code == 200
