"""The address in a thread is the page's own where the page names it."""

from __future__ import annotations

import pytest
from lxml.html import document_fromstring

from core.article.canonical_link import canonical_link
from core.article.extraction import extract_article

URL = "http://news.example.com/story?who=alice"
OWN = "http://news.example.com/story"
TEXT = "The river flooded the old town after three days of rain, and rescue teams came in boats. "


def page(head: str, body: str = "") -> str:
    return f"<html><head><title>Flood</title>{head}</head><body>{body}<p>{TEXT * 3}</p></body></html>"


def link(href: str, rel: str = "canonical") -> str:
    return f'<link rel="{rel}" href="{href}">'


@pytest.mark.parametrize(
    ("head", "found"),
    [
        pytest.param(link(OWN), OWN, id="absolute"),
        pytest.param(link("/story"), OWN, id="relative"),
        pytest.param(link(f" {OWN} ", rel="Canonical"), OWN, id="spaces-and-capitals"),
        pytest.param(link("https://news.example.com/story"), "https://news.example.com/story", id="https"),
        pytest.param(link(OWN) * 2, OWN, id="the-same-twice"),
        pytest.param(link("http://NEWS.example.com:80/story"), OWN, id="spelled-otherwise"),
    ],
)
def test_the_page_names_its_own_address(head: str, found: str) -> None:
    assert canonical_link(document_fromstring(page(head)), URL) == found
    assert extract_article(page(head).encode(), url=URL).url == found


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("", id="none"),
        pytest.param(link("http://other.example.com/story"), id="another-host"),
        pytest.param(link("http://news.example.com:8080/story"), id="another-port"),
        pytest.param(link("https://news.example.com:444/story"), id="another-port-of-https"),
        pytest.param(link("/story") + link("/other"), id="two"),
        pytest.param(link("/"), id="home-page"),
        pytest.param(link(""), id="empty"),
        pytest.param(link("javascript:alert(1)"), id="no-web-address"),
        pytest.param(link("http://user:secret@news.example.com/story"), id="with-a-password"),
        pytest.param(link("http://[/story"), id="broken"),
        pytest.param(link("/story", rel="alternate"), id="another-relation"),
        pytest.param(f"<!-- {link('/story')} -->", id="in-a-comment"),
        pytest.param(f"</head><body>{link('/story')}", id="in-the-body"),
    ],
)
def test_what_is_no_address_of_this_page_counts_for_nothing(head: str) -> None:
    assert canonical_link(document_fromstring(page(head)), URL) == URL
