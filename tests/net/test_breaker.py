"""A service that fails is not called for a while, then tried with one call."""

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
class Client:
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
    assert Client().breaker.allows()


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
    client = Client()
    client.fails(*failures)
    if open_seconds:
        assert not client.after(open_seconds - 0.001)
        assert client.after(0.001)
    else:
        assert client.after(0)


def test_a_success_between_failures_resets_the_count() -> None:
    client = Client()
    client.fails("transient", "transient")
    client.breaker.succeeded()
    client.fails("transient", "transient")
    assert client.after(0)


def test_after_the_pause_one_call_probes_while_the_others_wait() -> None:
    client = Client()
    client.fails("permanent")
    assert [client.after(60), client.after(0), client.after(9.9)] == [True, False, False]


def test_a_successful_probe_closes_it_for_all_callers() -> None:
    client = Client()
    client.fails("permanent")
    assert client.after(60)
    client.breaker.succeeded()
    assert [client.after(0), client.after(0)] == [True, True]


@pytest.mark.parametrize(("kind", "seconds"), [("transient", 10), ("permanent", 60)])
def test_a_probe_that_fails_opens_it_again(kind: str, seconds: float) -> None:
    client = Client()
    client.fails("transient", "transient", "transient")
    assert client.after(10)
    client.fails(kind)
    assert [client.after(seconds - 0.001), client.after(0.001)] == [False, True]


def test_a_probe_that_never_returns_does_not_keep_it_open_for_ever() -> None:
    client = Client()
    client.fails("permanent")
    assert client.after(60)
    assert [client.after(9.999), client.after(0.001)] == [False, True]
