"""Every bad reply of a model server, through the whole app: a thread is made, and nothing leaks."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from redis import Redis

from core.net import bounded_client
from core.usage import UsageMeter
from core.writing.model.chat import Chat
from core.writing.model.failure import ModelCallFailed
from core.writing.model.prices import price_of
from tests.support.app import Make
from tests.support.fake_openai import FakeOpenAI, completion, played
from tests.support.loopback import closed_port, silent_port
from tests.support.questions import question_about
from tests.support.site import ARTICLE

KEY = "sk-canary-0123456789"
REQUEST = {"text": ARTICLE}
LINE = "The old harbour bridge closes for eighteen months"


def error(status: int, code: Any, kind: Any = "invalid_request_error", **wire: Any) -> dict[str, Any]:
    message = f"No, {KEY}: sk-canary***789, canary"
    return {"status": status, "json": {"error": {"message": message, "type": kind, "code": code}}, **wire}


def said(content: Any = None, **wire: Any) -> dict[str, Any]:
    return {"content": content, **wire}


async def play(
    wire: dict[str, Any], client_of: Make, openai: FakeOpenAI, settings: dict[str, Any], **more: Any
) -> tuple[Any, dict[str, Any]]:
    """The answer to a generation, and the health of the model afterwards."""
    openai.answer = lambda _: played(wire)
    closed = f"http://127.0.0.1:{closed_port()}/v1"
    base = closed if "tcp" in wire else openai.url
    key = None if "env" in wire else KEY
    prices = {"openai_price_input": 0.75, "openai_price_output": 4.5}
    client = client_of(openai_api_key=key, openai_base_url=base, **settings, **prices, **more)
    response = await client.post("/api/generate", json=REQUEST)
    health = (await client.get("/api/monitor/health")).json()["services"]["openai"]
    return response, health


def alerts(log: str) -> list[str]:
    """The levels of the lines that need an operator."""
    lines = [json.loads(line) for line in log.splitlines()]
    return [line["level"] for line in lines if line.get("alert") is True]


@pytest.mark.parametrize(
    ("wire", "attempts", "word"),
    [
        pytest.param(error(401, "invalid_api_key"), 1, "unauthorized", id="401"),
        pytest.param(error(403, "unsupported_country"), 1, "unauthorized", id="403"),
        pytest.param(error(403, "model_not_found"), 1, "misconfigured", id="403-no-access-to-model"),
        pytest.param(error(404, None), 1, "misconfigured", id="404"),
        pytest.param(error(402, None), 1, "quota_exceeded", id="402"),
        pytest.param(error(429, "billing_hard_limit_reached", "x"), 1, "quota_exceeded", id="429-hard-limit"),
        pytest.param(error(400, "billing_not_active"), 1, "quota_exceeded", id="400-billing"),
        pytest.param(error(429, None, "insufficient_quota"), 1, "quota_exceeded", id="429-by-type"),
        pytest.param(
            error(429, "rate_limit_exceeded", headers={"retry-after": "0"}), 2, "rate_limited", id="429"
        ),
        pytest.param(
            error(429, "rate_limit_exceeded", headers={"retry-after": "60"}), 1, "rate_limited", id="429-long"
        ),
        pytest.param(error(400, "context_length_exceeded"), 1, "rejected", id="400-too-long"),
        pytest.param(error(400, ["odd"], {"odd": 1}), 1, "rejected", id="400-odd-types"),
        pytest.param({"status": 502, "html": "<h1>canary</h1>"}, 2, "server_error", id="502-html"),
        pytest.param({"status": 503, "raw": ""}, 2, "server_error", id="503-empty"),
        pytest.param(error(529, "overloaded_error"), 2, "server_error", id="529"),
        pytest.param(
            {"status": 400, "json": [{"error": {"details": [{"reason": "API_KEY_INVALID"}]}}]},
            1,
            "unauthorized",
            id="400-bad-key-of-google",
        ),
        pytest.param({"status": 418, "json": []}, 1, "rejected", id="418-list"),
        pytest.param({"tcp": "closed"}, 0, "unreachable", id="closed-port"),
        pytest.param({"status": 204, "raw": ""}, 1, "bad_answer", id="204"),
        pytest.param({"html": "<h1>Log in, canary</h1>"}, 1, "bad_answer", id="200-html"),
        pytest.param({"raw": '{"choices": ['}, 1, "bad_answer", id="cut-envelope"),
        pytest.param({"json": {}}, 1, "bad_answer", id="empty-envelope"),
        pytest.param({"choices": []}, 1, "bad_answer", id="no-choices"),
        pytest.param({"content_bytes": 40_000_000}, 1, "bad_answer", id="forty-megabytes"),
        pytest.param(error(200, "x"), 1, "bad_answer", id="200-with-an-error"),
        pytest.param({"json": None}, 1, "bad_answer", id="null"),
        pytest.param({"json": "text"}, 1, "bad_answer", id="string"),
        pytest.param({"raw": "[" * 50_000}, 1, "bad_answer", id="nested-envelope"),
        pytest.param({"raw": "9" * 5_000}, 1, "bad_answer", id="endless-number"),
        pytest.param({"raw": b"\xff\xfe"}, 1, "bad_answer", id="no-utf-8"),
        pytest.param({"json": completion() | {"choices": {"a": 1}}}, 1, "bad_answer", id="choices-object"),
        pytest.param({"choices": [None]}, 1, "bad_answer", id="choice-null"),
        pytest.param({"choices": [{"message": None}]}, 1, "bad_answer", id="message-null"),
        pytest.param({"choices": [{"message": []}]}, 1, "bad_answer", id="message-list"),
        pytest.param({"choices": [{"message": {"content": 7}}]}, 1, "bad_answer", id="content-number"),
        pytest.param(said([{"type": "text", "text": "{}"}]), 1, "bad_answer", id="content-list"),
        pytest.param(said("  "), 1, "bad_answer", id="blank"),
        pytest.param(said("\u200b"), 1, "bad_answer", id="invisible"),
        pytest.param(said('{"posts": ["One."]}', finish="length"), 1, "bad_answer", id="cut-short"),
        pytest.param(said('{"posts": {"0": "One."}}'), 1, "bad_answer", id="posts-object"),
        pytest.param(said('<think>{"posts": ["…"]}</think>{"posts": ["…"]}'), 1, "bad_answer", id="form"),
        pytest.param(said(f'<think>So {{"posts": ["{LINE}"]}}'), 1, "bad_answer", id="reasoning"),
        pytest.param(said('{"posts": ["Sure!"]}'), 1, "bad_answer", id="far-too-short"),
        pytest.param(said('{"posts": ["A"], "posts": []}'), 1, "bad_answer", id="duplicate-keys"),
        pytest.param(
            said(tool_calls=[{"id": "1", "type": "function", "function": {"name": "x", "arguments": "{}"}}]),
            1,
            "bad_answer",
            id="tool-calls",
        ),
    ],
)
async def test_every_failure_has_a_fallback_and_a_word_in_health(
    wire: dict[str, Any],
    attempts: int,
    word: str,
    client_of: Make,
    openai: FakeOpenAI,
    upstash_settings: dict[str, Any],
    valkey: Redis,
    capsys: pytest.CaptureFixture[str],
) -> None:
    response, health = await play(wire, client_of, openai, upstash_settings)
    body = response.json()
    assert (response.status_code, body["generator"], body["degraded"]) == (200, "extractive", True)
    assert (len(openai.requests), health["status"]) == (attempts, word)
    assert not valkey.keys("threadr:cache:*")
    assert "canary" not in f"{response.text}{health}{capsys.readouterr().out}"


@pytest.mark.parametrize(
    "wire",
    [
        pytest.param(said(refusal="canary"), id="refusal"),
        pytest.param(said('{"posts": ["One."]}', refusal="canary"), id="refusal-with-content"),
        pytest.param(said("", finish="content_filter"), id="filter"),
        pytest.param(error(400, "content_filter"), id="400-filter"),
        pytest.param(error(400, "invalid_prompt"), id="400-flagged"),
        pytest.param(
            {"status": 403, "json": {"error": {"code": 403, "message": "your input was flagged for canary"}}},
            id="403-flagged",
        ),
        pytest.param(error(400, "data_inspection_failed"), id="400-inspected"),
    ],
)
async def test_a_refusal_is_reported_as_one_and_never_kept(
    wire: dict[str, Any],
    client_of: Make,
    openai: FakeOpenAI,
    upstash_settings: dict[str, Any],
    valkey: Redis,
    capsys: pytest.CaptureFixture[str],
) -> None:
    response, health = await play(wire, client_of, openai, upstash_settings)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/content-refused")
    assert (len(openai.requests), health["status"]) == (1, "healthy")
    assert not valkey.keys("threadr:cache:*")
    assert "canary" not in f"{response.text}{health}{capsys.readouterr().out}"


@pytest.mark.parametrize(
    ("wire", "posts", "tokens"),
    [
        pytest.param(
            said(f'{{"posts": ["{LINE} \ud800\\ud800\\u202e."]}}'), [f"{LINE} ."], 1_000, id="surrogates"
        ),
        pytest.param(said(f'Here:\n```json\n{{"posts": ["{LINE}"]}}\n```'), [LINE], 1_000, id="code-block"),
        pytest.param(said(f'{{"posts": [1, null, "{LINE}", []]}}'), [LINE], 1_000, id="junk-among-posts"),
        pytest.param(said(f'{{"posts": ["One."], "posts": ["{LINE}"]}}'), [LINE], 1_000, id="duplicate-keys"),
    ],
)
async def test_a_usable_reply_is_used(
    wire: dict[str, Any], posts: list[str], tokens: int, client_of: Make, openai: FakeOpenAI
) -> None:
    response, health = await play(wire, client_of, openai, {}, daily_budget_usd=100)
    body = response.json()
    assert [post["content"].split("\n\n")[0] for post in body["thread"]] == posts
    assert (body["generator"], body["usage"]["input_tokens"], health["status"]) == (
        "openai",
        tokens,
        "healthy",
    )


@pytest.mark.parametrize(
    ("read", "wrote"),
    [
        pytest.param(None, 200, id="missing"),
        pytest.param(1_000, None, id="half-missing"),
        pytest.param(-5, 200, id="negative"),
        pytest.param(1_000, -1, id="negative-output"),
        pytest.param(0, 0, id="zero"),
        pytest.param(3, 200, id="too-few-for-the-rules"),
        pytest.param(1_000, 0, id="none-for-an-answer"),
        pytest.param(1_000, 8_001, id="over-the-limit-that-was-set"),
        pytest.param(10**400, 200, id="endless"),
        pytest.param(float("nan"), 200, id="nan"),
        pytest.param(1_000.5, 200, id="fraction"),
        pytest.param(True, True, id="bool"),
        pytest.param("1000", "200", id="text"),
    ],
)
async def test_usage_that_cannot_be_true_is_booked_as_the_worst_case(
    read: Any, wrote: Any, client_of: Make, openai: FakeOpenAI
) -> None:
    usage = {name: n for name, n in (("prompt_tokens", read), ("completion_tokens", wrote)) if n is not None}
    response, _ = await play({"usage": usage}, client_of, openai, {})
    sent = openai.requests[0]
    size = sum(len(message["content"].encode()) for message in sent["messages"])
    size += len(json.dumps(sent["response_format"]["json_schema"]))
    body = response.json()["usage"]
    assert body["output_tokens"] == 8_000
    assert size <= body["input_tokens"] <= size + 200
    assert body["cost_usd"] >= (size * 0.75 + 8_000 * 4.50) / 1_000_000


@pytest.mark.parametrize("usage", [None, "much", [], {}], ids=repr)
async def test_a_reply_without_usage_is_booked_as_the_worst_case(
    usage: Any, client_of: Make, openai: FakeOpenAI
) -> None:
    response, _ = await play({"usage": usage}, client_of, openai, {})
    assert response.json()["usage"]["output_tokens"] == 8_000


@pytest.mark.parametrize(
    ("wire", "is_billed"),
    [
        pytest.param({"drip": True}, True, id="timed-out"),
        pytest.param({"raw": "{"}, True, id="cut"),
        pytest.param(error(504, "x"), True, id="gateway-gave-up"),
        pytest.param(error(500, "x"), False, id="500"),
        pytest.param(error(429, "insufficient_quota"), False, id="quota"),
        pytest.param(error(401, "invalid_api_key"), False, id="key"),
        pytest.param({"tcp": "closed"}, False, id="closed-port"),
    ],
)
async def test_a_failed_call_is_booked_unless_it_cannot_have_been_billed(
    wire: dict[str, Any], is_billed: bool, client_of: Make, openai: FakeOpenAI
) -> None:
    response, _ = await play(wire, client_of, openai, {}, generate_deadline_seconds=1.6)
    body = response.json()
    assert body["generator"] == "extractive"
    assert (body["usage"]["cost_usd"] > 0.036) is is_billed


async def test_a_server_that_cannot_be_connected_to_costs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounded_client, "_CONNECT_SECONDS", 0.2)
    meter = UsageMeter()
    with silent_port() as port:
        chat = Chat(api_key="k", base_url=f"http://127.0.0.1:{port}/v1", prices={"m": price_of("m")})
        with pytest.raises(ModelCallFailed) as failed:
            await asyncio.wait_for(chat.ask("m", question_about(), meter), 20)
    assert failed.value.health == "unreachable"
    assert meter.total.cost_usd == 0


@pytest.mark.parametrize("wire", [{"drip": True}, {"status": 307, "raw": ""}], ids=["drip", "redirect"])
async def test_a_reply_that_never_ends_has_a_fallback_after_one_call(
    wire: dict[str, Any], client_of: Make, openai: FakeOpenAI
) -> None:
    away = {"headers": {"location": f"{openai.url}/chat/completions"}} if "status" in wire else {}
    response, health = await play(wire | away, client_of, openai, {}, generate_deadline_seconds=1.3)
    assert (response.json()["generator"], len(openai.requests)) == ("extractive", 1)
    assert health["status"] == ("timeout" if "drip" in wire else "rejected")


async def test_a_refused_key_is_not_used_again_and_logged_once(
    client_of: Make, openai: FakeOpenAI, capsys: pytest.CaptureFixture[str]
) -> None:
    openai.answer = lambda _: played(error(429, "insufficient_quota"))
    client = client_of(
        openai_api_key=KEY, openai_base_url=openai.url, openai_fallback_models=("b",), local_cache_seconds=0
    )
    for number in range(3):
        answer = await client.post("/api/generate", json={"text": f"{ARTICLE} {number}"})
        assert answer.json()["generator"] == "extractive"
    assert (len(openai.requests), alerts(capsys.readouterr().out)) == (1, ["error"])
    insisted = await client.post("/api/generate", json={"text": ARTICLE, "generator": "openai"})
    assert (insisted.status_code, insisted.json()["type"]) == (503, "/problems/model-unavailable")
