"""Which store answers: this process first, then the shared one; this process again when that one fails."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import replace
from typing import Generic

from core.cache.entry import AnswerT, Entry, EntryCodec, failure_from_value
from core.cache.lease import Grant, Lease
from core.cache.outcome import Failed, Follow, Hit, Lead, Limited, NotStored, Outcome
from core.cache.tiers import Tiers
from core.errors import NotFound, StoreError, WriteRejected
from core.rate_limit import BlockedClients, Decision
from core.request import Forward, LookedUp, RequestRecord, counters_of, outcome_of
from core.store.keys import THREAD_ID_LENGTH, THREAD_PREFIX, thread_key
from core.store.memory import cost_micros_of
from core.store.protocol import Lookup, Reply, Store


class TieredCache(Generic[AnswerT]):
    """Without a shared store the local one is all there is. `codec` reads and writes what is kept."""

    def __init__(self, tiers: Tiers, codec: EntryCodec[AnswerT]) -> None:
        self._tiers = tiers
        self._codec = codec
        self._blocked = BlockedClients()

    async def look_up(
        self, lookup: Lookup, record: RequestRecord, *, again: bool = False
    ) -> Outcome[AnswerT]:
        """What comes of the request, in at most one round trip; noted in the record, with its limit.

        From this process when the shared store fails. `again`: the kept value was damaged.
        """
        store: Store = self._tiers.shared or self._tiers.local
        blocked = None
        if lookup.charge == "always" and lookup.client in self._blocked:
            blocked = self._blocked.still(lookup.client, self._tiers.local.clock())
        if blocked:
            reply = Reply(kind="limited", decision=blocked)
        else:
            reply, store = await self._ask(lookup, record)
            if reply.kind == "limited" and reply.decision and lookup.charge == "always":
                self._blocked.add(lookup.client, reply.decision)
        outcome = self._outcome(Grant(store=store, lookup=lookup, reply=reply), record)
        if outcome is not None:
            return outcome
        with contextlib.suppress(StoreError):
            await self.forget(lookup.key)
        lookup = lookup.again()
        return await self.look_up(replace(lookup, mode="refresh") if again else lookup, record, again=True)

    def count_later(self, outcome: str) -> None:
        """Count an outcome with the next round trip."""
        self._tiers.uncounted.update(counters_of(outcome))

    async def thread(self, thread_id: str) -> Entry[AnswerT]:
        """What stands under a permalink. Raises NotFound, and StoreError when no store can say."""
        key, value = thread_key(thread_id), None
        if len(thread_id) == THREAD_ID_LENGTH:
            value = await self._tiers.local.peek(key)
            if value is None and self._tiers.shared:
                value = await self._tiers.shared.peek(key)
                self._tiers.put_local(key, value)
        if entry := self._codec.from_value(value or ""):
            return entry
        raise NotFound("This thread does not exist, or its time is over. Make it again from its source.")

    async def forget(self, key: str) -> bool:
        """Remove an entry everywhere. The local one goes first, even when StoreError is raised."""
        found_here = await self._tiers.local.forget(key)
        return (await self._tiers.shared.forget(key) if self._tiers.shared else False) or found_here

    async def status(self, client: str) -> Decision:
        """What the client's next call would meet; nothing is counted."""
        if self._tiers.shared:
            try:
                return await self._tiers.shared.status(client)
            except StoreError as error:
                self._tiers.failed(error)
        return await self._tiers.local.status(client)

    async def _ask(self, lookup: Lookup, record: RequestRecord) -> tuple[Reply, Store]:
        """The reply, and the store that gave it."""
        tiers = self._tiers
        if tiers.shared is None:
            return await self._ask_store(tiers.local, lookup, record), tiers.local
        try:
            if tiers.local.clock() >= tiers.read_only_until:
                return await self._ask_store(tiers.shared, lookup, record), tiers.shared
        except StoreError as error:
            tiers.failed(error)
            if not isinstance(error, WriteRejected):
                return await tiers.local.look_up(lookup, seconds=record.seconds_left + 1), tiers.local
        return await self._ask_read_only(tiers.shared, lookup, record), tiers.local

    async def _ask_store(self, store: Store, lookup: Lookup, record: RequestRecord) -> Reply:
        """What the first tier has needs no look-up in the second, but the call still counts there.

        Counters that wait travel along; they wait on when they were not taken. A store with a long timeout
        may take half of the time that the request has, no more.
        """
        tiers, asked, counters, taken = self._tiers, lookup, self._tiers.uncounted, False
        value = tiers.local.fresh(lookup) if store is tiers.shared else None
        if value:
            counted = counters_of(outcome_of("hit", waited=lookup.waited), cost_micros=cost_micros_of(value))
            asked, counters = replace(lookup, mode="count_only"), counters + Counter(counted)
            if lookup.charge != "always":
                tiers.uncounted = counters
                return Reply(kind="hit", value=value)
        waiting, tiers.uncounted = tiers.uncounted, Counter()
        try:
            async with asyncio.timeout(record.seconds_left / 2):
                reply = await store.look_up(asked, counters, seconds=record.seconds_left + 1)
            taken = reply.kind != "limited" or lookup.charge == "on_generation"  # the order of look_up.lua
        except TimeoutError:
            raise StoreError(reason="no answer in half of the time left", health="timeout") from None
        finally:
            if not taken:
                tiers.uncounted.update(waiting)
        if value and reply.kind == "not_stored":
            return replace(reply, kind="hit", value=value)
        if store is tiers.shared and reply.kind == "hit" and tiers.settings.local_cache_seconds:
            tiers.put_local(lookup.key, reply.value)
        return reply

    async def _ask_read_only(self, shared: Store, lookup: Lookup, record: RequestRecord) -> Reply:
        """A store that takes no writes still gives what it has; everything else happens here."""
        try:
            value = await shared.peek(lookup.key) if lookup.mode in lookup.LOOKING_MODES else None
            self._tiers.put_local(lookup.key, value, min_seconds=1)
        except StoreError as error:
            self._tiers.failed(error)
        return await self._tiers.local.look_up(lookup, seconds=record.seconds_left + 1)

    def _outcome(self, grant: Grant, record: RequestRecord) -> Outcome[AnswerT] | None:
        """The reply as an outcome, noted in the record; None when a hit's value is damaged."""
        tiers, reply, lookup = self._tiers, grant.reply, grant.lookup
        forward = self._forward(lookup)
        entry = self._codec.from_value(reply.value or "") if reply.kind == "hit" else None
        if reply.kind == "hit" and entry is None:
            return None
        now = tiers.local.clock()
        result = LookedUp(
            kind=reply.kind,
            forward=forward,
            waited=lookup.waited,
            bypassed=grant.store is not (tiers.shared or tiers.local),
            age_seconds=max(0, int(now - entry.created_at)) if entry else None,
            ttl_seconds=int(entry.fresh_until - now) if entry else None,
        )
        record.looked_up(result, reply.decision)
        return Hit(entry) if entry else self._unanswered(grant, record)

    def _unanswered(self, grant: Grant, record: RequestRecord) -> Outcome[AnswerT]:
        value = grant.reply.value or ""
        match grant.reply.kind:
            case "limited":
                return Limited()
            case "failed":
                return Failed(failure_from_value(value))
            case "follow":
                return Follow(self._stale(value))
            case "lead":
                return Lead(Lease(self._tiers, self._codec, grant, record), self._stale(value))
            case _:
                return NotStored()

    def _stale(self, value: str) -> Entry[AnswerT] | None:
        """The old entry, if it may still be served when making a new one fails."""
        entry = self._codec.from_value(value)
        until = entry.fresh_until + self._tiers.settings.stale_if_error_seconds if entry else 0
        return entry if until > self._tiers.local.clock() else None

    def _forward(self, lookup: Lookup) -> Forward:
        """Why the request goes past the cache (RFC 9211)."""
        if lookup.key.startswith(THREAD_PREFIX):
            return "method"
        if not self._tiers.settings.cache_ttl_hours:
            return "bypass"
        return "uri-miss" if lookup.mode in lookup.LOOKING_MODES else "request"
