"""The state of each part; nothing here costs money."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from weakref import WeakKeyDictionary

from core import log
from core.article.article import Article
from core.article.extraction import read_page
from core.article.fetcher import Page
from core.errors import StoreError, ThreadrError
from core.ops.schemas import MonitorHealth, ScheduledCheck, ServiceHealth, Status
from core.services import Services
from core.store.keys import LAST_HEALTH_CHECK
from core.text.thread import Brief, lay_out
from core.usage import add_store_error
from core.workers.pool import run_in_worker
from core.writing.extractive.composer import extract_draft
from core.writing.model.health_note import MODEL_NOTE, NO_ANSWER, note_of, probe, read_note

_KEPT_SECONDS = 86_400.0
_SHARED_SECONDS = 5.0  # how long a report is served again
_DEADLINE_SECONDS = 5.0  # for each part; the store's own is shorter, as a rule
# The words that a free call which went well proves wrong; others are of calls that ask the model to write.
_DISPROVES = {"healthy": ("unknown", "unauthorized", *NO_ANSWER), "unknown": ("unknown", *NO_ANSWER)}
_PAGE = Path(__file__).with_name("health_sample.html")
_MAX_CHARACTERS = 10_000
_TEXT = Article(text="A text becomes a thread — 一篇文章. If it does not, nothing can be made here.")


def status_of(services: Mapping[str, ServiceHealth]) -> Status:
    """The status of all parts together, which are `redis`, `openai` and `extraction`."""
    redis, extraction = services["redis"], services["extraction"].status
    model = services["openai"].status in ("healthy", "unknown")
    if extraction == "unusable" or (extraction == "model_only" and not model):
        return "unhealthy"
    # Running without a store is healthy; a store that is set and not usable is not.
    alone = redis.status == "not_configured" and redis.latency_ms is None
    well = model and extraction == "healthy"
    return "healthy" if well and (alone or redis.status == "healthy") else "degraded"


# Weak, since tests make many Services; a process has one.
_latest: WeakKeyDictionary[Services, tuple[float, asyncio.Task[MonitorHealth]]] = WeakKeyDictionary()


async def check(services: Services, *, deadline_seconds: float = _DEADLINE_SECONDS) -> MonitorHealth:
    """A report at most 5 s old; callers that come while one is being made share it."""
    asked_at, asking = _latest.get(services, (0.0, None))
    if asking is None or abs(services.clock() - asked_at) >= _SHARED_SECONDS or not _usable(asking):
        asking = asyncio.create_task(_check_now(services, deadline_seconds))
        _latest[services] = (services.clock(), asking)
    return (await asyncio.shield(asking)).model_copy(update={"details": services.details})


def _usable(asking: asyncio.Task[MonitorHealth]) -> bool:
    """False if it was cancelled, or belongs to a loop that no longer runs."""
    return not asking.cancelled() if asking.done() else asking.get_loop() is asyncio.get_running_loop()


async def _check_now(services: Services, deadline_seconds: float) -> MonitorHealth:
    """The store's commands share one round trip; nothing else is at work while the store is timed."""
    redis, last, note = await asyncio.gather(
        _redis(services), _peek(services, LAST_HEALTH_CHECK), _peek(services, MODEL_NOTE)
    )
    extraction = await _extraction(deadline_seconds)
    parts = {"redis": redis, "openai": _openai(services, note), "extraction": extraction}
    last_check = _parse_last_check(last)
    return MonitorHealth(status=status_of(parts), services=parts, details={}, last_scheduled_check=last_check)


