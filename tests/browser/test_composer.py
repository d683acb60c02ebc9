"""The composer, as people use it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Request, Route, expect
from starlette.responses import Response

from tests.support.browser import Open, Tab
from tests.support.fake_openai import POSTS, completion, thread_answer
from tests.support.site import ARTICLE, page

pytestmark = pytest.mark.browser

LONG = "A sentence that goes on about the harbour bridge. " * 6


def test_a_link_becomes_a_thread_that_is_announced_and_focused(tab: Tab) -> None:
    tab.site.pages["/story"] = lambda: Response(page(), media_type="text/html")
    shown = tab.make(f"Read this: “{tab.site.url}/story”.")
    expect(shown.locator("#read-as-words")).to_have_text(f"Read as a link: {tab.site.url}/story")
    expect(shown.locator("#status")).to_have_text("Your thread is ready: 3 posts for X.")
    assert tab.posts() == [*POSTS[:2], f"{POSTS[2]}\n\n{tab.site.url}/story"]
    expect(shown.locator("#about")).to_contain_text("Written now for $0.0016 (1,200 tokens).")
    expect(shown.locator("#limit")).to_have_text(re.compile(r"99 of 100 left, more at \d\d:\d\d"))
    tab.is_accessible()


def test_all_platforms_are_tabs_of_one_payment(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    shown.get_by_role("tab", name="X").press("ArrowRight")
    expect(shown.get_by_role("tab", name="Bluesky")).to_be_focused()
    shown.get_by_role("tab", name="LinkedIn").click()
    expect(shown.locator(".count")).to_have_text(re.compile("of 3000"))
    assert tab.posts() == ["\n\n".join(POSTS)]
    assert len(tab.openai.requests) == 1


def test_a_post_over_the_limit_is_said_by_the_servers_count_until_it_fits(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    first, count = shown.locator("textarea.post").first, shown.locator(".count").first
    first.fill(LONG)
    expect(count).to_have_text(f"{len(LONG.strip()) + 1 + 5 - 280} over 280")
    expect(first).to_have_attribute("aria-invalid", "true")
    first.fill("Short. 中")
    expect(count).to_have_text("14 of 280")  # the number is counted, and the character weighs two
    expect(first).to_have_attribute("aria-invalid", "false")


def test_keys_split_merge_and_move_and_undo_brings_back(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    first = shown.locator("textarea.post").first
    first.focus()
    first.evaluate("area => area.setSelectionRange(6, 6)")
    first.press("Alt+Enter")
    assert tab.posts() == ["A hook", "that stands alone.", *POSTS[1:]]
    expect(shown.locator("textarea.post").nth(1)).to_be_focused()
    expect(shown.locator(".number").first).to_have_text("1/4")
    shown.keyboard.press("Backspace")
    assert tab.posts() == ["A hook\n\nthat stands alone.", *POSTS[1:]]
    shown.keyboard.press("Alt+ArrowDown")
    assert tab.posts()[1] == "A hook\n\nthat stands alone."
    for _ in range(3):
        shown.keyboard.press("Control+Alt+z")
    assert tab.posts() == POSTS
    expect(shown.get_by_role("button", name="Undo")).to_be_disabled()


def test_posts_are_added_and_deleted(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    shown.get_by_label("Change post 2").click()
    shown.get_by_role("button", name="Add one below: post 2").click()
    shown.keyboard.type("In between.")
    assert tab.posts() == [*POSTS[:2], "In between.", POSTS[2]]
    shown.get_by_label("Change post 1").click()
    shown.get_by_role("button", name="Delete: post 1").click()
    assert tab.posts() == [POSTS[1], "In between.", POSTS[2]]


def test_one_post_is_rewritten_with_a_wish(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    tab.openai.answer = lambda _: completion('{"post": "Shorter now."}')
    shown.get_by_role("button", name="Rewrite…: post 2").click()
    shown.get_by_label("How post 2 should be instead").fill("shorter")
    shown.keyboard.press("Enter")
    expect(shown.locator("#status")).to_contain_text("Post 2 is rewritten.")
    assert tab.posts() == [POSTS[0], "Shorter now.", POSTS[2]]
    assert "shorter" in str(tab.openai.requests[-1])


def test_a_hook_takes_the_place_of_the_first_post(tab: Tab) -> None:
    tab.openai.answer = lambda _: thread_answer(hooks=["Why does a bridge crack?"])
    tab.page.locator("#options summary").click()
    tab.page.get_by_label("Openings to choose from").select_option("1")
    shown = tab.make(ARTICLE)
    shown.get_by_role("button", name="Take opening 1").click()
    assert tab.posts() == ["Why does a bridge crack?", *POSTS[1:]]


def test_evidence_leads_to_its_place_in_the_text(tab: Tab) -> None:
    tab.openai.answer = lambda _: thread_answer([ARTICLE.split("\n")[1], *POSTS[1:]])
    shown = tab.make(ARTICLE)
    shown.locator(".proof summary").first.click()
    shown.locator(".proof .quote").first.click()
    expect(shown.locator("#source-text mark")).to_contain_text("eleven of the forty steel girders")
    expect(shown.locator("#source-text")).to_be_focused()


def test_a_warning_stands_beside_the_post_that_it_names(tab: Tab) -> None:
    tab.openai.answer = lambda _: thread_answer([POSTS[0], "It will cost 77 billion dollars.", POSTS[2]])
    shown = tab.make(ARTICLE)
    expect(shown.locator(".card").nth(1).locator(".warning")).to_contain_text("77")
    expect(shown.locator(".card .warning")).to_have_count(1)


def test_one_post_and_all_are_copied(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    shown.get_by_role("button", name="Copy: post 2").click()
    expect(shown.locator("#status")).to_have_text("Copied post 2.")
    assert shown.evaluate("navigator.clipboard.readText()") == f"{POSTS[1]}\n\n2/3"
    shown.get_by_role("button", name="Copy all").click()
    expect(shown.locator("#status")).to_have_text("The whole thread is copied.")
    numbered = [f"{text}\n\n{number}/3" for number, text in enumerate(POSTS, 1)]
    assert shown.evaluate("navigator.clipboard.readText()") == "\n\n\n\n".join(numbered)


@pytest.mark.parametrize(("form", "begins"), [("txt", "A hook"), ("md", "A hook"), ("json", '{\n  "posts"')])
def test_a_thread_is_downloaded(tab: Tab, form: str, begins: str) -> None:
    shown = tab.make(ARTICLE)
    with shown.expect_download() as started:
        shown.get_by_role("button", name=f"Download as {form}").click()
    assert started.value.suggested_filename.endswith(f".{form}")
    assert started.value.path().read_text().startswith(begins)


@pytest.mark.parametrize(
    ("platform", "address"),
    [
        ("X", "https://x.com/intent/post?text=A%20hook"),
        ("Bluesky", "https://bsky.app/intent/compose?text=A%20hook"),
        ("Mastodon", "https://mastodon.social/share?text=A%20hook"),
        ("Threads", "https://www.threads.com/intent/post?text=A%20hook"),
        ("LinkedIn", "https://www.linkedin.com/feed/?shareActive=true&text=A%20hook"),
    ],
)
def test_a_post_opens_in_the_platforms_own_composer(tab: Tab, platform: str, address: str) -> None:
    shown = tab.make(ARTICLE)
    shown.get_by_role("tab", name=platform, exact=True).click()
    link = shown.get_by_role("link", name=f"Open in {platform}").first
    assert (link.get_attribute("href") or "").startswith(address)


def test_a_thread_that_is_edited_has_an_address_once_it_is_saved(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    shown.get_by_role("button", name="Copy its address").click()
    expect(shown.locator("#status")).to_contain_text("The address is copied:")
    before = shown.evaluate("navigator.clipboard.readText()")
    shown.locator("textarea.post").first.fill("Edited.")
    shown.get_by_role("button", name="Save and copy its address").click()
    expect(shown.get_by_role("button", name="Copy its address", exact=True)).to_be_visible()
    after = shown.evaluate("navigator.clipboard.readText()")
    assert after != before
    shown.goto(after)
    expect(shown.locator(".text").first).to_have_text("Edited.\n\n1/3")


def test_ctrl_enter_makes_and_cancel_keeps_the_text(tab: Tab) -> None:
    tab.openai.delay_seconds = 5
    tab.page.get_by_label("Link, text or Markdown draft").fill(ARTICLE)
    tab.page.keyboard.press("Control+Enter")
    expect(tab.page.locator("#status")).to_have_text("Reading the text …")
    tab.page.get_by_role("button", name="Cancel").click()
    expect(tab.page.locator("#status")).to_have_text("Cancelled. Your text is still here.")
    expect(tab.page.get_by_role("button", name="Make a thread")).to_be_enabled()
    expect(tab.page.locator("#source")).to_have_value(ARTICLE)


def test_the_old_thread_cannot_be_copied_under_a_new_request_and_an_error_keeps_it(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    held: list[Route] = []
    shown.route("**/api/generate", lambda route: held.append(route))
    shown.locator("#source").fill("http://no-such-host.invalid/")
    shown.get_by_role("button", name="Make a thread").click()
    expect(shown.locator("#result")).to_be_hidden()
    held[0].continue_()
    expect(shown.locator("#error")).to_contain_text("There is no public page at this address.")
    expect(shown.locator("#result")).to_be_visible()
    assert tab.posts() == POSTS
    tab.is_accessible()


def test_another_version_is_another_call(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    tab.openai.answer = lambda _: thread_answer(["Another version.", *POSTS[1:]])
    shown.get_by_role("button", name="Another version").click()
    expect(shown.locator("textarea.post").first).to_have_value("Another version.")
    assert len(tab.openai.requests) == 2


def test_too_many_requests_count_down(open_tab: Open) -> None:
    tab = open_tab(rate_limit_requests=1, rate_limit_window_hours=1 / 1200)
    shown = tab.make(ARTICLE)
    shown.locator("#source").press("Control+Enter")
    expect(shown.locator("#error")).to_contain_text("Wait a while, then try again.")
    expect(shown.locator("#make")).to_have_text(re.compile(r"Again in 0:0\d"))
    expect(shown.locator("#make")).to_be_disabled()
    asked: list[Request] = []
    shown.on("request", lambda request: asked.append(request))
    shown.locator("#source").press("Control+Enter")
    expect(shown.locator("#status")).to_have_text("You can make a thread again.", timeout=15_000)
    expect(shown.locator("#make")).to_be_enabled()
    assert [request.url for request in asked if "generate" in request.url] == []


def test_offline_is_said_and_loses_nothing(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    shown.context.set_offline(True)
    shown.locator("#source").press("Control+Enter")
    expect(shown.locator("#error")).to_contain_text("You are offline.")
    assert tab.posts() == POSTS


def test_draft_options_and_the_edited_thread_survive_a_reload_until_they_are_forgotten(tab: Tab) -> None:
    tab.page.locator("#options summary").click()
    tab.page.get_by_label("Tone").fill("dry")
    shown = tab.make(ARTICLE)
    shown.locator("textarea.post").first.fill("Edited.")
    shown.reload()
    assert tab.posts() == ["Edited.", *POSTS[1:]]
    expect(shown.locator("[name=tone]")).to_have_value("dry")
    expect(shown.locator("#source")).to_have_value(ARTICLE)
    shown.get_by_role("button", name="Forget all").click()
    shown.reload()
    expect(shown.locator("#result")).to_be_hidden()
    expect(shown.locator("#source")).to_have_value("")


def test_no_more_than_ten_threads_are_kept(tab: Tab) -> None:
    for number in range(12):
        tab.make(f"Story {number} is short.")
    expect(tab.page.locator("#threads li")).to_have_count(10)
    tab.page.get_by_role("button", name="Forget Story 5").click()
    expect(tab.page.locator("#threads li")).to_have_count(9)


def test_an_article_from_right_to_left_is_shown_so(tab: Tab) -> None:
    arabic = "صوت مجلس المدينة يوم الثلاثاء على إغلاق جسر الميناء القديم للإصلاح."
    tab.openai.answer = lambda _: thread_answer([arabic, *POSTS[1:]])
    shown = tab.make(arabic)
    first = shown.locator("textarea.post").first
    assert first.evaluate("area => getComputedStyle(area).direction") == "rtl"
    assert shown.locator("#source").evaluate("area => getComputedStyle(area).direction") == "rtl"
    tab.is_accessible()


def test_the_narrowest_phone_needs_no_sideways_scrolling(open_tab: Open) -> None:
    tab = open_tab(context={"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"})
    shown = tab.make(ARTICLE)
    assert shown.evaluate("document.documentElement.scrollWidth") <= 320
    tab.is_accessible()


def test_the_example_is_one_click(tab: Tab) -> None:
    tab.page.get_by_role("button", name="Try an example").click()
    expect(tab.page.locator("#read-as-words")).to_have_text("Read as a text.")
    expect(tab.page.get_by_role("button", name="Make a thread")).to_be_focused()
