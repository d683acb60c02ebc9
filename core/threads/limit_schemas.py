"""A caller's limit, and the figures of a key, as the contract words it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from core.rate_limit import Client, Decision
from core.text.platforms import PlatformName
from core.threads.schemas import LateModel

Expected = Literal["hit", "same-draft", "stale", "collapsed", "compose", "write", "fails"]


class DayOfKey(LateModel):
    """`hits`: answers that were there already, or were being made; `blocked` calls are not in `requests`."""

    date: str
    requests: int = 0
    generations: int = 0
    hits: int = 0
    blocked: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0


class KeyUsage(LateModel):
    """A key's own figures. `reset`: the epoch second from which one more call passes, or all of the limit is
    free; `budget_usd` is null without a budget of its own. A row for each of the last 30 days (UTC), the
    newest first.
    """

    name: str
    limit: int
    window_seconds: float
    used: int
    remaining: int
    reset: int
    budget_usd: float | None
    spent_today_usd: float
    days: list[DayOfKey]

    @classmethod
    def of(cls, client: Client, decision: Decision, days: Mapping[str, Mapping[str, int]]) -> KeyUsage:
        """`days` are counters by ISO date, today's first."""
        rows = [
            DayOfKey.model_validate({"date": date, **day, "cost_usd": day.get("cost_micros", 0) / 1_000_000})
            for date, day in days.items()
        ]
        return cls(
            name=client.label,
            limit=decision.limit,
            window_seconds=decision.window_seconds,
            used=min(decision.used, decision.limit),
            remaining=decision.remaining,
            reset=math.ceil(decision.reset),
            budget_usd=client.budget_micros / 1_000_000 or None,
            spent_today_usd=rows[0].cost_usd,
            days=rows,
        )


class RateLimitStatus(LateModel):
    """`minutes_until_reset`: until one more call passes; 0 while one passes now."""

    requests_used: int
    requests_remaining: int
    total_limit: int
    window_hours: float
    minutes_until_reset: float
    using_redis: bool

    @classmethod
    def of(cls, decision: Decision) -> RateLimitStatus:
        return cls(
            requests_used=min(decision.used, decision.limit),
            requests_remaining=decision.remaining,
            total_limit=decision.limit,
            window_hours=decision.window_seconds / 3600,
            minutes_until_reset=round(decision.retry_after_seconds / 60, 2),
            using_redis=decision.shared,
        )


class EstimateAnswer(LateModel):
    """What the same request to /api/generate would come to now: `outcome`, for each platform `outcomes`, and
    the `problem` of one that fails. `calls` of the model are needed as a rule, and `cost_usd` is about what
    they cost; `max_cost_usd` is the bound, with second attempts, which the budget must cover.
    `budget_left_usd` is the least that is left of the day's budgets, null without one or where no model
    would be asked; `budget_covers` is null where that depends on the length of the page.
    """

    outcome: Expected
    reason: str
    problem: str | None
    outcomes: dict[PlatformName, Expected]
    model: str | None
    calls: int
    cost_usd: float
    max_cost_usd: float
    budget_left_usd: float | None
    budget_covers: bool | None
    limit: RateLimitStatus
