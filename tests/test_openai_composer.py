"""The door to OpenAI, over a real server that answers in every bad way."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response

from core.article import Article
from core.errors import ContentRefused, ModelError
from core.openai_composer import OpenAIComposer
from core.thread import Brief
from tests.fake_openai import POSTS, FakeOpenAI, completion, thread_answer
from tests.loopback import closed_port

ARTICLE = Article(text="The bridge closes. It was old.", title="Bridge")
Composers = Callable[..., OpenAIComposer]


@pytest.fixture
async def composer_of(openai: FakeOpenAI) -> AsyncIterator[Composers]:
    made: list[OpenAIComposer] = []

    def make(*models: str, base_url: str = openai.url, **prices: float) -> OpenAIComposer:
        made.append(
            OpenAIComposer(
                api_key="sk-canary", base_url=base_url, models=models or ("gpt-5.4-mini",), **prices
            )
        )
        return made[-1]

    yield make
    for composer in made:
        await composer.close()


def failure(status: int, code: str = "x") -> Callable[[Any], Response]:
    return lambda _: JSONResponse({"error": {"message": "sk-canary", "type": "e", "code": code}}, status)


async def test_it_asks_for_structured_output_and_gives_the_posts(
    composer_of: Composers, openai: FakeOpenAI
) -> None:
    openai.answer = lambda _: thread_answer(hooks=["One.", "Two."])
    draft = await composer_of().compose(ARTICLE, Brief(hooks=1), seconds=5)
    assert (draft.posts, draft.hooks, draft.model) == (tuple(POSTS), ("One.",), "gpt-5.4-mini")
    asked = openai.requests[0]
    assert asked["response_format"]["json_schema"]["strict"] is True
    assert asked["max_completion_tokens"] == 8_000


async def test_the_source_stands_alone_between_fences_that_change(
    composer_of: Composers, openai: FakeOpenAI
) -> None:
    for _ in range(2):
        await composer_of().compose(ARTICLE, Brief(), seconds=5)
    fences = [request["messages"][1]["content"].split("\n")[0] for request in openai.requests]
    assert fences[0] != fences[1]
    assert all(
        fence in request["messages"][0]["content"]
        for fence, request in zip(fences, openai.requests, strict=True)
    )
    assert openai.requests[0]["messages"][1]["content"].endswith(
        f"The bridge closes. It was old.\n{fences[0]}"
    )


async def test_a_price_that_is_set_wins_over_the_table(composer_of: Composers) -> None:
    draft = await composer_of(input_price=10.0, output_price=100.0).compose(ARTICLE, Brief(), seconds=5)
    assert draft.usage.cost_usd == 0.03


async def test_a_server_without_structured_output_is_asked_without(
    composer_of: Composers, openai: FakeOpenAI
) -> None:
    def answer(body: dict[str, Any]) -> Response | dict[str, Any]:
        if "response_format" in body:
            return JSONResponse({"error": {"message": "unknown field response_format"}}, 400)
        return completion("```json\n" + json.dumps({"posts": POSTS}) + "\n```")

    openai.answer = answer
    draft = await composer_of().compose(ARTICLE, Brief(), seconds=5)
    assert draft.posts == tuple(POSTS)


async def test_the_next_model_is_asked_when_the_first_fails(
    composer_of: Composers, openai: FakeOpenAI
) -> None:
    openai.answer = lambda body: (
        thread_answer() if body["model"] == "b" else failure(404, "model_not_found")(body)
    )
    draft = await composer_of("a", "b").compose(ARTICLE, Brief(), seconds=5)
    assert (draft.model, len(openai.requests)) == ("b", 2)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(failure(401, "invalid_api_key"), id="wrong key"),
        pytest.param(failure(429, "insufficient_quota"), id="no quota"),
        pytest.param(failure(500), id="500"),
        pytest.param(lambda _: HTMLResponse("<html>proxy login</html>"), id="HTML"),
        pytest.param(lambda _: Response('{"id":', media_type="application/json"), id="truncated envelope"),
        pytest.param(lambda _: JSONResponse({}), id="empty object"),
        pytest.param(lambda _: JSONResponse([1]), id="a list"),
        pytest.param(lambda _: completion() | {"choices": []}, id="no choices"),
        pytest.param(lambda _: completion(None), id="no content"),
        pytest.param(lambda _: completion('{"posts": ["cut'), id="truncated answer"),
        pytest.param(lambda _: completion("Here is your thread!"), id="prose"),
        pytest.param(lambda _: completion('{"posts": [], "hooks": []}'), id="no posts"),
        pytest.param(lambda _: completion('{"posts": [1, null, "  "]}'), id="posts that are none"),
        pytest.param(lambda _: completion("[" * 100_000), id="nested"),
        pytest.param(lambda _: completion("a" * 3_000_000), id="3 MB"),
    ],
)
async def test_every_bad_answer_is_a_model_error_after_one_call(
    composer_of: Composers, openai: FakeOpenAI, answer: Any
) -> None:
    openai.answer = answer
    composer = composer_of()
    with pytest.raises(ModelError) as caught:
        await composer.compose(ARTICLE, Brief(), seconds=5)
    assert not isinstance(caught.value, ContentRefused)
    assert "canary" not in f"{caught.value!r} {caught.value.reason}"
    assert caught.value.reason == composer.last_failure
    assert len(openai.requests) == 1


async def test_nobody_there_is_a_model_error(composer_of: Composers) -> None:
    with pytest.raises(ModelError):
        await composer_of(base_url=f"http://127.0.0.1:{closed_port()}/v1").compose(
            ARTICLE, Brief(), seconds=5
        )


async def test_a_slow_answer_is_given_up(composer_of: Composers, openai: FakeOpenAI) -> None:
    openai.delay_seconds = 5
    with pytest.raises(ModelError) as caught:
        await composer_of().compose(ARTICLE, Brief(), seconds=0.2)
    assert caught.value.reason == "no answer in time"


@pytest.mark.parametrize(
    "answer",
    [completion(refusal="I will not."), completion("", finish="content_filter")],
    ids=["refusal", "filter"],
)
async def test_a_refusal_is_no_failure_of_the_model(
    composer_of: Composers, openai: FakeOpenAI, answer: dict[str, Any]
) -> None:
    openai.answer = lambda _: answer
    composer = composer_of("a", "b")
    with pytest.raises(ContentRefused):
        await composer.compose(ARTICLE, Brief(), seconds=5)
    assert (len(openai.requests), composer.health) == (1, "healthy")


async def test_a_model_that_writes_again_is_healthy_again(composer_of: Composers, openai: FakeOpenAI) -> None:
    composer = composer_of()
    openai.answer = failure(500)
    with pytest.raises(ModelError):
        await composer.compose(ARTICLE, Brief(), seconds=5)
    assert composer.health == "failing"
    openai.answer = lambda _: thread_answer()
    await composer.compose(ARTICLE, Brief(), seconds=5)
    assert composer.health == "healthy"
