"""POST /api/generate, through the whole app, over each store."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import subprocess
import sys
from functools import partial
from typing import Any

import pytest
from starlette.responses import JSONResponse, RedirectResponse, Response

from core.article.extraction import extract_article
from core.text.platforms import count
from tests.support.app import Instances, Make
from tests.support.clock import Clock
from tests.support.fake_openai import POSTS, FakeOpenAI, completion, thread_answer
from tests.support.loopback import closed_port
from tests.support.paths import ROOT
from tests.support.pdf import LINES, pdf
from tests.support.site import ARTICLE, PARAGRAPHS, Site, page

FIELDS = (
    "success thread source_type title error id cached degraded platform generator model hooks source usage"
    " warnings"
)


async def test_a_text_becomes_a_thread_without_any_key(client_of: Make) -> None:
    response = await client_of().post("/api/generate", json={"text": ARTICLE})
    answer = response.json()
    assert response.status_code == 200
    assert list(answer) == FIELDS.split()
    assert answer["generator"] == "extractive"
    assert answer["degraded"] is True
    posts = answer["thread"]
    assert [post["number"] for post in posts] == list(range(1, len(posts) + 1))
    assert all(post["content"].endswith(f"\n\n{post['number']}/{len(posts)}") for post in posts)
    assert all(post["character_count"] == count(post["content"]) <= 280 for post in posts)
    assert all(sentence in " ".join(post["content"] for post in posts) for sentence in PARAGRAPHS)


async def test_a_page_becomes_a_thread_that_opens_with_its_title_and_ends_with_its_link(
    client_of: Make, site: Site
) -> None:
    url = f"{site.url}/bridge"
    answer = (await client_of().post("/api/generate", json={"url": url})).json()
    assert answer["source_type"] == "url"
    assert answer["title"] == "Harbour bridge closes"
    assert answer["source"]["url"] == url
    assert answer["thread"][0]["content"].startswith("Harbour bridge closes\n\n")
    assert url in answer["thread"][-1]["content"]


async def test_the_model_writes_where_there_is_one(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    answer = (
        await client_of(**model_settings).post("/api/generate", json={"text": ARTICLE, "tone": "dry"})
    ).json()
    assert [post["content"].partition("\n\n")[0] for post in answer["thread"]] == POSTS
    assert (answer["generator"], answer["model"], answer["degraded"]) == ("openai", "gpt-5.4-mini", False)
    # 1,000 tokens at 0.75 and 200 at 4.50 dollars a million.
    assert answer["usage"] == {"input_tokens": 1000, "output_tokens": 200, "cost_usd": 0.00165}
    rules, source = openai.requests[0]["messages"]
    assert "Tone: dry." in rules["content"]
    assert ARTICLE in source["content"]
    assert ARTICLE not in rules["content"]


@pytest.mark.parametrize("shared", ["upstash_settings", "tcp_settings"])
async def test_an_answer_of_one_instance_is_a_hit_in_another(
    client_of: Make,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    site: Site,
    shared: str,
    request: pytest.FixtureRequest,
) -> None:
    settings = model_settings | request.getfixturevalue(shared)
    body = {"url": f"{site.url}/bridge"}
    first = await client_of(**settings).post("/api/generate", json=body)
    second = await client_of(**settings).post("/api/generate", json=body)
    assert first.headers["cache-status"] == "threadr; fwd=uri-miss; stored"
    assert second.headers["cache-status"].startswith("threadr; hit; ttl=86")
    assert second.json() == first.json() | {"cached": True}
    assert int(second.headers["age"]) <= 1
    assert (len(openai.requests), len(site.requests)) == (1, 1)


async def test_the_second_request_of_one_process_is_a_hit(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any], store_settings: dict[str, Any]
) -> None:
    client = client_of(**model_settings, **store_settings)
    first = await client.post("/api/generate", json={"text": ARTICLE})
    second = await client.post("/api/generate", json={"text": ARTICLE})
    assert second.json() == first.json() | {"cached": True}
    assert len(openai.requests) == 1


async def test_other_options_are_other_answers(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    client = client_of(**model_settings)
    for options in (
        {},
        {"tone": "dry"},
        {"audience": "engineers"},
        {"language": "fr"},
        {"hooks": 1},
    ):
        response = await client.post("/api/generate", json={"text": ARTICLE, **options})
        assert response.json()["cached"] is False
    assert len(openai.requests) == 5


@pytest.mark.parametrize(
    ("request_headers", "refresh"),
    [({"Cache-Control": "no-cache"}, False), ({"Cache-Control": "max-age=0"}, False), ({}, True)],
    ids=["no-cache", "max-age=0", "refresh"],
)
async def test_a_caller_may_force_a_new_answer(
    client_of: Make,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    request_headers: dict[str, str],
    refresh: bool,
) -> None:
    client = client_of(**model_settings)
    await client.post("/api/generate", json={"text": ARTICLE})
    body = {"text": ARTICLE, "refresh": refresh}
    response = await client.post("/api/generate", json=body, headers=request_headers)
    assert response.json()["cached"] is False
    assert len(openai.requests) == 2


async def test_no_store_keeps_nothing(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    client = client_of(**model_settings)
    for _ in range(2):
        response = await client.post(
            "/api/generate", json={"text": ARTICLE}, headers={"Cache-Control": "no-store"}
        )
        assert response.headers["cache-status"] == "threadr; fwd=uri-miss"
    assert len(openai.requests) == 2


async def test_only_if_cached_never_generates(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    client = client_of(**model_settings)
    headers = {"Cache-Control": "only-if-cached"}
    response = await client.post("/api/generate", json={"text": ARTICLE}, headers=headers)
    assert (response.status_code, response.json()["type"]) == (504, "/problems/not-cached")
    assert openai.requests == []


async def test_a_ttl_of_zero_turns_caching_off(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    client = client_of(cache_ttl_hours=0, **model_settings)
    for _ in range(2):
        response = await client.post("/api/generate", json={"text": ARTICLE})
        assert response.headers["cache-status"] == "threadr; fwd=bypass"
    assert len(openai.requests) == 2


async def test_a_failing_model_has_a_fallback_that_is_not_shared(
    client_of: Make,
    openai: FakeOpenAI,
    model_settings: dict[str, Any],
    upstash_settings: dict[str, Any],
    valkey: Any,
) -> None:
    openai.answer = lambda _: JSONResponse({"error": {"message": "broken"}}, 500)
    client = client_of(**model_settings, **upstash_settings)
    response = await client.post("/api/generate", json={"text": ARTICLE})
    answer = response.json()
    assert (answer["generator"], answer["degraded"]) == ("extractive", True)
    said = "The model's server failed with an error of its own: it may work again in a minute."
    assert answer["warnings"] == [f"{said} The built-in composer made this thread."]
    assert "stored" not in response.headers["cache-status"]
    assert valkey.keys("threadr:cache:*") == []


async def test_a_request_that_requires_the_model_gets_it_or_an_error(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    openai.answer = lambda _: JSONResponse({"error": {"message": "broken"}}, 500)
    body = {"text": ARTICLE, "generator": "openai"}
    response = await client_of(**model_settings).post("/api/generate", json=body)
    assert (response.status_code, response.json()["type"]) == (503, "/problems/model-unavailable")
    assert response.headers["retry-after"] == "60"
    response = await client_of().post("/api/generate", json=body)
    assert response.json()["detail"].startswith("No OPENAI_API_KEY is set, so no model can write.")


async def test_a_request_for_the_built_in_composer_gets_it_and_is_not_degraded(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    body = {"text": ARTICLE, "generator": "extractive"}
    answer = (await client_of(**model_settings).post("/api/generate", json=body)).json()
    assert (answer["generator"], answer["degraded"], answer["warnings"]) == ("extractive", False, [])
    assert openai.requests == []


async def test_a_refusal_is_a_problem_without_a_fallback(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    openai.answer = lambda _: completion(refusal="I will not write about this canary.")
    response = await client_of(**model_settings).post("/api/generate", json={"text": ARTICLE})
    assert (response.status_code, response.json()["type"]) == (422, "/problems/content-refused")
    assert "canary" not in response.text


async def test_a_slow_model_times_out_within_the_deadline(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    openai.delay_seconds = 3
    client = client_of(generate_deadline_seconds=1.2, **model_settings)
    answer = (await client.post("/api/generate", json={"text": ARTICLE})).json()
    assert (answer["generator"], answer["degraded"]) == ("extractive", True)


async def test_the_limit_holds_in_every_store(client_of: Make, store_settings: dict[str, Any]) -> None:
    client = client_of(rate_limit_requests=10, **store_settings)
    responses = await asyncio.gather(
        *(client.post("/api/generate", json={"text": ARTICLE}) for _ in range(30))
    )
    statuses = [response.status_code for response in responses]
    assert (statuses.count(200), statuses.count(429)) == (10, 20)
    blocked = next(response for response in responses if response.status_code == 429)
    assert blocked.json()["type"] == "/problems/rate-limited"
    assert 1 <= int(blocked.headers["retry-after"]) <= 7_200
    assert blocked.headers["x-ratelimit-remaining"] == "0"
    assert blocked.headers["ratelimit-policy"] == '"requests";q=10;w=3600'


async def test_rate_limit_status_consumes_nothing(client_of: Make, store_settings: dict[str, Any]) -> None:
    client = client_of(**store_settings)
    await client.post("/api/generate", json={"text": ARTICLE})
    for _ in range(3):
        status = (await client.get("/api/rate-limit-status")).json()
    assert (status["requests_used"], status["requests_remaining"], status["total_limit"]) == (1, 9, 10)
    assert (status["window_hours"], status["using_redis"]) == (1.0, bool(store_settings))
    assert status["minutes_until_reset"] == 0


async def test_the_minutes_until_reset_are_those_of_retry_after(
    client_of: Make, store_settings: dict[str, Any]
) -> None:
    client = client_of(**store_settings, rate_limit_requests=2)
    for n in range(3):
        last = await client.post("/api/generate", json={"text": f"{ARTICLE} {n}"})
    status = (await client.get("/api/rate-limit-status")).json()
    assert last.status_code == 429
    assert status["minutes_until_reset"] <= 60
    assert status["minutes_until_reset"] * 60 == pytest.approx(int(last.headers["retry-after"]), abs=60)


async def test_the_dict_is_the_fallback_of_an_unreachable_store(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    nowhere = f"http://127.0.0.1:{closed_port()}"
    for settings in (
        {"upstash_redis_rest_url": nowhere, "upstash_redis_rest_token": "t"},
        {"redis_url": nowhere.replace("http", "redis")},
    ):
        openai.requests.clear()
        client = client_of(rate_limit_requests=2, **settings, **model_settings)
        first, second, third = [await client.post("/api/generate", json={"text": ARTICLE}) for _ in range(3)]
        assert first.headers["cache-status"] == "threadr; detail=bypass"
        assert second.json()["cached"] is True
        assert third.status_code == 429
        assert len(openai.requests) == 1
        assert (await client.get("/api/rate-limit-status")).json()["using_redis"] is False


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="neither"),
        pytest.param({"url": "https://example.com", "text": "both"}, id="both"),
        pytest.param({"text": ""}, id="empty text"),
        pytest.param({"text": " \n\t "}, id="only white space"),
        pytest.param({"text": 7}, id="a number"),
        pytest.param({"url": ["https://example.com"]}, id="a list"),
        pytest.param({"text": "hello", "max_posts": "3"}, id="a number in quotes"),
        pytest.param({"text": "hello", "max_posts": 26}, id="too many posts"),
        pytest.param({"text": "hello", "platform": "myspace"}, id="unknown platform"),
        pytest.param({"text": "hello", "canary-field": 1}, id="unknown field"),
        pytest.param({"text": "a" * 1_000_001}, id="over 1 MB"),
        pytest.param({"text": "\u00e9" * 500_001}, id="over 1 MB in bytes"),
    ],
)
async def test_bad_input_is_a_validation_problem(client_of: Make, body: dict[str, Any]) -> None:
    client = client_of()
    response = await client.post("/api/generate", json=body)
    problem = response.json()
    assert (response.status_code, problem["type"]) == (422, "/problems/validation")
    assert response.headers["content-type"] == "application/problem+json"
    assert set(problem) == {"type", "title", "status", "detail", "instance"}
    assert len(response.content) <= 2_048
    assert "canary" not in response.text
    assert "cache-status" not in response.headers


@pytest.mark.parametrize(
    "body",
    ['{"text":', "[" * 100_000, '{"text":"a\\ud800b"}', '{"text":NaN}', '{"text":1e999}', "", "text=hello"],
    ids=["truncated", "nested", "lone surrogate", "NaN", "infinity", "empty", "form"],
)
async def test_a_body_that_is_not_valid_json_is_refused(client_of: Make, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    response = await client_of().post("/api/generate", content=body, headers=headers)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/validation")


async def test_a_body_over_six_megabytes_is_not_read(client_of: Make) -> None:
    response = await client_of().post("/api/generate", json={"text": "a" * 6_500_000})
    assert (response.status_code, response.json()["type"]) == (413, "/problems/validation")


def _gone() -> Response:
    return Response("canary", 404)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(_gone, "article-unreachable", id="404"),
        pytest.param(lambda: Response(status_code=500), "article-unreachable", id="500"),
        pytest.param(lambda: RedirectResponse("/same"), "article-unreachable", id="redirect loop"),
        pytest.param(
            lambda: RedirectResponse("http://169.254.169.254/"), "article-blocked", id="redirect inwards"
        ),
        pytest.param(lambda: Response("{}", media_type="application/json"), "unsupported-content", id="JSON"),
        pytest.param(
            lambda: Response(b"%PDF-1.7", media_type="application/pdf"), "unsupported-content", id="PDF"
        ),
        pytest.param(
            lambda: Response(page("<p>Log in.</p>"), media_type="text/html"), "no-article", id="login"
        ),
        pytest.param(lambda: Response("", media_type="text/html"), "no-article", id="empty"),
        pytest.param(
            lambda: Response("a" * 2_097_153, media_type="text/html"), "article-too-large", id="over 2 MiB"
        ),
        pytest.param(
            lambda: Response(
                gzip.compress(b"a" * 50_000_000), headers={"Content-Encoding": "gzip"}, media_type="text/html"
            ),
            "article-too-large",
            id="gzip bomb",
        ),
    ],
)
async def test_a_url_without_an_article_is_the_callers_problem(
    client_of: Make, site: Site, answer: Any, kind: str
) -> None:
    site.pages["/same"] = answer
    response = await client_of().post("/api/generate", json={"url": f"{site.url}/same"})
    assert (response.status_code, response.json()["type"]) == (422, f"/problems/{kind}")
    assert "canary" not in response.text
    assert "stored" not in response.headers["cache-status"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1/", "not a public page"),
        ("http://localhost/", "not a public page"),
        ("localhost:3000", "not a public page"),
        ("http://[::1]/", "not a public page"),
        ("http://169.254.169.254/latest/meta-data/", "not a public page"),
        ("http://0x7f000001/", "no host that there can be"),
        ("http://2130706433/", "no host that there can be"),
        ("http://user@example.com/", "a user name or password"),
        ("http://example.com:22/", "ports 80 and 443"),
        ("ftp://example.com/", "Only http and https"),
        ("javascript:alert(1)", "Only http and https"),
        ("mailto:a@example.com", "Only http and https"),
        ("a@example.com", "no web address"),
        ("not a url", "no web address"),
        ("", "no web address"),
        ("https://a.example https://b.example", "several addresses"),
        ("http://no-such-host.invalid/", "no such host, or no public page"),
        ("no-such-host.invalid", "no such host, or no public page"),
    ],
)
async def test_what_is_wrong_with_an_address_is_said(client_of: Make, url: str, said: str) -> None:
    response = await client_of().post("/api/generate", json={"url": url})
    assert (response.status_code, response.json()["type"]) == (422, "/problems/article-blocked")
    assert said in response.json()["detail"]


@pytest.mark.parametrize(
    "pasted", ["{} \n", "\ufeff<{}>", "“{}”,", "[The story]({})", "Read this: {}.", "//{}"]
)
async def test_a_pasted_address_has_the_answer_of_its_page(client_of: Make, site: Site, pasted: str) -> None:
    client, url = client_of(), f"{site.url}/a%20story"
    written = pasted.format(url.replace("%20", " ")).replace("//http:", "http:")
    made = await client.post("/api/generate", json={"url": written})
    assert (made.status_code, made.json()["source"]["url"]) == (200, url)
    assert (await client.post("/api/generate", json={"url": url})).json()["cached"] is True
    cleared = await client.request("DELETE", "/api/cache/clear", json={"url": written})
    assert cleared.json()["success"] is True


async def test_a_closed_port_of_an_exempt_host_is_unreachable(client_of: Make) -> None:
    port = closed_port()
    client = client_of(fetch_allow_hosts=(f"127.0.0.1:{port}",))
    response = await client.post("/api/generate", json={"url": f"http://127.0.0.1:{port}/"})
    assert response.json()["type"] == "/problems/article-unreachable"


async def test_a_permanent_failure_is_remembered_unless_the_caller_forces_a_new_answer(
    client_of: Make, site: Site
) -> None:
    client = client_of()
    site.pages["/bridge"] = _gone
    body = {"url": f"{site.url}/bridge"}
    first, second = [await client.post("/api/generate", json=body) for _ in range(2)]
    assert first.json() == second.json()
    assert second.json()["detail"].startswith("The page answered with status 404.")
    assert site.requests == ["/bridge"]
    del site.pages["/bridge"]
    assert (await client.post("/api/generate", json=body | {"refresh": True})).status_code == 200


async def test_a_temporary_failure_is_tried_again_a_few_seconds_later(
    instance_of: Instances, site: Site, clock: Clock
) -> None:
    client, body = instance_of(), {"url": f"{site.url}/bridge"}
    site.pages["/bridge"] = lambda: Response(status_code=503)
    first = await client.post("/api/generate", json=body)
    del site.pages["/bridge"]
    again = await client.post("/api/generate", json=body)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    clock.now += 3
    assert (await client.post("/api/generate", json=body)).status_code == 200
    assert site.requests == ["/bridge"] * 2


@pytest.mark.parametrize("wish", [{"refresh": True}, "no-cache", "max-age=0"], ids=str)
async def test_a_request_for_a_new_answer_gets_no_failure_of_before(
    client_of: Make, site: Site, store_settings: dict[str, Any], wish: Any
) -> None:
    client, body = client_of(**store_settings), {"url": f"{site.url}/bridge"}
    site.pages["/bridge"] = lambda: Response(status_code=503)
    assert (await client.post("/api/generate", json=body)).status_code == 422
    del site.pages["/bridge"]
    headers = {} if isinstance(wish, dict) else {"Cache-Control": wish}
    extra = wish if isinstance(wish, dict) else {}
    response = await client.post("/api/generate", json=body | extra, headers=headers)
    assert response.status_code == 200


async def test_a_long_source_is_cut_and_the_answer_says_so(client_of: Make) -> None:
    client = client_of(max_content_length=1_000)
    answer = (await client.post("/api/generate", json={"text": "One more word. " * 200})).json()
    assert answer["source"]["truncated"] is True
    assert answer["source"]["characters"] <= 1_000
    assert any("of the source were used" in warning for warning in answer["warnings"])


async def test_the_log_has_one_line_a_request_with_the_seeds_phrases(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    client = client_of(**model_settings)
    for generator in ("auto", "auto", "extractive"):
        await client.post("/api/generate", json={"text": ARTICLE, "generator": generator})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["message"] for line in lines] == [
        "Successfully generated thread using OpenAI",
        "Returning cached thread response",
        "Successfully generated thread using the built-in composer",
    ]
    assert all(line["status"] == 200 and line["route"] == "/api/generate" for line in lines)
    assert "harbour" not in json.dumps(lines)


@pytest.mark.parametrize("media_type", ["application/pdf", "text/html"])
async def test_a_pdf_with_text_becomes_a_thread_and_pictures_of_pages_do_not(
    client_of: Make, site: Site, media_type: str
) -> None:
    site.pages["/paper"] = partial(Response, pdf(LINES, Title="Old town flooded"), media_type=media_type)
    site.pages["/scan"] = partial(Response, pdf([], []), media_type=media_type)
    client = client_of()
    read = (await client.post("/api/generate", json={"url": f"{site.url}/paper"})).json()
    refused = (await client.post("/api/generate", json={"url": f"{site.url}/scan"})).json()
    assert read["thread"][0]["content"].startswith("Old town flooded\n\n")
    assert refused["type"] == "/problems/unsupported-content"
    assert refused["detail"].startswith("The PDF holds pictures of pages and no text.")


async def test_why_a_page_was_not_used_is_in_the_log_only(
    client_of: Make, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.pages["/gone"] = _gone
    for url in ("http://10.0.0.1/", f"{site.url}/gone"):
        await client_of().post("/api/generate", json={"url": url})
    blocked, gone = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (blocked["problem"], blocked["reason"]) == ("article-blocked", "address is not public")
    assert (gone["problem"], gone["reason"]) == ("article-unreachable", "HTTP 404")


async def test_posts_of_the_model_that_are_too_long_are_divided(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    openai.answer = lambda _: thread_answer([ARTICLE, "The end."])
    answer = (await client_of(**model_settings).post("/api/generate", json={"text": ARTICLE})).json()
    assert len(answer["thread"]) > 2
    assert all(post["character_count"] <= 280 for post in answer["thread"])


_A_HIT = """
import json, sys
from functions.generate import handler
from tests.support.lambda_events import Context, v2
answer = handler(v2("POST", "/api/generate", json.dumps({"text": sys.argv[1]})), Context())
print(json.dumps([answer["headers"]["cache-status"], *sys.modules]))
"""


async def test_a_hit_in_a_new_process_imports_nothing_that_only_a_miss_needs(
    client_of: Make, upstash_settings: dict[str, Any], model_settings: dict[str, Any]
) -> None:
    settings = upstash_settings | model_settings
    assert (await client_of(**settings).post("/api/generate", json={"text": ARTICLE})).status_code == 200
    environ = {name.upper(): str(value) for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _A_HIT, ARTICLE), cwd=ROOT, env=os.environ | environ, stdout=subprocess.PIPE
    )
    out, _ = await process.communicate()
    status, *modules = json.loads(out.splitlines()[-1])
    assert status.startswith("threadr; hit")
    late = {"openai", "httpx2", "trafilatura", "lxml", "redis", "upstash_ratelimit"}
    late |= {"core.article.extraction", "core.article.fetcher", "core.writing.extractive.composer"}
    assert late & set(modules) == set()


async def test_each_post_shows_where_the_source_says_it(client_of: Make, site: Site) -> None:
    answer = (await client_of().post("/api/generate", json={"url": f"{site.url}/bridge"})).json()
    text = extract_article(page().encode(), url=site.url).text
    for post in answer["thread"]:
        assert post["support"] == 1.0
        quotes = [text[each["start"] : each["end"]] for each in post["evidence"]]
        assert quotes == [each["quote"] for each in post["evidence"]] != []
        assert all(quote.split("\n")[0] in post["content"] for quote in quotes)


async def test_what_a_model_says_otherwise_than_its_source_lowers_the_support(
    client_of: Make, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    posts = [
        {
            "text": "Nine thousand cars cross it daily.",
            "evidence": [PARAGRAPHS[2], "Nobody said this, ever."],
        },
        {"text": PARAGRAPHS[3].replace("forty", "ninety"), "evidence": []},
    ]
    openai.answer = lambda _: completion(json.dumps({"posts": posts, "hooks": []}))
    client = client_of(**model_settings)
    answer = (await client.post("/api/generate", json={"text": ARTICLE})).json()
    right, wrong = answer["thread"]
    assert [each["quote"] for each in right["evidence"]] == [PARAGRAPHS[2]]
    assert right["support"] > 0.5 >= wrong["support"]
    assert answer["warnings"] == ["Check before you post: the source lacks the numbers ninety million."]
    assert (await client.get(f"/api/threads/{answer['id']}")).json()["thread"] == answer["thread"]
    again = (await client.post("/api/generate", json={"text": ARTICLE})).json()
    assert (again["cached"], again["thread"]) == (True, answer["thread"])


async def test_old_news_names_its_date(client_of: Make, site: Site) -> None:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    dated = page(body).replace(
        "<head>", '<head><meta property="article:published_time" content="2019-03-05T08:00:00Z">'
    )
    site.pages["/old"] = lambda: Response(dated, media_type="text/html")
    answer = (await client_of().post("/api/generate", json={"url": f"{site.url}/old"})).json()
    old = "The article was published on 5 March 2019, and the thread says “Tuesday”: name the date."
    assert old in answer["warnings"]
