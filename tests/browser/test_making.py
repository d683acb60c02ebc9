"""The composer's form: what it reads, how it waits, what it says, what it keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect
from starlette.responses import JSONResponse, Response

from core.errors import ThreadrError
from core.pages.templates import words
from core.writing.model.failure import sentence_of
from tests.support.browser import Open, Tab
from tests.support.fake_openai import POSTS, completion, thread_answer
from tests.support.news import NEWS
from tests.support.site import ARTICLE

pytestmark = pytest.mark.browser

LINKS = [
    *("https://example.com/a/story", "example.com/story", "www.example.com", "“https://example.com/a”,"),
    *("<https://example.com/a>.", "[A](https://example.com/a)", "👉 https://example.com/a"),
    *('<a href="https://example.com/a">A</a>', "htps://example.com", "https://example.com/my pool"),
    *("  example.com/story  ", "https:// example.com/a", "example.com/story?a=1#b", "see example.com/a/b."),
    *("https://example.com/a/\n  b", "The pool is back: https://example.com/a", "See “example.com/story”."),
    *("'example.com/a'", "https://example.com/a says that it is back."),
]
TEXTS = [
    *("Hello world.", "Dr.Smith said no.", "3.14", "https://example.com/a https://example.com/b"),
    *("https://example.com/a\n\nThe pool is back.", "- a\n- b", "Ferry and/or tunnel, at 1/2 the price."),
    "word " * 40 + "https://example.com/a",
]
OPTIONS = {"max_posts": "25", "language": "de", "hooks": "2", "numbering": "none", "source_link": "first"}
OPTIONS |= {"platform": "bluesky"}


def news_page(language: str, direction: str) -> str:
    """A page as a newspaper has it, around the article."""
    title, lead, fact, *_ = NEWS[language]
    facts = "".join(f"<p>{fact.format(n=n, m=n + 3, k=n + 7)}</p>" for n in range(1, 9))
    return f"""<!doctype html><html lang="{language}" dir="{direction}"><head>
