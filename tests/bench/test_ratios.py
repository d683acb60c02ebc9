"""Ratios of medians, what counts as worse, and what the load sends."""

from __future__ import annotations

import pytest

from bench.load import Target, quantile
from bench.ratios import kept, ratio_of, worse


def test_a_ratio_is_of_each_round_so_that_noise_of_a_round_meets_both() -> None:
    found = ratio_of([2, 4, 20, 6], [1, 2, 10, 3])
    assert (found.median, found.low, found.high) == (2, 2, 2)


def test_quartiles_say_how_far_rounds_differ() -> None:
    assert ratio_of([1, 2, 3, 4, 5], [1, 1, 1, 1, 1]).spread == 2


@pytest.mark.parametrize(
    ("now", "found"),
    [
        pytest.param([1.0, 1.0, 1.0], [], id="same"),
        pytest.param([1.02, 1.02, 1.02], [], id="within-a-twentieth"),
        pytest.param([0.9, 1.2, 1.6], [], id="noisy"),
        pytest.param([1.4, 1.4, 1.4], ["hit"], id="slower"),
        pytest.param([0.5, 0.5, 0.5], [], id="faster"),
    ],
)
def test_worse_is_what_grew_by_more_than_the_spread(now: list[float], found: list[str]) -> None:
    ones = [1.0, 1.0, 1.0]
    before = kept({"hit": ratio_of(ones, ones)})
    assert [*worse(before, kept({"hit": ratio_of(now, ones), "new": ratio_of(now, ones)}))] == found


def test_requests_are_as_the_app_wants_them() -> None:
    assert b"GET /api/generate?text=A%20b HTTP/1.1" in Target(1, method="GET").request("A b", 0)
    assert Target(1).request("A b", 251).endswith(b'{"text": "A b"}')
    assert b"x-forwarded-for: 198.18.1.1\r\n" in Target(1).request("A b", 251)


def test_a_quantile_is_one_of_the_values() -> None:
    assert [quantile([3, 1, 2], part) for part in (0, 0.5, 0.99)] == [1, 2, 3]
