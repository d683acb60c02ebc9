"""Where the body begins and ends: titles, subtitles, labels and last links are left out."""

from __future__ import annotations

import pytest
from lxml.html import fromstring

from core.article.text_ends import body_of

FIRST = "The ferry across the bay stopped in autumn, when its engine failed for the third time."
LAST = "A yard up the coast has offered an electric one, which would cross without any noise."
BODY = f"{FIRST}\n{LAST}"
SUBTITLE = "The islanders ask for two boats of their own."
LINK = "All that is known of the boats of the bay is in this list."


def body(text: str, markup: str = "<p>") -> str:
    return body_of(text, fromstring(f"<html><body>{markup}</body></html>"), ["No more ferry", ""])


@pytest.mark.parametrize(
    ("head", "markup"),
    [
        pytest.param("No more ferry!", "<p>", id="title"),
        pytest.param("Bay Post\nNo more ferry", "<p>", id="what-is-before-the-title"),
        pytest.param(f"No more ferry\n{SUBTITLE}", f"<h2>{SUBTITLE}</h2>", id="subtitle"),
        pytest.param("By Ann Lowe\n12 March\n2 min", "<p>", id="labels"),
    ],
)
def test_a_body_begins_with_its_first_paragraph(head: str, markup: str) -> None:
    assert body(f"{head}\n{BODY}", markup) == BODY


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param("Comments\ncomments", id="labels"),
        pytest.param(f"Best of the bay\n{LINK}", id="link"),
    ],
)
def test_a_body_ends_with_its_last_paragraph(tail: str) -> None:
    assert body(f"{BODY}\n{tail}", f"<p><a href=/a>{LINK}</a></p>") == BODY


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        pytest.param(f"Dear islanders,\n{BODY}", "<p>", id="salutation"),
        pytest.param(f"One boat or two\n{BODY}", "<h2>One boat or two</h2>", id="section"),
        pytest.param(f"It rained.\n{BODY}", "<p>", id="short-sentence"),
        pytest.param(f"{FIRST * 3}\n{BODY}", f"<h2>{FIRST * 3}</h2>", id="first-paragraph-as-a-heading"),
        pytest.param(f"{BODY}\n- one boat\n- two boats", "<p>", id="list"),
        pytest.param(f"{BODY}\nIt rained.", "<p>", id="last-sentence"),
        pytest.param("The sea\nis wide\nand grey", "<p>", id="poem"),
        pytest.param("No more ferry", "<p>", id="nothing-else"),
        pytest.param("", "<p>", id="nothing"),
    ],
)
def test_what_is_of_the_body_stays(text: str, markup: str) -> None:
    assert body(text, markup) == text
