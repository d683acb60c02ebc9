"""The scheduled check: one part after the other; the result is kept and logged, a change is an alert."""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

from core import log
from core.errors import StoreError
from core.ops.alert import send_alert
from core.ops.health import (
    DEADLINE_SECONDS,
    ServiceHealth,
    Status,
    extraction_health,
    faults_of,
    health,
    status_of,
    store_failure,
)
from core.settings import Settings
from core.store.counters import KEPT_DAYS
from core.store.keys import LAST_HEALTH_CHECK, day_of
from core.store.shared import shared_store
from core.writing.model.health_note import MODEL_NOTE, NO_ANSWER, note_of, reach, read_note

_KEPT_SECONDS = 31 * 86_400.0
_EXTRACTION_SECONDS = 10.0  # a new process with a third of a CPU imports for four
_LEVELS = {"healthy": logging.INFO, "degraded": logging.WARNING, "unhealthy": logging.ERROR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A part that was found at fault, and when."""

    at: str
    part: str
    status: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfChecks:
    """How many checks of a day (in UTC) ended how, and the slowest answer of the store."""

    date: str
    healthy: int = 0
    degraded: int = 0
    unhealthy: int = 0
    store_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledCheck:
    """`at` is an ISO 8601 time; `days` are the last 30, the newest first; `alerted` is the state of
    the last alert.

    `budget_used_usd` is what all instances have spent today, of `budget_usd`; null where it is not known.
    """

    status: Status
    at: str
    services: dict[str, ServiceHealth]
    budget_used_usd: float | None = None
    budget_usd: float | None = None
    last_error: Fault | None = None
    alerted: Status = "healthy"
    days: list[DayOfChecks] = field(default_factory=list)

    @classmethod
    def parsed(cls, value: str) -> "ScheduledCheck | None":
        """The check that was stored; None when the value is not one."""
        try:
            given = json.loads(value)
            given["services"] = {name: ServiceHealth(**part) for name, part in given["services"].items()}
            given["last_error"] = Fault(**given["last_error"]) if given.get("last_error") else None
            given["days"] = [DayOfChecks(**day) for day in given.get("days", [])]
            return cls(**given)
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            return None


class Checker:
    """One process's checks. `clock` gives epoch seconds; an alert may take `alert_seconds`."""

    def __init__(
        self, settings: Settings, clock: Callable[[], float] = time.time, *, alert_seconds: float = 2.0
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._alert_seconds = alert_seconds
        self._store = shared_store(settings, clock)
        self._last: ScheduledCheck | None = None
        self._last_is_kept = True  # then the store's may be newer
        self._alerted_alone = False  # while the store was down

    async def connect(self) -> None:
        """Connect to the store in advance."""
        if self._store:
            await self._store.connect()

    async def close(self) -> None:
        """Give back connections."""
        if self._store:
            await self._store.close()

    async def __call__(self, *, function: str | None = None) -> ScheduledCheck:
        """Check now, and store the result if the store takes it, in at most 8 commands with that to connect.

        On Lambda, where the `function` has a name, CloudWatch makes a metric of the log line.
        """
        redis, note, spent_usd = await self._check_store()
        openai, notes = await self._check_model(note)
        parts = {"redis": redis, "openai": openai, "extraction": await extraction_health(_EXTRACTION_SECONDS)}
        found = self._result(parts, spent_usd)
        facts: dict[str, object] = {
            "status": found.status,
            "services": {name: asdict(part) for name, part in parts.items()},
            "budget_used_usd": spent_usd,
            "unhealthy": int(found.status == "unhealthy"),
        }
        if function:
            facts |= log.metrics(facts, function=function, now=time.time())
        log.logger.log(_LEVELS[found.status], "Scheduled health check", extra={"facts": facts})
        self._last = check = replace(found, alerted=await self._alerted(found, function or "not on Lambda"))
        await self._keep({LAST_HEALTH_CHECK: json.dumps(asdict(check))} | notes)
        return check

    async def _check_store(self) -> tuple[ServiceHealth, str | None, float | None]:
        """Its health, the model's note, and what is spent today: in one round trip with the last check."""
        if self._store is None:
            return health("not_configured", "answers and limits are kept in this process"), None, None
        for may_repeat in (True, False):  # a connection may have been closed while the process was frozen
            started = time.perf_counter()
            try:
                async with asyncio.timeout(DEADLINE_SECONDS / 2):
                    spent_usd, last, note = await asyncio.gather(
                        self._store.verify(),
                        self._store.peek(LAST_HEALTH_CHECK),
                        self._store.peek(MODEL_NOTE),
                    )
                break
            except (StoreError, TimeoutError) as error:
                if not may_repeat:
                    return await store_failure(self._store, error, started), None, None
        redis = health("healthy", None, started)
        if self._last_is_kept:
            self._last = ScheduledCheck.parsed(last or "")
        return redis, note, spent_usd

    async def _check_model(self, note: str | None) -> tuple[ServiceHealth, dict[str, str]]:
        """Its health by the last paid call, else whether its server answers; and a note that is new."""
        settings, now, by = self._settings, self._clock(), "the scheduled check"
        word, reason = read_note(note, now) or ("", None)
        is_used = word not in ("", "not_configured")
        if not (is_used or settings.openai_api_key or settings.openai_base_url):
            return health("not_configured", reason or "no model was used yet"), {}
        started = time.perf_counter()
        if failure := await reach(settings.openai_base_url, seconds=DEADLINE_SECONDS):
            return health(*failure, started), {MODEL_NOTE: note_of(*failure, now, by)}
        if is_used and word not in ("unknown", *NO_ANSWER):
            return health(word, reason, started), {}
        new = {MODEL_NOTE: note_of("unknown", "its server answers", now, by)} if word in NO_ANSWER else {}
        return health("unknown", "its server answers; the model was not asked", started), new

    def _result(self, parts: dict[str, ServiceHealth], spent_usd: float | None) -> ScheduledCheck:
        status, last, now = status_of(parts, may_lack_model=True), self._last, self._clock()
        at = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
        at_fault = [(name, parts[name]) for name in faults_of(parts, may_lack_model=True)]
        faults = [Fault(at=at, part=name, status=part.status, reason=part.reason) for name, part in at_fault]
        return ScheduledCheck(
            status=status,
            at=at,
            services=parts,
            budget_used_usd=spent_usd,
            budget_usd=self._settings.daily_budget_usd,
            last_error=faults[0] if faults else (last.last_error if last else None),
            days=_with_check(last.days if last else [], status, parts["redis"].latency_ms, day_of(now)),
        )

    async def _alerted(self, found: ScheduledCheck, function: str) -> Status:
        """The state of the last alert: another one that was found twice in a row gets one now."""
        last, url = self._last, self._settings.alert_webhook_url
        alerted: Status = last.alerted if last else "healthy"
        faults = faults_of(found.services, may_lack_model=True)
        is_alone = self._store is not None and "redis" in faults
        is_repeated = is_alone and self._alerted_alone
        if is_repeated or not (url and last and last.status == found.status != alerted):
            return alerted
        self._alerted_alone = is_alone
        words = [f"{part}: {found.services[part].status}, {found.services[part].reason}" for part in faults]
        text = f"Threadr is {found.status} ({function}). {'; '.join(words)}".rstrip()
        return found.status if await send_alert(url, text, seconds=self._alert_seconds) else alerted

    async def _keep(self, notes: dict[str, str]) -> None:
        if self._store is None:
            return
        keeping = (self._store.remember(*note, ttl_seconds=_KEPT_SECONDS) for note in notes.items())
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await asyncio.gather(*keeping)
            self._last_is_kept, self._alerted_alone = True, False
        except (StoreError, TimeoutError) as error:
            self._last_is_kept = False
            reason = getattr(error, "reason", "no answer in time")
            log.logger.warning("Health check not kept", extra={"facts": {"reason": reason}})


def _with_check(
    days: list[DayOfChecks], status: Status, store_ms: float | None, date: str
) -> list[DayOfChecks]:
    """The days with one more check of today."""
    today = days[0] if days and days[0].date == date else DayOfChecks(date=date)
    slowest = max(filter(None, (today.store_ms, store_ms)), default=None)
    counted = asdict(today) | {status: getattr(today, status) + 1, "store_ms": slowest}
    return [DayOfChecks(**counted), *(day for day in days if day.date != date)][:KEPT_DAYS]
