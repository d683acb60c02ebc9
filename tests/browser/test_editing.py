"""The posts of a thread, as people change them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from starlette.responses import Response

from tests.support.browser import Tab
from tests.support.fake_openai import POSTS, completion, thread_answer
from tests.support.site import ARTICLE, page

pytestmark = pytest.mark.browser

LONG = "A sentence that goes on about the harbour bridge. " * 6


def test_a_post_over_the_limit_is_said_by_the_servers_count_until_it_fits(tab: Tab) -> None:
    tab.make(ARTICLE)
    first, count = tab.post(1), tab.page.locator(".count").first
    with tab.page.expect_response("**/api/validate"):
        first.fill(LONG)
    expect(count).to_have_text(f"{len(LONG.strip()) + 1 + 5 - 280} over 280")
    expect(first).to_have_attribute("aria-invalid", "true")
    first.fill("Short. 中")
    expect(count).to_have_text("14 of 280")  # the number is counted, and the character weighs two
    expect(first).to_have_attribute("aria-invalid", "false")


def test_where_the_server_cannot_count_no_count_is_shown(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    shown.route("**/api/validate", lambda route: route.abort())
    tab.post(1).fill("New.")
    expect(shown.locator("#thread-problems")).to_contain_text("The posts are not counted now.")


def test_keys_split_merge_and_move_and_undo_brings_back(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    tab.post(1).focus()
    tab.post(1).evaluate("area => area.setSelectionRange(6, 6)")
    tab.post(1).press("Alt+Enter")
    assert tab.posts() == ["A hook", "that stands alone.", *POSTS[1:]]
    expect(tab.post(2)).to_be_focused()
    expect(shown.locator(".number").first).to_have_text("1/4")
    shown.keyboard.press("Backspace")
    assert tab.posts() == ["A hook\n\nthat stands alone.", *POSTS[1:]]
    shown.keyboard.press("Alt+ArrowDown")
    assert tab.posts()[1] == "A hook\n\nthat stands alone."
    for _ in range(3):
        shown.keyboard.press("Control+Alt+z")
    assert tab.posts() == POSTS
    expect(shown.get_by_role("button", name="Undo")).to_be_disabled()


def test_each_change_can_be_made_by_keyboard_alone(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    for change, after in {
        "Add one below: post 1": [POSTS[0], "", *POSTS[1:]],
        "Delete: post 2": POSTS,
        "Merge with the next: post 1": [f"{POSTS[0]}\n\n{POSTS[1]}", POSTS[2]],
        "Move down: post 1": [POSTS[2], f"{POSTS[0]}\n\n{POSTS[1]}"],
    }.items():
        shown.get_by_label(f"Change post {change[-1]}").press("Enter")
        shown.get_by_role("button", name=change).press("Enter")
        assert tab.posts() == after
    for _ in range(4):
        shown.get_by_role("button", name="Undo").press("Enter")
    assert tab.posts() == POSTS


def test_posts_are_added_and_deleted(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    shown.get_by_label("Change post 2").click()
    shown.get_by_role("button", name="Add one below: post 2").click()
    expect(tab.post(3)).to_be_focused()
    shown.keyboard.type("In between.")
    assert tab.posts() == [*POSTS[:2], "In between.", POSTS[2]]
    shown.get_by_label("Change post 1").click()
    shown.get_by_role("button", name="Delete: post 1").click()
    tab.said("Post 1 is deleted. Undo brings it back.")
    assert tab.posts() == [POSTS[1], "In between.", POSTS[2]]


def test_one_post_is_rewritten_with_a_wish(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    tab.openai.answer = lambda _: completion('{"post": "Shorter now."}')
    shown.get_by_role("button", name="Rewrite…: post 2").click()
    shown.get_by_label("How post 2 should be instead").fill("shorter")
    shown.keyboard.press("Enter")
    tab.said("Post 2 is rewritten.", "Written now for")
    expect(tab.post(2)).to_be_focused()
    assert tab.posts() == [POSTS[0], "Shorter now.", POSTS[2]]
    assert "shorter" in str(tab.openai.requests[-1])


def test_a_rewrite_that_fails_leaves_the_post(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    tab.openai.answer = lambda _: completion("no json", finish="length")
    shown.get_by_role("button", name="Rewrite…: post 2").click()
    shown.keyboard.press("Enter")
    expect(shown.locator("#error")).to_contain_text("The writer")
    assert tab.posts() == POSTS


def test_a_hook_takes_the_place_of_the_first_post(tab: Tab) -> None:
    tab.openai.answer = lambda _: thread_answer(hooks=["Why does a bridge crack?"])
    tab.page.locator("#options summary").click()
    tab.page.get_by_label("Openings to choose from").select_option("1")
    shown = tab.make(ARTICLE)
    shown.get_by_role("button", name="Take opening 1").click()
    tab.said("The opening is in the first post now.")
    assert tab.posts() == ["Why does a bridge crack?", *POSTS[1:]]


def test_evidence_leads_to_its_place_in_the_text(tab: Tab) -> None:
    tab.openai.answer = lambda _: thread_answer([ARTICLE.split("\n")[1], *POSTS[1:]])
    shown = tab.make(ARTICLE)
    shown.locator(".proof summary").first.click()
    shown.locator(".proof .quote").first.click()
    expect(shown.locator("#source-text mark")).to_contain_text("eleven of the forty steel girders")
    expect(shown.locator("#source-text mark")).to_be_in_viewport()
    expect(shown.locator("#source-text")).to_be_focused()


def test_evidence_of_a_page_leads_to_its_place_on_the_page(tab: Tab) -> None:
    tab.site.pages["/story"] = lambda: Response(page(), media_type="text/html")
    tab.openai.answer = lambda _: thread_answer([ARTICLE.split("\n")[1], *POSTS[1:]])
    shown = tab.make(f"{tab.site.url}/story")
    shown.locator(".proof summary").first.click()
    shown.locator(".proof .quote").first.click()
    link = shown.get_by_role("link", name="Show it on the page").get_attribute("href") or ""
    assert link.startswith(f"{tab.site.url}/story#:~:text=")
    assert "girders" in link


def test_a_warning_stands_beside_the_post_that_it_names(tab: Tab) -> None:
    tab.openai.answer = lambda _: thread_answer([POSTS[0], "It will cost 77 billion dollars.", POSTS[2]])
    shown = tab.make(ARTICLE)
    expect(shown.locator(".card").nth(1).locator(".warning")).to_contain_text("77")
    expect(shown.locator(".card .warning")).to_have_count(1)


def test_all_warnings_of_a_post_stand_beside_it(tab: Tab) -> None:
    doubtful = "It will cost 77 billion dollars, “a gift of the heavens to us all”, said nobody."
    tab.openai.answer = lambda _: thread_answer([POSTS[0], doubtful, POSTS[2]])
    shown = tab.make(ARTICLE)
    expect(shown.locator(".card").nth(1).locator(".warning")).to_have_count(2)
    expect(shown.locator("#warnings li")).to_have_count(0)
