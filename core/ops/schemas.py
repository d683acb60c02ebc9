"""What the admin and health routes take and give."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.cache.request_key import RequestIdentity
from core.errors import InvalidRequest
from core.ops.health import ServiceHealth, Status
from core.ops.scheduled import ScheduledCheck
from core.threads.schemas import MAX_TEXT_BYTES, encodable
from core.writing.model.prompt import PROMPT, model_variant


class ClearRequest(BaseModel):
    """Exactly one of url and text, in the body or in the query."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    url: str | None = Field(None, min_length=1, max_length=2_048)
    text: str | None = Field(None, min_length=1, max_length=MAX_TEXT_BYTES)

    _surrogates = field_validator("url", "text")(encodable)

    @classmethod
    def merged(cls, query: Self, body: Self | None) -> Self:
        """The one that names something. Raises InvalidRequest unless exactly one url or text is given."""
        sources = [source for source in (query, body) if source]
        given = [source for source in sources for value in (source.url, source.text) if value is not None]
        if len(given) != 1:
            raise InvalidRequest("Give exactly one of url and text, in the body or in the query.")
        return given[0]

    def names(self, model: str) -> tuple[str, str]:
        """The store's key for the default options, and the draft's. Raises ArticleBlocked for no URL."""
        version = model_variant(model)
        identity = RequestIdentity(url=self.url, text=self.text, variant=version, made_by=PROMPT)
        key, _, draft = identity.names()
        return key, draft


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


class ClearAnswer(BaseModel):
    success: bool
    message: str

    @classmethod
    def of(cls, found: bool) -> Self:
        message = "The kept answer was removed." if found else "No answer was kept for this."
        return cls(success=found, message=message)


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
