"""Numbers as they are written, and what each may mean."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.writing.evidence.arithmetic import derived
from core.writing.evidence.figures import figures
from core.writing.evidence.number_words import said_values


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        pytest.param("1,000", [(1000,)], id="comma"),
        pytest.param("1.000", [(1000,)], id="dot"),
        pytest.param("10 000", [(10_000,), (10, 0)], id="spaces"),
        pytest.param("400 737 Max", [(400_737,), (400, 737)], id="two-numbers-or-one"),
        pytest.param("5½", [(5.5,)], id="fraction-behind-a-number"),
        pytest.param("½", [(0.5,), (50,)], id="fraction"),
        pytest.param("$1.5m", [(1_500_000,)], id="letter-behind-money"),
        pytest.param("5m", [(5_000_000,), (5,)], id="metres-or-millions"),
        pytest.param("40 Mio. Euro", [(40_000_000,)], id="german-millions"),
        pytest.param("3億円", [(300_000_000,)], id="japanese"),
        pytest.param("١٢", [(12,)], id="arabic-digits"),
        pytest.param("12.10.2026", [(12, 10, 2026)], id="date"),
        pytest.param("a dozen", [(12,)], id="dozen"),
        pytest.param("half a million", [(500_000,)], id="half-a-million"),
        pytest.param("nine thousand two hundred", [(9_200,)], id="words"),
        pytest.param("1.03pm", [(1.03,), (1, 3), (13, 3)], id="afternoon"),
        pytest.param("1300s", [(1300,), (14,)], id="century"),
        pytest.param("59 and a half", [(59.5,)], id="and-a-half"),
        pytest.param("€4.125bn", [(4_125_000_000,)], id="point-before-a-scale"),
        pytest.param("third", [(3,), (33,), (33.3,)], id="place-or-share"),
        pytest.param("10.30 a.m.", [(10.3,), (10, 30)], id="time"),
    ],
)
def test_a_number_has_all_its_readings(text: str, readings: list[tuple[float, ...]]) -> None:
    (figure,) = figures(text)
    assert figure.readings == tuple(readings)


@pytest.mark.parametrize("text", ["2022/23", "2022-23", "2022–23"])
def test_a_season_is_two_years(text: str) -> None:
    first, second = figures(text)
    assert (first.values, second.values) == ({2022}, {23, 2023})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("$0.10", "10 cents", True, id="cents"),
        pytest.param("€22m", "22 million euros", True, id="money"),
        pytest.param("18 months", "1.5 years", True, id="months"),
        pytest.param("two days", "48 hours", True, id="hours"),
        pytest.param("26.2 miles", "42 km", True, id="miles"),
        pytest.param("300 kilograms", "300 kg", True, id="same-unit"),
        pytest.param("590 km", "593 km", False, id="same-unit-is-exact"),
        pytest.param("10 months", "10%", True, id="a-unit-may-be-left-out"),
        pytest.param("$10", "10%", False, id="money-is-no-share"),
        pytest.param("40 million", "40 billion", False, id="scale"),
    ],
)
def test_amounts_compare_across_units(one: str, other: str, same: bool) -> None:
    (first,), (second,) = figures(one), figures(other)
    assert first.equals(second) is same


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("half of them", 50),
        ("3 of 4 smokers", 75),
        ("one in five", 20),
        ("dreimal zwölf", 12),
        ("twice", 2),
        ("dix millions", 1e7),
        ("medio millón", 5e5),
        ("trois sur quatre", 75),
    ],
)
def test_words_say_values(text: str, value: float) -> None:
    assert value in said_values(text)


def test_sums_differences_and_changes_in_per_cent_follow() -> None:
    follows = derived(figures("12 men, 5 women"))
    assert {17, 7} <= follows
    assert 25 in derived(figures("from 80 to 100"))


@given(st.text("0123456789.,'’ ½⅓$%kmMhundred one-–/", max_size=60))
def test_any_run_of_digits_is_read_in_order(text: str) -> None:
    found = figures(text)
    assert all(one.stop <= other.start or one.start < other.start for one, other in pairwise(found))
    assert all(figure.readings and all(figure.readings) for figure in found)
