"""The tree of errors: every leaf renders, and every kind is in the contract."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from core import errors
from core.errors import ArticleError, ModelError, StoreError, ThreadrError
from core.http.problems import problem

CONTRACT_KINDS = {
    *("validation", "rate-limited", "budget-spent", "model-unavailable", "unauthorized", "not-found"),
    *("method-not-allowed", "cache-unavailable", "not-cached", "article-blocked", "article-unreachable"),
    *("article-timeout", "article-too-large", "unsupported-content", "no-article", "paywall"),
    *("content-refused", "internal"),
}


def family(error: type[ThreadrError]) -> Iterator[type[ThreadrError]]:
    yield error
    for child in error.__subclasses__():
        yield from family(child)


# A client of another service may have a leaf of its own, which it never raises further.
ALL = [error for error in family(ThreadrError) if error.__module__ == errors.__name__]


@pytest.mark.parametrize("error", ALL)
def test_every_error_renders_as_a_small_problem(error: type[ThreadrError]) -> None:
    response = problem(error(), instance="/api/generate")
    content = json.loads(bytes(response.body))
    assert response.headers["content-type"] == "application/problem+json"
    assert len(response.body) <= 2_048
    assert content["status"] == response.status_code == error.status
    assert content["type"].rsplit("/", 1)[1] in CONTRACT_KINDS
    assert content["title"]
    assert content["detail"] == error.detail


@pytest.mark.parametrize("error", ALL)
def test_every_error_speaks_in_sentences(error: type[ThreadrError]) -> None:
    assert error.detail[-1] in ".…"
    assert error.title[0].isupper()
    assert not error.title.endswith(".")


@pytest.mark.parametrize("error", [found for found in ALL if issubclass(found, ArticleError)])
def test_every_failure_of_the_url_is_a_client_error(error: type[ThreadrError]) -> None:
    assert error.status == 422


@pytest.mark.parametrize("error", [found for found in ALL if found.status == 503])
def test_every_503_says_when_to_try_again(error: type[ThreadrError]) -> None:
    assert error().headers["Retry-After"].isdecimal()


def test_five_kinds_are_server_errors() -> None:
    ours = {error.kind for error in ALL if error.status >= 500}
    assert ours == {"internal", "cache-unavailable", "model-unavailable", "budget-spent", "not-cached"}


def test_a_refusal_of_content_is_no_reason_to_try_again() -> None:
    assert errors.ContentRefused("No.", reason="policy").headers == {}
    assert issubclass(errors.ContentRefused, ModelError)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = re.findall(r"^[│├└─ ]*([A-Z]\w+)  ", errors.__doc__ or "", re.MULTILINE)
    assert sorted(drawn) == sorted(error.__name__ for error in ALL)


def test_the_diagram_shows_the_kinds_and_statuses_that_are_sent() -> None:
    drawn = re.findall(r"([A-Z]\w+) +(\d{3} )?([a-z]+(?:-[a-z]+)*)$", errors.__doc__ or "", re.MULTILINE)
    assert len(drawn) > 12
    for name, status, kind in drawn:
        error = getattr(errors, name)
        assert error.kind == kind
        assert not status or error.status == int(status)


def test_a_detail_replaces_the_default_and_a_reason_is_kept_apart() -> None:
    error = StoreError("Later.", reason="reset by peer")
    assert (error.detail, error.reason, str(error)) == ("Later.", "reset by peer", "Later.")
    assert ThreadrError("").detail == ThreadrError.detail


def test_one_errors_headers_are_not_anothers() -> None:
    shared = {"Allow": "GET"}
    error = errors.MethodNotAllowed(headers=shared)
    error.headers["X"] = "y"
    assert shared == {"Allow": "GET"}
    assert errors.MethodNotAllowed().headers == {}
