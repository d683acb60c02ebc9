"""The main path: client → one store round trip → hit, wait, or article → thread → keep → answer."""

from dataclasses import replace
from typing import assert_never

from core.cache.cache_control import Caller
from core.cache.lease import Audience
from core.cache.outcome import Failed, Follow, Hit, Lead, Limited, NotStored
from core.cache.request_key import Lookup, Lookups, RequestIdentity
from core.cache.single_flight import SingleFlight
from core.cache.tiered import TieredCache
from core.errors import ArticleError, BudgetSpent, Busy, ContentRefused, ModelError, NotCached, RateLimited
from core.request import RequestRecord
from core.settings import Settings
from core.threads.answer import AnswerEntry, audience_of, finished, finished_again
from core.threads.schemas import GenerateAnswer, GenerateRequest
from core.threads.source import Source, Sources
from core.writing.draft import WritingContext
from core.writing.model.prompt import prompt_version
from core.writing.writer import Writer, Written

CACHED = "Returning cached thread response"
MADE_BY_MODEL = "Successfully generated thread using OpenAI"
MADE_BY_US = "Successfully generated thread using the built-in composer"

_FALLBACK_SECONDS = 3.0  # a follower that has no more left stops waiting


class GenerateThread:
    """A URL or a text in, a thread out: found, waited for, or made; made once in the world."""

    def __init__(
        self,
        *,
        cache: TieredCache[GenerateAnswer],
        lookups: Lookups,
        sources: Sources,
        writer: Writer,
        settings: Settings,
    ) -> None:
        self._cache = cache
        self._lookups = lookups
        self._sources = sources
        self._writer = writer
        self._settings = settings
        self._version = prompt_version(settings.openai_model)
        self._flights: SingleFlight[GenerateAnswer] = SingleFlight()

    async def __call__(
        self, request: GenerateRequest, caller: Caller, record: RequestRecord
    ) -> GenerateAnswer:
        """The answer, `cached` unless it was made meanwhile. Raises ThreadrError by type."""
        lookup, attempt = self._lookup(request, caller), 0
        while True:
            outcome = await self._cache.look_up(lookup, record)
            match outcome:
                case Hit(entry):
                    record.record_answer(CACHED, entry.answer.generator, entry.answer.degraded)
                    return entry.answer if lookup.waited else entry.answer.model_copy(update={"cached": True})
                case Limited():
                    raise RateLimited
                case Failed(error):
                    raise error
                case NotStored():
                    raise NotCached
                case Follow() if record.seconds_left > _FALLBACK_SECONDS:
                    if answer := await self._wait(lookup, attempt, record):
                        return answer
                    lookup, attempt = lookup.after_waiting(), attempt + 1
                case Follow(stale):
                    return self._serve(stale, record) if stale else await self._without_model(request, record)
                case Lead():
                    with self._flights.leading(lookup.key) as flight:
                        answer = await self._make(request, caller, outcome, record)
                        flight.set_result(answer)
                        return answer
                case _:
                    assert_never(outcome)

    def _lookup(self, request: GenerateRequest, caller: Caller) -> Lookup:
        identity = self._identity(request)
        characters = self._settings.max_content_length
        if request.text is not None:
            characters = min(len(request.text), characters)
        max_cost_usd = self._writer.max_cost_usd(request.generator, characters)
        return self._lookups.for_answer(identity, caller, refresh=request.refresh, max_cost_usd=max_cost_usd)

    async def _make(
        self, request: GenerateRequest, caller: Caller, lead: Lead[GenerateAnswer], record: RequestRecord
    ) -> GenerateAnswer:
        """Make the answer and keep it; stale before fallback. Raises ArticleError and ModelError."""
        try:
            async with lead.lease as lease:
                source = await self._sources.get(request, lead.stale, record)
                if reused := await self._reused(request, source, lead, record):
                    audience: Audience = "nobody" if caller.cache_control.no_store else "everyone"
                    await lease.keep(reused, audience, reused=True)
                    return _cached(reused.answer, record)
                unavailable = None if lease.within_budget else BudgetSpent(reason="budget spent")
                written, entry = await self._write(
                    request, source, record, unavailable, allow_fallback=lead.stale is None
                )
                await lease.keep(entry, audience_of(written, caller))
                return entry.answer
        except (ArticleError, ModelError, Busy) as error:
            if lead.stale is None or isinstance(error, ContentRefused):
                raise
            return self._serve(lead.stale, record)

    async def _reused(
        self, request: GenerateRequest, source: Source, lead: Lead[GenerateAnswer], record: RequestRecord
    ) -> AnswerEntry | None:
        """An entry that costs no model: of a page that has not changed, or of the same text elsewhere."""
        if source.unchanged:
            return lead.stale
        if request.url is None or lead.lease.lookup.mode != "normal":
            return None
        content = self._identity(request).content(source.article.title, source.article.text)
        is_stale = lead.stale is not None and lead.stale.content == content
        same = lead.stale if is_stale else await lead.lease.same_text(content)
        if same is None:
            return None
        return self._from(request, source, await finished_again(request, source.article, same, record))

    def _from(self, request: GenerateRequest, source: Source, entry: AnswerEntry) -> AnswerEntry:
        """The entry with its content digest and the page's validators."""
        article, validators = source.article, (source.validators.etag, source.validators.last_modified)
        content = self._identity(request).content(article.title, article.text) if request.url else ""
        return replace(entry, content=content, validators=validators)

    async def _without_model(self, request: GenerateRequest, record: RequestRecord) -> GenerateAnswer:
        """The fallback of a follower whose time is nearly over. Raises ArticleError and ModelError."""
        source = await self._sources.get(request, None, record)
        unavailable = ModelError(reason="no time left to wait")
        _, entry = await self._write(request, source, record, unavailable, allow_fallback=True)
        return entry.answer

    async def _write(
        self,
        request: GenerateRequest,
        source: Source,
        record: RequestRecord,
        unavailable: ModelError | None,
        *,
        allow_fallback: bool,
    ) -> tuple[Written, AnswerEntry]:
        context = WritingContext(
            seconds_left=lambda: record.seconds_left,
            meter=record.usage,
            model_unavailable=unavailable,
            allow_fallback=allow_fallback,
        )
        with record.timed("writing"):
            written = await self._writer.write(source.article, request.brief, request.generator, context)
        entry = self._from(request, source, await finished(request, source.article, written, record))
        event = MADE_BY_MODEL if written.draft.generator == "openai" else MADE_BY_US
        record.record_answer(event, entry.answer.generator, entry.answer.degraded, written.reason)
        return written, entry

    def _identity(self, request: GenerateRequest) -> RequestIdentity:
        """The request's source, and what of its options, the model and the prompt is not the default."""
        options = request.model_dump(exclude_defaults=True, exclude={"url", "text", "refresh"})
        return RequestIdentity(url=request.url, text=request.text, variant=options | self._version)

    async def _wait(self, lookup: Lookup, attempt: int, record: RequestRecord) -> GenerateAnswer | None:
        """The answer that another request in this process makes; None: look it up again."""
        seconds = record.seconds_left - _FALLBACK_SECONDS
        answer = await self._flights.wait(lookup.key, seconds=seconds, attempt=attempt)
        if answer:
            self._cache.count_later("collapsed")
            record.collapsed()
            record.record_answer(CACHED, answer.generator, answer.degraded)
        return answer

    def _serve(self, stale: AnswerEntry, record: RequestRecord) -> GenerateAnswer:
        """The stale answer, since no new one could be made."""
        self._cache.count_later("stale")
        now = self._cache.clock()
        age_seconds = max(0, int(now - stale.created_at))
        record.served_stale(ttl_seconds=int(stale.fresh_until - now), age_seconds=age_seconds)
        return _cached(stale.answer, record)


def _cached(answer: GenerateAnswer, record: RequestRecord) -> GenerateAnswer:
    record.record_answer(CACHED, answer.generator, answer.degraded)
    return answer.model_copy(update={"cached": True})
