"""Costs: the documents' figures are computed from dated prices and from commands that are measured here."""

from __future__ import annotations

import re
from typing import Any

import pytest
from redis import Redis

from bench import savings as savings_bench
from core.ops.savings import savings
from core.ops.scheduled import Checker
from core.settings import Settings
from core.store.clock import StoreClock
from tests.support.app import Instances
from tests.support.paths import ROOT
from tests.support.site import ARTICLE, Site
from tests.support.upstash_front import Front
from tools.costs import cost_table, month, prices, threads_for_free

README, PAGE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/deploy.md"))


def test_a_thousand_requests_a_day_of_which_two_fifths_repeat_save_24_dollars_a_month() -> None:
    assert savings(1_000, repeated=0.4, call_usd=0.002) == pytest.approx((60, 36, 24))


async def test_the_formula_is_what_a_service_calls_and_counts() -> None:
    calls, *usd = await savings_bench.measure(50, repeated=0.4)
    assert calls == 30
    assert usd == pytest.approx([0.06, 0.04])


def test_the_documentation_has_the_table_and_the_date_of_its_prices() -> None:
    assert cost_table() in PAGE
    assert f"prices of {prices()['read']}" in PAGE


def test_the_readme_has_the_free_plan_in_threads() -> None:
    new, hits = (round(threads, -3) for threads in threads_for_free())
    assert f"{new:,} new threads or {hits:,} hits" in README
    assert (new, hits) == (10_000, 54_000)


def test_what_is_given_away_is_not_counted_and_the_store_is_paid_from_the_first_command() -> None:
    small, large = month(1_000), month(10_000_000)
    assert (small.aws_lambda, small.logs, small.store) == (0, 0, 0)
    use, usd = prices()["use"], prices()["usd"]
    commands = 4e6 * use["hit_commands"] + 6e6 * use["new_commands"] + 8_640 * use["check_commands"]
    assert large.store == pytest.approx(commands * usd["store_commands"])
    assert large.total > large.model == pytest.approx(12_000)


async def test_commands_are_those_that_requests_take(
    instance_of: Instances, upstash_settings: dict[str, Any], site: Site, front: Front, valkey: Redis
) -> None:
    async def commands(text_or_url: dict[str, str]) -> int:
        answer = await client.post("/api/generate", json=text_or_url)
        return int(re.findall(r", (\d+) commands", answer.headers["server-timing"])[0])

    client = instance_of(clock=StoreClock(), **upstash_settings, local_cache_seconds=0)
    page, use = {"url": f"{site.url}/bridge"}, prices()["use"]
    await commands({"text": ARTICLE})
    assert await commands(page) == use["new_commands"]
    valkey.delete("threadr:ratelimit:127.0.0.1")  # a reader's first call of a window costs most
    assert await commands(page) == use["hit_commands"]
    front.requests.clear()
    checker = Checker(Settings(**upstash_settings))
    await checker.connect()
    await checker()
    await checker.close()
    assert sum(len(sent) for _, sent in front.requests) <= use["check_commands"]