async def check_and_remember(services: Services, *, function: str | None = None) -> ScheduledCheck:
    """Check now, with a free call to the model's server, and store the result if the store takes it.

    On Lambda, where the `function` has a name, CloudWatch makes a metric of the log line.
    """
    parts = (await _check_now(services, _DEADLINE_SECONDS)).services
    notes = await _probe(services, parts)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    result = ScheduledCheck(status=status_of(parts), at=at, services=parts)
    facts = result.model_dump(include={"status", "services"}) | {
        "unhealthy": int(result.status == "unhealthy")
    }
    if function:
        facts |= log.metrics(facts, function=function, now=time.time())
    log.event("Scheduled health check", **facts)
    notes[LAST_HEALTH_CHECK] = result.model_dump_json()
    keep = partial(services.store.remember, ttl_seconds=_KEPT_SECONDS)
    try:
        await asyncio.gather(*(keep(*note) for note in notes.items()))
    except StoreError as error:
        log.event("Health check not kept", reason=error.reason)
    return result


async def _probe(services: Services, parts: dict[str, ServiceHealth]) -> dict[str, str]:
    """Put what a free call shows into the parts, unless paid calls showed more; a note of it by its key."""
    settings, seen = services.settings, parts["openai"].status
    if not (settings.openai_api_key or settings.openai_base_url):
        return {}
    started = time.perf_counter()
    word, reason = await probe(settings, seconds=_DEADLINE_SECONDS)
    if word in _DISPROVES and seen not in _DISPROVES[word]:
        return {}
    parts["openai"] = _health(word, reason, started)
    return {MODEL_NOTE: note_of(word, reason, services.clock(), "the scheduled check")}


async def _peek(services: Services, key: str) -> str | None:
    try:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            return await services.store.peek(key)
    except (StoreError, TimeoutError):  # the store's own health says so
        return None


def _parse_last_check(value: str | None) -> ScheduledCheck | None:
    """The check that was stored; None when the value is not one."""
    try:
        return ScheduledCheck.model_validate_json(value or "")
    except ValueError:
        return None


async def _redis(services: Services) -> ServiceHealth:
    if services.shared is None:
        return _health("not_configured", "answers and limits are kept in this process")
    started = time.perf_counter()
    try:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            writable = await services.shared.ping()
    except TimeoutError:
        return _health("timeout", f"no answer in {_DEADLINE_SECONDS:g} s", started)
    except StoreError as error:
        add_store_error()
        error = await services.shared.explain(error)
        return _health(error.health, error.reason, started)
    if not writable:
        return _health("read_only", "the store takes no writes", started)
    return _health("healthy", None, started)


def _openai(services: Services, note: str | None) -> ServiceHealth:
    """This process's own view of the model, else the stored note of another."""
    unasked = services.model is None or not services.model.was_asked
    if unasked and (seen := read_note(note, services.clock())):
        return _health(*seen)
    if services.model is None:
        return _health("not_configured", "OPENAI_API_KEY is not set here")
    return _health(services.model.health, services.model.reason)


async def _extraction(deadline_seconds: float) -> ServiceHealth:
    """The first stage that fails: `unusable` (threads), `model_only` (the composer), `broken` (pages)."""
    started, status = time.perf_counter(), "unusable"
    try:
        await run_in_worker(lay_out, [_TEXT.text], (), Brief(), None, seconds=deadline_seconds)
        status = "model_only"
        await run_in_worker(extract_draft, _TEXT, Brief(), seconds=deadline_seconds)
        status = "broken"
        page = Page("https://example.com/", _PAGE.read_bytes(), "text/html")
        await run_in_worker(read_page, page, _MAX_CHARACTERS, seconds=deadline_seconds)
    except ThreadrError as error:  # a library is missing or of another version, say
        return _health(status, error.reason, started)
    return _health("healthy", None, started)


def _health(status: str, reason: str | None, started: float | None = None) -> ServiceHealth:
    """`started` is the perf_counter at which the part was asked, where it was."""
    latency_ms = None if started is None else round((time.perf_counter() - started) * 1000, 1)
    if reason is not None:
        reason = reason.encode(errors="replace").decode()  # a server's own word may hold a lone surrogate
    return ServiceHealth(status=status, latency_ms=latency_ms, reason=reason)
