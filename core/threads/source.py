"""What a thread is made from: the request's text, or the article at its URL."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from core.article.article import Article
from core.cache.canonical import canonical_url
from core.net.late_import import import_in_thread
from core.request import RequestRecord
from core.threads.answer import AnswerEntry
from core.threads.schemas import GenerateRequest
from core.workers.pool import prepare_worker, run_in_worker

if TYPE_CHECKING:
    from core.article.fetcher import Fetcher


_HELD_SECONDS, _MAX_HELD = 60.0, 20  # pages that a process has at hand: about a megabyte


@dataclass(frozen=True, slots=True)
class Source:
    """`unchanged`: the site answered 304, so `article` is empty and the stale entry still holds. `content` is
    the digest by which others find a page's answer.
    """

    article: Article
    validators: tuple[str | None, str | None] = (None, None)  # ETag and Last-Modified
    unchanged: bool = False
    content: str = ""


class Sources:
    """What reads and fetches is imported, and the fetcher made, when first needed: a hit does without.

    `prepare` is called before a page is fetched, for what will write about it.
    """

    def __init__(
        self, make_fetcher: Callable[[], Fetcher], *, max_characters: int, prepare: Callable[[], object]
    ) -> None:
        self._make_fetcher = make_fetcher
        self._prepare = prepare
        self._max_characters = max_characters
        self._held: dict[str, tuple[float, Source]] = {}

    async def get(
        self,
        request: GenerateRequest,
        stale: AnswerEntry | None,
        record: RequestRecord,
        *,
        may_be_held: bool = False,
    ) -> Source:
        """The source, in the time that the request has left; with `may_be_held` what this process read of the
        page in the last minute. Raises ArticleError by type.
        """
        if request.url is None:
            await import_in_thread("core.article.pasted")
            from core.article.pasted import read_text

            text, seconds = request.text or "", record.seconds_left
            return Source(await run_in_worker(read_text, text, self._max_characters, seconds=seconds))
        url, now = canonical_url(request.url, as_pasted=True), record.monotonic()
        read_at, held = self._held.get(url, (-math.inf, None))
        if held and may_be_held and now - read_at < _HELD_SECONDS:
            return held
        source = await self._fetched(url, request, stale, record)
        if not source.unchanged:
            self._held.pop(url, None)
            self._held[url] = now, source
        if len(self._held) > _MAX_HELD:
            del self._held[next(iter(self._held))]
        return source

    async def _fetched(
        self, url: str, request: GenerateRequest, stale: AnswerEntry | None, record: RequestRecord
    ) -> Source:
        await import_in_thread("core.article.extraction", "core.article.fetcher")
        from core.article.extraction import read_page
        from core.article.fetcher import Validators

        prepare_worker(read_page)
        if request.generator != "extractive":
            self._prepare()
        # An unchanged page keeps the entry's link, which the caller of an earlier version may have written.
        link = stale.answer.source.url if stale else None
        validators = Validators(*stale.validators) if stale and link and link == canonical_url(link) else None
        with record.timed("article"):
            page = await self._fetcher.fetch(url, seconds=record.seconds_left, validators=validators)
            if page.not_modified and stale:
                return Source(Article(text=""), unchanged=True)
            page, seconds = replace(page, url=canonical_url(page.url)), record.seconds_left
            article = await run_in_worker(read_page, page, self._max_characters, seconds=seconds)
        kept = (page.validators.etag, page.validators.last_modified)
        return Source(replace(article, url=canonical_url(article.url or page.url)), kept)

    @cached_property
    def _fetcher(self) -> Fetcher:
        return self._make_fetcher()
