"""The counters and the budget of this process; a reserved amount counts as spent meanwhile."""

from __future__ import annotations

from core.store.ledger import Ledger
from core.store.protocol import Budget
from tests.support.clock import Clock


def test_a_reservation_that_would_pass_the_budget_is_refused(clock: Clock) -> None:
    ledger = Ledger(clock, 100)
    ledger.count({"cost_micros": 40})
    assert ledger.reserve("a", 60, 9) == Budget("covered", 40)
    assert ledger.reserve("b", 1, 9) == Budget("reserved", 40)
    assert ledger.reserve("c", 61, 9) == Budget("spent", 40)


def test_a_settled_reservation_leaves_only_what_was_spent(clock: Clock) -> None:
    ledger = Ledger(clock, 100)
    ledger.reserve("a", 100, 9)
    ledger.settle("a", {"cost_micros": 30})
    assert ledger.reserve("b", 71, 9).state == "spent"
    assert ledger.reserve("b", 70, 9).state == "covered"


def test_an_expired_reservation_is_free_again(clock: Clock) -> None:
    ledger = Ledger(clock, 100)
    ledger.reserve("a", 100, 9)
    clock.now += 9
    assert ledger.reserve("b", 100, 9).state == "covered"


def test_without_a_budget_or_a_cost_nothing_is_reserved(clock: Clock) -> None:
    uncapped, capped = Ledger(clock, 0), Ledger(clock, 100)
    capped.count({"cost_micros": 500})
    assert uncapped.reserve("a", 10**9, 9) == capped.reserve("a", 0, 9) == Budget()
    assert uncapped.reserved == capped.reserved == {}


def test_a_day_has_counters_of_its_own_and_thirty_days_are_kept(clock: Clock) -> None:
    ledger = Ledger(clock, 100)
    for _ in range(40):
        ledger.count({"hits": 1, "misses": 0})
        clock.now += 86_400
    assert [dict(day) for day in ledger.days.values()] == [{"hits": 1}] * 30
