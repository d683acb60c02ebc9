"""Which store does what: this process first, then the shared one; this process again when that one fails."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from core import log
from core.cache.entry import Entry
from core.errors import ArticleError, CommandFailed, StoreError, WriteRejected, remembered
from core.rate_limit import Decision
from core.store.counters import NO_COUNTERS, Counters
from core.store.keys import THREAD_ID_LENGTH, thread_key
from core.store.memory import MemoryStore, cost_micros_of
from core.store.protocol import Ask, Kept, Store, Turn
from core.store_usage import add_error
from core.usage import Usage

_Done = TypeVar("_Done")
_READ_ONLY_SECONDS = 60.0
_MAX_BLOCKED = 10_000
_NOTE_SECONDS = 30 * 86_400.0  # a deployment that nobody uses is not ill


class Cache:
    """Without a shared store the local one is all there is. `clock` gives epoch seconds.

    What `news` gives, by key, travels to the shared store with whatever a leader brings.
    """

    def __init__(
        self,
        *,
        local: MemoryStore,
        shared: Store | None,
        local_seconds: float,
        clock: Callable[[], float],
        news: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._local = local
        self._shared = shared
        self._local_seconds = local_seconds
        self._clock = clock
        self._news = news
        self._blocked: OrderedDict[str, Decision] = OrderedDict()
        self._uncounted: Counter[str] = Counter()  # waits for the next round trip
        self._read_only_until = 0.0

    def is_bypassed(self, turn: Turn) -> bool:
        """Whether the shared store should have given this turn, and did not."""
        return self._shared is not None and not turn.shared

    def count_later(self, **counters: int) -> None:
        """Add to the day's counters with the next round trip."""
        self._uncounted.update(counters)

    async def enter(self, ask: Ask) -> Turn:
        """The request's turn, in at most one round trip; from this process when the shared store fails."""
        if ask.counts == "coming" and (decision := self._still_blocked(ask.client)):
            return Turn(kind="blocked", decision=decision)
        turn = await self._enter(ask)
        if turn.kind == "blocked" and turn.decision and ask.counts == "coming":
            self._blocked[ask.client] = turn.decision
            if len(self._blocked) > _MAX_BLOCKED:
                self._blocked.popitem(last=False)
        return turn

    async def keep(self, ask: Ask, turn: Turn, kept: Kept) -> bool:
        """Bring the leader's answer to where its turn came from; here alone, as long, when that fails."""
        if self._shared and turn.shared:
            try:
                done = await self._with_news(self._shared, self._shared.keep(ask, kept))
            except StoreError as error:
                self._note(error)
                self.keep_here(ask, kept)
                self._local.count(kept.counters)
                return False
            self._note_spent(kept.counters)
            if kept.ttl_seconds:
                self._put_near(ask.key, kept.value)
            self._put_near(thread_key(kept.thread_id), kept.value)
            return done
        return await self._local.keep(ask, kept) and self._shared is None

    def keep_here(self, ask: Ask, kept: Kept) -> None:
        """Keep an answer for this process alone."""
        if kept.value:
            self._local.put(ask.key, kept.value, kept.ttl_seconds)
            self._local.put(thread_key(kept.thread_id), kept.value, kept.thread_seconds)

    async def release(
        self, ask: Ask, turn: Turn, *, refund: bool = False, failure: str | None = None, counters: Counters
    ) -> None:
        """Give the lease back without an answer for everybody."""
        if self._shared and turn.shared:
            try:
                release = self._shared.release(ask, refund=refund, failure=failure, counters=counters)
                await self._with_news(self._shared, release)
            except StoreError as error:
                self._note(error)
            else:
                self._note_spent(counters)
                return
        await self._local.release(ask, refund=refund, failure=failure, counters=counters)

    async def give_up(
        self, ask: Ask, turn: Turn, error: BaseException, *, refund: bool, usage: Usage
    ) -> None:
        """Give the lease back for `error`: what it cost is counted, a lasting failure remembered."""
        permanent = isinstance(error, ArticleError) and error.permanent
        await self.release(
            ask,
            turn,
            refund=refund,
            failure=remembered(error) if isinstance(error, ArticleError) and permanent else None,
            counters=usage.counters(),
        )

    async def _with_news(self, shared: Store, bringing: Coroutine[Any, Any, _Done]) -> _Done:
        """Both in one round trip; news that are not taken are no failure."""
        notes = (shared.remember(key, note, ttl_seconds=_NOTE_SECONDS) for key, note in self._news().items())
        told = asyncio.gather(*notes, return_exceptions=True)
        try:
            return await bringing
        finally:
            await told

    async def renew(self, ask: Ask, turn: Turn) -> None:
        """Make the lease last; when that fails another may take over, which is all that can happen."""
        try:
            await (self._shared if self._shared and turn.shared else self._local).renew(ask)
        except StoreError as error:
            self._note(error)

    async def content(self, name: str, turn: Turn) -> Entry | None:
        """The entry whose source text has that name, if it is known where the turn came from, and fresh."""
        try:
            value = await (self._shared if self._shared and turn.shared else self._local).content(name)
        except StoreError as error:
            self._note(error)
            return None
        entry = Entry.from_value(value) if value else None
        return entry if entry and entry.content == name and entry.fresh_until > self._clock() else None

    async def thread(self, thread_id: str) -> Entry | None:
        """What stands under a permalink. Raises StoreError when nobody can tell."""
        if len(thread_id) != THREAD_ID_LENGTH:
            return None
        key = thread_key(thread_id)
        value = await self._local.peek(key)
        if value is None and self._shared:
            value = await self._shared.peek(key)
            self._put_near(key, value)
        return Entry.from_value(value) if value else None

    async def drop(self, key: str) -> None:
        """Remove an entry that is damaged, as far as possible."""
        with contextlib.suppress(StoreError):
            await self.forget(key)

    async def forget(self, key: str) -> bool:
        """Remove an entry everywhere. The local one goes first, even when StoreError is raised."""
        found_near = await self._local.forget(key)
        return (await self._shared.forget(key) if self._shared else False) or found_near

    async def status(self, client: str) -> Decision:
        """What the client's next call would meet; nothing is counted."""
        if self._shared:
            try:
                return await self._shared.status(client)
            except StoreError as error:
                self._note(error)
        return await self._local.status(client)

    async def _enter(self, ask: Ask) -> Turn:
        if self._shared is None:
            return await self._enter_counting(self._local, ask, NO_COUNTERS)
        near = self._local.fresh(ask)
        hit = NO_COUNTERS
        if near:  # as ENTER counts it
            hit = {"collapsed": 1} if ask.waited else {"hits": 1, "saved_micros": cost_micros_of(near)}
        if near and ask.counts != "coming":
            self.count_later(**hit)
            return Turn(kind="hit", value=near)
        try:
            if self._clock() < self._read_only_until:
                return await self._enter_reading(ask, self._shared)
            # What is near needs no look-up, but the call still counts.
            asked = replace(ask, looks=False, only_looks=True) if near else ask
            async with _within(ask.seconds / 2):
                turn = await self._enter_counting(self._shared, asked, hit)
        except WriteRejected as error:
            self._note(error)
            return await self._enter_reading(ask, self._shared)
        except StoreError as error:
            self._note(error)
            return self._local.enter_now(ask)
        if near and turn.kind == "absent":
            return replace(turn, kind="hit", value=near)
        if turn.kind == "hit":
            self._put_near(ask.key, turn.value)
        return turn

    async def _enter_counting(self, store: Store, ask: Ask, hit: Counters) -> Turn:
        """The counters that wait travel along; they wait on when they were not taken."""
        waiting, self._uncounted = self._uncounted, Counter()
        taken = False
        try:
            turn = await store.enter(ask, waiting + Counter(hit))
            taken = turn.kind != "blocked" or ask.counts == "leading"  # the order of ENTER
        finally:
            if not taken:
                self._uncounted.update(waiting)
        return turn

    async def _enter_reading(self, ask: Ask, shared: Store) -> Turn:
        """A store that takes no writes still gives what it has; everything else happens here."""
        try:
            self._put_near(ask.key, await shared.peek(ask.key) if ask.looks else None, min_seconds=1)
        except StoreError as error:
            self._note(error)
        return self._local.enter_now(ask)

    def _put_near(self, key: str, value: str | None, min_seconds: float = 0) -> None:
        seconds = max(self._local_seconds, min_seconds)
        if value and seconds:
            self._local.put(key, value, seconds)

    def _still_blocked(self, client: str) -> Decision | None:
        """The decision that blocks the client for some time yet: it costs no command until it may pass."""
        decision = self._blocked.get(client)
        if decision is None:
            return None
        passed = self._clock() - decision.now
        if passed >= decision.retry_after_seconds:
            del self._blocked[client]
            return None
        return replace(
            decision,
            now=self._clock(),
            retry_after_seconds=decision.retry_after_seconds - passed,
            reset_seconds=decision.reset_seconds - passed,
        )

    def _note_spent(self, counters: Counters) -> None:
        """What was spent by way of the shared store, so that the budget holds on here when that one fails."""
        self._local.count({"cost_micros": counters.get("cost_micros", 0)})

    def _note(self, error: StoreError) -> None:
        add_error()
        if isinstance(error, WriteRejected):
            self._read_only_until = self._clock() + _READ_ONLY_SECONDS
        level = log.logger.info if isinstance(error, CommandFailed) else log.logger.warning
        level("Store failed", extra={"facts": {"health": error.health, "reason": error.reason}})


@contextlib.asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[None]:
    """A store with a long timeout may take half of the time that a request has, no more."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise StoreError(reason="no answer in half of the time left", health="timeout") from None
