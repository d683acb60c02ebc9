"""Calendar days in UTC, by which counters are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

KEPT_DAYS = 30


def day_of(epoch_seconds: float) -> str:
    """The ISO date of that moment in UTC."""
    return datetime.fromtimestamp(epoch_seconds, UTC).date().isoformat()


def last_days(epoch_seconds: float) -> list[str]:
    """The ISO dates of the last 30 days, today first."""
    today = datetime.fromtimestamp(epoch_seconds, UTC).date()
    return [(today - timedelta(days=back)).isoformat() for back in range(KEPT_DAYS)]
