"""Our one-step script decides as upstash-ratelimit's own sliding window does."""

import random
from typing import Any

import pytest
from upstash_ratelimit import limiter as library
from upstash_ratelimit.asyncio import Ratelimit, SlidingWindow
from upstash_redis.asyncio import Redis

from core.rate_limit import Client, Window
from core.services import Services
from core.settings import Settings
from core.store.protocol import Lookup
from tests.support.clock import Clock

WINDOW_MS = 4_096  # a power of two: the library's fractions of it are exact


@pytest.mark.parametrize("has_key", [False, True])
@pytest.mark.parametrize("seed", range(4))
async def test_random_sequences_are_decided_alike(
    seed: int, has_key: bool, upstash_settings: dict[str, Any], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, limit = random.Random(seed), 2 + seed  # noqa: S311
    monkeypatch.setattr(library, "now_ms", lambda: int(clock.now * 1000))
    url, token = upstash_settings["upstash_redis_rest_url"], upstash_settings["upstash_redis_rest_token"]
    redis = Redis(url=url, token=token, allow_telemetry=False)
    theirs = Ratelimit(redis, SlidingWindow(max_requests=limit, window=WINDOW_MS, unit="ms"))
    services, decided = Services(Settings(**upstash_settings), clock=clock), []
    for _ in range(150):
        clock.now += chance.choice([*[0.0] * 9, 0.001, 0.1, 0.3, 0.7, 1.7, 4.096, 9.0])
        client = Client(chance.choice(["a", "b"]), Window(limit, WINDOW_MS), has_key=has_key)
        lookup = Lookup(key="threadr:cache:text:1", digest="d", client=client, token="t", mode="count_only")
        ours = await services.store.look_up(lookup)
        decided.append((ours.kind != "limited", (await theirs.limit(client.name)).allowed))
    await services.close()
    await redis.close()
    assert [ours for ours, _ in decided] == [theirs for _, theirs in decided]
    assert {ours for ours, _ in decided} == {True, False}
