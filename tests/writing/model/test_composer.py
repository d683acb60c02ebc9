"""The composer that asks models, over a real server with every kind of bad reply."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response

from core.article.article import Article
from core.errors import ContentRefused, ModelError
from core.text.thread import Brief
from core.usage import UsageMeter
from core.writing.draft import RewriteTask
from core.writing.model.composer import ModelComposer
from core.writing.model.prices import price_of
from core.writing.model.prompt import thread_question
from core.writing.writer import ExtractiveComposer, Writer
from tests.support.fake_openai import POSTS, FakeOpenAI, completion, data_between_fences, thread_answer
from tests.support.loopback import closed_port

ARTICLE = Article(text="The bridge closes. It was old.", title="Bridge")
Composers = Callable[..., ModelComposer]


def rewriting(*texts: str, number: int = 1, **changes: Any) -> RewriteTask:
    options: dict[str, Any] = {"brief": Brief(), "max_length": 10, "instruction": None} | changes
    return RewriteTask(texts=texts, number=number, **options)


@dataclass
class Time:
    """Epoch seconds that move with `sleep`, and when a test sets `now`."""

    now: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def meter() -> UsageMeter:
    return UsageMeter()


@pytest.fixture
async def composer_of(openai: FakeOpenAI, time: Time) -> AsyncIterator[Composers]:
    made: list[ModelComposer] = []

    def make(*models: str, base_url: str = openai.url, **prices: Any) -> ModelComposer:
        made.append(
            ModelComposer(
                api_key="sk-canary",
                base_url=base_url,
                models=[(model, price_of(model, **prices)) for model in models or ("gpt-5.4-mini",)],
                clock=time,
                sleep=time.sleep,
            )
        )
        return made[-1]

    yield make
    for composer in made:
        await composer.close()


def max_cost_usd(model: ModelComposer, characters: int) -> float:
    return Writer(model, ExtractiveComposer()).max_cost_usd("openai", "a" * characters)


def failure(status: int, code: str = "x", **headers: str) -> Callable[[Any], Response]:
    content = {"error": {"message": "sk-canary", "type": "e", "code": code}}
    return lambda _: JSONResponse(
        content, status, {name.replace("_", "-"): headers[name] for name in headers}
    )


def in_turn(*answers: Any) -> Callable[[Any], Any]:
    """Each request gets the next of the answers."""
    left = list(answers)

    def answer(body: dict[str, Any]) -> Any:
        given = left.pop(0)
        return given(body) if callable(given) else given

    return answer


async def test_it_asks_for_structured_output_and_gives_the_posts(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    openai.answer = lambda _: thread_answer(hooks=["One.", "Two."])
    draft = await composer_of().compose(ARTICLE, Brief(hooks=1), seconds=5, meter=meter)
    assert (draft.posts, draft.hooks, draft.model) == (tuple(POSTS), ("One.",), "gpt-5.4-mini")
    request = openai.requests[0]
    assert request["response_format"]["json_schema"]["strict"] is True
    assert request["max_completion_tokens"] == 8_000


async def test_the_source_is_alone_between_fences_that_change(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    for _ in range(2):
        await composer_of().compose(ARTICLE, Brief(), seconds=5, meter=meter)
    fences = [request["messages"][1]["content"].split("\n")[0] for request in openai.requests]
    assert fences[0] != fences[1]
    assert all(
        fence in request["messages"][0]["content"]
        for fence, request in zip(fences, openai.requests, strict=True)
    )
    assert openai.requests[0]["messages"][1]["content"].endswith(
        f"The bridge closes. It was old.\n{fences[0]}"
    )


async def test_a_price_that_is_set_wins_over_the_table(composer_of: Composers, meter: UsageMeter) -> None:
    await composer_of(input_price=10.0, output_price=100.0).compose(ARTICLE, Brief(), seconds=5, meter=meter)
    assert meter.total.cost_usd == 0.03


async def test_a_server_without_structured_output_is_asked_without(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    def answer(body: dict[str, Any]) -> Response | dict[str, Any]:
        if "response_format" in body:
            return JSONResponse({"error": {"message": "unknown field response_format"}}, 400)
        return completion("```json\n" + json.dumps({"posts": POSTS}) + "\n```")

    openai.answer = answer
    draft = await composer_of().compose(ARTICLE, Brief(), seconds=5, meter=meter)
    assert draft.posts == tuple(POSTS)


async def test_the_next_model_is_asked_when_the_first_fails(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    openai.answer = lambda body: (
        thread_answer() if body["model"] == "b" else failure(404, "model_not_found")(body)
    )
    draft = await composer_of("a", "b").compose(ARTICLE, Brief(), seconds=5, meter=meter)
    assert (draft.model, len(openai.requests)) == ("b", 2)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(failure(401, "invalid_api_key"), id="wrong key"),
        pytest.param(failure(429, "insufficient_quota"), id="no quota"),
        pytest.param(failure(400), id="400"),
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
    composer_of: Composers, openai: FakeOpenAI, answer: Any, meter: UsageMeter
) -> None:
    openai.answer = answer
    composer = composer_of()
    with pytest.raises(ModelError) as caught:
        await composer.compose(ARTICLE, Brief(), seconds=5, meter=meter)
    assert not isinstance(caught.value, ContentRefused)
    assert "canary" not in f"{caught.value!r} {caught.value.reason}"
    assert caught.value.reason == composer.last_failure
    assert len(openai.requests) == 1


async def test_a_closed_port_is_a_model_error(composer_of: Composers, time: Time, meter: UsageMeter) -> None:
    composer = composer_of(base_url=f"http://127.0.0.1:{closed_port()}/v1")
    with pytest.raises(ModelError):
        await composer.compose(ARTICLE, Brief(), seconds=5, meter=meter)
    assert (composer.health, time.slept) == ("unreachable", [0.25])


async def test_a_slow_reply_times_out(composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter) -> None:
    openai.delay_seconds = 5
    with pytest.raises(ModelError) as caught:
        await composer_of().compose(ARTICLE, Brief(), seconds=0.2, meter=meter)
    assert caught.value.reason == "no answer in time"


@pytest.mark.parametrize(
    "answer",
    [completion(refusal="I will not."), completion("", finish="content_filter")],
    ids=["refusal", "filter"],
)
async def test_a_refusal_is_no_failure_of_the_model(
    composer_of: Composers, openai: FakeOpenAI, answer: dict[str, Any], meter: UsageMeter
) -> None:
    openai.answer = lambda _: answer
    composer = composer_of("a", "b")
    with pytest.raises(ContentRefused):
        await composer.compose(ARTICLE, Brief(), seconds=5, meter=meter)
    assert (len(openai.requests), composer.health) == (1, "healthy")


async def test_a_model_that_writes_again_is_healthy_again(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    composer = composer_of()
    openai.answer = failure(500)
    with pytest.raises(ModelError):
        await composer.compose(ARTICLE, Brief(), seconds=5, meter=meter)
    assert composer.health == "server_error"
    openai.answer = lambda _: thread_answer()
    await composer.compose(ARTICLE, Brief(), seconds=5, meter=meter)
    assert composer.health == "healthy"


@pytest.mark.parametrize(
    ("first", "slept"),
    [
        pytest.param(failure(429, retry_after="3"), [3.0], id="seconds"),
        pytest.param(failure(429, retry_after="0.5"), [0.5], id="parts-of-seconds"),
        pytest.param(failure(429, retry_after="9", retry_after_ms="20"), [0.02], id="milliseconds-win"),
        pytest.param(failure(429, retry_after="Thu, 01 Jan 2026 00:00:00 GMT"), [0.0], id="date-gone-by"),
        pytest.param(failure(429), [1.0], id="no-header"),
        pytest.param(failure(429, retry_after="soon"), [1.0], id="broken"),
        pytest.param(failure(429, retry_after="nan"), [1.0], id="nan"),
        pytest.param(failure(429, retry_after="-7"), [0.0], id="negative"),
        *(pytest.param(failure(status), [0.25], id=f"{status}") for status in (500, 502, 503, 504)),
    ],
)
async def test_a_temporary_failure_is_retried_once_on_the_same_model(
    composer_of: Composers, openai: FakeOpenAI, time: Time, first: Any, slept: list[float], meter: UsageMeter
) -> None:
    openai.answer = in_turn(first, thread_answer())
    draft = await composer_of("a", "b").compose(ARTICLE, Brief(), seconds=6, meter=meter)
    assert (draft.model, time.slept) == ("a", slept)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"retry_after": "5"}, id="no-time-to-answer-after-it"),
        pytest.param({"retry_after": "inf"}, id="for-ever"),
        pytest.param({"retry_after": "Fri, 01 Jan 2100 00:00:00 GMT"}, id="far-date"),
    ],
)
async def test_a_wait_that_does_not_fit_is_not_waited(
    composer_of: Composers, openai: FakeOpenAI, time: Time, headers: dict[str, str], meter: UsageMeter
) -> None:
    openai.answer = in_turn(failure(429, **headers), thread_answer())
    draft = await composer_of("a", "b").compose(ARTICLE, Brief(), seconds=6, meter=meter)
    assert (draft.model, time.slept) == ("b", [])


async def test_a_failure_that_comes_again_goes_to_the_next_model(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    openai.answer = in_turn(failure(429), failure(503), thread_answer())
    composer = composer_of("a", "b")
    draft = await composer.compose(ARTICLE, Brief(), seconds=9, meter=meter)
    assert (draft.model, composer.health) == ("b", "healthy")


async def test_a_model_that_is_gone_is_reported_although_another_writes(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    openai.answer = in_turn(failure(404, "model_not_found"), thread_answer())
    composer = composer_of("a", "b")
    assert (await composer.compose(ARTICLE, Brief(), seconds=5, meter=meter)).model == "b"
    assert (composer.health, composer.last_failure) == ("misconfigured", "a: HTTP 404")


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (failure(401), "unauthorized"),
        (failure(429, "insufficient_quota"), "quota_exceeded"),
    ],
    ids=["key", "quota"],
)
async def test_a_refused_key_stops_all_models_for_300_seconds(
    composer_of: Composers, openai: FakeOpenAI, time: Time, answer: Any, word: str, meter: UsageMeter
) -> None:
    openai.answer = answer
    composer = composer_of("a", "b")
    for seconds, requests in ((0, 1), (299.9, 1), (0.2, 2), (299.9, 2)):
        time.now += seconds
        with pytest.raises(ModelError) as caught:
            await composer.compose(ARTICLE, Brief(), seconds=5, meter=meter)
        assert (len(openai.requests), composer.health) == (requests, word)
        assert caught.value.reason == composer.last_failure
    time.now += 300
    openai.answer = lambda _: thread_answer()
    assert await composer.compose(ARTICLE, Brief(), seconds=5, meter=meter)
    assert composer.health == "healthy"


LONG = "A post that goes on for much too long. " * 10


def shorter(*texts: str) -> dict[str, Any]:
    return completion(json.dumps({"posts": texts}))


async def test_only_posts_that_are_too_long_are_sent_back_and_once(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    openai.answer = in_turn(thread_answer(["One.", LONG, "Three."], [LONG, "H"]), shorter("Two.", "Hook."))
    draft = await composer_of().compose(ARTICLE, Brief(hooks=2), seconds=5, meter=meter)
    assert (draft.posts, draft.hooks) == (("One.", "Two.", "Three."), ("Hook.", "H"))
    assert (meter.total.input_tokens, meter.total.output_tokens) == (2_000, 400)
    again = openai.requests[1]
    assert json.loads(data_between_fences(again)) == [LONG.strip()] * 2
    assert f"at most {Brief().max_length} characters" in again["messages"][0]["content"]
    assert again["response_format"]["json_schema"]["name"] == "shorter"
    assert again["messages"][1]["content"][:24] != openai.requests[0]["messages"][1]["content"][:24]


async def test_shortened_posts_lose_the_numbers_of_their_positions(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    again = shorter("2/4 Two.", "4/4 Four.", "1/4 Hook.")
    openai.answer = in_turn(
        thread_answer(["One.", LONG, "Three.", "Quite different words, on and on. " * 9], [LONG]), again
    )
    draft = await composer_of().compose(ARTICLE, Brief(hooks=1), seconds=5, meter=meter)
    assert (draft.posts, draft.hooks) == (("One.", "Two.", "Three.", "Four."), ("Hook.",))


async def test_a_shortened_rewrite_loses_the_number_of_its_position(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    openai.answer = in_turn(completion('{"post": "Longer than ten."}'), shorter("2/2 Short."))
    draft = await composer_of().rewrite(rewriting("A.", "B.", number=2), seconds=5, meter=meter)
    assert draft.posts == ("Short.",)


async def test_a_post_of_too_many_bytes_is_too_long_for_bluesky(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    openai.answer = in_turn(thread_answer(["Us: " + "👩‍👩‍👧‍👧" * 200]), shorter("Four."))
    draft = await composer_of().compose(ARTICLE, Brief(platform="bluesky"), seconds=5, meter=meter)
    assert draft.posts == ("Four.",)


@pytest.mark.parametrize(
    ("answer", "tokens"),
    [
        pytest.param(shorter(LONG), 2_000, id="no-shorter"),
        pytest.param(shorter(""), 2_000, id="empty"),
        pytest.param(shorter("A.", "B."), 2_000, id="too-many"),
        pytest.param(completion("no JSON"), 2_000, id="no-json"),
        pytest.param(completion(refusal="no"), 2_000, id="refusal"),
        pytest.param(lambda body: shorter(body["messages"][0]["content"][:200]), 2_000, id="leak"),
        pytest.param(failure(500), 1_000, id="500"),
        pytest.param(failure(401), 1_000, id="401"),
    ],
)
async def test_a_post_that_cannot_be_shortened_is_left_to_the_splitter(
    composer_of: Composers, openai: FakeOpenAI, answer: Any, tokens: int, meter: UsageMeter
) -> None:
    openai.answer = in_turn(thread_answer([LONG]), answer)
    draft = await composer_of("a", "b").compose(ARTICLE, Brief(), seconds=5, meter=meter)
    assert (draft.posts, meter.total.input_tokens) == ((LONG.strip(),), tokens)
    assert len(openai.requests) == 2


async def test_with_no_time_left_nothing_is_shortened(
    composer_of: Composers, openai: FakeOpenAI, time: Time, meter: UsageMeter
) -> None:
    def slow(body: dict[str, Any]) -> dict[str, Any]:
        time.now += 4
        return thread_answer([LONG])

    openai.answer = slow
    draft = await composer_of().compose(ARTICLE, Brief(), seconds=5, meter=meter)
    assert (draft.posts, len(openai.requests)) == ((LONG.strip(),), 1)


async def test_the_maximum_cost_covers_every_model_and_the_shortening(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    one, both = composer_of("gpt-5.4"), composer_of("gpt-5.4-mini", "gpt-5.4")
    assert max_cost_usd(one, 50_000) > 1.5 * (50_000 * 2.50 + 8_000 * 15) / 1_000_000
    assert max_cost_usd(both, 50_000) > max_cost_usd(one, 50_000) > max_cost_usd(one, 1_000)
    expensive = completion("no JSON") | {"usage": {"prompt_tokens": 1_000, "completion_tokens": 8_000}}
    thread = thread_answer([LONG]) | {"usage": expensive["usage"]}
    openai.answer = in_turn(expensive, thread, shorter("A.") | {"usage": expensive["usage"]})
    await both.compose(ARTICLE, Brief(), seconds=5, meter=meter)
    assert meter.total.output_tokens == 24_000
    assert meter.total.cost_usd <= max_cost_usd(both, 1_000)


@pytest.mark.parametrize("script", ["a", "é", "漢", "\N{DESERET CAPITAL LETTER LONG I}"])
async def test_the_maximum_cost_is_that_of_a_token_for_each_byte(composer_of: Composers, script: str) -> None:
    composer, price = composer_of("gpt-5.4"), price_of("gpt-5.4")
    brief = Brief(tone=script * 100, audience=script * 100, hooks=3)
    question = thread_question(Article(text=script * 50_000), brief, fence="f" * 24)
    assert question.max_tokens >= 50_000 * len(script.encode())
    worst = price.usage(question.max_tokens, 8_000)
    reserved = Writer(composer, ExtractiveComposer()).max_cost_usd("auto", script * 50_000)
    assert reserved >= 2 * worst.cost_usd


async def test_a_call_beyond_what_was_reserved_is_not_made(
    composer_of: Composers, openai: FakeOpenAI, time: Time
) -> None:
    openai.answer = lambda _: Response(status_code=504)  # may have been billed, and is retried
    composer = composer_of("a", "b", "c")
    meter = UsageMeter(allowance_usd=max_cost_usd(composer, 100))
    with pytest.raises(ModelError):
        await composer.compose(ARTICLE, Brief(), seconds=60, meter=meter)
    assert len(openai.requests) == 4
    assert meter.total.cost_usd <= meter.allowance_usd


async def test_a_shortening_beyond_what_was_reserved_is_not_asked_for(
    composer_of: Composers, openai: FakeOpenAI
) -> None:
    openai.answer = lambda _: thread_answer([LONG]) | {"usage": None}
    meter = UsageMeter(allowance_usd=0.05)
    draft = await composer_of().compose(ARTICLE, Brief(), seconds=60, meter=meter)
    assert (draft.posts, len(openai.requests)) == ((LONG.strip(),), 1)


async def test_a_rewrite_gives_one_post_made_of_the_thread_and_the_instruction(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    instruction = "shorter, and with the number of the girders first"
    said = json.dumps(
        {"post": f"11 girders: {instruction}. http://evil.example", "posts": ["x"], "hooks": ["y"]}
    )
    openai.answer = lambda _: completion(said)
    task = rewriting(
        "One.", "Two: 11 girders.", number=2, brief=Brief(hooks=2), max_length=99, instruction=instruction
    )
    draft = await composer_of().rewrite(task, seconds=5, meter=meter)
    assert (draft.posts, draft.hooks) == ((f"11 girders: {instruction}.",), ())
    assert draft.warnings == ("These links are not in the source and were removed: http://evil.example.",)
    rules = openai.requests[0]["messages"][0]["content"]
    assert instruction in rules
    assert "girders." not in rules
    assert json.loads(data_between_fences(openai.requests[0])) == {"1": "One.", "2": "Two: 11 girders."}


async def test_a_rewrite_is_shortened_to_max_length(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    openai.answer = in_turn(failure(404), completion('{"post": "Longer than ten."}'), shorter("Short."))
    draft = await composer_of("a", "b").rewrite(rewriting("One."), seconds=5, meter=meter)
    assert (draft.posts, draft.model) == (("Short.",), "b")


async def test_a_rewrite_that_comes_as_several_long_posts_is_its_first(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    openai.answer = in_turn(thread_answer(["Longer than ten.", "Longer than ten, too."]), shorter("A.", "B."))
    draft = await composer_of().rewrite(rewriting("A.", "B.", number=2), seconds=5, meter=meter)
    assert draft.posts == ("A.",)


async def test_tokens_are_on_the_meter_for_every_outcome(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    refusal = completion(refusal="I will not.")
    openai.answer = in_turn(completion("no JSON"), completion(None), refusal)
    with pytest.raises(ContentRefused):
        await composer_of("a", "b", "c").compose(ARTICLE, Brief(), seconds=5, meter=meter)
    assert (meter.total.input_tokens, meter.total.output_tokens) == (3_000, 600)


async def test_an_answer_of_foreign_links_alone_is_a_model_error(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    openai.answer = lambda _: thread_answer(["http://evil.example"])
    with pytest.raises(ModelError):
        await composer_of().compose(ARTICLE, Brief(), seconds=5, meter=meter)
    assert meter.total.input_tokens == 1_000


STORY = Article(
    text="The council closes the bridge on Tuesday. Repairs cost $40 million, said Mayor Ann Lee.",
    title="Bridge",
    language="en",
)


async def test_a_post_that_the_source_contradicts_is_asked_for_again_with_the_reason(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    wrong = "Repairs cost $70 million, said Mayor Ann Lee."
    openai.answer = in_turn(thread_answer(["One.", wrong]), shorter("Repairs cost $40 million."))
    draft = await composer_of().compose(STORY, Brief(), seconds=5, meter=meter)
    assert (draft.posts, draft.warnings) == (("One.", "Repairs cost $40 million."), ())
    (sent,) = json.loads(data_between_fences(openai.requests[1]))
    assert sent == {
        "post": wrong,
        "wrong": "the article does not say “$70 million”",
        "passages": "Repairs cost $40 million, said Mayor Ann Lee.",
    }


async def test_what_is_still_wrong_is_named(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    wrong = "The council closes the bridge on Friday."
    openai.answer = in_turn(thread_answer([wrong, LONG]), shorter("It closes on Sunday.", "Short."))
    draft = await composer_of().compose(STORY, Brief(), seconds=5, meter=meter)
    assert draft.posts == (wrong, "Short.")
    assert draft.warnings == ("Check before you post: the source lacks, or has elsewhere, the dates Friday.",)
    assert len(openai.requests) == 2


async def test_what_a_model_cites_stays_with_its_post(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    posts = [
        {"text": "", "evidence": ["x"]},
        {"text": "It closes.", "evidence": ["The council closes the bridge"]},
    ]
    openai.answer = lambda _: completion(json.dumps({"posts": [*posts, "Plain."], "hooks": []}))
    draft = await composer_of().compose(STORY, Brief(), seconds=5, meter=meter)
    assert draft.posts == ("It closes.", "Plain.")
    assert draft.evidence == (("The council closes the bridge",), ())


ENGLISH = "The council closes the old bridge across the harbour for repairs that nobody wanted to pay for."
GERMAN = "Der Rat schließt die alte Brücke über den Hafen für eine Reparatur, die niemand bezahlen wollte."


async def test_a_post_in_another_language_is_asked_for_again(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    openai.answer = in_turn(thread_answer([ENGLISH]), shorter(GERMAN))
    draft = await composer_of().compose(STORY, Brief(language="de"), seconds=5, meter=meter)
    assert (draft.posts, draft.warnings) == ((GERMAN,), ())
    assert "not written in German (de)" in data_between_fences(openai.requests[1])


async def test_a_thread_that_stays_in_another_language_is_not_used(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    openai.answer = lambda _: thread_answer([ENGLISH])
    with pytest.raises(ModelError) as caught:
        await composer_of().compose(STORY, Brief(language="de"), seconds=5, meter=meter)
    assert caught.value.reason == "answer is in another language"


async def test_a_rewrite_is_held_to_the_passages_of_the_article(
    composer_of: Composers, openai: FakeOpenAI, meter: UsageMeter
) -> None:
    openai.answer = in_turn(
        completion('{"post": "Repairs cost $90 million."}'), shorter("It costs $40 million.")
    )
    task = rewriting("Repairs.", max_length=99, evidence=["Repairs cost $40 million."], language="en")
    assert (await composer_of().rewrite(task, seconds=5, meter=meter)).posts == ("It costs $40 million.",)
    data = json.loads(data_between_fences(openai.requests[0]))
    assert data == {"1": "Repairs.", "passages": ["Repairs cost $40 million."]}
