"""The right to make one answer for everybody: renewed while it is made, and always given back."""

import asyncio
from dataclasses import replace
from typing import Generic, Literal, Self

from core.cache.counted import Made, avoided, made
from core.cache.entry import AnswerT, Entry, EntryCodec, failure_to_value
from core.cache.tiers import Tiers
from core.errors import ModelError, StoreError, ThreadrError
from core.request import RequestRecord
from core.store.counters import Counters
from core.store.keys import CONTENT_MARK_LENGTH, source_of, thread_key
from core.store.memory_items import put_entry
from core.store.protocol import LEASE_SECONDS, Lookup, Reply, Store, StoredEntry
from core.values import value_class

_OWN = "own_"
_DEGRADED_SECONDS = 60.0  # how long an answer that no model made may be given again
_THREAD_SECONDS = 30 * 86_400.0  # how long a permalink is kept, at least

# For whom an entry is kept: as the answer to the same request; in this process, for a short time, with its
# permalink in the shared store; under its permalink only; or for nobody.
Audience = Literal["everyone", "process+permalink", "permalink", "nobody"]


@value_class(frozen=True, slots=True, kw_only=True)
class Grant:
    """A store's reply to a look-up, and which store gave it."""

    store: Store
    lookup: Lookup
    reply: Reply


