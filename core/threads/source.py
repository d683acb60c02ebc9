"""What a thread is made from: the request's text, or the article at its URL."""

import asyncio
from dataclasses import dataclass, field

from core.article.article import Article
from core.article.extraction import extract_article, plain_article
from core.article.fetcher import Fetcher, Validators
from core.cache.canonical import canonical_url
from core.request import RequestRecord
from core.threads.answer import AnswerEntry
from core.threads.schemas import GenerateRequest


@dataclass(frozen=True, slots=True)
class Source:
    """`unchanged`: the site answered 304, so `article` is empty and the stale entry still holds."""

    article: Article
    validators: Validators = field(default_factory=Validators)
    unchanged: bool = False


class Sources:
    def __init__(self, fetcher: Fetcher, *, max_characters: int) -> None:
        self._fetcher = fetcher
        self._max_characters = max_characters

    async def get(self, request: GenerateRequest, stale: AnswerEntry | None, record: RequestRecord) -> Source:
        """The source, in the time that the request has left. Raises ArticleError by type."""
        if request.url is None:
            return Source(plain_article(request.text or "").cut_to(self._max_characters))
        # An unchanged page keeps the entry's link, which the caller of an earlier version may have written.
        link = stale.answer.source.url if stale else None
        validators = Validators(*stale.validators) if stale and link and link == canonical_url(link) else None
        with record.timed("article"):
            url, seconds = canonical_url(request.url), record.seconds_left
            page = await self._fetcher.fetch(url, seconds=seconds, validators=validators)
            if page.not_modified and stale:
                return Source(Article(text=""), unchanged=True)
            # Parsing takes up to seconds for a large page; other requests go on meanwhile.
            article = await asyncio.to_thread(
                extract_article, page.body, url=canonical_url(page.url), content_type=page.content_type
            )
        return Source(article.cut_to(self._max_characters), page.validators)
