"""Calendar days in UTC, and counters that hold an amount."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.store.counters import KEPT_DAYS, last_days, with_amounts
from core.store.keys import day_of
from core.usage import AMOUNT


@pytest.mark.parametrize(
    ("epoch_seconds", "day"),
    [
        pytest.param(0, "1970-01-01", id="epoch"),
        pytest.param(86_399.999, "1970-01-01", id="last-millisecond"),
        pytest.param(86_400, "1970-01-02", id="midnight"),
        pytest.param(1_709_164_800, "2024-02-29", id="leap-day"),
        pytest.param(1_767_225_599, "2025-12-31", id="end-of-a-year"),
    ],
)
def test_a_moment_has_its_day_in_utc(epoch_seconds: float, day: str) -> None:
    assert day_of(epoch_seconds) == day


@pytest.fixture
def _far_in_the_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "EAST-14")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_far_in_the_east")
def test_a_day_is_that_of_utc_in_any_time_zone() -> None:
    assert time.localtime(86_399).tm_mday == 2
    assert day_of(86_399) == last_days(86_399)[0] == "1970-01-01"


@settings(max_examples=150, deadline=None)
@given(st.floats(0, 4e9))
def test_the_last_days_are_thirty_in_a_row_today_first(epoch_seconds: float) -> None:
    days = last_days(epoch_seconds)
    assert days[0] == day_of(epoch_seconds)
    assert len(days) == len(set(days)) == KEPT_DAYS == 30
    assert [(date.fromisoformat(days[0]) - date.fromisoformat(day)).days for day in days] == list(range(30))


@given(st.integers(-(2**20), 2**23), st.integers(-(10**9), 10**12))
def test_a_number_and_its_amount_are_read_apart_also_below_zero(number: int, amount: int) -> None:
    counted = with_amounts({"hits": number + amount * AMOUNT, "misses": number})
    expected = {"hits": number, "hits_saved_micros": amount, "misses": number}
    assert counted == {name: each for name, each in expected.items() if each}
