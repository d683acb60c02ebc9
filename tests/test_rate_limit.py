"""The sliding window against a model that counts in fractions, by the millisecond; blocked clients."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.rate_limit import Window

WINDOWS = st.builds(Window, st.integers(1, 6), st.integers(1, 40))
COUNTS = st.integers(0, 9)
TIMES = st.integers(0, 120)


def modelled(window: Window, current: int, previous: int, now_ms: int) -> int:
    """Calls that count: all of this calendar window's, and of the last one's the part that still shows."""
    elapsed = Fraction(now_ms % window.milliseconds, window.milliseconds)
    return current + floor(previous * (1 - elapsed))


def later(window: Window, current: int, previous: int, now_ms: int, wait_ms: int) -> tuple[int, int, int]:
    """The counts after `wait_ms` without calls."""
    at = now_ms + wait_ms
    moved = at // window.milliseconds - now_ms // window.milliseconds
    counts = [(current, previous), (0, current)][moved] if moved < 2 else (0, 0)
    return *counts, at


def first_wait_ms(window: Window, current: int, previous: int, now_ms: int, free: int) -> int:
    """The shortest wait after which `free` calls are free, found by trying them all."""
    waits = range(3 * window.milliseconds)
    return next(
        wait
        for wait in waits
        if modelled(window, *later(window, current, previous, now_ms, wait)) + free <= window.limit
    )


@settings(max_examples=300, deadline=None)
@given(WINDOWS, COUNTS, COUNTS, TIMES)
def test_used_is_what_the_model_counts(window: Window, current: int, previous: int, now_ms: int) -> None:
    status = window.decision(current=current, previous=previous, now_ms=now_ms)
    used = modelled(window, current, previous, now_ms)
    assert (status.used, status.allowed) == (used, used < window.limit)
    assert status.remaining == max(0, window.limit - used)


@settings(max_examples=300, deadline=None)
@given(WINDOWS, COUNTS, COUNTS, TIMES)
def test_after_exactly_the_wait_a_call_passes_and_a_millisecond_before_it_does_not(
    window: Window, current: int, previous: int, now_ms: int
) -> None:
    wait = round(
        window.decision(current=current, previous=previous, now_ms=now_ms).retry_after_seconds * 1000
    )
    after, at, now = later(window, current, previous, now_ms, wait)
    assert window.decision(current=after, previous=at, now_ms=now).allowed
    if wait:
        before, at, now = later(window, current, previous, now_ms, wait - 1)
        assert not window.decision(current=before, previous=at, now_ms=now).allowed


@settings(max_examples=300, deadline=None)
@given(WINDOWS, COUNTS, COUNTS, TIMES)
def test_waits_are_the_shortest_that_the_model_finds(
    window: Window, current: int, previous: int, now_ms: int
) -> None:
    status = window.decision(current=current, previous=previous, now_ms=now_ms)
    retry = first_wait_ms(window, current, previous, now_ms, 1)
    reset = first_wait_ms(window, current, previous, now_ms, window.limit)
    assert status.retry_after_seconds == pytest.approx(retry / 1000)
    assert status.reset_seconds == pytest.approx(reset / 1000)


@settings(max_examples=150, deadline=None)
@given(WINDOWS, st.lists(st.integers(0, 30), max_size=60))
def test_no_calendar_window_lets_more_than_the_limit_pass(window: Window, pauses: list[int]) -> None:
    passed: Counter[int] = Counter()
    now_ms = 0
    for pause in pauses:
        now_ms += pause
        index = window.index(now_ms)
        status = window.decision(current=passed[index], previous=passed[index - 1], now_ms=now_ms)
        passed[index] += status.allowed
    assert max(passed.values(), default=0) <= window.limit


@settings(max_examples=150, deadline=None)
@given(WINDOWS, COUNTS, COUNTS, TIMES)
def test_a_refused_caller_has_to_wait_and_an_admitted_one_has_not(
    window: Window, current: int, previous: int, now_ms: int
) -> None:
    status = window.decision(current=current, previous=previous, now_ms=now_ms)
    assert (status.retry_after_seconds == 0) is status.allowed
    assert status.retry_after_seconds <= status.reset_seconds


def test_a_decision_counts_the_call_that_was_just_allowed() -> None:
    decision = Window(10, 3_600_000).decision(allowed=True, current=10, previous=0, now_ms=0)
    assert (decision.allowed, decision.used, decision.remaining, decision.limit) == (True, 10, 0, 10)
    assert decision.window_seconds == 3_600
    # Ten calls weigh nine from the first millisecond of the next window in which a tenth has faded.
    assert decision.retry_after_seconds == pytest.approx(3_600.001)


def test_a_new_client_has_everything_and_nothing_to_wait_for() -> None:
    status = Window(10, 1_000).decision(current=0, previous=0, now_ms=123)
    assert (status.remaining, status.retry_after_seconds, status.reset_seconds) == (10, 0, 0)


def test_a_decision_later_waits_for_what_is_left_of_its_time() -> None:
    full = Window(1, 60_000).decision(current=1, previous=0, now_ms=0)
    decision = replace(full, now=100.0, retry_after_seconds=10, reset_seconds=30).after(4.0)
    assert decision is not None
    assert (decision.now, decision.retry_after_seconds, decision.reset_seconds) == (104.0, 6.0, 26.0)
    assert (decision.allowed, decision.reset) == (False, 110.0)


@pytest.mark.parametrize(("allowed", "ends_after"), [(False, 10.0), (True, 30.0)])
def test_a_decision_says_nothing_once_its_time_is_over(allowed: bool, ends_after: float) -> None:
    decision = replace(
        Window(2, 60_000).decision(current=1, previous=0, now_ms=0, allowed=allowed),
        retry_after_seconds=0 if allowed else 10.0,
        reset_seconds=30.0,
    )
    assert decision.after(ends_after - 0.001) is not None
    assert decision.after(ends_after) is None
