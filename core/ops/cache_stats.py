"""A store's statistics as /api/cache/stats shows them."""

from collections import Counter
from dataclasses import fields, replace

from core.errors import StoreError
from core.ops.schemas import CacheStats, DayOut
from core.store.counters import NO_COUNTERS, Counters, last_days, with_amounts
from core.store.protocol import Store, StoreStats
from core.usage import add_store_error

_OF_STORE = [field.name for field in fields(StoreStats) if field.name != "days"]


async def cache_report(store: Store, now: float, uncounted: Counters = NO_COUNTERS) -> CacheStats:
    """All figures, a row for each of the last 30 days before `now` (epoch seconds), the newest first.

    `uncounted` is what this process is still to send of today's.
    `available` is False, and figures are null or 0, when the store fails.
    """
    stats, reason = StoreStats(), None
    try:
        stats = await store.stats()
        today = last_days(now)[0]
        counted = Counter(stats.days.get(today, NO_COUNTERS)) + Counter(with_amounts(uncounted))
        stats = replace(stats, days={**stats.days, today: counted})
    except StoreError as error:
        add_store_error()
        reason = error.health
    days = {date: stats.days.get(date, NO_COUNTERS) for date in last_days(now)}
    sums = sum(map(Counter, days.values()), Counter[str]())
    report = CacheStats.of(
        sums,
        **{name: getattr(stats, name) for name in _OF_STORE},
        available=reason is None,
        reason=reason,
        hit_rate=None,
        days=[DayOut.of(counters, date=date) for date, counters in days.items()],
    )
    rate = round(report.avoided / report.answered, 4) if report.answered else None
    return report.model_copy(update={"hit_rate": rate})
