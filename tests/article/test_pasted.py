"""A pasted text as an article: as it was written, or as what its markup shows."""

from __future__ import annotations

import pytest

from core.article.pasted import read_text
from core.errors import NoArticle

SENTENCE = "The river flooded the old town after three days of rain, and rescue teams came in boats. "


def text_of(text: str) -> str:
    return read_text(text, 50_000).text


@pytest.mark.parametrize(
    "text",
    [
        "A  b\n\n\n\n  c\t*sigh*",
        "5 * 3 * 2 < 31",
        "use <div> in CSS",
        "# of people\n- a",
        "One\n---\nTwo",
        "Haiku\n    leaps",
        "<ann> hi\n<bob> hello\n* ann has left",
        "[12/01/2026, 09:14:02] Ann: <Media omitted>",
        "+---+---+\n| a | b |\n+---+---+\n| 1 | 2 |",
        "Rated *****, costs $5* or $10**\n* per month\n** per year",
        "#breaking @marlow_pool https://example.com/a__b__c #pool_life",
        "嘿~~你好~~ 2**10 ¯\\_(ツ)_/¯ _ _ f(x)[0]",
        "<html> is the root, <div> goes inside",
        "Press <i> to insert, <p> to paste, <Ctrl+C> to stop.",
    ],
)
def test_a_plain_text_stays_as_it_was_written(text: str) -> None:
    assert text_of(f"\n{text}\r\n") == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("**Back**\n\n1. a\n2. b", "Back\n\n1. a\n2. b", id="markdown"),
        pytest.param("---\ntitle: Back\n---\n\nThe pool.", "Back\n\nThe pool.", id="title-in-front-matter"),
        pytest.param("---\ntitle: Back\n---\n\n# Back\n\nIt.", "Back\n\nIt.", id="title-once"),
        pytest.param("<p>The <b>pool</b></p><p>is back</p>", "The pool\n\nis back", id="html"),
        pytest.param(
            "<p>The **pool**</p>\n\nis [back](https://a.example)",
            "The **pool**\n\nis back https://a.example",
            id="both",
        ),
        pytest.param("<html><body><p>Short.</body></html>", "Short.", id="short-page"),
        pytest.param("<p>Hallen&shy;bad&#8238;</p>", "Hallenbad", id="unsafe-references"),
    ],
)
def test_marks_become_what_platforms_show(text: str, shown: str) -> None:
    assert text_of(text) == shown


def test_a_whole_page_gives_its_article() -> None:
    body = f"<nav><a href=/>Home</a></nav><p>{SENTENCE * 3}</p>"
    html = f"<html><head><title>Flood</title></head><body>{body}</body></html>"
    assert text_of(html) == f"Flood\n\n{(SENTENCE * 3).strip()}"


@pytest.mark.parametrize("text", ["***\n\n---", "<p> </p>", "![a](./b.png)", "\u00ad\ufeff"])
def test_a_text_of_which_nothing_is_shown_is_refused(text: str) -> None:
    with pytest.raises(NoArticle, match="The text holds nothing that can be posted"):
        read_text(text, 50_000)


@pytest.mark.parametrize("text", [SENTENCE * 20, f"**a** {SENTENCE * 900}", f"<p>{SENTENCE * 6_000}</p>"])
def test_a_text_that_is_cut_says_so(text: str) -> None:
    article = read_text(text, 1_000)
    assert (article.truncated, len(article.text) <= 1_000) == (True, True)
