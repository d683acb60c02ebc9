"""What is true of each part right now; nothing here costs money."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from core import log
from core.api import Status
from core.builtin import BuiltInComposer
from core.errors import StoreError, ThreadrError
from core.extraction import extract_article
from core.keys import LAST_HEALTH_CHECK
from core.rooms import Rooms
from core.thread import Brief

_REMEMBERED_SECONDS = 86_400.0
_SAMPLE = b"""<html><head><title>Health</title></head><body><article><h1>Health</h1>
<p>A page with enough text for an article must come out as an article.</p>
<p>If this one does not, then some part of the reader is broken or missing.</p>
<p>Nobody would get a thread of a link then, so the check says it aloud.</p>
</article></body></html>"""


@dataclass(frozen=True, slots=True)
class Service:
    """`status` is healthy, not_configured, or what is wrong with it."""

    status: str
    latency_ms: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    services: dict[str, Service]

    @property
    def status(self) -> Status:
        if self.services["extraction"].status != "healthy":
            return "unhealthy"  # no article can be read, and the built-in composer needs the same parts
        redis = self.services["redis"]
        # One process alone is a way to run it; a store that is set and not usable is not.
        alone = redis.status == "not_configured" and redis.latency_ms is None
        well = self.services["openai"].status == "healthy" and (alone or redis.status == "healthy")
        return "healthy" if well else "degraded"

    @property
    def http_status(self) -> int:
        return 503 if self.status == "unhealthy" else 200


async def check(rooms: Rooms) -> Checked:
    """Ask every part."""
    redis, extraction = await asyncio.gather(_redis(rooms), _timed(_extract_sample))
    return Checked({"redis": redis, "openai": _openai(rooms), "extraction": extraction})


async def check_and_remember(rooms: Rooms) -> dict[str, Any]:
    """The result as it is kept for /api/monitor/health; kept in this process when the store fails."""
    checked = await check(rooms)
    services = {name: asdict(service) for name, service in checked.services.items()}
    result = {
        "status": checked.status,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "services": services,
    }
    log.event("Scheduled health check", status=checked.status, services=services)
    try:
        await rooms.store.remember(LAST_HEALTH_CHECK, json.dumps(result), ttl_seconds=_REMEMBERED_SECONDS)
    except StoreError as error:
        log.event("Health check not kept", reason=error.reason)
    return result


async def last_scheduled_check(rooms: Rooms) -> dict[str, Any] | None:
    """The newest kept result; None where there is none or the store fails."""
    try:
        value = await rooms.store.recall(LAST_HEALTH_CHECK)
    except StoreError:
        return None
    return _told(value) if value else None


def _told(value: str) -> dict[str, Any] | None:
    try:
        result = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return result if isinstance(result, dict) else None


async def _redis(rooms: Rooms) -> Service:
    if rooms.shared is None:
        return Service("not_configured", reason="answers and limits are kept in this process")
    return await _timed(rooms.shared.ping)


def _openai(rooms: Rooms) -> Service:
    if rooms.model is None:
        return Service("not_configured", reason="OPENAI_API_KEY is not set here")
    return Service(rooms.model.health, reason=rooms.model.last_failure)


async def _extract_sample() -> bool:
    article = await asyncio.to_thread(extract_article, _SAMPLE, url="https://example.com/")
    return bool((await BuiltInComposer().compose(article, Brief(), seconds=1)).posts)


async def _timed(works: Callable[[], Awaitable[bool]]) -> Service:
    started = time.perf_counter()
    status, reason = "healthy", None
    try:
        if not await works():
            status, reason = "read_only", "the store takes no writes"
    except StoreError as error:
        status, reason = error.health, error.reason
    except (ThreadrError, ImportError) as error:
        status, reason = "broken", type(error).__name__
    return Service(status, round((time.perf_counter() - started) * 1000, 1), reason)
