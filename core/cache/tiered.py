"""Which store answers: this process first, then the shared one; this process again when that one fails."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, OrderedDict
from dataclasses import replace
from typing import Generic

from core.cache.entry import AnswerT, Entry, EntryCodec, failure_from_value
from core.cache.lease import Grant, Lease
from core.cache.outcome import Failed, Follow, Hit, Lead, Limited, NotStored, Outcome
from core.cache.tiers import Tiers
from core.errors import StoreError, WriteRejected
from core.rate_limit import Decision
from core.request import CacheStatus, Forward, RequestRecord, counters_of, outcome_of
from core.store.counters import NO_COUNTERS, Counters
from core.store.keys import THREAD_ID_LENGTH, THREAD_PREFIX, thread_key
from core.store.memory import cost_micros_of
from core.store.protocol import LOOKING_MODES, Lookup, LookupReply, Store

_MAX_BLOCKED = 10_000


class TieredCache(Generic[AnswerT]):
    """Without a shared store the local one is all there is. `codec` reads and writes what is kept."""

    def __init__(self, tiers: Tiers, codec: EntryCodec[AnswerT]) -> None:
        self._tiers = tiers
        self._codec = codec
        self._blocked: OrderedDict[str, Decision] = OrderedDict()

    async def look_up(
        self, lookup: Lookup, record: RequestRecord, *, again: bool = False
    ) -> Outcome[AnswerT]:
        """What comes of the request, in at most one round trip; noted in the record, with its limit.

        From this process when the shared store fails. `again`: the kept value was damaged.
        """
        reply = self._blocked_reply(lookup) if lookup.client in self._blocked else None
        store: Store = self._tiers.shared or self._tiers.local
        if reply is None:
            reply, store = await self._ask(lookup, record)
            self._remember_blocked(lookup, reply)
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

    async def thread(self, thread_id: str) -> Entry[AnswerT] | None:
        """What stands under a permalink. Raises StoreError when no store can say."""
        if len(thread_id) != THREAD_ID_LENGTH:
            return None
        key, shared = thread_key(thread_id), self._tiers.shared
        value = await self._tiers.local.peek(key)
        if value is None and shared:
            value = await shared.peek(key)
            self._tiers.put_local(key, value)
        return self._codec.from_value(value) if value else None

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

    async def _ask(self, lookup: Lookup, record: RequestRecord) -> tuple[LookupReply, Store]:
        """The reply, and the store that gave it."""
        tiers = self._tiers
        if tiers.shared is None:
            return await self._ask_counting(tiers.local, lookup, NO_COUNTERS, record), tiers.local
        try:
            if tiers.clock() >= tiers.read_only_until:
                return await self._ask_shared(tiers.shared, lookup, record), tiers.shared
        except StoreError as error:
            tiers.failed(error)
            if not isinstance(error, WriteRejected):
                return await tiers.local.look_up(lookup, seconds=record.seconds_left + 1), tiers.local
        return await self._ask_read_only(tiers.shared, lookup, record), tiers.local

    async def _ask_shared(self, shared: Store, lookup: Lookup, record: RequestRecord) -> LookupReply:
        """What the first tier has needs no look-up, but the call still counts."""
        value = self._tiers.local.fresh(lookup)
        if value is None:
            reply = await self._ask_counting(shared, lookup, NO_COUNTERS, record)
        else:
            hit = outcome_of("hit", waited=lookup.waited)
            counters = counters_of(hit, cost_micros=cost_micros_of(value))
            if lookup.charge != "always":
                self._tiers.uncounted.update(counters)
                return LookupReply(kind="hit", value=value)
            reply = await self._ask_counting(shared, replace(lookup, mode="count_only"), counters, record)
            return replace(reply, kind="hit", value=value) if reply.kind == "not_stored" else reply
        if reply.kind == "hit" and self._tiers.settings.local_cache_seconds:
            self._tiers.put_local(lookup.key, reply.value)
        return reply

    async def _ask_counting(
        self, store: Store, lookup: Lookup, counters: Counters, record: RequestRecord
    ) -> LookupReply:
        """The counters that wait travel along; they wait on when they were not taken.

        A store with a long timeout may take half of the time that the request has, no more.
        """
        waiting, self._tiers.uncounted = self._tiers.uncounted, Counter()
        seconds, taken = record.seconds_left, False
        try:
            async with asyncio.timeout(seconds / 2):
                reply = await store.look_up(lookup, waiting + Counter(counters), seconds=seconds + 1)
            taken = reply.kind != "limited" or lookup.charge == "on_generation"  # the order of look_up.lua
            return reply
        except TimeoutError:
            raise StoreError(reason="no answer in half of the time left", health="timeout") from None
        finally:
            if not taken:
                self._tiers.uncounted.update(waiting)

    async def _ask_read_only(self, shared: Store, lookup: Lookup, record: RequestRecord) -> LookupReply:
        """A store that takes no writes still gives what it has; everything else happens here."""
        try:
            value = await shared.peek(lookup.key) if lookup.mode in LOOKING_MODES else None
            self._tiers.put_local(lookup.key, value, min_seconds=1)
        except StoreError as error:
            self._tiers.failed(error)
        return await self._tiers.local.look_up(lookup, seconds=record.seconds_left + 1)

    def _outcome(self, grant: Grant, record: RequestRecord) -> Outcome[AnswerT] | None:
        """The reply as an outcome, noted in the record; None when a hit's value is damaged."""
        reply = grant.reply
        entry = self._codec.from_value(reply.value) if reply.value and reply.kind != "failed" else None
        if reply.kind == "hit" and entry is None:
            return None
        self._note(grant, entry, record)
        usable = entry.fresh_until + self._tiers.settings.stale_if_error_seconds if entry else 0
        stale = entry if usable > self._tiers.clock() else None
        match reply.kind:
            case "hit" if entry:
                return Hit(entry)
            case "limited":
                return Limited()
            case "failed":
                return Failed(failure_from_value(reply.value or ""))
            case "follow":
                return Follow(stale)
            case "lead":
                return Lead(Lease(self._tiers, self._codec, grant, record), stale)
            case _:
                return NotStored()

    def _note(self, grant: Grant, entry: Entry[AnswerT] | None, record: RequestRecord) -> None:
        """What the cache did, in the words of the log and of RFC 9211."""
        reply, lookup, age = grant.reply, grant.lookup, None
        bypassed = grant.store is not (self._tiers.shared or self._tiers.local)
        record.decision = reply.decision or record.decision
        outcome = outcome_of(reply.kind, waited=lookup.waited, refresh=lookup.mode == "refresh")
        if bypassed and reply.kind != "limited":
            outcome = "bypass"
        status = CacheStatus(forward=self._forward(lookup))
        if reply.kind == "hit" and entry:
            now = self._tiers.clock()
            age = max(0, int(now - entry.created_at))
            status = CacheStatus(forward="uri-miss", collapsed=True)
            if not lookup.waited:
                ttl_seconds = int(entry.fresh_until - now)
                status = CacheStatus(ttl_seconds=ttl_seconds, detail="bypass" if bypassed else None)
        elif bypassed and status.forward != "method":
            status = CacheStatus(detail="bypass")
        record.record_cache(outcome, status, age_seconds=age)

    def _forward(self, lookup: Lookup) -> Forward:
        """Why the request goes past the cache (RFC 9211)."""
        if lookup.key.startswith(THREAD_PREFIX):
            return "method"
        if not self._tiers.settings.cache_ttl_hours:
            return "bypass"
        return "uri-miss" if lookup.mode in LOOKING_MODES else "request"

    def _remember_blocked(self, lookup: Lookup, reply: LookupReply) -> None:
        if reply.kind == "limited" and reply.decision and lookup.charge == "always":
            self._blocked[lookup.client] = reply.decision
            if len(self._blocked) > _MAX_BLOCKED:
                self._blocked.popitem(last=False)

    def _blocked_reply(self, lookup: Lookup) -> LookupReply | None:
        """The decision that blocks the client for some time yet: it costs no command until it may pass."""
        if lookup.charge != "always":
            return None
        decision, now = self._blocked[lookup.client], self._tiers.clock()
        passed = now - decision.now
        if passed >= decision.retry_after_seconds:
            del self._blocked[lookup.client]
            return None
        still = replace(
            decision,
            now=now,
            retry_after_seconds=decision.retry_after_seconds - passed,
            reset_seconds=decision.reset_seconds - passed,
        )
        return LookupReply(kind="limited", decision=still)
