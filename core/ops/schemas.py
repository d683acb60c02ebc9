"""What the admin and health routes take and give."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Self

from pydantic import BaseModel

from core.ops.health import ServiceHealth, Status
from core.ops.scheduled import ScheduledCheck


class DayOut(BaseModel):
    date: str
    hits: int
    misses: int
    collapsed: int
    same_draft: int
    stale_served: int
    blocked: int
    generated: int
    tokens_in: int
    tokens_out: int
    cost_usd: float
    saved_usd: float


class CacheStats(BaseModel):
    """`available`, `cache_entries`, `rate_limit_entries`, `memory_used`, `connected_clients` and
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
    hits: int
    misses: int
    hit_rate: float | None
    collapsed: int
    same_draft: int
    stale_served: int
    blocked: int
    generated: int
    tokens_in: int
    tokens_out: int
    cost_usd: float
    saved_usd: float
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
