"""Which store answers: this process first, then the shared one; this process again when that one fails."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import replace
from typing import Generic

from core.cache.entry import AnswerT, Entry, EntryCodec, failure_from_value
from core.cache.kept import Kept
from core.cache.lease import Grant, Lease
from core.cache.outcome import Failed, Follow, Hit, Lead, Limited, LookupOutcome, NotStored, SameDraft
from core.cache.tiers import Tiers
from core.errors import StoreError, WriteRejected
from core.rate_limit import Client
from core.request import CacheRecord, Detail, Forward, LookedUp, RequestRecord
from core.store.counters import NO_COUNTERS, Counters
from core.store.keys import THREAD_PREFIX
from core.store.memory_items import counted, known
from core.store.protocol import Lookup, Reply, Store

_DETAILS: dict[str, Detail | None] = {"hit": None, "draft": "same-draft"}


class TieredCache(Generic[AnswerT]):
    """Without a shared store the local one is all there is. `codec` reads and writes what is kept."""

    def __init__(self, tiers: Tiers, codec: EntryCodec[AnswerT]) -> None:
        self._tiers = tiers
        self._codec = codec
        self.kept = Kept(tiers, codec)
        self.clock = tiers.local.clock

    async def look_up(
        self, lookup: Lookup, record: RequestRecord, *, was_damaged: bool = False
    ) -> LookupOutcome[AnswerT]:
        """Look the request up in at most one round trip; sets the record's cache status and limit.

        This process answers when the shared store fails. A damaged entry is removed and looked up again.
        """
        reply, store = await self._look_up_tiers(lookup, record)
        if outcome := self._outcome(Grant(store=store, lookup=lookup, reply=reply), record):
            return outcome
        self._tiers.uncount(lookup.client, counted(reply, lookup))
        with contextlib.suppress(StoreError):
            await self.kept.forget(lookup.key, lookup.draft)
        if not was_damaged:
            return await self.look_up(lookup.uncharged(), record, was_damaged=True)
        # It could not be removed: this process goes on without looking.
        local = self._tiers.local
        lookup = replace(lookup, mode="refresh" if lookup.mode == "normal" else "count_only")
        reply = await self._look_up_local(lookup, record)
        return self._outcome(Grant(store=local, lookup=lookup, reply=reply), record) or NotStored()

    def count_later(self, client: Client, counters: Counters) -> None:
        """Count what came of a client's call with the next round trip, if there are any."""
        self._tiers.count(client, counters)

    async def estimate(
        self, lookup: Lookup, record: RequestRecord
    ) -> tuple[LookupOutcome[AnswerT] | None, Reply]:
        """What look_up would come to (None: what was found is damaged), and the reply."""
        reply, store = await self._tiers.estimate(lookup)
        record.decision = reply.decision
        aside = replace(record, cache=CacheRecord())
        return self._outcome(Grant(store=store, lookup=lookup, reply=reply), aside), reply

    def flight(self, work: str) -> str:
        """What waiters and their leader name its generation by: after a purge it is another one."""
        return f"{work} {self._tiers.local.purged}"

    async def _look_up_tiers(self, lookup: Lookup, record: RequestRecord) -> tuple[Reply, Store]:
        """The reply, and the store that gave it."""
        tiers, shared = self._tiers, self._tiers.shared
        if shared is None:
            return await self._look_up_local(lookup, record), tiers.local
        is_read_only = tiers.read_only_until and tiers.local.clock() < tiers.read_only_until
        if is_read_only and (lookup.charge == "always" or not known(tiers.local.items, lookup)):
            return await self._look_up_read_only(shared, lookup, record), tiers.local
        if tiers.unsent:
            self._sending = asyncio.create_task(tiers.send_unsent(shared))  # in the same round trip
        try:
            return await self._look_up_shared(shared, lookup, record), shared
        except StoreError as error:
            tiers.record_failure(error)
            if isinstance(error, WriteRejected):
                return await self._look_up_read_only(shared, lookup, record), tiers.local
        return await self._look_up_local(lookup, record), tiers.local

    async def _look_up_local(self, lookup: Lookup, record: RequestRecord) -> Reply:
        """This process's reply; what it counts waits for the shared store, if there is one."""
        tiers, own = self._tiers, _own(lookup, record)
        reply = await tiers.local.look_up(lookup, own, record.seconds_left + 1)
        if tiers.shared and reply.kind != "limited":
            tiers.count(lookup.client, {**counted(reply, lookup), **own})
        return reply

    async def _look_up_shared(self, shared: Store, lookup: Lookup, record: RequestRecord) -> Reply:
        """What is known here is served; the shared store is then called only to charge the client, or to hear
        of purges.

        What waits to be counted is sent along, in at most half of the time left, and kept if it is not taken.
        """
        tiers, sent, counters, taken = self._tiers, lookup, _own(lookup, record), False
        if found := known(tiers.local.items, lookup, purged=tiers.local.purged):
            counters = {**counters, **counted(found, lookup, as_hit="first_tier")}
            if lookup.charge != "always" and tiers.local.clock() < tiers.current_until:
                tiers.count(lookup.client, counters)
                return found
            sent = replace(lookup, mode="count_only")
        pending: Counter[str] | None = None
        if tiers.uncounted or tiers.own_uncounted:
            pending, tiers.uncounted, counters = tiers.uncounted, Counter(), Counter(counters)
            pending.update(tiers.own_uncounted.pop(lookup.client.name, {}))
            counters.update(pending)  # not by +, which drops what is taken back
        try:
            async with asyncio.timeout(record.seconds_left / 2 + 0.5):
                reply = await shared.look_up(sent, counters, record.seconds_left + 1)
            taken = reply.kind != "limited"
        except TimeoutError:
            raise StoreError(reason="no answer in half of the time left", health="timeout") from None
        finally:
            if pending and not taken:
                tiers.count(lookup.client, pending)
        return await self._checked(reply, shared, lookup, record, found)

    async def _checked(
        self, reply: Reply, shared: Store, lookup: Lookup, record: RequestRecord, found: Reply | None
    ) -> Reply:
        """The reply, or what was found here where the reply is only about the limit. After a purge what is
        here is dropped, and what was found, which is counted as a hit by now, was none.
        """
        tiers = self._tiers
        tiers.current_until = reply.now + tiers.settings.local_cache_seconds
        if is_purged := reply.purged != tiers.local.purged:
            tiers.note_purge(reply.purged)
        if found and reply.kind == "not_stored":
            if not is_purged:
                return replace(reply, kind=found.kind, value=found.value)
            # It is counted once more.
            tiers.uncount(lookup.client, counted(found, lookup, as_hit="first_tier"))
            again = await self._look_up_shared(shared, lookup.uncharged(), record)
            return replace(again, decision=again.decision or reply.decision)
        if reply.kind == "hit" and tiers.settings.local_cache_seconds:
            tiers.put_local(lookup.key, reply.value)
        return reply

    async def _look_up_read_only(self, shared: Store, lookup: Lookup, record: RequestRecord) -> Reply:
        """A read-only store still serves hits; everything else is done in this process."""
        try:
            value = await shared.peek(lookup.key) if lookup.mode in lookup.LOOKING_MODES else None
            self._tiers.put_local(lookup.key, value, min_seconds=1)
        except StoreError as error:
            self._tiers.record_failure(error)
        return await self._look_up_local(lookup, record)

    def _outcome(self, grant: Grant, record: RequestRecord) -> LookupOutcome[AnswerT] | None:
        """The reply as an outcome, noted in the record; None when what was found is damaged or another's."""
        tiers, reply, lookup, forward = self._tiers, grant.reply, grant.lookup, self._forward(grant.lookup)
        entry = self._found(reply, lookup)
        if reply.kind in ("hit", "draft") and entry is None:
            record.decision, record.cache.result = reply.decision or record.decision, "hit"
            return None
        looked_up = LookedUp(
            kind=reply.kind,
            forward=forward,
            refresh=lookup.mode == "refresh",
            waited=lookup.waited,
            detail=_DETAILS.get(reply.kind, "unfit-draft" if lookup.unfit_ms else None),
            bypassed=grant.store is not (tiers.shared or tiers.local),
            age_seconds=max(0, int(reply.now - entry.created_at)) if entry else None,
            ttl_seconds=int(entry.fresh_until - reply.now) if entry else None,
        )
        record.record_outcome(looked_up, reply.decision)
        if entry is None:
            return self._outcome_without_hit(grant, record)
        if reply.kind == "hit":
            return Hit(entry)
        return SameDraft(entry, Lease(tiers, self._codec, grant, record))

    def _found(self, reply: Reply, lookup: Lookup) -> Entry[AnswerT] | None:
        """The entry of a hit, or the one that holds the look-up's draft; None when it is damaged."""
        if reply.kind == "hit":
            return self._codec.hit_from_value(reply.value or "")
        entry = self._codec.from_value(reply.value or "") if reply.kind == "draft" else None
        return entry if entry and entry.draft.name == lookup.draft else None

    def _outcome_without_hit(self, grant: Grant, record: RequestRecord) -> LookupOutcome[AnswerT]:
        value = grant.reply.value or ""
        match grant.reply.kind:
            case "limited":
                return Limited()
            case "failed":
                return Failed(failure_from_value(grant.reply.failure), self._stale(value))
            case "follow":
                return Follow(self._stale(value))
            case "lead":
                return Lead(Lease(self._tiers, self._codec, grant, record), self._stale(value))
            case _:
                return NotStored()

    def _stale(self, value: str) -> Entry[AnswerT] | None:
        """The old entry, if it may still be served when making a new one fails."""
        entry = self._codec.from_value(value)
        seconds = self._tiers.settings.stale_if_error_hours * 3600
        return entry if entry and entry.fresh_until + seconds > self._tiers.local.clock() else None

    def _forward(self, lookup: Lookup) -> Forward:
        """Why the request goes past the cache (RFC 9211)."""
        if lookup.key.startswith(THREAD_PREFIX):
            return "method"
        if not self._tiers.settings.cache_ttl_hours:
            return "bypass"
        return "uri-miss" if lookup.mode in lookup.LOOKING_MODES else "request"


def _own(lookup: Lookup, record: RequestRecord) -> Counters:
    """What the first look-up of a request counts for a client with a key."""
    is_first = record.cache.result is None and lookup.charge != "never"
    return {"@requests": 1} if lookup.client.has_key and is_first else NO_COUNTERS
