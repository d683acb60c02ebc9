"""Errors as RFC 9457 problem details."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidRequest, NotFound, RateLimited, StoreError, ThreadrError, Unauthorized
from core.http.problems import MEDIA_TYPE, problem

MAX_BYTES = 2_048


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
