"""Real pages: their text, and threads of it. Without `make bench-data` conftest.py leaves this out."""

from __future__ import annotations

from functools import partial

import pytest
from starlette.responses import Response

from bench import extraction
from core.article.extraction import extract_article
from core.text.thread import Brief, thread_of
from core.writing.extractive.composer import extract_draft
from tests.support.app import Make
from tests.support.articles import real_pages
from tests.support.referring import referring_back
from tests.support.site import Site

PAGES = real_pages()
LEAD_SAYS_TITLE = {"b6fb53e9fb04"}  # and the title is left out


def test_they_give_their_articles() -> None:
    assert len(PAGES) == 24
    assert extraction.f1_of(PAGES) > 0.97


@pytest.mark.parametrize("name", PAGES)
def test_no_post_refers_back(name: str) -> None:
    html, url, _ = PAGES[name]
    source = extract_article(html, url=url)
    for brief in (Brief(), Brief(platform="bluesky", max_posts=5, source_link="first")):
        posts = extract_draft(source, brief).posts
        assert not referring_back(source, posts)
        assert not thread_of(posts, brief, link=source.url).cut


async def test_each_becomes_a_thread(client_of: Make, site: Site) -> None:
    client = client_of(rate_limit_requests=100)
    for name, (html, _, _) in PAGES.items():
        site.pages["/page"] = partial(Response, html, media_type="text/html")
        url = f"{site.url}/page?{name}"
        answer = (await client.post("/api/generate", json={"url": url})).json()
        assert 4 <= len(answer["thread"]) <= 12, name
        assert all(post["character_count"] <= 280 for post in answer["thread"])
        assert answer["thread"][0]["content"].startswith(answer["title"][:40]) or name in LEAD_SAYS_TITLE
        assert url in answer["thread"][-1]["content"]
