"""POST /api/threads/{id}/posts/{n}/rewrite, through the whole app."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from redis import Redis
from starlette.responses import JSONResponse

from core.text.platforms import count
from tests.support.app import Make
from tests.support.fake_openai import POSTS, FakeOpenAI, completion, thread_answer
from tests.support.site import ARTICLE, Site

NEW = "The second post, said better."


def writes(text: str) -> Any:
    """An answer for threads and for single posts alike."""

    def answer(body: dict[str, Any]) -> dict[str, Any]:
        if "posts" in json.dumps(body.get("response_format", {})):
            return thread_answer()
        return completion(json.dumps({"post": text}))

    return answer


async def made(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    response = await client.post("/api/generate", json=body if "url" in body else {"text": ARTICLE, **body})
    answer: dict[str, Any] = response.json()
    return answer


async def rewrite(client: httpx.AsyncClient, thread_id: str, number: object, **more: Any) -> httpx.Response:
    return await client.post(f"/api/threads/{thread_id}/posts/{number}/rewrite", **more)


async def test_one_post_is_new_and_the_thread_is_another(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any], store_settings: dict[str, Any]
) -> None:
    client = client_of(**model_settings, **store_settings)
    openai.answer = writes(NEW)
    before = await made(client)
    response = await rewrite(client, before["id"], 2, json={"wish": "with the number first"})
    after = response.json()
    assert (response.status_code, response.headers["cache-status"]) == (200, "threadr; fwd=method")
    assert after["post"] == after["thread"][1]
    assert after["post"]["content"] == f"{NEW}\n\n2/3"
    assert after["post"]["character_count"] == count(after["post"]["content"])
    assert [after["thread"][i] for i in (0, 2)] == [before["thread"][i] for i in (0, 2)]
    assert after["id"] != before["id"]
    assert (await client.get(f"/api/threads/{before['id']}")).json() == before
    kept = (await client.get(f"/api/threads/{after['id']}")).json()
    assert kept == {name: value for name, value in after.items() if name != "post"}
    assert "with the number first" in json.dumps(openai.requests[1]["messages"])


async def test_the_model_writes_neither_the_link_nor_the_number(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any], site: Site
) -> None:
    client = client_of(**model_settings)
    openai.answer = writes("w " * 400)
    before = await made(client, url=f"{site.url}/bridge")
    last = (await rewrite(client, before["id"], 3)).json()["post"]
    assert last["content"].endswith(f"\n\n{site.url}/bridge\n\n3/3")
    assert last["character_count"] <= 280
    prompt = openai.requests[1]["messages"][1]["content"]
    assert POSTS[2] in prompt
    assert site.url not in prompt


async def test_a_rewrite_can_be_rewritten(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    client = client_of(**model_settings)
    openai.answer = writes(NEW)
    first = (await rewrite(client, (await made(client))["id"], 2)).json()
    second = (await rewrite(client, first["id"], 1)).json()
    assert [post["content"].partition("\n")[0] for post in second["thread"]] == [NEW, NEW, POSTS[2]]


@pytest.mark.parametrize("scope", ["requests", "generations"])
async def test_a_rewrite_counts_as_a_generation(
    client_of: Make,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    upstash_settings: dict[str, Any],
    scope: str,
) -> None:
    client = client_of(**model_settings, **upstash_settings, rate_limit_requests=2, rate_limit_scope=scope)
    openai.answer = writes(NEW)
    before = await made(client)
    assert (await rewrite(client, before["id"], 1)).headers["x-ratelimit-remaining"] == "0"
    blocked = await rewrite(client, before["id"], 1)
    assert (blocked.status_code, blocked.json()["type"]) == (429, "/problems/rate-limited")
    stats = (await client.get("/api/cache/stats")).json()
    assert (stats["generated"], stats["cost_usd"], stats["cache_entries"]) == (2, 0.0033, 1)


async def test_a_rewrite_that_fails_is_free_in_scope_generations(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    client = client_of(**model_settings, rate_limit_scope="generations")
    before = await made(client)
    openai.answer = lambda _: JSONResponse({"error": {"message": "broken"}}, 500)
    response = await rewrite(client, before["id"], 1)
    assert (response.status_code, response.json()["type"]) == (503, "/problems/model-unavailable")
    assert (await client.get("/api/rate-limit-status")).json()["requests_used"] == 1


async def test_the_budget_holds_for_rewrites(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any], upstash_settings: dict[str, Any]
) -> None:
    answer = await made(client_of(**model_settings, **upstash_settings))
    client = client_of(**model_settings, **upstash_settings, daily_budget_usd=0.001)
    response = await rewrite(client, answer["id"], 1)
    assert (response.status_code, response.json()["type"]) == (503, "/problems/budget-spent")
    assert len(openai.requests) == 1


async def test_without_a_model_nothing_can_be_rewritten(client_of: Make) -> None:
    client = client_of()
    response = await rewrite(client, (await made(client))["id"], 1)
    assert (response.status_code, response.json()["type"]) == (503, "/problems/model-unavailable")


@pytest.mark.parametrize(
    ("number", "status"), [(0, 404), (4, 404), (-1, 404), (10**30, 404), ("x", 422), ("1.5", 422)]
)
async def test_a_post_that_is_not_there_is_not_found(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any], number: object, status: int
) -> None:
    client = client_of(**model_settings)
    response = await rewrite(client, (await made(client))["id"], number)
    assert response.status_code == status
    assert len(openai.requests) == 1


async def test_an_unknown_thread_is_not_found(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    response = await rewrite(client_of(**model_settings), "A" * 22, 1)
    assert (response.status_code, response.json()["type"]) == (404, "/problems/not-found")
    assert openai.requests == []


async def test_a_post_of_the_link_alone_has_nothing_to_rewrite(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any], site: Site
) -> None:
    client = client_of(**model_settings)
    openai.answer = lambda _: thread_answer(["w" * 270])
    before = await made(client, url=f"{site.url}/bridge")
    assert before["thread"][-1]["content"] == f"{site.url}/bridge\n\n2/2"
    response = await rewrite(client, before["id"], 2)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/validation")


@pytest.mark.parametrize("body", [{"wish": "w" * 301}, {"wish": ""}, {"canary7f3a": 1}, [], {"wish": 1}])
async def test_the_length_of_an_instruction_is_bounded(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any], body: Any
) -> None:
    response = await rewrite(client_of(**model_settings), "A" * 22, 1, json=body)
    assert response.status_code == 422
    assert "canary" not in response.text


async def test_no_store_leaves_no_new_thread(
    client_of: Make,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    upstash_settings: dict[str, Any],
    valkey: Redis,
) -> None:
    client = client_of(**model_settings, **upstash_settings)
    openai.answer = writes(NEW)
    before = await made(client)
    await rewrite(client, before["id"], 1, headers={"Cache-Control": "no-store"})
    assert valkey.keys("threadr:thread:*") == [f"threadr:thread:{before['id']}"]
    assert valkey.hlen("threadr:reserved") == 0


async def test_warnings_of_the_thread_are_kept(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    client = client_of(**model_settings)
    openai.answer = lambda _: thread_answer(["There were 99 bottles.", "The second."])
    before = await made(client)
    openai.answer = writes("Now 99 cans.")
    after = (await rewrite(client, before["id"], 2)).json()
    assert after["warnings"] == before["warnings"] != []


async def test_the_model_writes_a_link_within_the_text(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any], site: Site
) -> None:
    client = client_of(**model_settings)
    openai.answer = lambda _: thread_answer([f"Read it at {site.url}/bridge", "The second."])
    before = await made(client, url=f"{site.url}/bridge")
    openai.answer = writes("A new sentence.")
    after = (await rewrite(client, before["id"], 1)).json()
    assert after["post"]["content"] == "A new sentence.\n\n1/2"


async def test_a_reply_that_does_not_fit_is_a_model_error(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    client, link = client_of(**model_settings), "https://example.com/" + "a" * 400
    before = await made(client, text=f"{ARTICLE} {link}", platform="bluesky")
    openai.answer = lambda _: thread_answer([link, "The second."])
    before = await made(client, text=f"{ARTICLE} {link}!", platform="linkedin")
    openai.answer = writes("https://example.com/" + "b" * 400)
    response = await rewrite(client, before["id"], 1)
    assert (response.status_code, response.json()["type"]) == (503, "/problems/model-unavailable")


async def test_a_rewrite_keeps_language_tone_and_audience_and_knows_the_article(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    client = client_of(**model_settings)
    openai.answer = lambda _: thread_answer(
        ["Neuntausend Autos fahren täglich.", "Die Reparatur kostet viel."]
    )
    before = await made(client, language="de", tone="dry", audience="nurses")
    openai.answer = writes("Anders gesagt.")
    after = (await rewrite(client, (before)["id"], 2)).json()
    again = (await rewrite(client, after["id"], 1)).json()
    assert again["success"]
    for request in openai.requests[-2:]:
        rules = request["messages"][0]["content"]
        assert "Write in German (de).\nTone: dry.\nReaders: nurses." in rules


async def test_the_new_post_shows_where_the_article_says_it(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    said = ARTICLE.split("\n")[2]
    openai.answer = lambda _: thread_answer([said, "The repairs will cost forty million dollars."])
    client = client_of(**model_settings)
    before = await made(client)
    openai.answer = writes("Nine thousand cars cross the bridge, and most will use the tunnel.")
    post = (await rewrite(client, before["id"], 1)).json()["post"]
    (evidence,) = post["evidence"]
    assert ARTICLE[evidence["start"] : evidence["end"]] == evidence["quote"]
    assert evidence["quote"] in said
    assert post["support"] > 0.7