<title>{title} | The Daily</title><meta property="og:title" content="{title}"></head>
<body><nav><a href="/">Home</a> <a href="/s">Sport</a></nav>
<article><h1>{title}</h1><p>{lead}</p>{facts}</article><aside>Read also: the weather</aside>
<footer>© The Daily. Subscribe to our newsletter.</footer></body></html>"""


def serve(tab: Tab, path: str, html: str) -> str:
    tab.site.pages[path] = lambda: Response(html, media_type="text/html; charset=utf-8")
    return f"{tab.site.url}{path}"


def test_what_looks_like_an_address_is_read_as_one_and_the_page_says_so(tab: Tab) -> None:
    said = tab.page.locator("#read-as-words")
    found = []
    for source in LINKS + TEXTS:
        tab.page.get_by_label("Link, text or Markdown draft").fill(source)
        found += [source] * (said.text_content() or "").startswith("Read as a link: ")
    assert found == LINKS
    expect(said).to_have_text("Read as a text.")
    tab.page.get_by_role("button", name="Read the link in it").click()
    expect(said).to_have_text("Read as a link: https://example.com/a")
    tab.page.get_by_role("button", name="Take it as a text").click()
    expect(said).to_have_text("Read as a text.")


def test_an_article_becomes_a_thread_that_is_announced_and_focused(tab: Tab) -> None:
    link = serve(tab, "/story", news_page("en", "ltr"))
    shown = tab.make(f"Read this: “{link}”.")
    expect(shown.locator("#read-as-words")).to_have_text(f"Read as a link: {link}")
    expect(shown.locator("#status")).to_have_text("Your thread is ready: 3 posts for X.")
    assert tab.posts() == [*POSTS[:2], f"{POSTS[2]}\n\n{link}"]
    expect(shown.locator("#title")).to_have_text("Harbour bridge closes")
    expect(shown.locator("#about")).to_contain_text("Written now for $0.0016 (1,200 tokens).")
    expect(shown.locator("#limit")).to_have_text(re.compile(r"^99 of 100 left, more at \d\d:\d\d$"))
    tab.is_accessible()


def test_an_article_from_right_to_left_is_shown_so(tab: Tab) -> None:
    title, lead, *_ = NEWS["ar"]
    tab.openai.answer = lambda _: thread_answer([lead, *POSTS[1:]])
    shown = tab.make(serve(tab, "/ar", news_page("ar", "rtl")))
    expect(shown.locator("#title")).to_have_text(title)
    for each in (tab.post(1), shown.locator("#title")):
        assert each.evaluate("part => getComputedStyle(part).direction") == "rtl"
    assert tab.post(2).evaluate("part => getComputedStyle(part).direction") == "ltr"
    tab.is_accessible()


def test_all_platforms_are_tabs_of_one_payment(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    shown.get_by_role("tab", name="X").press("ArrowRight")
    expect(shown.get_by_role("tab", name="Bluesky")).to_be_focused()
    shown.get_by_role("tab", name="LinkedIn").click()
    expect(shown.locator(".count")).to_have_text(re.compile("of 3000"))
    assert tab.posts() == ["\n\n".join(POSTS)]
    assert len(tab.openai.requests) == 1


def test_the_example_is_one_click(tab: Tab) -> None:
    tab.page.get_by_role("button", name="Try an example").click()
    expect(tab.page.locator("#read-as-words")).to_have_text("Read as a text.")
    expect(tab.page.get_by_role("button", name="Make a thread")).to_be_focused()
    tab.page.keyboard.press("Enter")
    tab.said("Your thread is ready")


def test_the_same_again_says_that_nothing_was_spent(tab: Tab) -> None:
    tab.make(ARTICLE)
    tab.page.reload()
    tab.make(ARTICLE)
    expect(tab.page.locator("#about")).to_contain_text(
        "Kept from a moment ago: nothing was spent, and $0.0016 saved."
    )


def test_progress_is_said_step_by_step_and_cancel_keeps_the_text(tab: Tab) -> None:
    tab.stop_the_clock()
    tab.page.route("**/api/generate", lambda _: None)  # no answer comes
    tab.page.get_by_label("Link, text or Markdown draft").fill("example.com/story")
    tab.page.keyboard.press("Control+Enter")
    for milliseconds, said in ((1, "Looking up"), (800, "Fetching the page"), (2_000, "Writing the thread")):
        tab.page.clock.run_for(milliseconds)
        tab.said(said)
    tab.page.get_by_role("button", name="Cancel").click()
    tab.said("Cancelled. Your text is still here.")
    expect(tab.page.get_by_role("button", name="Make a thread")).to_be_enabled()
    expect(tab.page.locator("#source")).to_have_value("example.com/story")


def test_the_old_thread_cannot_be_copied_under_a_new_request_and_an_error_keeps_it(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    held: list[Route] = []
    shown.route("**/api/generate", lambda route: held.append(route))
    shown.locator("#source").fill("http://no-such-host.invalid/")
    with shown.expect_request("**/api/generate"):
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
    expect(tab.post(1)).to_have_value("Another version.")
    assert len(tab.openai.requests) == 2


def test_too_many_requests_count_down(open_tab: Open) -> None:
    tab = open_tab(rate_limit_requests=1, rate_limit_window_hours=24)
    tab.make("One sentence is enough.")
    tab.stop_the_clock()
    make = tab.page.locator("#make")
    tab.page.locator("#source").press("Control+Enter")
    expect(tab.page.locator("#error")).to_contain_text("Wait a while, then try again.")
    expect(make).to_have_text(re.compile(r"Again in \d+:\d\d"))
    expect(make).to_be_disabled()
    before = make.text_content() or ""
    tab.page.clock.run_for(3_000)
    expect(make).not_to_have_text(before)
    tab.page.locator("#source").press("Control+Enter")  # no way around it
    tab.page.clock.fast_forward(86_400_000)
    tab.said("You can make a thread again.")
    expect(make).to_be_enabled()
    expect(make).to_have_text("Make a thread")


def test_offline_is_said_and_loses_nothing(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    shown.context.set_offline(True)
    shown.locator("#source").press("Control+Enter")
    expect(shown.locator("#error")).to_contain_text("You are offline.")
    assert tab.posts() == POSTS


def every(error: type[ThreadrError]) -> Iterator[type[ThreadrError]]:
    yield error
    for leaf in error.__subclasses__():
        yield from every(leaf)


def fail_with(page: Page, error: type[ThreadrError], detail: str) -> str | None:
    """What the page says of a problem as the API sends it."""
    body = {"type": f"/problems/{error.kind}", "title": error.title, "status": error.status, "detail": detail}
    page.unroute_all()
    page.route(
        "**/api/generate",
        lambda route: route.fulfill(status=error.status, json=body, content_type="application/problem+json"),
    )
    page.locator("#source").press("Control+Enter")
    expect(page.locator("#error")).not_to_be_empty()
    return page.locator("#error").text_content()


def test_every_problem_is_said_in_the_words_of_the_page(tab: Tab) -> None:
    tab.page.locator("#source").fill("One sentence.")
    errors = {(error.kind, error.status): error for error in every(ThreadrError)}
    for error in sorted(errors.values(), key=lambda error: error.kind == "rate-limited"):  # its wait is last
        said = fail_with(tab.page, error, error.detail)
        assert said == (words().get(f"{error.kind} {error.status}") or words()[error.kind])
        assert error.detail != said != error.title
    expect(tab.page.locator("#make")).to_be_disabled()


@pytest.mark.parametrize("health", ["unauthorized", "quota_exceeded", "misconfigured", "server_error"])
def test_each_fault_of_the_model_has_a_sentence_of_its_own(tab: Tab, health: str) -> None:
    fault = sentence_of(health) or ""
    error = next(each for each in every(ThreadrError) if each.kind == "model-unavailable")
    tab.page.locator("#source").fill("One sentence.")
    said = fail_with(tab.page, error, f"{fault} With generator: auto the built-in composer writes.")
    assert said in [text for kind, text in words().items() if kind.startswith("model-unavailable ")]


def test_a_thread_of_the_built_in_composer_says_why_and_cannot_be_rewritten(open_tab: Open) -> None:
    tab = open_tab(openai_api_key=None)
    shown = tab.make(ARTICLE)
    expect(shown.locator("#warnings")).to_contain_text("the built-in composer made this thread")
    expect(shown.locator("#about")).to_contain_text("for free")
    shown.get_by_role("button", name="Rewrite…: post 1").click()
    shown.keyboard.press("Enter")
    expect(shown.locator("#error")).to_contain_text("No writer is set up here")


def test_a_refused_key_is_said_above_the_thread(tab: Tab) -> None:
    tab.openai.answer = lambda _: JSONResponse({"error": {"message": "no", "code": "invalid_api_key"}}, 401)
    expect(tab.make(ARTICLE).locator("#warnings")).to_contain_text("refused the key")


def test_options_are_remembered(tab: Tab) -> None:
    tab.page.locator("#options summary").click()
    for name, value in OPTIONS.items():
        tab.page.locator(f"[name={name}]").select_option(value)
    for name in ("Tone", "Audience"):
        tab.page.get_by_label(name).fill(f"a {name.lower()}")
    tab.make(ARTICLE)
    tab.page.reload()
    for name, value in OPTIONS.items():
        expect(tab.page.locator(f"[name={name}]")).to_have_value(value)
    expect(tab.page.get_by_label("Tone")).to_have_value("a tone")
    expect(tab.page.get_by_label("Audience")).to_have_value("a audience")
    assert "a tone" in str(tab.openai.requests[-1])


def test_the_draft_and_the_edited_thread_survive_a_reload_until_they_are_forgotten(tab: Tab) -> None:
    shown = tab.make(ARTICLE)
    tab.post(1).fill("Edited.")
    shown.reload()
    expect(tab.post(1)).to_have_value("Edited.")
    assert tab.posts() == ["Edited.", *POSTS[1:]]
    expect(shown.locator("#source")).to_have_value(ARTICLE)
    shown.get_by_role("button", name="Forget all").click()
    shown.reload()
    expect(shown.locator("#result")).to_be_hidden()
    expect(shown.locator("#source")).to_have_value("")


def test_the_last_ten_threads_are_kept_and_each_can_be_opened_and_forgotten(tab: Tab) -> None:
    tab.openai.answer = lambda _: completion('{"posts": ["Short."], "hooks": []}')
    for number in range(12):
        tab.make(f"Story {number} is short.")
    threads = tab.page.locator("#threads li")
    expect(threads).to_have_count(10)
    tab.page.get_by_role("button", name="Forget Story 5").click()
    expect(threads).to_have_count(9)
    tab.page.reload()
    expect(threads).to_have_count(9)
    tab.page.get_by_role("button", name="Story 7 is short.", exact=True).click()
    expect(tab.page.locator("#title")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_narrowest_phone_needs_no_sideways_scrolling(open_tab: Open, scheme: str) -> None:
    tab = open_tab(context={"viewport": {"width": 320, "height": 640}, "color_scheme": scheme})
    tab.openai.answer = lambda _: thread_answer([ARTICLE.split("\n")[1], *POSTS[1:]], hooks=["A hook?"])
    shown = tab.make(ARTICLE)
    for each in shown.locator("summary").all():
        each.click()
    shown.get_by_role("button", name="Rewrite…: post 1").click()
    assert shown.evaluate("document.documentElement.scrollWidth") <= 320
    tab.is_accessible()  # with all that can be open
