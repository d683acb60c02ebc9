"""The two stores: the process's own, which never fails, and the shared one, which may."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core import log
from core.errors import CommandFailed, StoreError, WriteRejected
from core.settings import Settings
from core.store.counters import Counters
from core.store.keys import thread_key
from core.store.memory import MemoryStore
from core.store.protocol import Store
from core.usage import add_store_error

_Result = TypeVar("_Result")
_READ_ONLY_SECONDS = 60.0
_ABSENT_SECONDS, _MAX_ABSENT = 5.0, 10_000
_NOTE_SECONDS = 30 * 86_400.0  # long enough that a rarely used deployment keeps its note


@dataclass(slots=True, kw_only=True)
class Tiers:
    """`shared` is None without a shared store. `model_health` returns notes by key; they are sent to the
    shared store in the round trip that ends a lease.
    """

    local: MemoryStore
    shared: Store | None
    settings: Settings
    model_health: Callable[[], Mapping[str, str]] = dict
    uncounted: Counter[str] = field(default_factory=Counter)  # waits for the next round trip
    read_only_until: float = 0.0  # since the shared store refused a write
    absent: dict[str, float] = field(default_factory=dict)  # keys that have no thread, and until when

    def record_failure(self, error: StoreError) -> None:
        """Note a failure of the shared store that does not fail the request."""
        add_store_error()
        if isinstance(error, WriteRejected):
            self.read_only_until = self.local.clock() + _READ_ONLY_SECONDS
        level = log.logger.info if isinstance(error, CommandFailed) else log.logger.warning
        level("Store failed", extra={"facts": {"health": error.health, "reason": error.reason}})

    def put_local(self, key: str, value: str | None, *, min_seconds: float = 0) -> None:
        """Keep a copy of what the shared store has in the first tier."""
        seconds = max(self.settings.local_cache_seconds, min_seconds)
        if value and seconds:
            self.local.items.put(key, value, seconds)

    async def thread(self, thread_id: str) -> str | None:
        """The value behind a permalink. Raises StoreError.

        That the shared store has none is remembered for some seconds, or until one is kept here.
        """
        key, now = thread_key(thread_id), self.local.clock()
        value = await self.local.peek(key)
        if value is not None or self.shared is None or self.absent.get(key, 0) > now:
            return value
        value = await self.shared.peek(key)
        self.put_local(key, value)
        if value is None:
            self.absent[key] = now + _ABSENT_SECONDS
            if len(self.absent) > _MAX_ABSENT:
                del self.absent[next(iter(self.absent))]
        return value

    async def settle(self, store: Store, call: Coroutine[Any, Any, _Result], spent: Counters) -> _Result:
        """Await `call`, which ends a lease at `store`, with the model's health note in the same round trip.

        The cost is also added to the local ledger, so that the budget still holds when the shared store
        fails. Raises StoreError.
        """
        if store is not self.shared:
            return await call
        notes = (
            store.remember(key, note, ttl_seconds=_NOTE_SECONDS) for key, note in self.model_health().items()
        )
        sent = asyncio.gather(*notes, return_exceptions=True)  # a note that is refused is no failure
        try:
            result = await call
        finally:
            await sent
        self.local.ledger.count({"cost_micros": spent.get("cost_micros", 0)})
        return result
