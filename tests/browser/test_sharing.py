"""What leaves the composer: copies, files, posts in the platforms' own composers, addresses; deletion."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Route, expect

from tests.support.browser import Tab
from tests.support.fake_openai import POSTS, completion
from tests.support.site import ARTICLE

pytestmark = pytest.mark.browser

NUMBERED = [f"{text}\n\n{number}/3" for number, text in enumerate(POSTS, 1)]
FILES = {
    "txt": "\n\n\n\n".join(NUMBERED) + "\n",
    "md": "\n\n---\n\n".join(NUMBERED) + "\n",
    "json": json.dumps({"posts": [{"text": text} for text in NUMBERED]}, indent=2),
}


def test_one_post_and_all_are_copied(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    shown.get_by_role("button", name="Copy: post 2").click()
    tab.said("Copied post 2.")
    assert tab.copied() == NUMBERED[1]
    shown.get_by_role("button", name="Copy all").click()
    tab.said("The whole thread is copied.")
    assert tab.copied() == "\n\n\n\n".join(NUMBERED)


@pytest.mark.parametrize("form", FILES)
def test_a_thread_is_downloaded(tab: Tab, form: str) -> None:
    shown = tab.make(ARTICLE)
    with shown.expect_download() as started:
        shown.get_by_role("button", name=f"Download as {form}").click()
    assert started.value.suggested_filename.endswith(f".{form}")
    assert started.value.path().read_text() == FILES[form]


def test_a_post_opens_in_each_platforms_own_composer(tab: Tab) -> None:
    tab.page.locator("#options summary").click()
    shown = tab.make(ARTICLE)
    for platform, address in {
        "X": "https://x.com/intent/post?text=A%20hook",
        "Bluesky": "https://bsky.app/intent/compose?text=A%20hook",
        "Threads": "https://www.threads.com/intent/post?text=A%20hook",
        "LinkedIn": "https://www.linkedin.com/feed/?shareActive=true&text=A%20hook",
        "Mastodon": "https://mastodon.social/share?text=A%20hook",
    }.items():
        shown.get_by_role("tab", name=platform, exact=True).click()
        link = shown.get_by_role("link", name=f"Open in {platform}").first
        expect(link).to_have_attribute("href", re.compile(re.escape(address)))
    shown.get_by_label("Mastodon server").fill("fosstodon.org")
    shown.get_by_label("Mastodon server").press("Tab")
    expect(link).to_have_attribute("href", re.compile(r"^https://fosstodon\.org/share\?text="))


def test_a_thread_that_is_edited_has_an_address_once_it_is_saved(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    shown.get_by_role("button", name="Copy its address").click()
    tab.said("The address is copied:")
    before = tab.copied()
    tab.post(1).fill("Edited.")
    expect(shown.get_by_role("button", name="Copy its address", exact=True)).to_have_count(0)
    shown.get_by_role("button", name="Save and copy its address").click()
    expect(shown.get_by_role("button", name="Copy its address", exact=True)).to_be_visible()
    tab.said("The address is copied:")
    after = tab.copied()
    assert after != before
    shown.goto(after)
    expect(shown.locator(".text").first).to_have_text("Edited.\n\n1/3")


def test_what_the_platform_would_not_take_is_not_saved_and_the_page_says_why(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    tab.post(1).fill("Too long. " * 40)
    shown.get_by_role("button", name="Save and copy its address").click()
    expect(shown.locator("#error")).to_contain_text("Mend what is marked in red, then save it.")


def test_what_was_made_here_is_deleted_for_everybody(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    tab.openai.answer = lambda _: completion('{"post": "Shorter now."}')
    shown.get_by_role("button", name="Rewrite…: post 2").click()
    shown.keyboard.press("Enter")
    tab.said("Post 2 is rewritten.")
    ids = "JSON.parse(localStorage['threadr.threads'])[0].owned.flatMap(each => each.ids)"
    shown.reload()  # all is kept in the browser then
    kept = shown.evaluate(ids)
    assert len(kept) == 6  # platforms, and the rewrite
    api = f"{tab.url}/api/threads/"
    assert [shown.request.get(api + each).status for each in kept] == [200] * 6
    shown.on("dialog", lambda dialog: dialog.accept())
    shown.clock.install()
    tab.post(1).fill("Changed a moment before.")  # it is still to be counted
    shown.get_by_role("button", name="Delete…").click()
    tab.said("The thread is deleted.")
    shown.clock.run_for(1_000)
    expect(shown.locator("#result")).to_be_hidden()
    expect(shown.locator("#threads li")).to_have_count(0)
    assert [shown.request.get(api + each).status for each in kept] == [404] * 6


@pytest.mark.parametrize("button", ["Forget all of them and the draft", "One sentence."])
def test_a_thread_that_is_left_while_a_post_is_rewritten_takes_the_rewrite_with_it(
    tab: Tab, button: str
) -> None:
    tab.make("One sentence.")
    shown = tab.make(ARTICLE)
    tab.openai.answer = lambda _: completion('{"post": "Shorter now."}')
    held: list[Route] = []
    shown.route("**/rewrite", lambda route: held.append(route))
    shown.get_by_role("button", name="Rewrite…: post 2").click()
    with shown.expect_request("**/rewrite"):
        shown.keyboard.press("Enter")
    shown.get_by_role("button", name=button, exact=True).click()
    held[0].continue_()
    tab.said("Post 2 is rewritten.")
    expect(shown.locator("#error")).to_be_empty()
    owned = "JSON.parse(localStorage['threadr.threads'] ?? '[]').map(made => made.owned.length)"
    assert shown.evaluate(owned) == ([] if button.startswith("Forget") else [2, 1])


def test_nothing_is_deleted_without_a_yes(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    shown.on("dialog", lambda dialog: dialog.dismiss())
    shown.get_by_role("button", name="Delete…").click()
    expect(shown.locator("#result")).to_be_visible()


def test_what_somebody_else_made_cannot_be_deleted(tab: Tab) -> None:
    tab.page.request.post(f"{tab.url}/api/generate", data={"text": ARTICLE, "platforms": ["x", "bluesky"]})
    others = ["mastodon", "threads", "linkedin"]
    tab.page.request.post(f"{tab.url}/api/generate", data={"text": ARTICLE, "platforms": others})
    shown = tab.make(ARTICLE)
    expect(shown.get_by_role("button", name="Copy all")).to_be_visible()
    expect(shown.get_by_role("button", name="Delete…")).to_have_count(0)


def test_a_threads_own_page_deletes_it_where_it_was_made(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    shown.get_by_role("button", name="Copy its address").click()
    tab.said("The address is copied:")
    shown.goto(tab.copied())
    shown.on("dialog", lambda dialog: dialog.accept())
    shown.get_by_role("button", name="Delete…").click()
    tab.said("The thread is deleted.")
    expect(shown.locator("#posts")).to_have_count(0)
    answer = shown.goto(shown.url)
    assert answer
    assert answer.status == 404
