"""The main path: client → one store round trip → hit, wait, or article → thread → keep → answer."""

from dataclasses import replace
from typing import assert_never

from core.cache.cache_control import Caller
from core.cache.lease import Audience
from core.cache.outcome import Failed, Follow, Hit, Lead, Limited, NotStored
from core.cache.request_key import Lookup, Lookups, RequestIdentity
from core.cache.single_flight import SingleFlight
from core.cache.tiered import TieredCache
from core.errors import ArticleError, Busy, ContentRefused, ModelError
from core.rate_limit import Client
from core.request import RequestRecord
from core.settings import Settings
from core.threads.answer import AnswerEntry, audience_of, finished, finished_again
from core.threads.schemas import GenerateAnswer, GenerateRequest
from core.threads.source import Source, Sources
from core.writing.draft import WritingContext
from core.writing.model.prompt import PROMPT, model_variant
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
        self._version = model_variant(settings.openai_model)
        # Each answer with the client that it is for; None: everybody.
        self._flights: SingleFlight[tuple[GenerateAnswer, Client | None]] = SingleFlight()

    async def __call__(
        self, request: GenerateRequest, caller: Caller, record: RequestRecord
    ) -> GenerateAnswer:
        """The answer, `cached` unless it was made meanwhile. Raises ThreadrError by type."""
        lookup, attempt = self._lookup(request, caller), 0
        while True:
            outcome = await self._cache.look_up(lookup, record)
            try:
                match outcome:
                    case Hit(entry):
                        answer = entry.answer
                        record.record_answer(CACHED, answer.generator, answer.degraded)
                        return answer if lookup.waited else answer.model_copy(update={"cached": True})
                    case Limited() | NotStored() | Failed():
                        raise outcome.error
                    case Follow(stale) if record.seconds_left > _FALLBACK_SECONDS:
                        seconds, any_failure = record.seconds_left - _FALLBACK_SECONDS, stale is not None
                        found = await self._flights.wait(lookup.digest, seconds, attempt, any_failure)
                        if found and found[1] in (None, caller.client):
                            return self._collapsed(found[0], caller.client, record)
                        lookup, attempt = lookup.after_waiting(), attempt + 1
                    case Follow():
                        raise ModelError(reason="no time left to wait")
                    case Lead():
                        return await self._make(request, caller, outcome, record)
                    case _:
                        assert_never(outcome)
            except (ArticleError, ModelError, Busy) as error:
                stale = outcome.stale if isinstance(outcome, Failed | Follow | Lead) else None
                return await self._instead(error, stale, request, lookup, record)

    def _lookup(self, request: GenerateRequest, caller: Caller) -> Lookup:
        identity = self._identity(request)
        text, max_cost_usd = (request.text or "")[: self._settings.max_content_length], 0.0
        if text:  # a page's length is known when it was read
            max_cost_usd = self._writer.max_cost_usd(request.generator, text)
        return self._lookups.for_answer(identity, caller, refresh=request.refresh, max_cost_usd=max_cost_usd)

    async def _make(
        self, request: GenerateRequest, caller: Caller, lead: Lead[GenerateAnswer], record: RequestRecord
    ) -> GenerateAnswer:
        """Make the answer, keep it, and hand it to those who wait. Raises ArticleError and ModelError."""
        only_for = None
        with self._flights.leading(lead.lease.lookup.digest) as flight:
            async with lead.lease as lease:
                source = await self._sources.get(request, lead.stale, record)
                if reused := await self._reused(request, source, lead, record):
                    audience: Audience = "nobody" if caller.cache_control.no_store else "everyone"
                    await lease.keep(reused, audience, reused=True)
                    answer = _cached(reused.answer, record)
                else:
                    text = f"{source.article.title or ''}{source.article.text}"
                    unavailable = await lease.reserve(self._writer.max_cost_usd(request.generator, text))
                    written, entry = await self._write(
                        request, source, record, unavailable, allow_fallback=lead.stale is None
                    )
                    only_for = caller.client if written.degraded and lease.own_budget_is_short else None
                    await lease.keep(entry, audience_of(written, caller, only_for))
                    answer = entry.answer
            flight.set_result((answer, only_for))
            return answer

    async def _instead(
        self,
        error: ArticleError | ModelError | Busy,
        stale: AnswerEntry | None,
        request: GenerateRequest,
        lookup: Lookup,
        record: RequestRecord,
    ) -> GenerateAnswer:
        """The old answer, or the fallback where no model is required. Raises `error` where neither may be."""
        if stale and not isinstance(error, ContentRefused):
            return self._serve(stale, lookup.client, record)
        may_fall_back = request.generator != "openai" and lookup.mode != "only_if_cached"
        if not isinstance(error, ModelError) or isinstance(error, ContentRefused) or not may_fall_back:
            raise error
        return await self._without_model(request, error, lookup, record)

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
        entry = await finished_again(request, source.article, same, record, self._cache.clock())
        return self._from(request, source, entry)

    def _from(self, request: GenerateRequest, source: Source, entry: AnswerEntry) -> AnswerEntry:
        """The entry with its content digest and the page's validators."""
        article = source.article
        content = self._identity(request).content(article.title, article.text) if request.url else ""
        return replace(entry, content=content, validators=source.validators)

    async def _without_model(
        self, request: GenerateRequest, unavailable: ModelError, lookup: Lookup, record: RequestRecord
    ) -> GenerateAnswer:
        """The fallback, once for all in this process that need it now. Raises ArticleError and ModelError."""
        key = f"{lookup.digest} without model"
        while key in self._flights and record.seconds_left:
            if found := await self._flights.wait(key, record.seconds_left, any_failure=True):
                return self._collapsed(found[0], lookup.client, record)
        with self._flights.leading(key) as flight:
            source = await self._sources.get(request, None, record)
            _, entry = await self._write(request, source, record, unavailable, allow_fallback=True)
            flight.set_result((entry.answer, None))
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
        entry = await finished(request, source.article, written, record, self._cache.clock())
        entry = self._from(request, source, entry)
        event = MADE_BY_MODEL if written.draft.generator == "openai" else MADE_BY_US
        record.record_answer(event, entry.answer.generator, entry.answer.degraded, written.reason)
        return written, entry

    def _identity(self, request: GenerateRequest) -> RequestIdentity:
        """The request's source, and what of its options, the model and the prompt is not the default."""
        options = request.model_dump(exclude_defaults=True, exclude={"url", "text", "refresh"})
        variant = options | self._version
        return RequestIdentity(url=request.url, text=request.text, variant=variant, made_by=PROMPT)

    def _collapsed(self, answer: GenerateAnswer, client: Client, record: RequestRecord) -> GenerateAnswer:
        """The answer that another request in this process was given."""
        self._cache.count_later("collapsed", client)
        record.collapsed()
        record.record_answer(CACHED, answer.generator, answer.degraded)
        return answer

    def _serve(self, stale: AnswerEntry, client: Client, record: RequestRecord) -> GenerateAnswer:
        """The stale answer, since no new one could be made."""
        self._cache.count_later("stale", client)
        now = self._cache.clock()
        age_seconds = max(0, int(now - stale.created_at))
        record.served_stale(ttl_seconds=int(stale.fresh_until - now), age_seconds=age_seconds)
        return _cached(stale.answer, record)


def _cached(answer: GenerateAnswer, record: RequestRecord) -> GenerateAnswer:
    record.record_answer(CACHED, answer.generator, answer.degraded)
    return answer.model_copy(update={"cached": True})
