"""The trace that is replayed is what it says, and the rules of a cache count its calls."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.newsroom import sentences
from bench.replay import Rules, expected_calls
from bench.trace import Ask, Trace, link, trace_of


@pytest.mark.parametrize("repeat", [0.4, 0.6])
def test_a_trace_has_as_many_requests_and_repeats_as_it_says_and_is_the_same_again(repeat: float) -> None:
    trace = trace_of(500, repeat)
    assert len(trace.asks) == 500
    assert trace.distinct == pytest.approx(500 * (1 - repeat), abs=5)
    assert trace == trace_of(500, repeat)


def test_the_popular_article_is_asked_for_most_and_some_come_at_once() -> None:
    trace = trace_of(1_000, 0.6)
    assert Counter(ask.article for ask in trace.asks).most_common(1)[0][0] < 10
    assert max(map(len, trace.moments)) > 3


def test_texts_differ_by_article_and_by_version() -> None:
    assert len({" ".join(sentences(article, version)) for article in range(50) for version in (0, 1)}) == 100


def asks(*what: tuple[float, str, str]) -> Trace:
    return Trace([[Ask(at, 1, form, platform, {}, 1)] for at, form, platform in what], 1, 1.0)


DAY = 86_400.0


@pytest.mark.parametrize(
    ("trace", "rules", "calls"),
    [
        pytest.param(asks((0, "as it is", "x"), (9, "utm parameters", "x")), Rules(), 1, id="canonical"),
        pytest.param(asks((0, "as it is", "x"), (9, "utm parameters", "x")), Rules(raw=True), 1, id="text"),
        pytest.param(
            asks((0, "as it is", "x"), (9, "click id", "x")), Rules(raw=True, same_text=False), 2, id="raw"
        ),
        pytest.param(asks((0, "as it is", "x"), (9, "as it is", "bluesky")), Rules(), 1, id="view"),
        pytest.param(asks((0, "as it is", "x"), (9, "AMP", "threads")), Rules(by_view=True), 2, id="by-view"),
        pytest.param(asks((0, "as it is", "linkedin"), (9, "as it is", "x")), Rules(), 2, id="one-post"),
        pytest.param(asks((0, "as it is", "x"), (9, "as it is", "linkedin")), Rules(), 1, id="made-one"),
        pytest.param(asks((0, "AMP", "x"), (0, "as it is", "x")), Rules(), 2, id="two-links-at-once"),
        pytest.param(asks((0, "AMP", "x"), (0, "AMP", "x")), Rules(collapses=False), 2, id="no-flight"),
        pytest.param(asks((0, "AMP", "x"), (DAY + 1, "AMP", "x")), Rules(), 1, id="stale-but-same"),
        pytest.param(asks((0, "AMP", "x"), (DAY + 1, "AMP", "x")), Rules(same_text=False), 2, id="expired"),
    ],
)
def test_rules_of_a_cache_count_calls(trace: Trace, rules: Rules, calls: int) -> None:
    assert expected_calls(trace, rules) == calls


def test_links_of_one_article_are_as_people_share_them() -> None:
    shared = {link(ask, http=80, https=443) for ask in trace_of(2_000, 0.99).asks if ask.article == 0}
    assert {each.partition("://")[0] for each in shared} == {"http", "https"}
    assert any("/amp/" in each for each in shared)
    assert any("utm_source=" in each for each in shared)
