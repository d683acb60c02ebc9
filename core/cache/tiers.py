"""The two stores: the process's own, which never fails, and the shared one, which may."""

import asyncio
import itertools
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from core import log
from core.errors import CommandFailed, StoreError, WriteRejected
from core.rate_limit import Client, Decision, Window
from core.settings import Settings
from core.store.counters import Counters, last_days
from core.store.keys import PURGED, THREAD_PREFIX
from core.store.memory import MemoryStore
from core.store.memory_items import known
from core.store.protocol import Budget, ClientUse, Lookup, Reply, Store
from core.usage import add_store_error

_Result = TypeVar("_Result")
_NOBODY = Lookup(key="", digest="", client=Client("", Window(1, 1)), token="")
_READ_ONLY_SECONDS = 60.0
_ABSENT_SECONDS = 5.0
_MAX_SENT = 50  # with one look-up
_MAX_UNSENT = 10_000
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
    own_uncounted: dict[str, Counter[str]] = field(default_factory=dict)  # each key's: for its next one
    unsent: dict[Lookup, Counters] = field(default_factory=dict)  # spent while the shared store failed
    read_only_until: float = 0.0  # since the shared store refused a write
    current_until: float = 0.0  # until then what is here needs no check for a purge

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

    def note_purge(self, purged: str) -> None:
        """Drop all that is here, unless this is the stamp of the last purge that this process knows."""
        if purged != self.local.purged:
            self.local.purged = purged
            self.local.items.clear()

    async def kept(self, key: str) -> str | None:
        """The value of an answer or behind a permalink. Raises StoreError.

        That the shared store has no such thread is remembered for some seconds, or until one is kept here.
        """
        value = await self.local.peek(key)
        if value and self.shared and self.local.clock() >= self.current_until:
            try:
                self.note_purge(await self.shared.peek(PURGED) or "")
                self.current_until = self.local.clock() + self.settings.local_cache_seconds
            except StoreError as error:
                self.record_failure(error)
            value = await self.local.peek(key)
        if value is None and self.shared:
            value = await self.shared.peek(key)
            self.put_local(key, value)
            if value is None and key.startswith(THREAD_PREFIX):
                self.local.items.put(key, "", _ABSENT_SECONDS)
        return value or None

    async def reserve(self, store: Store, lookup: Lookup, seconds: float) -> Budget:
        """Reserve at `store`; in this process when the shared store fails."""
        try:
            budget = await store.reserve(lookup, seconds)
        except StoreError as error:
            self.record_failure(error)
            return await self.local.reserve(lookup, seconds)
        self.learn(store, budget, lookup.client)
        return budget

    def learn(self, store: Store, budget: Budget, client: Client) -> None:
        """What the shared store says is spent, and what it does not know yet, is spent here too."""
        if store is not self.shared:
            return
        if budget.spent_micros >= 0:
            unsent = sum(spent.get("cost_micros", 0) for spent in self.unsent.values())
            self.local.ledger.learn(budget.spent_micros + unsent)
        if budget.own_spent_micros >= 0 and (own := self.local.ledgers.own(client)):
            of_client = [spent for lookup, spent in self.unsent.items() if lookup.client == client]
            unsent = sum(spent.get("cost_micros", 0) for spent in of_client)
            own.learn(budget.own_spent_micros + unsent)

    def count(self, client: Client, counters: Counters) -> None:
        """Keep counters for the next round trip, the client's own for its next one, if it has a key."""
        if self.shared is None:
            return self.local.ledgers.count(client, counters)
        own = {name: number for name, number in counters.items() if name[0] == "@"}
        self.uncounted.update({name: counters[name] for name in counters.keys() - own})
        if client.has_key:
            self.own_uncounted.setdefault(client.name, Counter()).update(own)
        return None

    def uncount(self, client: Client, counters: Counters) -> None:
        """Take back what was counted of a client's call."""
        self.count(client, {name: -number for name, number in counters.items()})

    async def flush(self) -> None:
        """Send the shared store all that waits to be counted."""
        if self.shared and self.uncounted:
            waiting, self.uncounted = self.uncounted, Counter()
            self.unsent[replace(_NOBODY, token=secrets.token_hex(8))] = waiting
        await self.waiting()

    async def waiting(self) -> Counters:
        """What waits to be counted, after another try with what the shared store did not take before."""
        left = -1
        while self.shared and left != len(self.unsent) > 0:
            left = len(self.unsent)
            await self.send_unsent(self.shared)
        waiting = Counter(self.uncounted)
        for spent in self.unsent.values():
            waiting.update(spent)  # not by +, which drops what is taken back
        return waiting

    async def estimate(self, lookup: Lookup) -> tuple[Reply, Store]:
        """What a look-up would be replied, and by which store; nothing is counted, taken or reserved."""
        store: Store = self.shared or self.local
        found, lookup = known(self.local.items, lookup), replace(lookup, token="")
        try:
            reply = await store.look_up(lookup)
        except StoreError as error:
            self.record_failure(error)
            store, reply = self.local, await self.local.look_up(lookup)
        if found and reply.kind != "limited" and reply.purged == self.local.purged:
            reply = replace(reply, kind=found.kind, value=found.value)
        return reply, store

    async def status(self, client: Client) -> Decision:
        """What the client's next call would meet; nothing is counted."""
        if self.shared:
            try:
                return await self.shared.status(client)
            except StoreError as error:
                self.record_failure(error)
        return await self.local.status(client)

    async def use(self, client: Client) -> ClientUse:
        """What a client with a key used in each of the last 30 days, today first."""
        own = self.own_uncounted.pop(client.name, Counter())
        try:
            used = await (self.shared or self.local).use(client, own)
        except StoreError as error:
            self.count(client, own)
            self.record_failure(error)
            used = await self.local.use(client)
        return replace(used, days={day: used.days.get(day, {}) for day in last_days(used.decision.now)})

    async def send_unsent(self, shared: Store) -> None:
        """Send the shared store what was spent while it failed; it counts each look-up's spend once."""
        unsent = dict(itertools.islice(self.unsent.items(), _MAX_SENT))
        for lookup in unsent:
            del self.unsent[lookup]
        calls = itertools.starmap(shared.release, unsent.items())
        try:
            results = await asyncio.gather(*calls, return_exceptions=True)
            unsent = {lookup: unsent[lookup] for lookup, error in zip(unsent, results, strict=True) if error}
        finally:  # also when it is cancelled, as what a Lambda function leaves is
            self.unsent |= unsent

    async def settle(
        self, store: Store, call: Coroutine[Any, Any, _Result], lookup: Lookup, spent: Counters
    ) -> _Result:
        """Await `call`, which ends a lease at `store`, with the model's health note in the same round trip.

        The cost is also added to the local ledger, so that the budget still holds when the shared store
        fails; when it fails now, it is sent `spent` with the next look-up. Raises StoreError.
        """
        if store is not self.shared:
            self._send_later(lookup, spent)
            return await call
        self.local.ledgers.settle(lookup, {"cost_micros": spent.get("cost_micros", 0)})
        notes = (
            store.remember(key, note, ttl_seconds=_NOTE_SECONDS) for key, note in self.model_health().items()
        )
        sent = asyncio.gather(*notes, return_exceptions=True)  # a note that is refused is no failure
        try:
            return await call
        except (StoreError, asyncio.CancelledError):
            self._send_later(lookup, spent)
            raise
        finally:
            await sent

    def _send_later(self, lookup: Lookup, spent: Counters) -> None:
        if self.shared and any(spent.values()):
            # Beyond that the oldest is added to this one: the store may know it, and then has it twice.
            if len(self.unsent) >= _MAX_UNSENT:
                spent = Counter(spent) + Counter(self.unsent.pop(next(iter(self.unsent))))
            self.unsent[lookup] = spent
