"""The composer on real pages. Without `make bench-data` conftest.py leaves this out."""

from __future__ import annotations

from functools import partial

import pytest
from starlette.responses import Response

from core.text.platforms import count
from tests.support.articles import real_pages
from tests.support.browser import Open

pytestmark = pytest.mark.browser
PAGES = real_pages()


@pytest.mark.parametrize("name", [*PAGES][:3])
def test_a_real_article_becomes_a_thread_that_can_be_posted(open_tab: Open, name: str) -> None:
    tab = open_tab(openai_api_key=None)
    html, _, truth = PAGES[name]
    tab.site.pages["/story"] = partial(Response, html, media_type="text/html")
    shown = tab.make(f"{tab.site.url}/story")
    shown.get_by_role("tab", name="Bluesky").click()
    posts = tab.posts()
    assert all(0 < count(post, "bluesky") <= 300 for post in posts)
    told = [line for post in posts[1:-1] for line in post.splitlines() if len(line) > 40]
    assert told
    assert all(line[:40] in truth for line in told)
    tab.is_accessible()
