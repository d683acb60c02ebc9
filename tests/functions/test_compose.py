"""POST /compose: the form without its script."""

from __future__ import annotations

import html
from typing import Any

import pytest

from core.pages.compose import read_form, requested
from core.pages.templates import words
from tests.support.app import Make
from tests.support.site import ARTICLE

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DEFAULTS = {"platform": "x", "max_posts": "12", "tone": "", "hooks": "0", "numbering": "slash"}


async def test_the_form_makes_a_thread_and_puts_nothing_into_an_address(client_of: Make) -> None:
    answer = await client_of().post("/compose", data={**DEFAULTS, "source": ARTICLE})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "The city council voted on Tuesday" in answer.text
    assert answer.headers["x-ratelimit-remaining"] == "9"
    assert not answer.history


async def test_a_failure_keeps_what_was_written(client_of: Make) -> None:
    given = {"source": 'http://no-such-host.invalid/"<b>'}
    answer = await client_of().post("/compose", data=given)
    assert answer.status_code == 422
    assert html.escape(words()["article-blocked"]) in answer.text
    assert "&quot;&lt;b&gt;</textarea>" in answer.text


async def test_the_limit_holds_for_the_form(client_of: Make) -> None:
    client = client_of(rate_limit_requests=1)
    answers = [await client.post("/compose", data={"source": "One sentence."}) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 429, 429]
    for refused in answers[1:]:
        assert html.escape(words()["rate-limited"]) in refused.text
        assert int(refused.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "sender",
    [
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="another site"),
        pytest.param({"Sec-Fetch-Site": "same-site", "Origin": "http://threadr.test"}, id="a neighbour"),
        pytest.param({"Origin": "https://evil.example"}, id="an older browser"),
        pytest.param({"Content-Type": "text/plain"}, id="no form"),
    ],
)
async def test_a_page_of_another_site_cannot_send_the_form(client_of: Make, sender: dict[str, str]) -> None:
    client = client_of()
    answer = await client.post("/compose", content="source=One.", headers=FORM | sender)
    assert answer.status_code == 422
    assert (await client.get("/api/rate-limit-status")).json()["requests_used"] == 0


@pytest.mark.parametrize("origin", ["null", "http://threadr.test", "https://threadr.test"])
async def test_an_older_browser_can_send_the_form(client_of: Make, origin: str) -> None:
    answer = await client_of().post("/compose", data={"source": "One."}, headers={"Origin": origin})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"source=%ff", id="not-utf-8"),
        pytest.param(b"a=1&" * 21, id="fields"),
        pytest.param(b"source=One.&max_posts=many", id="number"),
        pytest.param(b"source=One.&max_posts=" + b"9" * 5_000, id="a number that Python does not read"),
        pytest.param(b"source=One.&admin=1", id="unknown"),
        pytest.param(b"", id="empty"),
    ],
)
async def test_what_no_form_sends_is_refused_on_a_page(client_of: Make, body: bytes) -> None:
    answer = await client_of().post("/compose", content=body, headers=FORM)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("https://example.com/a", "url"),
        ("example.com/story", "url"),
        ("Read “https://example.com/a” today", "url"),
        ("See “example.com/story”.", "url"),
        ("https://example.com/my pool", "url"),
        ("[A](https://example.com/a)", "url"),
        ("Dr.Smith said no.", "text"),
        ("Ferry and/or tunnel at 1/2 price.", "text"),
        ("https://example.com/a https://example.com/b", "text"),
        ("https://example.com/a\nand more", "text"),
        ("word " * 40 + "https://example.com/a", "text"),
    ],
)
def test_a_link_alone_or_in_a_short_line_is_read(source: str, kind: str) -> None:
    assert getattr(requested({"source": source}), kind) is not None


def test_fields_that_are_empty_have_their_defaults() -> None:
    given: dict[str, Any] = read_form(b"source=One.&tone=&language=&hooks=2")
    made = requested(given)
    assert (made.tone, made.language, made.hooks) == (None, None, 2)
