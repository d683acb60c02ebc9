"""Whoever leads: article → thread → keep. The lease is renewed meanwhile, and always given back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

from core.article.article import Article
from core.article.extraction import extract_article, plain_article
from core.article.fetcher import Fetcher, Validators
from core.cache.entry import Entry
from core.cache.tiered import Cache
from core.errors import BudgetSpent, ModelError
from core.store.keys import CONTENT_MARK_LENGTH
from core.store.protocol import Ask, Kept, Turn
from core.threads.answer import answer_again, answer_of, is_answer
from core.threads.job import DEGRADED_SECONDS, Job
from core.writing.draft import WritingContext
from core.writing.writer import Writer, Written

HIT = "Returning cached thread response"
MADE_BY_MODEL = "Successfully generated thread using OpenAI"
MADE_BY_US = "Successfully generated thread using the built-in composer"

_SECONDS_FOR_FALLBACK = 1.0  # kept back from the model for the built-in composer and the answer


@dataclass(frozen=True, slots=True)
class _Source:
    """`unchanged` is the entry that still holds, when the page said so instead of coming."""

    article: Article
    validators: Validators = field(default_factory=Validators)
    unchanged: Entry | None = None


class Leader:
    def __init__(self, *, cache: Cache, web: Fetcher, writer: Writer) -> None:
        self._cache = cache
        self._web = web
        self._writer = writer

    async def lead(self, job: Job, turn: Turn, stale: Entry | None) -> dict[str, Any]:
        """The answer, kept where its turn came from. With `stale` at hand nothing makeshift is made.

        Raises ArticleError and ModelError by cause; the lease is given back then, too.
        """
        try:
            async with self._renewed(job.ask, turn):
                source = await self._source(job, stale)
                if source.unchanged:
                    return await self._keep_unchanged(job, turn, source.unchanged)
                if known := await self._known(job, turn, source.article, stale):
                    return await self._keep_again(job, turn, source, known)
                without = None if turn.paid else BudgetSpent(reason="budget spent")
                written = await self._write(
                    job, source.article, without=without, allow_fallback=stale is None
                )
        except BaseException as error:  # a cancelled leader must give the lease back, too
            await self._cache.give_up(
                job.ask, turn, error, refund=job.policy.counts == "leading", usage=job.record.usage
            )
            raise
        return await self._keep(job, turn, source, written)

    async def answer_without_model(self, job: Job) -> dict[str, Any]:
        """What can be made without the model, for a follower whose time is nearly up."""
        article = (await self._source(job, None)).article
        without = ModelError(reason="no time left to wait")
        return self._told(job, article, await self._write(job, article, without=without, allow_fallback=True))

    @contextlib.asynccontextmanager
    async def _renewed(self, ask: Ask, turn: Turn) -> AsyncIterator[None]:
        async def renew() -> None:
            while True:
                await asyncio.sleep(ask.lease_seconds / 2)
                await self._cache.renew(ask, turn)

        renewing = asyncio.create_task(renew())
        try:
            yield
        finally:
            renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await renewing

    async def _source(self, job: Job, stale: Entry | None) -> _Source:
        most = job.policy.max_characters
        if job.request.url is None:
            return _Source(plain_article(job.request.text or "").cut_to(most))
        validators = Validators(*stale.validators) if stale else None
        with job.record.timed("article"):
            page = await self._web.fetch(
                job.request.url, seconds=job.record.seconds_left, validators=validators
            )
            if page.not_modified and stale:
                return _Source(Article(text=""), unchanged=stale)
            # Parsing takes up to seconds for a large page; other requests go on meanwhile.
            article = await asyncio.to_thread(
                extract_article, page.body, url=page.url, content_type=page.content_type
            )
        return _Source(article.cut_to(most), page.validators)

    async def _known(self, job: Job, turn: Turn, article: Article, stale: Entry | None) -> Entry | None:
        """The answer to the same text: kept here before, or filed under another address."""
        if job.request.url is None or not job.ask.looks:
            return None
        name, marks = job.content_name(article), turn.contents
        if stale and stale.content == name:
            return stale
        told = (marks[at : at + CONTENT_MARK_LENGTH] for at in range(0, len(marks), CONTENT_MARK_LENGTH))
        if turn.shared and name[:CONTENT_MARK_LENGTH] not in told:
            return None  # this process may be asked at no cost, the shared store only for what it told
        known = await self._cache.content(name, turn)
        return known if known and is_answer(known.answer) else None

    async def _write(
        self, job: Job, article: Article, *, without: ModelError | None, allow_fallback: bool
    ) -> Written:
        context = WritingContext(
            seconds=job.record.seconds_left - _SECONDS_FOR_FALLBACK,
            meter=job.record.meter,
            model_unavailable=without,
            allow_fallback=allow_fallback,
        )
        with job.record.timed("writing"):
            return await self._writer.write(article, job.request.brief, job.request.generator, context)

    def _told(self, job: Job, article: Article, written: Written) -> dict[str, Any]:
        answer = answer_of(job.request, article, written, job.record.usage)
        job.record.answers(MADE_BY_MODEL if written.draft.generator == "openai" else MADE_BY_US, answer)
        job.record.facts |= {"fallback": written.reason}
        return answer

    async def _keep(self, job: Job, turn: Turn, source: _Source, written: Written) -> dict[str, Any]:
        """Only what the model made is an answer for everybody; the rest is cheap to make again.

        What was made in the model's place stays in this process, its permalink too.
        """
        answer = self._told(job, source.article, written)
        draft = written.draft
        entry = job.entry(source.article, answer, draft.posts, draft.warnings, source.validators)
        kept = job.kept(entry, counters={"generated": 1, **job.record.usage.counters()})
        if draft.generator == "openai":
            await self._bring(job, turn, kept)
            return answer
        if written.degraded:
            await self._cache.release(job.ask, turn, counters=kept.counters)
        else:
            await self._cache.keep(job.ask, turn, replace(kept, ttl_seconds=0))
        self._cache.keep_here(job.ask, replace(kept, ttl_seconds=min(kept.ttl_seconds, DEGRADED_SECONDS)))
        return answer

    async def _keep_again(self, job: Job, turn: Turn, source: _Source, known: Entry) -> dict[str, Any]:
        """An answer that costs nothing: the same text was written about before."""
        answer = answer_again(job.request, source.article, known)
        entry = job.entry(source.article, answer, known.drafts, known.warnings, source.validators)
        return await self._keep_free(job, turn, entry)

    async def _keep_unchanged(self, job: Job, turn: Turn, stale: Entry) -> dict[str, Any]:
        """An answer that costs not even a page: its site says that it has not changed."""
        return await self._keep_free(job, turn, job.renewed(stale))

    async def _keep_free(self, job: Job, turn: Turn, entry: Entry) -> dict[str, Any]:
        job.record.answers(HIT, entry.answer)
        await self._bring(job, turn, job.kept(entry))
        job.record.cache_status = f"{job.record.cache_status}; detail=same-content"
        return entry.answer | {"cached": True}

    async def _bring(self, job: Job, turn: Turn, kept: Kept) -> None:
        if await self._cache.keep(job.ask, turn, kept):
            job.record.cache_status = f"{job.record.cache_status}; stored"
