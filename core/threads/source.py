"""What a thread is made from: the request's text, or the article at its URL."""

from dataclasses import dataclass, field, replace

from core.article.article import Article
from core.article.extraction import read_page
from core.article.fetcher import Fetcher, Validators
from core.article.pasted import read_text
from core.cache.canonical import canonical_url
from core.request import RequestRecord
from core.threads.answer import AnswerEntry
from core.threads.schemas import GenerateRequest
from core.workers.pool import prepare_worker, run_in_worker


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
            text, seconds = request.text or "", record.seconds_left
            return Source(await run_in_worker(read_text, text, self._max_characters, seconds=seconds))
        prepare_worker(read_page)
        # An unchanged page keeps the entry's link, which the caller of an earlier version may have written.
        link = stale.answer.source.url if stale else None
        validators = Validators(*stale.validators) if stale and link and link == canonical_url(link) else None
        with record.timed("article"):
            url, seconds = canonical_url(request.url, as_pasted=True), record.seconds_left
            page = await self._fetcher.fetch(url, seconds=seconds, validators=validators)
            if page.not_modified and stale:
                return Source(Article(text=""), unchanged=True)
            page, seconds = replace(page, url=canonical_url(page.url)), record.seconds_left
            article = await run_in_worker(read_page, page, self._max_characters, seconds=seconds)
        return Source(replace(article, url=canonical_url(article.url or page.url)), page.validators)
