"""A far side that fails is left alone, then tried with one call."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from core.net.breaker import Breaker


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Side:
    clock: Clock = field(default_factory=Clock)
    breaker: Breaker = field(init=False)

    def __post_init__(self) -> None:
        self.breaker = Breaker(self.clock)

    def after(self, seconds: float) -> bool:
        self.clock.now += seconds
        return self.breaker.allows()

    def fails(self, *kinds: str) -> None:
        for kind in kinds:
            self.breaker.failed(permanent=kind == "permanent")


def test_calls_pass_while_nothing_fails() -> None:
    assert Side().breaker.allows()


@pytest.mark.parametrize(
    ("failures", "open_seconds"),
    [
        pytest.param(["transient"] * 2, 0, id="two-transient"),
        pytest.param(["transient"] * 3, 10, id="three-transient"),
        pytest.param(["permanent"], 60, id="one-permanent"),
        pytest.param(["transient", "permanent"], 60, id="transient-then-permanent"),
        pytest.param(["permanent", "transient", "transient"], 60, id="late-transient-ones-do-not-shorten-it"),
    ],
)
def test_it_opens_for_as_long_as_the_failures_deserve(failures: list[str], open_seconds: float) -> None:
    side = Side()
    side.fails(*failures)
    if open_seconds:
        assert not side.after(open_seconds - 0.001)
        assert side.after(0.001)
    else:
        assert side.after(0)


def test_a_success_between_failures_starts_the_count_anew() -> None:
    side = Side()
    side.fails("transient", "transient")
    side.breaker.succeeded()
    side.fails("transient", "transient")
    assert side.after(0)


def test_after_the_pause_one_call_probes_while_the_others_wait() -> None:
    side = Side()
    side.fails("permanent")
    assert [side.after(60), side.after(0), side.after(9.9)] == [True, False, False]


def test_a_probe_that_succeeds_closes_it_for_everybody() -> None:
    side = Side()
    side.fails("permanent")
    assert side.after(60)
    side.breaker.succeeded()
    assert [side.after(0), side.after(0)] == [True, True]


@pytest.mark.parametrize(("kind", "seconds"), [("transient", 10), ("permanent", 60)])
def test_a_probe_that_fails_opens_it_again(kind: str, seconds: float) -> None:
    side = Side()
    side.fails("transient", "transient", "transient")
    assert side.after(10)
    side.fails(kind)
    assert [side.after(seconds - 0.001), side.after(0.001)] == [False, True]


def test_a_probe_that_never_returns_does_not_keep_it_open_for_ever() -> None:
    side = Side()
    side.fails("permanent")
    assert side.after(60)
    assert [side.after(9.999), side.after(0.001)] == [False, True]
