"""What is counted of a day, of everybody and of each key, and how the shared store holds it for 30 days."""

from collections.abc import Mapping, Sequence

from core.store.keys import day_of

Counters = Mapping[str, int]
NO_COUNTERS: Counters = {}
KEPT_DAYS = 30
# Of a client with a key, in the order of scripts/window.lua; among other counters they begin with @.
# `hits` are all answers that were there already, or being made; `blocked` calls are not among the `requests`.
SPENT = ("tokens_in", "tokens_out", "cost_micros")
USES = ("requests", "generations", "hits", "blocked", *SPENT)
_PACK = 2**24


def last_days(epoch_seconds: float) -> list[str]:
    """The ISO dates of the last 30 days in UTC, today first."""
    return [day_of(epoch_seconds - back * 86_400) for back in range(KEPT_DAYS)]


def pack_counters(counters: Counters) -> Counters:
    """Hits and saved micros as one number, as look_up.lua stores them; zeros dropped."""
    both = counters.get("hits", 0) + counters.get("saved_micros", 0) * _PACK
    others = {name: number for name, number in counters.items() if name not in ("hits", "saved_micros")}
    return {name: number for name, number in {**others, "hits": both}.items() if number}


def counters_by_day(fields: Sequence[object], days: Sequence[str]) -> dict[str, Counters]:
    """The counters of these days, in HGETALL's flat list of `day:name` and numbers."""
    found: dict[str, dict[str, int]] = {day: {} for day in days}
    for field, text in zip(fields[::2], fields[1::2], strict=False):
        day, _, name = str(field).partition(":")
        if day in found and str(text).isdecimal():
            found[day] |= _unpack(int(str(text))) if name == "hits" else {name: int(str(text))}
    return {day: counters for day, counters in found.items() if counters}


def uses_by_day(rows: str, days: Sequence[str]) -> dict[str, Counters]:
    """The counters of these days, in rows of a date and the numbers of USES."""
    found: dict[str, Counters] = {}
    for row in rows.split():
        day, *numbers = row.split(",")
        if day in days and len(numbers) == len(USES) and all(map(str.isdecimal, numbers)):
            found[day] = dict(zip(USES, map(int, numbers), strict=True))
    return found


def _unpack(number: int) -> dict[str, int]:
    saved = {"saved_micros": number // _PACK} if number >= _PACK else {}
    return {"hits": number % _PACK} | saved
