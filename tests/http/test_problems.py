"""Errors as RFC 9457 problem details."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidRequest, NotFound, RateLimited, StoreError, ThreadrError, Unauthorized
from core.http.problems import MEDIA_TYPE, problem
from tests.support.app import Make

MAX_BYTES = 2_048
GENERATE, VALIDATE = "/api/generate", "/api/validate"
FIELDS = """url text platform platforms max_posts tone audience language numbering hooks source_link generator
refresh""".split()


def test_a_problem_has_exactly_the_members_of_the_rfc() -> None:
    response = problem(NotFound("No thread has this id."), instance="/t/abc")
    assert response.status_code == 404
    assert response.headers["content-type"] == MEDIA_TYPE == "application/problem+json"
    assert json.loads(bytes(response.body)) == {
        "type": "/problems/not-found",
        "title": NotFound.title,
        "status": 404,
        "detail": "No thread has this id.",
        "instance": "/t/abc",
    }


def test_headers_of_an_error_are_in_the_response() -> None:
    assert problem(Unauthorized(), instance="/").headers["www-authenticate"].startswith("Bearer")
    assert problem(RateLimited(headers={"Retry-After": "7"}), instance="/").headers["retry-after"] == "7"


def test_only_a_server_error_names_the_request() -> None:
    ours = json.loads(bytes(problem(StoreError(), instance="/", request_id="abc").body))
    yours = json.loads(bytes(problem(NotFound(), instance="/", request_id="abc").body))
    assert ours["detail"] == f"{StoreError.detail} Request id: abc."
    assert yours["detail"] == NotFound.detail


def test_the_reason_stays_in_the_log() -> None:
    body = bytes(problem(ThreadrError(reason="connect to 10.0.0.7 refused"), instance="/").body)
    assert b"10.0.0.7" not in body


@pytest.mark.parametrize(
    ("detail", "instance"),
    [
        pytest.param("x" * 100_000, "/", id="long-detail"),
        pytest.param("Try again.", "/" + "x" * 100_000, id="long-path"),
        pytest.param("中" * 1_000, "/", id="wide-detail"),
        pytest.param("\x00" * 1_000, "/", id="escaped-detail"),
        pytest.param("x" * 1_000, "/" + "\x01" * 1_000, id="escaped-path"),
        pytest.param('"' * 1_000, "/" + "x" * 1_000, id="quotes"),
        pytest.param("x" * 1_000, "/" + "😀" * 1_000, id="emoji-path"),
        pytest.param("Try again.", "/\ud800", id="surrogate-in-the-path"),
        pytest.param("Not \udfff.", "/", id="surrogate-in-the-detail"),
    ],
)
def test_a_problem_fits_in_2_kb_for_any_path(detail: str, instance: str) -> None:
    body = bytes(problem(InvalidRequest(detail), instance=instance).body)
    assert len(body) <= MAX_BYTES
    assert json.loads(body)["status"] == 422


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300), st.text(st.characters(codec="utf-8"), max_size=300))
def test_any_problem_is_small_json(detail: str, instance: str) -> None:
    body = bytes(problem(InvalidRequest(detail), instance=f"/{instance}").body)
    assert len(body) <= MAX_BYTES
    assert set(json.loads(body)) == {"type", "title", "status", "detail", "instance"}


def test_an_instance_ends_with_a_whole_escape() -> None:
    for more in range(4):
        path = json.loads(bytes(problem(NotFound(), instance="/" + "x" * more + "€" * 60).body))["instance"]
        assert not re.search("%.?$", path)


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        pytest.param(
            GENERATE, {"urls": "a"}, "Unknown field 'urls'. Did you mean 'url'?", id="a-letter-more"
        ),
        pytest.param(GENERATE, {"URL": "a"}, "Unknown field 'URL'. Did you mean 'url'?", id="capitals"),
        pytest.param(
            GENERATE,
            {"text": "a", "maxPosts": 3},
            "Unknown field 'maxPosts'. Did you mean 'max_posts'?",
            id="camel-case",
        ),
        pytest.param(
            GENERATE,
            {"link": "a"},
            f"Unknown field 'link'. The fields are {', '.join(FIELDS)}.",
            id="no-guess",
        ),
        pytest.param(
            GENERATE,
            {"text": "a", "max-posts": 3},
            "Unknown field 'max-posts'. Did you mean 'max_posts'?",
            id="a-hyphen",
        ),
        pytest.param(GENERATE, {"url2": "a"}, "Unknown field 'url2'. Did you mean 'url'?", id="a-digit"),
        pytest.param(
            GENERATE, {}, "Give exactly one of url and text: both are missing.", id="neither-url-nor-text"
        ),
        pytest.param(
            GENERATE,
            {"url": "a", "text": "b"},
            "Give exactly one of url and text: both are given.",
            id="both",
        ),
        pytest.param(GENERATE, [1], "The body must be a JSON object.", id="a-list"),
        pytest.param(GENERATE, None, "The body is missing.", id="no-body"),
        pytest.param(
            GENERATE,
            {"text": "a", "language": "English"},
            "Field 'language' must be a language's code, such as en or pt-BR.",
            id="pattern-in-words",
        ),
        pytest.param(
            GENERATE,
            {"text": "a", "hooks": 9, "platfrom": "x", "tones": "b"},
            "hooks: Input should be less than or equal to 3. Unknown field 'platfrom'. "
            "Did you mean 'platform'? Unknown field 'tones'. Did you mean 'tone'?",
            id="several",
        ),
        pytest.param(VALIDATE, {}, "Field 'thread' is missing.", id="missing"),
        pytest.param(
            VALIDATE,
            {"thread": [{"text": "a"}]},
            "Field 'thread.0.content' is missing. Unknown field 'text' in thread.0. "
            "The fields are content, number, total, character_count, evidence, support.",
            id="in-an-object-of-a-list",
        ),
        pytest.param(
            "/api/threads/a/posts/1/rewrite",
            {"wishes": "a"},
            "Unknown field 'wishes'. Did you mean 'wish'?",
            id="optional-body",
        ),
    ],
)
async def test_a_problem_names_the_field_in_words(
    client_of: Make, path: str, body: object, detail: str
) -> None:
    content = b"" if body is None else json.dumps(body).encode()
    answer = await client_of().post(path, content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (422, detail)


async def test_an_unknown_parameter_is_named_too(client_of: Make) -> None:
    answer = await client_of().delete("/api/cache/clear?urls=a")
    assert answer.json()["detail"] == "Unknown field 'urls'. Did you mean 'url'?"


@pytest.mark.parametrize("name", ["sk_4f2b8c", "a" * 41, "<b>", "a b", "url\n", "ü", ""])
async def test_what_is_no_word_is_not_repeated(client_of: Make, name: str) -> None:
    answer = await client_of().post(GENERATE, json={"text": "a", name: 1})
    detail = answer.json()["detail"]
    assert detail.startswith("There is an unknown field. ")
    assert not name or name not in detail.removeprefix("There is an unknown field.")


async def test_values_and_long_lists_of_faults_are_not_repeated(client_of: Make) -> None:
    many = dict.fromkeys(("canary" + "x" * n for n in range(30)), "value-canary")
    answer = await client_of().post(GENERATE, json=many)
    assert answer.json()["detail"].count("Unknown field") == 5
    assert "value-canary" not in answer.text
    assert len(answer.content) <= MAX_BYTES
