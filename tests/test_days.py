"""Calendar days in UTC."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.days import KEPT_DAYS, day_of, last_days


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


def test_a_day_begins_at_midnight_in_utc_wherever_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    assert day_of(86_399) == "1970-01-01"


@settings(max_examples=150, deadline=None)
@given(st.floats(0, 4e9))
def test_the_last_days_are_thirty_in_a_row_today_first(epoch_seconds: float) -> None:
    days = last_days(epoch_seconds)
    assert days[0] == day_of(epoch_seconds)
    assert len(days) == len(set(days)) == KEPT_DAYS == 30
    assert [(date.fromisoformat(days[0]) - date.fromisoformat(day)).days for day in days] == list(range(30))
