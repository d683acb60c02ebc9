"""The tools, called by the official client, over a server and through the Lambda handler."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from mcp import MCPError
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult
from starlette.responses import Response

from core.cache.request_key import thread_id_of
from core.threads.schemas import GenerateRequest
from tests.support.fake_openai import POSTS, FakeOpenAI, completion, thread_answer
from tests.support.site import ARTICLE, Site
from tests.support.upstash_front import Front

Serve = Callable[..., str]
TOOLS = ["make_thread", "get_thread", "rewrite_post", "validate_thread", "limits"]


@asynccontextmanager
async def agent(url: str, mode: Any = "auto", **headers: str) -> AsyncIterator[Client]:
    async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=30) as http:
        transport = streamable_http_client(url, http_client=http)
        async with Client(transport, mode=mode) as client:
            yield client


def words(result: CallToolResult) -> str:
    (block,) = result.content
    assert block.type == "text"
    return block.text


def problem(result: CallToolResult) -> dict[str, Any]:
    assert result.is_error
    assert result.structured_content is None
    found: dict[str, Any] = (result.meta or {})["problem"]
    assert f"{found['title']}. {found['detail']}" in words(result)
    return found


def answered(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, words(result)
    found: dict[str, Any] = result.structured_content
    return found


def rewrites(body: dict[str, Any]) -> dict[str, Any]:
    is_thread = "posts" in json.dumps(body.get("response_format", {}))
    return thread_answer() if is_thread else completion('{"post": "Said better."}')


@pytest.mark.parametrize(
    ("mode", "version"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")], ids=["modern", "handshake"]
)
async def test_every_tool_works(
    serve: Serve,
    mode: str,
    version: str,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    upstash_settings: dict[str, Any],
) -> None:
    openai.answer = rewrites
    async with agent(serve(**model_settings, **upstash_settings), mode) as client:
        assert client.server_info
        assert (client.protocol_version, client.server_info.name) == (version, "threadr")
        assert [tool.name for tool in (await client.list_tools()).tools] == TOOLS
        result = await client.call_tool("make_thread", {"text": ARTICLE})
        made = answered(result)
        assert all(post["content"] in words(result) for post in made["thread"])
        assert made["id"] in words(result)
        assert thread_id_of(made.pop("delete_token")) == made["id"]
        assert answered(await client.call_tool("get_thread", {"id": made["id"]})) == made
        which = {"id": made["id"], "n": 2, "wish": "shorter"}
        assert answered(await client.call_tool("rewrite_post", which))["post"]["content"].startswith("Said")
        checked = await client.call_tool("validate_thread", {"thread": ["x" * 281], "platform": "x"})
        assert answered(checked)["valid"] is False
        assert answered(await client.call_tool("limits", {}))["requests_used"] == 2


async def test_the_schemas_are_those_of_the_http_routes(serve: Serve) -> None:
    async with agent(serve()) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert tools["make_thread"].input_schema == GenerateRequest.model_json_schema()
    assert {"wish", "id", "n"} == set(tools["rewrite_post"].input_schema["properties"])
    reading = {name for name, tool in tools.items() if tool.annotations and tool.annotations.read_only_hint}
    assert reading == {"get_thread", "validate_thread", "limits"}
    assert all(tool.description and tool.output_schema for tool in tools.values())


async def test_a_hit_is_one_round_trip(
    serve: Serve,
    front: Front,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    upstash_settings: dict[str, Any],
) -> None:
    async with agent(serve(**model_settings, **upstash_settings, local_cache_seconds=0)) as client:
        first = answered(await client.call_tool("make_thread", {"text": ARTICLE}))
        front.requests.clear()
        second = answered(await client.call_tool("make_thread", {"text": ARTICLE}))
    assert (len(front.requests), len(openai.requests)) == (1, 1)
    assert first.pop("delete_token")
    assert second == first | {"cached": True}


async def test_a_blocked_caller_reads_when_to_try_again_and_costs_no_further_command(
    serve: Serve, front: Front, upstash_settings: dict[str, Any]
) -> None:
    async with agent(serve(**upstash_settings, rate_limit_requests=1)) as client:
        answered(await client.call_tool("make_thread", {"text": ARTICLE}))
        first = await client.call_tool("make_thread", {"text": ARTICLE})
        front.requests.clear()
        again = await client.call_tool("rewrite_post", {"id": "x", "n": 1})
        assert not front.requests
        answered(await client.call_tool("validate_thread", {"thread": ["One."]}))
    for result in (first, again):
        found = problem(result)
        assert found["type"] == "/problems/rate-limited"
        assert 0 < found["retry_after_seconds"] <= 3_600 * 2
        assert f"Retry-After: {found['retry_after_seconds']} seconds." in words(result)


async def test_a_key_has_its_own_limit_however_it_is_sent(serve: Serve) -> None:
    url = serve(api_keys=("an-agents-key",), admin_token="the-admins-token", rate_limit_requests=2)
    used = []
    sent = [{"x-api-key": "an-agents-key"}, {"authorization": "Bearer an-agents-key"}]
    others = [
        {"authorization": "Bearer the-admins-token"},
        {"x-api-key": "wrong"},
        {"authorization": "Basic x"},
    ]
    for headers in [*sent, *others]:
        async with agent(url, **headers) as client:
            result = await client.call_tool("make_thread", {"text": "A text that is short."})
            used.append(
                "limited" if result.is_error else answered(await client.call_tool("limits"))["requests_used"]
            )
    assert used == [1, 2, 1, 2, "limited"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [pytest.param(404, "article-unreachable", id="missing"), pytest.param(200, "no-article", id="empty")],
)
async def test_an_article_that_cannot_be_used_is_the_tools_error(
    serve: Serve, site: Site, status: int, kind: str
) -> None:
    site.pages["/canary"] = lambda: Response("<html></html>", status, media_type="text/html")
    async with agent(serve()) as client:
        result = await client.call_tool("make_thread", {"url": f"{site.url}/canary"})
    assert problem(result)["type"] == f"/problems/{kind}"
    assert "canary" not in result.model_dump_json()


async def test_a_spent_budget_is_the_tools_error(serve: Serve, model_settings: dict[str, Any]) -> None:
    async with agent(serve(**model_settings, daily_budget_usd=0.000001)) as client:
        result = await client.call_tool("make_thread", {"text": ARTICLE, "generator": "openai"})
    assert problem(result)["type"] == "/problems/budget-spent"


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        pytest.param("make_thread", {}, "Give exactly one of url and text", id="no-source"),
        pytest.param(
            "make_thread", {"text": "canary", "platfrom": "x"}, "Did you mean 'platform'?", id="slip"
        ),
        pytest.param("make_thread", {"text": "canary", "max_posts": 99}, "max_posts", id="range"),
        pytest.param("get_thread", {}, "Field 'id' is missing.", id="no-id"),
        pytest.param("get_thread", {"id": "canary"}, "This thread does not exist", id="no-thread"),
        pytest.param("rewrite_post", {"id": "canary", "n": "1"}, "n: ", id="not-a-number"),
        pytest.param(
            "validate_thread", {"thread": [{"text": "canary"}]}, "Field 'thread.0.content'", id="nested"
        ),
        pytest.param("limits", {"canary": 1}, "Unknown field", id="too-much"),
    ],
)
async def test_wrong_arguments_are_explained_and_not_repeated(
    serve: Serve, tool: str, arguments: dict[str, Any], sentence: str
) -> None:
    async with agent(serve(), "legacy") as client:
        result = await client.call_tool(tool, arguments)
    assert sentence in problem(result)["detail"]
    assert tool == "limits" or "canary" not in result.model_dump_json()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_unknown_tool_is_an_error_of_the_protocol(serve: Serve, mode: str) -> None:
    async with agent(serve(), mode) as client:
        with pytest.raises(MCPError) as raised:
            await client.call_tool("post_to_x", {})
    assert raised.value.code == -32602
    assert re.search(", ".join(TOOLS), str(raised.value))


async def test_a_text_of_a_megabyte_is_taken_and_a_larger_one_explained(serve: Serve) -> None:
    async with agent(serve()) as client:
        sentence = "A sentence of some length that says a thing of its own, number %d.\n"
        long = "".join(sentence % number for number in range(14_000))
        answered(await client.call_tool("make_thread", {"text": long}))
        assert problem(await client.call_tool("make_thread", {"text": long * 2}))["status"] == 422
        with pytest.raises(MCPError, match="more than this address takes"):
            await client.call_tool("make_thread", {"text": long * 7})


async def test_the_model_is_that_of_the_http_route(
    serve: Serve, openai: FakeOpenAI, model_settings: dict[str, Any], site: Site
) -> None:
    async with agent(serve(**model_settings)) as client:
        made = answered(
            await client.call_tool("make_thread", {"url": f"{site.url}/bridge", "numbering": "none"})
        )
    assert [post["content"] for post in made["thread"][:2]] == POSTS[:2]
    assert made["usage"]["cost_usd"] > 0
