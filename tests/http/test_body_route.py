"""What is answered without FastAPI is what FastAPI would have answered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.http.body_route import BodyRoute
from core.threads.schemas import GenerateRequest
from functions import generate
from tests.support.app import Make
from tests.support.site import ARTICLE

VALUES = st.none() | st.booleans() | st.integers(-3, 30) | st.floats(0, 30) | st.text(max_size=4)
FIELDS = st.dictionaries(
    st.sampled_from([*GenerateRequest.model_fields, "other"]),
    VALUES
    | st.sampled_from(["x", "linkedin", "last", "auto", "en", ["x"], ["x", "x"], 12, 0, True, "\ud800"]),
    max_size=3,
)


def read_at_once(body: bytes) -> GenerateRequest | None:
    try:
        return GenerateRequest.model_validate_json(body)
    except ValidationError:
        return None


def read_by_fastapi(body: bytes) -> GenerateRequest | None:
    try:
        return GenerateRequest.model_validate(json.loads(body))
    except ValueError:
        return None


@given(FIELDS, st.booleans())
def test_a_body_is_the_same_request_in_one_step_as_in_two(fields: dict[str, Any], is_ascii: bool) -> None:
    body = json.dumps({"text": "A text.", **fields}, ensure_ascii=is_ascii).encode(errors="surrogatepass")
    assert read_at_once(body) == read_by_fastapi(body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"text": "a", "text": "b"}', id="a name twice"),
        pytest.param(b'{"text": "a", "max_posts": 12.0}', id="a whole number with a point"),
        pytest.param(b'{"text": "a", "max_posts": NaN}', id="no number"),
        pytest.param(b'{"text": "a", "refresh": 1}', id="a number for a boolean"),
        pytest.param(b'{"text": "a", "hooks": 1e0}', id="an exponent"),
        pytest.param(b'[{"text": "a"}]', id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"text": "a"} x', id="more behind it"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_an_odd_body_is_the_same_request_in_one_step_as_in_two(body: bytes) -> None:
    assert read_at_once(body) == read_by_fastapi(body)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        pytest.param("application/json", 200, id="json"),
        pytest.param("application/json; charset=utf-8", 200, id="with a parameter"),
        pytest.param("Application/JSON", 200, id="in capitals"),
        pytest.param("application/ld+json", 200, id="a kind of json"),
        pytest.param("text/plain", 415, id="text"),
        pytest.param("", 415, id="none"),
    ],
)
async def test_each_content_type_is_answered_as_before(
    client_of: Make, content_type: str, status: int
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    client = client_of()
    response = await client.post("/api/generate", content=json.dumps({"text": ARTICLE}), headers=headers)
    assert response.status_code == status


def test_only_what_takes_nothing_but_a_body_is_answered_so() -> None:
    routes = [route for route in generate.router.routes if isinstance(route, BodyRoute)]
    assert {route.path for route in routes if route.model} == {"/api/generate", "/api/estimate"}
