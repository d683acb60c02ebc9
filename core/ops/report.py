"""The answer of /api/monitor/health: each part as it is now, and the last scheduled check."""

import asyncio
import time
from weakref import WeakKeyDictionary

from pydantic import TypeAdapter

from core.errors import StoreError
from core.ops.health import (
    DEADLINE_SECONDS,
    ServiceHealth,
    extraction_health,
    health,
    status_of,
    store_failure,
)
from core.ops.scheduled import ScheduledCheck
from core.ops.schemas import MonitorHealth
from core.services import Services
from core.store.keys import LAST_HEALTH_CHECK
from core.usage import add_store_error
from core.writing.model.health_note import MODEL_NOTE, read_note

_SHARED_SECONDS = 5.0  # how long a report is served again
_KEPT: TypeAdapter[ScheduledCheck] = TypeAdapter(ScheduledCheck)

# Weak, since tests make many Services; a process has one.
_latest: WeakKeyDictionary[Services, tuple[float, asyncio.Task[MonitorHealth]]] = WeakKeyDictionary()


async def check(services: Services) -> MonitorHealth:
    """A report at most 5 s old; callers that come while one is being made share it."""
    asked_at, asking = _latest.get(services, (0.0, None))
    if asking is None or abs(services.clock() - asked_at) >= _SHARED_SECONDS or not _usable(asking):
        asking = asyncio.create_task(_check_now(services))
        _latest[services] = (services.clock(), asking)
    return (await asyncio.shield(asking)).model_copy(update={"details": services.details})


def _usable(asking: asyncio.Task[MonitorHealth]) -> bool:
    """False if it was cancelled, or belongs to a loop that no longer runs."""
    return not asking.cancelled() if asking.done() else asking.get_loop() is asyncio.get_running_loop()


async def _check_now(services: Services) -> MonitorHealth:
    """The store's commands share one round trip; nothing else is at work while the store is timed."""
    redis, last, note = await asyncio.gather(
        _redis(services), _peek(services, LAST_HEALTH_CHECK), _peek(services, MODEL_NOTE)
    )
    extraction = await extraction_health(DEADLINE_SECONDS)
    parts = {"redis": redis, "openai": _openai(services, note), "extraction": extraction}
    last_check = _parse_last_check(last)
    return MonitorHealth(status=status_of(parts), services=parts, details={}, last_scheduled_check=last_check)


async def _peek(services: Services, key: str) -> str | None:
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await services.store.peek(key)
    except (StoreError, TimeoutError):  # the store's own health says so
        return None


def _parse_last_check(value: str | None) -> ScheduledCheck | None:
    """The check that was stored; None when the value is not one."""
    try:
        return _KEPT.validate_json(value or "")
    except ValueError:
        return None


async def _redis(services: Services) -> ServiceHealth:
    if services.shared is None:
        return health("not_configured", "answers and limits are kept in this process")
    started = time.perf_counter()
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            writable = await services.shared.ping()
    except (StoreError, TimeoutError) as error:
        add_store_error()
        return await store_failure(services.shared, error, started)
    if not writable:
        return health("read_only", "the store takes no writes", started)
    return health("healthy", None, started)


def _openai(services: Services, note: str | None) -> ServiceHealth:
    """This process's own view of the model, else the stored note of another."""
    unasked = services.model is None or not services.model.was_asked
    if unasked and (seen := read_note(note, services.clock())):
        return health(*seen)
    if services.model is None:
        return health("not_configured", "OPENAI_API_KEY is not set here")
    return health(services.model.health, services.model.reason)
