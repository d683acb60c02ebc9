"""POST /api/threads/{id}/edit."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.app import Instances
from tests.support.fake_openai import POSTS, FakeOpenAI, completion
from tests.support.site import ARTICLE


async def made(client: httpx.AsyncClient) -> dict[str, Any]:
    thread: dict[str, Any] = (await client.post("/api/generate", json={"text": ARTICLE})).json()
    return thread


def edited(thread: dict[str, Any]) -> list[str]:
    return [f"Edited.\n\n1/{len(POSTS)}", *(post["content"] for post in thread["thread"][1:])]


async def test_an_edited_thread_is_kept_under_an_address_of_its_own(
    instance_of: Instances, store_settings: dict[str, Any]
) -> None:
    client = instance_of(**store_settings)
    thread = await made(client)
    answer = await client.post(f"/api/threads/{thread['id']}/edit", json={"thread": edited(thread)})
    saved = answer.json()
    assert [post["content"] for post in saved["thread"]] == edited(thread)
    assert saved["thread"][1] == thread["thread"][1]  # with its evidence
    assert (saved["thread"][0]["evidence"], saved["usage"]["cost_usd"]) == ([], 0)
    assert (await client.get(f"/api/threads/{saved['id']}")).json()["thread"] == saved["thread"]
    assert (await client.get(f"/api/threads/{thread['id']}")).json()["thread"] == thread["thread"]


async def test_a_post_of_an_edited_thread_can_be_rewritten(
    instance_of: Instances, openai: FakeOpenAI
) -> None:
    client = instance_of()
    thread = await made(client)
    saved = await client.post(f"/api/threads/{thread['id']}/edit", json={"thread": edited(thread)})
    openai.answer = lambda _: completion('{"post": "New."}')
    answer = await client.post(f"/api/threads/{saved.json()['id']}/posts/1/rewrite")
    assert answer.json()["post"]["content"] == "New.\n\n1/3"


@pytest.mark.parametrize(
    ("posts", "words"),
    [
        pytest.param(["a" * 281], "Post 1: It is 1 over the limit of 280.", id="too-long"),
        pytest.param(["Fine.", " "], "Post 2: The post is empty.", id="empty"),
        pytest.param(["One.\n\n2/2", "Two."], "Post 1: It says 2/2", id="misnumbered"),
    ],
)
async def test_what_the_platform_would_not_take_is_not_kept(
    instance_of: Instances, posts: list[str], words: str
) -> None:
    client = instance_of()
    thread = await made(client)
    answer = await client.post(f"/api/threads/{thread['id']}/edit", json={"thread": posts})
    assert (answer.status_code, words in answer.json()["detail"]) == (422, True)


async def test_saving_counts_and_needs_a_thread(instance_of: Instances) -> None:
    client = instance_of(rate_limit_requests=3)
    thread = await made(client)
    address = "/api/threads/{}/edit"
    answers = [
        await client.post(address.format(each), json={"thread": ["One."]})
        for each in ("AAAAAAAAAAAAAAAAAAAAAA", thread["id"], thread["id"])
    ]
    assert [each.status_code for each in answers] == [404, 200, 429]


async def test_a_saved_thread_is_deleted_by_its_own_token(instance_of: Instances) -> None:
    client = instance_of()
    thread = await made(client)
    saved = await client.post(f"/api/threads/{thread['id']}/edit", json={"thread": ["One."]})
    headers = {"X-Delete-Token": saved.headers["x-delete-token"]}
    others = await client.delete(f"/api/threads/{thread['id']}", headers=headers)
    own = await client.delete(f"/api/threads/{saved.json()['id']}", headers=headers)
    assert (others.status_code, own.status_code) == (401, 200)


async def test_a_purge_of_the_source_takes_what_was_saved(
    instance_of: Instances, store_settings: dict[str, Any]
) -> None:
    client = instance_of(**store_settings)
    thread = await made(client)
    saved = await client.post(f"/api/threads/{thread['id']}/edit", json={"thread": ["One."]})
    await client.request("DELETE", "/api/cache/clear", json={"text": ARTICLE})
    assert (await client.get(f"/api/threads/{saved.json()['id']}")).status_code == 404