class Lease(Generic[AnswerT]):
    """An async context manager. It knows the store that gave it; left without `keep`, it is released: what
    was spent is counted, a failure that others share is remembered, and a failed generation that spent
    nothing is given back to the client's limit where only generations are charged. Without entering it,
    `keep_view` keeps what needs no lease.
    """

    def __init__(self, tiers: Tiers, codec: EntryCodec[AnswerT], grant: Grant, record: RequestRecord) -> None:
        self.lookup = grant.lookup
        self.is_private = False  # nothing of it may be kept, not even that it failed
        self._store = grant.store
        self._tiers = tiers
        self._codec = codec
        self._record = record
        self._budget = grant.reply.budget
        self._known_contents = grant.reply.known_contents
        self._purged = grant.reply.purged
        self._kept = False

    async def __aenter__(self) -> Self:
        self._renewing = asyncio.create_task(self._renew())
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._kept:
            return
        try:
            await self._stop_renewing()
        finally:
            failure = ""
            if isinstance(error, ThreadrError) and error.shared and not self.is_private:
                failure = failure_to_value(error)
            usage = self._record.usage
            refund = self.lookup.charge == "on_generation" and not any(usage.total.counters().values())
            await self._release(usage.counters(), refund=refund, failure=failure)

    async def reserve(self, max_cost_usd: float) -> ModelError | None:
        """Reserve what the model may cost, unless the look-up did; why it may not be asked, if it may not."""
        tiers, record = self._tiers, self._record
        if max_cost_usd and (tiers.settings.daily_budget_usd or self.lookup.client.budget_micros):
            if self.lookup.max_cost_usd:
                tiers.learn(self._store, self._budget, self.lookup.client)
            else:
                self.lookup = replace(self.lookup, max_cost_usd=max_cost_usd)
                self._budget = await tiers.reserve(self._store, self.lookup, record.seconds_left + 1)
            record.usage.allowance_usd = self.lookup.max_cost_usd
        return self._budget.shortage(tiers.local.clock())

    @property
    def own_budget_is_short(self) -> bool:
        """Whether it is the client's own budget that does not cover the model."""
        return self._budget.state.startswith(_OWN)

    async def same_text(self, content: str) -> Entry[AnswerT] | None:
        """A fresh entry whose source text has the digest `content`, if the lease's store has one."""
        starts = range(0, len(self._known_contents), CONTENT_MARK_LENGTH)
        marks = {self._known_contents[at : at + CONTENT_MARK_LENGTH] for at in starts}
        if self._store is self._tiers.shared and content[:CONTENT_MARK_LENGTH] not in marks:
            return None  # the shared store is read only for digests that the look-up listed
        try:
            value = await self._store.content(content)
        except StoreError as error:
            self._tiers.record_failure(error)
            return None
        entry = self._codec.from_value(value) if value else None
        is_same = entry and entry.content == content and entry.fresh_until > self._tiers.local.clock()
        return entry if is_same else None

    async def keep(
        self, entry: Entry[AnswerT], audience: Audience, how: Made = "generated"
    ) -> Entry[AnswerT]:
        """Keep the entry and give the lease back; the entry as it is kept. `how` it came to be."""
        await self._stop_renewing()  # first: nothing may be awaited between giving back and handing on
        counters = made(entry, self._record, how)
        entry = self._dated(entry)
        stored = self._stored(entry, for_nobody=audience == "nobody")
        self._kept, is_stored = True, False
        self._tiers.local.items.drop(thread_key(stored.thread_id))  # that there is none
        if audience == "nobody":
            await self._release(counters)
        elif audience == "everyone":
            is_stored = await self._keep_shared(stored, counters)
        else:
            await self._keep_shared(replace(stored, ttl_seconds=0), counters)
        if audience == "process+permalink":
            self._keep_local(replace(stored, ttl_seconds=min(stored.ttl_seconds, _DEGRADED_SECONDS)))
        self._record.record_stored(is_stored, reused=how == "same_content")
        return entry

    async def keep_view(self, view: Entry[AnswerT], audience: Audience) -> Entry[AnswerT]:
        """Keep what was rendered of a draft for as long as the draft, and count what that saved."""
        view = self._asked(view)
        counters = avoided("same_draft", view)
        if audience == "nobody":
            await self._release(counters)
        else:
            await self._keep_shared(replace(self._stored(view), content="", is_view=True), counters)
        return view

    def _dated(self, entry: Entry[AnswerT]) -> Entry[AnswerT]:
        """The entry with what it answers, from now on."""
        now, seconds = self._tiers.local.clock(), self._tiers.settings.cache_ttl_seconds
        if entry.answer.generator != "openai":
            seconds = min(seconds, _DEGRADED_SECONDS)
        draft = replace(entry.draft, name=self.lookup.draft)
        return self._asked(replace(entry, draft=draft, created_at=now, fresh_until=now + seconds))

    def _asked(self, entry: Entry[AnswerT]) -> Entry[AnswerT]:
        """The entry with what it answers; a rewrite has no source of its own."""
        key = self.lookup.key if source_of(self.lookup.key) else entry.key
        return replace(entry, digest=self.lookup.digest, key=key)

    async def _stop_renewing(self) -> None:
        self._renewing.cancel()
        await asyncio.wait([self._renewing])  # awaiting it would hide that the request itself is cancelled

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(LEASE_SECONDS / 2)
            try:
                await self._store.renew(self.lookup)
            except StoreError as error:  # another request may take over, which is all that can happen
                self._tiers.record_failure(error)

    def _stored(self, entry: Entry[AnswerT], *, for_nobody: bool = False) -> StoredEntry:
        """The entry with its times; past its freshness it is kept as long as it may be served stale."""
        settings, ttl_seconds = self._tiers.settings, 0.0
        if settings.cache_ttl_seconds:
            left = entry.fresh_until - self._tiers.local.clock()
            ttl_seconds = max(0.0, left) + settings.stale_if_error_hours * 3600
        return StoredEntry(
            value=None if for_nobody else self._codec.to_value(entry),
            ttl_seconds=ttl_seconds,
            thread_id=entry.answer.id,
            thread_seconds=max(ttl_seconds, _THREAD_SECONDS),
            content=entry.content,
            sources=entry.sources,
            prompt=entry.answer.made_by,
            purged=self._purged,
        )

    async def _keep_shared(self, stored: StoredEntry, counters: Counters) -> bool:
        """Whether it is now the answer for everybody; this process keeps it when the shared store fails."""
        tiers, keeping = self._tiers, self._store.keep(self.lookup, stored, counters)
        try:
            is_stored = await tiers.settle(self._store, keeping, self.lookup, counters)
        except StoreError as error:
            tiers.record_failure(error)
            self._keep_local(stored)
            return False
        if self._store is not tiers.shared:
            return is_stored and tiers.shared is None
        seconds = min(stored.ttl_seconds, tiers.settings.local_cache_seconds)
        if is_stored and stored.value and seconds:
            put_entry(tiers.local.items, self.lookup, stored, seconds)
            tiers.put_local(thread_key(stored.thread_id), stored.value)
        return is_stored

    def _keep_local(self, stored: StoredEntry) -> None:
        items = self._tiers.local.items
        if stored.value and stored.purged == self._tiers.local.purged:
            if stored.ttl_seconds:
                put_entry(items, self.lookup, stored, stored.ttl_seconds)
            items.put(thread_key(stored.thread_id), stored.value, stored.thread_seconds, stored.origin)

    async def _release(self, counters: Counters, *, refund: bool = False, failure: str = "") -> None:
        releasing = self._store.release(self.lookup, counters, refund=refund, failure=failure)
        try:
            await self._tiers.settle(self._store, releasing, self.lookup, counters)
        except StoreError as error:
            self._tiers.record_failure(error)
            await self._tiers.local.release(self.lookup, refund=refund, failure=failure)
