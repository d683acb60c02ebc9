"""The main path: identity → one store round trip → (hit | follow | lead) → answer."""

from __future__ import annotations

import asyncio
from typing import Any

from core.article.fetcher import Fetcher
from core.cache.cache_control import CacheControl
from core.cache.entry import Entry
from core.cache.single_flight import Flights
from core.cache.tiered import Cache
from core.errors import ArticleError, ContentRefused, ModelError, NotCached, RateLimited, failure_of
from core.request import RequestRecord
from core.store.protocol import Turn
from core.threads.answer import is_answer
from core.threads.job import Job, Policy
from core.threads.leader import HIT, Leader
from core.threads.schemas import GenerateRequest
from core.writing.writer import Writer

_SECONDS_TO_MAKE_DO = 3.0  # a follower that has no more left stops waiting
_FIRST_POLL_SECONDS, _LONGEST_POLL_SECONDS = 0.05, 0.5


class Generation:
    def __init__(self, *, cache: Cache, web: Fetcher, writer: Writer, policy: Policy) -> None:
        self._cache = cache
        self._writer = writer
        self._policy = policy
        self._leader = Leader(cache=cache, web=web, writer=writer)
        self._flights = Flights()

    async def answer(
        self, request: GenerateRequest, *, client: str, cache_control: CacheControl, record: RequestRecord
    ) -> dict[str, Any]:
        """The response body. Raises ThreadrError by cause; what was learned stands in `record`."""
        job = Job.of(
            request,
            client=client,
            cache_control=cache_control,
            record=record,
            policy=self._policy,
            max_cost_usd=lambda characters: self._writer.max_cost_usd(request.generator, characters),
        )
        turn = await self._enter(job)
        poll_seconds = _FIRST_POLL_SECONDS
        while True:
            if turn.kind == "hit" and turn.value:
                if entry := _sound(turn.value):
                    return self._hit(job, entry, turn)
                await self._cache.drop(job.ask.key)
                job = job.again()
            elif turn.kind == "follow" and record.seconds_left > _SECONDS_TO_MAKE_DO:
                if landed := await self._waited(job, poll_seconds):
                    return landed
                poll_seconds = min(poll_seconds * 1.5, _LONGEST_POLL_SECONDS)
                job = job.again(waited=True, oldest=0)
            else:
                return await self._without_hit(job, turn)
            turn = await self._enter(job)

    async def _enter(self, job: Job) -> Turn:
        turn = await self._cache.enter(job.ask)
        job.record.entered(job.ask, turn, bypassed=self._cache.is_bypassed(turn))
        return turn

    async def _without_hit(self, job: Job, turn: Turn) -> dict[str, Any]:
        job.record.cache_status = "detail=bypass" if self._cache.is_bypassed(turn) else job.forward
        if turn.kind == "blocked":
            raise RateLimited
        if turn.kind == "failed" and turn.value:
            raise failure_of(turn.value)
        if turn.kind == "absent":
            raise NotCached
        stale = self._still_served(turn.value)
        if turn.kind == "follow":  # nobody brought anything, and there is no time to lead
            return self._stale(job, stale) if stale else await self._leader.answer_without_model(job)
        with self._flights.leading(job.ask.key) as flight:
            try:
                answer = await self._leader.lead(job, turn, stale)
            except (ArticleError, ModelError) as error:
                if stale is None or isinstance(error, ContentRefused):
                    raise
                answer = self._stale(job, stale)
            flight.land(answer)
            return answer

    def _hit(self, job: Job, entry: Entry, turn: Turn) -> dict[str, Any]:
        now, record = self._policy.clock(), job.record
        record.age_seconds = max(0, int(now - entry.kept_at))
        record.answers(HIT, entry.answer)
        if job.ask.waited:
            record.cache_status = "fwd=uri-miss; collapsed"
            return entry.answer
        bypassed = "; detail=bypass" if self._cache.is_bypassed(turn) else ""
        record.cache_status = f"hit; ttl={int(entry.fresh_until - now)}{bypassed}"
        return entry.answer | {"cached": True}

    async def _waited(self, job: Job, poll_seconds: float) -> dict[str, Any] | None:
        """What the leader in this process brought; else None after a moment, to ask the store again."""
        flight = self._flights.under_way(job.ask.key)
        if flight is None:
            await asyncio.sleep(poll_seconds)
            return None
        answer = await flight.wait(job.record.seconds_left - _SECONDS_TO_MAKE_DO)
        if answer:
            job.record.cache_status = "fwd=uri-miss; collapsed"
            job.record.answers(HIT, answer)
            job.record.counts("collapsed")
            self._cache.count_later(collapsed=1)
        return answer

    def _still_served(self, value: str | None) -> Entry | None:
        """An old entry that may stand in when making a new one fails."""
        entry = _sound(value) if value else None
        until = entry.fresh_until + self._policy.stale_seconds if entry else 0
        return entry if until > self._policy.clock() else None

    def _stale(self, job: Job, stale: Entry) -> dict[str, Any]:
        job.record.counts("stale")
        self._cache.count_later(stale_served=1)
        now = self._policy.clock()
        job.record.cache_status = f"hit; ttl={int(stale.fresh_until - now)}; detail=stale-if-error"
        job.record.age_seconds = max(0, int(now - stale.kept_at))
        job.record.answers(HIT, stale.answer)
        return stale.answer | {"cached": True}


def _sound(value: str) -> Entry | None:
    """The entry, if what it holds is an answer as this version gives it."""
    entry = Entry.from_value(value)
    return entry if entry and is_answer(entry.answer) else None
