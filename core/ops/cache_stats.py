"""A store's statistics as /api/cache/stats shows them."""

from collections import Counter
from dataclasses import fields, replace

from core.errors import StoreError
from core.ops.schemas import CacheStats, DayOut
from core.store.counters import NO_COUNTERS, Counters, last_days
from core.store.protocol import Store, StoreStats
from core.usage import add_store_error

_OF_STORE = [field.name for field in fields(StoreStats) if field.name != "days"]
_COUNTED = tuple(name for name in DayOut.model_fields if name != "date")


async def cache_report(store: Store, now: float, uncounted: Counters = NO_COUNTERS) -> CacheStats:
    """All figures, a row for each of the last 30 days before `now` (epoch seconds), the newest first.

    `uncounted` is what this process is still to send of today's.
    `available` is False, and figures are null or 0, when the store fails.
    """
    stats, reason = StoreStats(), None
    try:
        stats = await store.stats()
        today = last_days(now)[0]
        counted = Counter(stats.days.get(today, NO_COUNTERS)) + Counter(uncounted)
        stats = replace(stats, days={**stats.days, today: counted})
    except StoreError as error:
        add_store_error()
        reason = error.health
    days = [_day(date, stats.days.get(date, NO_COUNTERS)) for date in last_days(now)]
    sums = {name: round(sum(getattr(day, name) for day in days), 6) for name in _COUNTED}
    asked = sums["hits"] + sums["misses"]
    return CacheStats(
        **{name: getattr(stats, name) for name in _OF_STORE},
        available=reason is None,
        reason=reason,
        hit_rate=round(sums["hits"] / asked, 4) if asked else None,
        days=days,
        **sums,
    )


def _day(date: str, counters: Counters) -> DayOut:
    numbers: dict[str, float] = {name: counters.get(name, 0) for name in _COUNTED}
    numbers |= {f"{name}_usd": counters.get(f"{name}_micros", 0) / 1_000_000 for name in ("cost", "saved")}
    return DayOut.model_validate({"date": date, **numbers})
