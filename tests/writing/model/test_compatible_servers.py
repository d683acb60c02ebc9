"""Servers that speak OpenAI's protocol in part, over loopback: a thread is made, in few calls."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.responses import JSONResponse, Response

from core.article.article import Article
from core.errors import ContentRefused, ModelError
from core.text.thread import Brief
from core.usage import UsageMeter
from core.writing.model.composer import ModelComposer
from core.writing.model.prices import Price
from tests.support.fake_openai import POSTS, FakeOpenAI, completion, thread_answer

ARTICLE = Article(text="The bridge closes. It was old.", title="Bridge")
Answer = Callable[[dict[str, Any]], Response | dict[str, Any]]


@pytest.fixture
def meter() -> UsageMeter:
    return UsageMeter()


@pytest.fixture
async def composer(openai: FakeOpenAI) -> AsyncIterator[ModelComposer]:
    async def sleep(_: float) -> None:
        return None

    made = ModelComposer(api_key="k", base_url=openai.url, models=[("a", Price(1.0, 10.0))], sleep=sleep)
    yield made
    await made.close()


def refused(message: str, status: int = 400) -> Response:
    return JSONResponse({"error": {"message": message, "type": "invalid_request_error"}}, status)


def refuses_all(body: dict[str, Any]) -> Response | dict[str, Any]:
    """A small local model: neither schema, new field nor system role, and a context of 4,096 tokens."""
    if "response_format" in body:
        return refused("response_format is not supported", 422)
    if "max_completion_tokens" in body:
        return refused("Unknown field: max_completion_tokens")
    if body["max_tokens"] > 4_096 - 1_000:
        return refused(
            f"maximum context length is 4096 tokens: 1000 in the messages, {body['max_tokens']} asked"
        )
    if body["messages"][0]["role"] == "system":
        return refused("System role not supported", 500)
    return thread_answer()


async def test_what_a_server_takes_is_found_out_once_and_remembered(
    composer: ModelComposer, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    openai.answer = refuses_all
    for calls in (5, 6):
        draft = await composer.compose(ARTICLE, Brief(), seconds=20, meter=meter)
        assert (draft.posts, len(openai.requests), composer.health) == (tuple(POSTS), calls, "healthy")
    assert set(openai.requests[-1]) == {"model", "messages", "max_tokens"}


async def test_refused_calls_cost_nothing_and_each_is_covered(
    composer: ModelComposer, openai: FakeOpenAI
) -> None:
    meter = UsageMeter(allowance_usd=0.09)  # one call, not five
    openai.answer = refuses_all
    await composer.compose(ARTICLE, Brief(), seconds=20, meter=meter)
    assert (meter.total.input_tokens, meter.total.output_tokens, meter.total.cost_usd) == (1_000, 200, 0.003)


@pytest.mark.parametrize(
    "message",
    [
        "max_tokens and max_completion_tokens are unknown",
        "response_format, max_tokens, max_completion_tokens: unknown; System role not supported",
        "max_tokens must be at most 300",
    ],
)
async def test_a_server_that_takes_nothing_is_given_up(
    composer: ModelComposer, openai: FakeOpenAI, meter: UsageMeter, message: str
) -> None:
    openai.answer = lambda _: refused(message)
    with pytest.raises(ModelError):
        await composer.compose(ARTICLE, Brief(), seconds=20, meter=meter)
    assert len(openai.requests) <= 5
    assert (meter.total.cost_usd, composer.health) == (0, "rejected")


async def test_the_changes_share_the_deadline(
    composer: ModelComposer, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    openai.answer, openai.delay_seconds = refuses_all, 0.3
    with pytest.raises(ModelError) as caught:
        await composer.compose(ARTICLE, Brief(), seconds=0.7, meter=meter)
    assert caught.value.reason == "no answer in time"
    assert len(openai.requests) <= 3


@pytest.mark.parametrize(
    ("error", "word", "calls", "is_billed"),
    [
        pytest.param({"code": 429, "message": "canary"}, "rate_limited", 2, False, id="429"),
        pytest.param({"code": "429"}, "rate_limited", 2, False, id="429-as-text"),
        pytest.param({"code": "rate_limit_exceeded"}, "rate_limited", 2, False, id="429-in-words"),
        pytest.param({"code": 402, "message": "canary"}, "quota_exceeded", 1, False, id="402"),
        pytest.param({"code": 401}, "unauthorized", 1, False, id="401"),
        pytest.param({"code": 404}, "misconfigured", 1, False, id="404"),
        pytest.param({"code": 400, "message": "canary"}, "rejected", 1, False, id="400"),
        pytest.param({"code": 503}, "server_error", 2, False, id="503"),
        pytest.param({"code": 502, "metadata": {"raw": "canary"}}, "server_error", 2, True, id="502"),
        pytest.param("rate limit", "rate_limited", 2, False, id="text"),
        pytest.param({"message": "canary"}, "bad_answer", 1, True, id="no-code"),
    ],
)
@pytest.mark.parametrize("place", ["body", "choice"])
async def test_an_error_inside_a_200_is_judged_by_its_code(
    composer: ModelComposer,
    openai: FakeOpenAI,
    meter: UsageMeter,
    error: Any,
    word: str,
    calls: int,
    is_billed: bool,
    place: str,
) -> None:
    choice = {"index": 0, "finish_reason": "error", "message": {"role": "assistant", "content": ""}}
    body = {"error": error} if place == "body" else {"choices": [choice | {"error": error}]}
    openai.answer = lambda _: body
    with pytest.raises(ModelError) as caught:
        await composer.compose(ARTICLE, Brief(), seconds=20, meter=meter)
    assert (composer.health, len(openai.requests)) == (word, calls)
    assert (meter.total.cost_usd > 0) is is_billed
    assert "canary" not in f"{caught.value!r} {caught.value.reason} {composer.last_failure}"


@pytest.mark.parametrize("error", [None, {}, {"code": None, "message": ""}], ids=repr)
async def test_an_empty_error_is_none(
    composer: ModelComposer, openai: FakeOpenAI, meter: UsageMeter, error: Any
) -> None:
    openai.answer = lambda _: thread_answer() | {"error": error}
    assert (await composer.compose(ARTICLE, Brief(), seconds=20, meter=meter)).posts == tuple(POSTS)


async def test_a_parameter_refused_inside_a_200_is_left_out(
    composer: ModelComposer, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    error = {"error": {"code": 400, "message": "response_format is not supported"}}
    openai.answer = lambda body: error if "response_format" in body else thread_answer()
    assert (await composer.compose(ARTICLE, Brief(), seconds=20, meter=meter)).posts == tuple(POSTS)


ANSWER = json.dumps({"posts": POSTS})
CALL = {"name": "thread", "arguments": ANSWER}


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(
            {"content": [{"type": "thinking", "thinking": "{}"}, {"type": "text", "text": ANSWER}]},
            id="parts",
        ),
        pytest.param(
            {
                "content": [
                    {"type": "reasoning", "text": '{"posts": ["x"]}'},
                    {"type": "output_text", "text": ANSWER},
                ]
            },
            id="output-text",
        ),
        pytest.param({"content": [ANSWER[:9], {"text": {"value": ANSWER[9:]}}]}, id="pieces"),
        pytest.param({"content": {"posts": POSTS}}, id="parsed"),
        pytest.param(
            {"content": None, "tool_calls": [{"id": "1", "type": "function", "function": CALL}]},
            id="tool-call",
        ),
        pytest.param({"content": "", "function_call": CALL}, id="function-call"),
        pytest.param(
            {"content": ANSWER, "reasoning_content": '{"posts": ["Not this one at all."]}'},
            id="reasoning-field",
        ),
    ],
)
async def test_the_answer_is_found_where_servers_put_it(
    composer: ModelComposer, openai: FakeOpenAI, meter: UsageMeter, message: dict[str, Any]
) -> None:
    openai.answer = lambda _: completion(**message)
    draft = await composer.compose(ARTICLE, Brief(), seconds=20, meter=meter)
    assert (draft.posts, meter.total.output_tokens) == (tuple(POSTS), 200)


@pytest.mark.parametrize(
    ("message", "finish", "error"),
    [
        pytest.param({"content": "", "reasoning_content": ANSWER}, "stop", ModelError, id="only-reasoning"),
        pytest.param(
            {"content": [{"type": "thinking", "thinking": ANSWER}]}, "stop", ModelError, id="only-thinking"
        ),
        pytest.param({"content": ANSWER}, "MAX_TOKENS", ModelError, id="cut"),
        pytest.param(
            {"content": [{"type": "refusal", "refusal": "No."}]}, "stop", ContentRefused, id="refusal-part"
        ),
        pytest.param({"content": None}, "content_filter: SAFETY", ContentRefused, id="filtered"),
    ],
)
async def test_reasoning_alone_cut_answers_and_refusals_are_no_thread(
    composer: ModelComposer,
    openai: FakeOpenAI,
    meter: UsageMeter,
    message: dict[str, Any],
    finish: str,
    error: type[ModelError],
) -> None:
    openai.answer = lambda _: completion(finish=finish, **message)
    with pytest.raises(ModelError) as caught:
        await composer.compose(ARTICLE, Brief(), seconds=20, meter=meter)
    assert type(caught.value) is error
