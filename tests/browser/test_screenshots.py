"""Pictures of every view: light, dark, on a phone. `make screenshots` writes them into docs/screenshots/."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect
from redis import Redis
from starlette.responses import Response

from tests.browser.test_pages import fill
from tests.support.browser import ADMIN, Open, Tab
from tests.support.fake_openai import thread_answer
from tests.support.site import page

pytestmark = pytest.mark.browser

POSTS = [
    "The old harbour bridge closes for eighteen months. Engineers found cracks in eleven of its forty steel "
    "girders.",
    "About nine thousand cars cross the bridge on a working day. Most of them will use the tunnel instead.",
    "The repairs will cost forty million dollars, and the state pays half. For people on foot and on bikes "
    "the mayor promised a free ferry as long as the work lasts.",
]
HOOKS = [
    "Eleven of forty girders are cracked. What now?",
    "A bridge of 1931 needs a rest of eighteen months.",
]
NEWS = "https://news.example.com"
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1180, "height": 1080}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1180, "height": 1080}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "device_scale_factor": 1},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(os.environ.get("SCREENSHOTS", tmp_path))


def with_news(tab: Tab) -> str:
    """The address of the article as the pictures have it: the site's own name stands for it on the way."""
    tab.site.pages["/bridge"] = lambda: Response(page(), media_type="text/html")

    def renamed(route: Route) -> None:
        answer = route.fetch(post_data=(route.request.post_data or "").replace(NEWS, tab.site.url) or None)
        route.fulfill(response=answer, body=answer.text().replace(tab.site.url, NEWS))

    tab.page.route("**/api/generate", renamed)
    tab.page.route("**/t/*", renamed)
    return f"{NEWS}/bridge"


def shoot(tab: Tab, folder: Path, name: str) -> None:
    tab.is_accessible()
    tab.page.mouse.move(0, 0)
    tab.page.evaluate("document.activeElement.blur()")
    tab.page.screenshot(path=folder / f"{name}.png")


@pytest.mark.parametrize("look", LOOKS)
def test_the_composer_looks_like_this(open_tab: Open, folder: Path, look: str) -> None:
    tab = open_tab(context=LOOKS[look])
    tab.openai.answer = lambda _: thread_answer(POSTS, HOOKS)
    tab.page.locator("#options summary").click()
    tab.page.get_by_label("Openings to choose from").select_option("2")
    tab.page.locator("#options summary").click()
    shown = tab.make(with_news(tab))
    expect(shown.locator(".count").first).to_contain_text("of 280")
    shown.locator("h1" if look != "phone" else "#title").scroll_into_view_if_needed()
    if look == "phone":
        shown.locator("#title").evaluate("title => title.scrollIntoView()")
    shoot(tab, folder, f"composer-{look}")


@pytest.mark.parametrize("look", LOOKS)
def test_a_threads_page_looks_like_this(open_tab: Open, folder: Path, look: str) -> None:
    tab = open_tab(context=LOOKS[look])
    tab.openai.answer = lambda _: thread_answer(POSTS)
    with_news(tab)
    made = tab.page.request.post(f"{tab.url}/api/generate", data={"url": f"{tab.site.url}/bridge"})
    tab.open(f"/t/{made.json()['id']}")
    shoot(tab, folder, f"thread-{look}")


@pytest.mark.parametrize("look", LOOKS)
def test_the_dashboard_looks_like_this(
    open_tab: Open, folder: Path, look: str, valkey: Redis, redis_url: str
) -> None:
    fill(valkey)
    store = {"redis_url": redis_url, "store_timeout_ms": 5_000}
    tab = open_tab(path="/dashboard", context=LOOKS[look], **store)
    tab.page.get_by_label("Admin token").fill(ADMIN)
    tab.page.get_by_role("button", name="Show the dashboard").click()
    expect(tab.page.locator("svg[role=img]")).to_have_count(8)
    shoot(tab, folder, f"dashboard-{look}")
