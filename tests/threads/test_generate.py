"""What decides whether two requests are the same."""

from typing import Any

import pytest
from redis import Redis

from tests.support.app import Make
from tests.support.fake_openai import FakeOpenAI
from tests.support.site import ARTICLE


@pytest.mark.parametrize(
    ("options", "same"),
    [
        pytest.param({}, True, id="default"),
        pytest.param({"platform": "x", "max_posts": 12}, True, id="default-written-out"),
        pytest.param({"tone": "dry", "hooks": 2}, False, id="changed"),
        pytest.param({"generator": "openai"}, False, id="generator"),
    ],
)
async def test_only_options_that_differ_from_the_default_make_another_answer(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any], options: dict[str, Any], same: bool
) -> None:
    client = client_of(**model_settings)
    await client.post("/api/generate", json={"text": ARTICLE})
    second = await client.post("/api/generate", json={"text": ARTICLE} | options)
    assert (second.json()["cached"], len(openai.requests)) == (same, 1 if same else 2)


async def test_an_answer_in_place_of_a_damaged_one_says_the_limit(
    client_of: Make,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    upstash_settings: dict[str, Any],
    valkey: Redis,
) -> None:
    client = client_of(**model_settings, **upstash_settings, local_cache_seconds=0)
    await client.post("/api/generate", json={"text": ARTICLE})
    (key,) = list(valkey.keys("threadr:cache:text:*"))
    head = str(valkey.get(key)).split(" ", 4)[:4]
    valkey.set(key, " ".join([*head, "junk"]))
    response = await client.post("/api/generate", json={"text": ARTICLE})
    assert response.headers["cache-status"] == "threadr; fwd=uri-miss; stored"
    assert response.headers["ratelimit"].startswith('"requests";r=8;')
