"""Entries that version 0.1.0 wrote are read, or treated as absent."""

import json
import time
from typing import Any

import pytest
from redis import Redis

from core.cache.request_key import digest, text_key, url_key
from core.settings import Settings
from core.writing.model.prompt import model_variant
from tests.support.app import Make
from tests.support.fake_openai import FakeOpenAI
from tests.support.paths import ROOT

ANSWER = json.loads((ROOT / "core/http/openapi_examples.json").read_text())["GenerateAnswer"]
EARLIER = ANSWER | {"thread": [ANSWER["thread"][0] | {"evidence": [], "support": None}]}
EARLIER["source"] = ANSWER["source"] | {"card": None}
TEXT = "The bridge closes on Tuesday for eighteen months of repairs."
KEY = text_key(TEXT, model_variant(Settings().openai_model))
ID = ANSWER["id"]


@pytest.fixture
def earlier(valkey: Redis) -> Redis:
    """An entry of five parts, as that version wrote it, under its key and its permalink."""
    now_ms = int(time.time() * 1000)
    bare = {name: ANSWER["thread"][0][name] for name in ("number", "total", "content", "character_count")}
    source = {name: fact for name, fact in ANSWER["source"].items() if name != "card"}
    answer = ANSWER | {"thread": [bare], "source": source}
    payload = json.dumps([answer, ["The bridge closes."], [], "", [None, None]])
    digest_of_request = digest(f"{KEY}\n{TEXT}")
    value = f"{now_ms + 3_600_000} {now_ms} 0 {digest_of_request} {payload}"
    for key in (KEY, f"threadr:thread:{ID}"):
        valkey.set(key, value, px=3_600_000)
    return valkey


@pytest.mark.parametrize("settings", ["upstash_settings", "tcp_settings"])
async def test_an_answer_to_an_earlier_prompt_is_made_again(
    client_of: Make,
    earlier: Redis,
    model_settings: dict[str, Any],
    openai: FakeOpenAI,
    settings: str,
    request: pytest.FixtureRequest,
) -> None:
    client = client_of(**model_settings, **request.getfixturevalue(settings))
    response = await client.post("/api/generate", json={"text": TEXT})
    assert response.json()["cached"] is False
    assert len(openai.requests) == 1
    again = await client.post("/api/generate", json={"text": TEXT})
    assert again.json() == response.json() | {"cached": True}


async def test_a_thread_of_version_0_1_is_read_and_not_rewritten(
    client_of: Make, earlier: Redis, model_settings: dict[str, Any], upstash_settings: dict[str, Any]
) -> None:
    client = client_of(**model_settings, **upstash_settings)
    assert (await client.get(f"/api/threads/{ID}")).json() == EARLIER
    response = await client.post(f"/api/threads/{ID}/posts/1/rewrite")
    assert (response.status_code, response.json()["type"]) == (404, "/problems/not-found")
    assert "earlier version" in response.json()["detail"]


def test_keys_are_those_of_version_0_1() -> None:
    assert "threadr:cache:text:" + digest(TEXT)[:16] == KEY
    assert url_key("https://e.com/a", {"platform": "bluesky"}) == (
        f"threadr:cache:url:https://e.com/a {digest(json.dumps({'platform': 'bluesky'}))[:16]}"
    )
