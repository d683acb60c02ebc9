"""The main path: identity → one store round trip → article → thread → keep → answer."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import ValidationError

from core.answer import answer_again, answer_of
from core.api import GenerateAnswer, GenerateRequest
from core.article import Article
from core.cache import Cache
from core.directives import Directives
from core.entry import Entry
from core.errors import (
    ArticleError,
    ContentRefused,
    ModelError,
    NotCached,
    RateLimited,
    ThreadrError,
    failure_of,
    remembered,
)
from core.exchange import Exchange
from core.extraction import extract_article, plain_article
from core.flights import Flights
from core.keys import CONTENT_MARK_LENGTH, content_name, digest, text_key, url_key
from core.prompt import VERSION
from core.settings import DEFAULT_MODEL
from core.store import Ask, Kept, Turn
from core.usage import Usage
from core.web import Web
from core.writer import Writer, Written

HIT = "Returning cached thread response"
MADE_BY_MODEL = "Successfully generated thread using OpenAI"
MADE_BY_US = "Successfully generated thread using the built-in composer"

_DEFAULT = {"model": DEFAULT_MODEL, "prompt": 1}  # with these the key needs no suffix
_LEASE_SECONDS = 10.0  # a leader that dies is missed for so long; one that lives renews it in time
_DEGRADED_SECONDS = 60.0  # how long a makeshift answer may be given again
_SECONDS_FOR_FALLBACK = 1.0  # kept back from the model for the built-in composer and the answer
_SECONDS_TO_MAKE_DO = 3.0  # a follower that has no more left stops waiting
_FIRST_POLL_SECONDS, _LONGEST_POLL_SECONDS = 0.05, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the settings say about answers; hours as seconds, 0 turns off."""

    ttl_seconds: float
    stale_seconds: float
    counts: Literal["coming", "leading"]
    budget_usd: float
    model: str
    most_characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One request on its way, and what the rooms need to know of it."""

    request: GenerateRequest
    directives: Directives
    exchange: Exchange
    variant: dict[str, Any]
    ask: Ask


class Generation:
    """`clock` gives epoch seconds."""

    def __init__(
        self, *, cache: Cache, web: Web, writer: Writer, policy: Policy, clock: Callable[[], float]
    ) -> None:
        self._cache = cache
        self._web = web
        self._writer = writer
        self._policy = policy
        self._clock = clock
        self._flights = Flights()

    async def answer(
        self, request: GenerateRequest, *, client: str, directives: Directives, exchange: Exchange
    ) -> dict[str, Any]:
        """The response body. Raises ThreadrError by cause; what was learned stands in `exchange`."""
        job = self._job(request, client, directives, exchange)
        turn = await self._cache.enter(job.ask)
        exchange.decision = turn.decision
        poll_seconds = _FIRST_POLL_SECONDS
        while True:
            if turn.kind == "hit" and turn.value and (entry := _sound(turn.value)):
                return self._hit(job, entry, turn)
            if turn.kind == "follow" and exchange.seconds_left > _SECONDS_TO_MAKE_DO:
                if landed := await self._waited(job, poll_seconds):
                    return landed
                poll_seconds = min(poll_seconds * 1.5, _LONGEST_POLL_SECONDS)
                job = replace(job, ask=replace(job.ask, waited=True, counts=_when_again(job.ask), oldest=0))
            elif turn.kind == "hit":  # damaged
                await self._forget(job)
                job = replace(job, ask=replace(job.ask, counts=_when_again(job.ask)))
            else:
                return await self._without_hit(job, turn)
            turn = await self._cache.enter(job.ask)
            exchange.decision = turn.decision or exchange.decision

    def _job(self, request: GenerateRequest, client: str, directives: Directives, exchange: Exchange) -> Job:
        """Raises ArticleBlocked when the URL is not one."""
        policy, variant = self._policy, request.brief.variant()
        if request.generator != "auto":
            variant["generator"] = request.generator
        made_with = {"model": policy.model, "prompt": VERSION}
        variant |= {name: value for name, value in made_with.items() if value != _DEFAULT[name]}
        text = request.text or ""
        key = url_key(request.url, variant) if request.url is not None else text_key(text, variant)
        anew = directives.no_cache or request.refresh or policy.ttl_seconds == 0
        source_characters = (
            min(len(text), policy.most_characters) if request.url is None else policy.most_characters
        )
        ask = Ask(
            key=key,
            digest=digest(f"{key}\n{text}"),
            client=client,
            token=secrets.token_hex(8),
            seconds=exchange.seconds_left + 1,
            lease_seconds=_LEASE_SECONDS,
            counts=policy.counts,
            looks=not anew,
            forces=anew,
            only_looks=directives.only_if_cached,
            tells_contents=request.url is not None and not anew,
            oldest=0 if directives.max_age_seconds is None else self._clock() - directives.max_age_seconds,
            worst_usd=self._writer.worst_usd(request.generator, source_characters),
            budget_usd=policy.budget_usd,
        )
        return Job(request=request, directives=directives, exchange=exchange, variant=variant, ask=ask)

    def _hit(self, job: Job, entry: Entry, turn: Turn) -> dict[str, Any]:
        now, exchange = self._clock(), job.exchange
        exchange.age_seconds = max(0, int(now - entry.kept_at))
        exchange.event = HIT
        if job.ask.waited:
            exchange.cache_status = "fwd=uri-miss; collapsed"
            return entry.answer
        exchange.cache_status = f"hit; ttl={int(entry.fresh_until - now)}{_bypassed(turn, self._cache)}"
        return entry.answer | {"cached": True}

    async def _waited(self, job: Job, poll_seconds: float) -> dict[str, Any] | None:
        """What the leader in this process brought; else None after a moment, to ask the store again."""
        flight = self._flights.under_way(job.ask.key)
        if flight is None:
            await asyncio.sleep(poll_seconds)
            return None
        answer = await flight.wait(job.exchange.seconds_left - _SECONDS_TO_MAKE_DO)
        if answer:
            job.exchange.cache_status = "fwd=uri-miss; collapsed"
            job.exchange.event = HIT
            self._cache.count_later(collapsed=1)
        return answer

    async def _without_hit(self, job: Job, turn: Turn) -> dict[str, Any]:
        exchange = job.exchange
        forward = "bypass" if self._policy.ttl_seconds == 0 else "request" if job.ask.forces else "uri-miss"
        exchange.cache_status = _bypassed(turn, self._cache).removeprefix("; ") or f"fwd={forward}"
        if turn.kind == "blocked":
            raise RateLimited
        if turn.kind == "failed" and turn.value:
            raise failure_of(turn.value)
        if turn.kind == "absent":
            raise NotCached
        stale = self._still_served(turn.value)
        if turn.kind == "follow":  # nobody brought anything, and there is no time to lead
            return self._stale(job, stale) if stale else await self._make_do(job)
        with self._flights.leading(job.ask.key) as flight:
            answer = await self._lead(job, turn, stale)
            flight.land(answer)
            return answer

    def _still_served(self, value: str | None) -> Entry | None:
        """An old entry that may stand in when making a new one fails."""
        entry = _sound(value) if value else None
        until = entry.fresh_until + self._policy.stale_seconds if entry else 0
        return entry if until > self._clock() else None

    async def _lead(self, job: Job, turn: Turn, stale: Entry | None) -> dict[str, Any]:
        try:
            async with self._renewed(job.ask, turn):
                article = await self._article(job.request, job.exchange)
                if known := await self._known(job, turn, article, stale):
                    return await self._keep_again(job, turn, article, known)
                written = await self._write(job, article, paid=turn.paid, stands_in=stale is None)
        except ThreadrError as error:
            usage = error.usage if isinstance(error, ModelError) else None
            await self._release(job, turn, usage or Usage(), error)
            if (
                stale
                and isinstance(error, ArticleError | ModelError)
                and not isinstance(error, ContentRefused)
            ):
                return self._stale(job, stale)
            raise
        except BaseException:
            await self._release(job, turn, Usage(), None)
            raise
        return await self._keep(job, turn, article, written)

    @contextlib.asynccontextmanager
    async def _renewed(self, ask: Ask, turn: Turn) -> AsyncIterator[None]:
        """The lease lasts as long as the block does."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(_LEASE_SECONDS / 2)
                await self._cache.renew(ask, turn)

        renewing = asyncio.create_task(renew())
        try:
            yield
        finally:
            renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await renewing

    async def _article(self, request: GenerateRequest, exchange: Exchange) -> Article:
        if request.url is None:
            return plain_article(request.text or "").cut_to(self._policy.most_characters)
        page = await self._web.fetch(request.url, seconds=exchange.seconds_left)
        # Parsing takes up to seconds for a large page; other requests go on meanwhile.
        article = await asyncio.to_thread(
            extract_article, page.body, url=page.url, content_type=page.content_type
        )
        return article.cut_to(self._policy.most_characters)

    async def _known(self, job: Job, turn: Turn, article: Article, stale: Entry | None) -> Entry | None:
        """The answer to the same text: kept here before, or filed under another address."""
        name = self._content_name(job, article)
        if job.request.url is None or not job.ask.looks:
            return None
        if stale and stale.content == name:
            return stale
        marks = turn.contents
        told = (marks[at : at + CONTENT_MARK_LENGTH] for at in range(0, len(marks), CONTENT_MARK_LENGTH))
        return await self._cache.content(name) if name[:CONTENT_MARK_LENGTH] in told else None

    def _content_name(self, job: Job, article: Article) -> str:
        return content_name(f"{article.title or ''}\n{article.text}", job.variant)

    async def _write(self, job: Job, article: Article, *, paid: bool, stands_in: bool) -> Written:
        return await self._writer.write(
            article,
            job.request.brief,
            job.request.generator,
            seconds=job.exchange.seconds_left - _SECONDS_FOR_FALLBACK,
            paid=paid,
            stands_in=stands_in,
        )

    async def _keep(self, job: Job, turn: Turn, article: Article, written: Written) -> dict[str, Any]:
        """Only what the model made is worth everybody's store; the rest is cheap to make again."""
        answer = self._told(job, article, written)
        entry = self._entry(job, article, answer, written.draft.posts)
        value = None if job.directives.no_store or self._policy.ttl_seconds == 0 else entry.to_value()
        counters = {"generated": 1, **written.usage.counters()}
        if written.draft.generator == "openai":
            kept = Kept(
                value=value, ttl_seconds=self._ttl_seconds(), content=entry.content, counters=counters
            )
            if await self._cache.keep(job.ask, turn, kept):
                job.exchange.cache_status = f"{job.exchange.cache_status}; stored"
            return answer
        await self._cache.release(job.ask, turn, counters=counters)
        if value:
            self._cache.keep_here(job.ask, value, _DEGRADED_SECONDS)
        return answer

    async def _keep_again(self, job: Job, turn: Turn, article: Article, known: Entry) -> dict[str, Any]:
        """An answer that costs nothing: the same text was written about before."""
        answer = answer_again(job.request, article, known)
        entry = self._entry(job, article, answer, known.drafts)
        job.exchange.event = HIT
        kept = Kept(value=entry.to_value(), ttl_seconds=self._ttl_seconds(), content=entry.content)
        stored = await self._cache.keep(job.ask, turn, kept)
        job.exchange.cache_status = (
            f"{job.exchange.cache_status}{'; stored' if stored else ''}; detail=same-content"
        )
        return answer | {"cached": True}

    async def _make_do(self, job: Job) -> dict[str, Any]:
        """What can be made without the model, for a follower whose time is nearly up."""
        article = await self._article(job.request, job.exchange)
        written = await self._write(job, article, paid=False, stands_in=True)
        return self._told(job, article, written)

    async def _release(self, job: Job, turn: Turn, usage: Usage, error: ThreadrError | None) -> None:
        await self._cache.release(
            job.ask,
            turn,
            refund=self._policy.counts == "leading",
            failure=remembered(error) if isinstance(error, ArticleError) and error.lasting else None,
            counters=usage.counters(),
        )

    async def _forget(self, job: Job) -> None:
        with contextlib.suppress(ThreadrError):
            await self._cache.forget(job.ask.key)

    def _stale(self, job: Job, stale: Entry) -> dict[str, Any]:
        self._cache.count_later(stale_served=1)
        ttl = int(stale.fresh_until - self._clock())
        job.exchange.cache_status = f"hit; ttl={ttl}; detail=stale-if-error"
        job.exchange.age_seconds = max(0, int(self._clock() - stale.kept_at))
        job.exchange.event = HIT
        return stale.answer | {"cached": True}

    def _told(self, job: Job, article: Article, written: Written) -> dict[str, Any]:
        job.exchange.event = MADE_BY_MODEL if written.draft.generator == "openai" else MADE_BY_US
        job.exchange.facts |= {"generator": written.draft.generator, "fallback": written.reason}
        return answer_of(job.request, article, written)

    def _entry(self, job: Job, article: Article, answer: dict[str, Any], drafts: tuple[str, ...]) -> Entry:
        now = self._clock()
        made_by_model = answer["generator"] == "openai"
        fresh_seconds = (
            self._policy.ttl_seconds if made_by_model else min(self._policy.ttl_seconds, _DEGRADED_SECONDS)
        )
        return Entry(
            digest=job.ask.digest,
            kept_at=now,
            fresh_until=now + fresh_seconds,
            answer=answer,
            drafts=drafts,
            content=self._content_name(job, article) if job.request.url is not None else "",
        )

    def _ttl_seconds(self) -> float:
        return self._policy.ttl_seconds + self._policy.stale_seconds


def _sound(value: str) -> Entry | None:
    """The entry, if what it holds is an answer as this version gives it."""
    entry = Entry.from_value(value)
    try:
        GenerateAnswer.model_validate(entry.answer if entry else None)
    except ValidationError:
        return None
    return entry


def _when_again(ask: Ask) -> Literal["leading", "not"]:
    """A call that has been counted is not counted again."""
    return "leading" if ask.counts == "leading" else "not"


def _bypassed(turn: Turn, cache: Cache) -> str:
    return "" if turn.shared or cache.is_local else "; detail=bypass"
