"""The state of each part; nothing here costs money, and nothing here imports pydantic."""

import contextlib
import importlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.errors import StoreError, ThreadrError
from core.workers.pool import run_in_worker

if TYPE_CHECKING:
    from core.store.redis import RedisStore

Status = Literal["healthy", "degraded", "unhealthy"]
DEADLINE_SECONDS = 5.0  # for each part; the store's own is shorter, as a rule
_PAGE = Path(__file__).with_name("health_sample.html")
_TEXT = "A text becomes a thread — 一篇文章. If it does not, nothing can be made here."


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """`healthy`, `unknown` for a model that nobody has asked, or the word of the failure."""

    status: str
    latency_ms: float | None
    reason: str | None


def faults_of(services: Mapping[str, ServiceHealth], *, may_lack_model: bool) -> list[str]:
    """The parts, of `redis`, `openai` and `extraction`, that do not work; running without a store is fine."""
    redis, no_model = services["redis"], ("not_configured",) if may_lack_model else ()
    fine = {
        "redis": redis.status == "healthy" or (redis.status == "not_configured" and redis.latency_ms is None),
        "openai": services["openai"].status in ("healthy", "unknown", *no_model),
        "extraction": services["extraction"].status == "healthy",
    }
    return [part for part, is_fine in fine.items() if not is_fine]


def status_of(services: Mapping[str, ServiceHealth], *, may_lack_model: bool = False) -> Status:
    """The status of all parts together; `unhealthy` only where no thread can be made at all.

    Without a model it is `degraded`, as answers are, unless `may_lack_model`: then no alert is due.
    """
    extraction, model = services["extraction"].status, services["openai"].status
    if extraction == "unusable" or (extraction == "model_only" and model not in ("healthy", "unknown")):
        return "unhealthy"
    return "degraded" if faults_of(services, may_lack_model=may_lack_model) else "healthy"


def health(status: str, reason: str | None, started: float | None = None) -> ServiceHealth:
    """`started` is the perf_counter at which the part was asked, where it was."""
    latency_ms = None if started is None else round((time.perf_counter() - started) * 1000, 1)
    if reason is not None:
        reason = reason.encode(errors="replace").decode()  # a server's own word may hold a lone surrogate
    return ServiceHealth(status=status, latency_ms=latency_ms, reason=reason)


async def store_failure(
    store: "RedisStore", error: StoreError | TimeoutError, started: float
) -> ServiceHealth:
    """What a failure of the store says of its health."""
    if not isinstance(error, StoreError):
        return health("timeout", "no answer in time", started)
    error = await store.explain(error)
    return health(error.health, error.reason, started)


async def extraction_health(seconds: float) -> ServiceHealth:
    """The first stage that fails: `unusable` (threads), `model_only` (the composer), `broken` (pages)."""
    started = time.perf_counter()
    for status, attempt in (("unusable", _lay_out), ("model_only", _compose), ("broken", _read)):
        try:
            await run_in_worker(attempt, seconds=seconds - (time.perf_counter() - started))
        except ThreadrError as error:  # a library is missing or of another version, say
            return health(status, error.reason, started)
    return health("healthy", None, started)


def prepare() -> None:
    """Import what the stages need; what is missing fails the stage that needs it."""
    for module in ("core.text.thread", "core.writing.extractive.composer", "core.article.extraction"):
        with contextlib.suppress(ImportError):
            importlib.import_module(module).prepare()


def _lay_out() -> None:
    from core.text import thread

    thread.lay_out([_TEXT], (), thread.Brief(), None)


def _compose() -> None:
    from core.article.article import Article
    from core.text.thread import Brief
    from core.writing.extractive.composer import extract_draft

    extract_draft(Article(text=_TEXT), Brief())


def _read() -> None:
    from core.article.extraction import read_page
    from core.article.fetcher import Page

    read_page(Page("https://example.com/", _PAGE.read_bytes(), "text/html"), 10_000)
