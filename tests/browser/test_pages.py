"""A thread's own page, the form without JavaScript, and the dashboard."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from redis import Redis

from core.ops.health import ServiceHealth
from core.ops.scheduled import DayOfChecks, ScheduledCheck
from core.store.keys import LAST_HEALTH_CHECK, STATS
from core.usage import AMOUNT
from tests.support.browser import ADMIN, Open, Tab
from tests.support.fake_openai import POSTS
from tests.support.site import ARTICLE

pytestmark = pytest.mark.browser

SAVED_TODAY = [
    "Kept $0.13",
    "Asked at the same time $0.02",
    "Same content $0.01",
    "Same draft $0.03",
    "Older version $0.0060",
]


def test_a_threads_own_page_shows_and_copies_it(tab: Tab) -> None:
    thread = tab.page.request.post(f"{tab.url}/api/generate", data={"text": ARTICLE}).json()
    shown = tab.open(f"/t/{thread['id']}")
    assert shown.locator(".text").all_inner_texts() == [post["content"] for post in thread["thread"]]
    shown.get_by_role("button", name="Copy: post 2").click()
    expect(shown.locator("#status")).to_have_text("Copied post 2.")
    assert shown.evaluate("navigator.clipboard.readText()") == f"{POSTS[1]}\n\n2/3"
    tab.is_accessible()


def test_the_form_works_without_javascript_and_puts_no_text_in_the_address(open_tab: Open) -> None:
    tab = open_tab(context={"java_script_enabled": False})
    tab.page.get_by_label("Link, text or Markdown draft").fill(ARTICLE)
    tab.page.get_by_role("button", name="Make a thread").click()
    assert tab.page.url == f"{tab.url}/compose"
    assert tab.page.locator(".text").all_inner_texts()[0] == f"{POSTS[0]}\n\n1/3"
    tab.open()
    tab.page.get_by_label("Link, text or Markdown draft").fill("http://no-such-host.invalid/a")
    tab.page.get_by_role("button", name="Make a thread").click()
    expect(tab.page.get_by_role("alert")).to_contain_text("There is no public page at this address.")
    expect(tab.page.locator("#source")).to_have_value("http://no-such-host.invalid/a")


@pytest.mark.parametrize("path", ["/compose-result", "/t/AAAAAAAAAAAAAAAAAAAAAA"])
def test_pages_of_the_server_are_accessible(tab: Tab, path: str) -> None:
    if path == "/compose-result":
        tab.page.set_content(tab.page.request.post(f"{tab.url}/compose", form={"source": ARTICLE}).text())
    else:
        tab.open(path)
    expect(tab.page.locator("h1")).to_be_visible()
    tab.is_accessible()


def test_the_dashboard_asks_for_the_token_once_and_shows_thirty_days(
    open_tab: Open, valkey: Redis, redis_url: str
) -> None:
    fill(valkey)
    tab = open_tab(
        path="/dashboard",
        redis_url=redis_url,
        store_timeout_ms=5_000,
        environment="production",
        fetch_allow_hosts=(),
    )
    tab.page.get_by_label("Admin token").fill("wrong")
    tab.page.get_by_role("button", name="Show the dashboard").click()
    expect(tab.page.get_by_role("alert")).to_contain_text("This needs the admin's token.")
    tab.is_accessible()
    tab.page.get_by_label("Admin token").fill(ADMIN)
    tab.page.get_by_role("button", name="Show the dashboard").click()
    expect(tab.page.locator("svg[role=img]")).to_have_count(8)
    expect(tab.page.get_by_label("Answers by cause").locator("rect")).to_have_count(30 * 6)
    saved = tab.page.get_by_label("Dollars saved by cause.")
    expect(saved.locator("rect")).to_have_count(30 * 5)
    assert saved.locator("title").all_text_contents()[-5:] == [f"{days()[0]}: {each}" for each in SAVED_TODAY]
    expect(tab.page.locator(".tiles")).to_contain_text("Hit rate, 30 days")
    expect(tab.page.locator(".tiles")).to_contain_text("healthy")
    expect(tab.page.get_by_label("Budget: $1.30 of $5.00")).to_be_visible()
    expect(tab.page.get_by_label("Scheduled checks.").locator("rect")).to_have_count(
        30 + 3
    )  # three days had a fault
    tab.page.get_by_text("Numbers", exact=True).first.click()
    expect(tab.page.locator("table").first.locator("tbody tr")).to_have_count(30)
    assert tab.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    tab.is_accessible()


def days() -> list[str]:
    today = datetime.now(UTC).date()
    return [(today - timedelta(back)).isoformat() for back in range(30)]


def counted(at: int) -> dict[str, int]:
    """Of the day `at` days ago, each cause with the millionths of a dollar that it saved."""
    causes = {
        "hits": (60 + at % 7 * 9, 96_000 + at % 7 * 15_000),
        "first_tier": (20, 30_000),
        "collapsed": (9 + at % 3, 18_000 + at % 3 * 2_000),
        "same_content": (7 + at % 4, 14_000 + at % 4 * 2_000),
        "same_draft": (15 + at % 4, 30_000 + at % 4 * 2_000),
        "stale_served": (3 + at % 2, 6_000 + at % 2 * 2_000),
        "generated": (28 + at % 5 * 6, 31 + at % 5 * 6),  # with the requests sent to the model
    }
    packed = {name: number + amount * AMOUNT for name, (number, amount) in causes.items()}
    return packed | {"misses": 30 + at % 5 * 6, "cost_micros": 60_000 + at % 5 * 9_000}


def fill(valkey: Redis) -> None:
    """30 days of counters and of checks, as instances leave them."""
    counters: dict[Any, Any] = {
        f"{day}:{name}": number for at, day in enumerate(days()) for name, number in counted(at).items()
    }
    valkey.hset(STATS, mapping=counters)
    healthy = ServiceHealth("healthy", 3.2, None)
    check = ScheduledCheck(
        status="healthy",
        at=datetime.now(UTC).isoformat(),
        services={"redis": healthy, "openai": healthy, "extraction": healthy},
        budget_used_usd=1.3,
        budget_usd=5.0,
        days=[
            DayOfChecks(
                date=day, healthy=288 - (at % 10 == 9) * 9, degraded=(at % 10 == 9) * 9, store_ms=4.0 + at % 8
            )
            for at, day in enumerate(days())
        ],
    )
    valkey.set(LAST_HEALTH_CHECK, json.dumps(asdict(check)))
