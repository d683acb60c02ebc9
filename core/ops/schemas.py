"""What the admin and health routes take and give."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Self

from pydantic import BaseModel

from core.ops.health import ServiceHealth, Status
from core.ops.scheduled import ScheduledCheck
from core.request import AVOIDED


class SavedBy(BaseModel):
    """Dollars by cause."""

    hits: float
    collapsed: float
    same_content: float
    same_draft: float
    stale_served: float


class Figures(BaseModel):
    """`answered` is `generated` and `avoided` together, exactly, and `avoided` is `hits`, `collapsed`,
    `same_content`, `same_draft` and `stale_served`. `first_tier` of the hits are from the process; of
    the generated `composed` were written without the model, which was sent `model_calls` requests.
    `saved_usd` is what the avoided cost when they were written, to the millionth the sum of `saved_by`.
    """

    answered: int
    generated: int
    composed: int
    model_calls: int
    avoided: int
    hits: int
    first_tier: int
    misses: int
    collapsed: int
    same_content: int
    same_draft: int
    stale_served: int
    blocked: int
    tokens_in: int
    tokens_out: int
    cost_usd: float
    saved_usd: float
    saved_by: SavedBy

    @classmethod
    def of(cls, counters: Mapping[str, int], **others: object) -> Self:
        """The figures of a day's counters, or of more days'."""
        found = {name: counters.get(name, 0) for name in cls.model_fields}
        found["avoided"] = sum(found[name] for name in AVOIDED)
        found["hits"] += found["first_tier"]
        found["answered"] = found["avoided"] + found["generated"]
        saved = {name: counters.get(f"{name}_saved_micros", 0) for name in SavedBy.model_fields}
        money: dict[str, object] = {"saved_by": {name: number / 1_000_000 for name, number in saved.items()}}
        money["saved_usd"] = sum(saved.values()) / 1_000_000
        money["cost_usd"] = counters.get("cost_micros", 0) / 1_000_000
        return cls.model_validate({**found, **money, **others})


class DayOut(Figures):
    date: str


class CacheStats(Figures):
    """`hit_rate` is `avoided` by `answered`, null without answers.

    `available`, `cache_entries`, `rate_limit_entries`, `memory_used`, `connected_clients` and
    `uptime_seconds` are those of version 0.1.0; null where the store does not report them.
    """

    available: bool
    reason: str | None
    writable: bool
    partial: bool
    cache_entries: int | None
    rate_limit_entries: int | None
    memory_used: str | None
    connected_clients: int | None
    uptime_seconds: int | None
    hit_rate: float | None
    days: list[DayOut]


class Health(BaseModel):
    status: Status


class MonitorHealth(Health):
    services: dict[str, ServiceHealth]
    details: dict[str, object]
    last_scheduled_check: ScheduledCheck | None

    def for_public(self) -> Self:
        """Without the texts of failures, what is in use and what is spent."""
        last = self.last_scheduled_check
        if last:
            error = last.last_error and replace(last.last_error, reason=None)
            services = _without_reasons(last.services)
            last = replace(last, services=services, last_error=error, budget_used_usd=None, budget_usd=None)
        changes = {"services": _without_reasons(self.services), "details": {}, "last_scheduled_check": last}
        return self.model_copy(update=changes)


def _without_reasons(services: Mapping[str, ServiceHealth]) -> dict[str, ServiceHealth]:
    return {name: replace(service, reason=None) for name, service in services.items()}


class Startup(BaseModel):
    redis_available: bool
    environment: str
    versions: dict[str, str]
    settings: dict[str, bool]
    warnings: list[str]
