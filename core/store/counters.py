"""What is counted of a day, of everybody and of each key, and how the shared store holds it for 30 days."""

from collections import Counter
from collections.abc import Mapping, Sequence

from core.request import AVOIDED
from core.store.keys import day_of
from core.usage import AMOUNT

Counters = Mapping[str, int]
NO_COUNTERS: Counters = {}
KEPT_DAYS = 30
# Of a client with a key, in the order of scripts/window.lua; among other counters they begin with @.
# `hits` are all answers that were there already, or being made; `blocked` calls are not among the `requests`.
SPENT = ("tokens_in", "tokens_out", "cost_micros")
USES = ("requests", "generations", "hits", "blocked", *SPENT)
_AMOUNTS = {name: f"{name}_saved_micros" for name in AVOIDED} | {
    "first_tier": "hits_saved_micros",  # which are hits
    "generated": "model_calls",
}
_MAX_BELOW_ZERO = 2**20  # of a number from which answers are taken back that are counted elsewhere


def last_days(epoch_seconds: float) -> list[str]:
    """The ISO dates of the last 30 days in UTC, today first."""
    return [day_of(epoch_seconds - back * 86_400) for back in range(KEPT_DAYS)]


def with_amounts(counters: Counters) -> Counters:
    """The counters with the amounts that they hold (AMOUNT) in counters of their own; zeros dropped."""
    found: Counter[str] = Counter()
    for name, number in counters.items():
        amount = (number + _MAX_BELOW_ZERO) // AMOUNT if name in _AMOUNTS else 0
        found[name] += number - amount * AMOUNT
        found[_AMOUNTS.get(name, name)] += amount
    return {name: number for name, number in found.items() if number}


def counters_by_day(fields: Sequence[object], days: Sequence[str]) -> dict[str, Counters]:
    """The counters of these days, in HGETALL's flat list of `day:name` and numbers."""
    found: dict[str, dict[str, int]] = {day: {} for day in days}
    for field, text in zip(fields[::2], fields[1::2], strict=False):
        day, _, name = str(field).partition(":")
        if day in found and str(text).removeprefix("-").isdecimal():
            found[day][name] = int(str(text))
    return {day: with_amounts(counters) for day, counters in found.items() if counters}


def uses_by_day(rows: str, days: Sequence[str]) -> dict[str, Counters]:
    """The counters of these days, in rows of a date and the numbers of USES."""
    found: dict[str, Counters] = {}
    for row in rows.split():
        day, *numbers = row.split(",")
        if day in days and len(numbers) == len(USES) and all(map(str.isdecimal, numbers)):
            found[day] = dict(zip(USES, map(int, numbers), strict=True))
    return found
