"""The main path: client → one store round trip → hit, wait, or article → thread → keep → answer."""

from dataclasses import replace
from typing import assert_never

from core.cache.cache_control import Caller
from core.cache.counted import avoided, composed
from core.cache.outcome import Failed, Follow, Hit, Lead, Limited, NotStored, SameDraft
from core.cache.request_key import Lookup, Lookups, RequestIdentity
from core.cache.single_flight import SingleFlight
from core.cache.tiered import TieredCache
from core.errors import ArticleError, Busy, ContentRefused, ModelError
from core.rate_limit import Client
from core.request import RequestRecord
from core.settings import Settings
from core.threads.answer import CACHED, AnswerEntry, as_cached, as_new, audience_of, for_maker, viewed
from core.threads.schemas import GenerateAnswer, GenerateRequest
from core.threads.several import several
from core.threads.source import Source, Sources
from core.threads.writing import Writing, may_compose
from core.writing.model.prompt import PROMPT, model_variant
from core.writing.writer import Writer

_NO_OPTIONS = {"url", "text", "refresh", "platforms"}
_OF_VIEW = ("platform", "max_posts", "numbering", "hooks", "source_link")  # the rest decides a draft's words
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
        self._writing = Writing(writer, cache.clock)
        # Each answer with the client that it is for; None: everybody.
        self._flights: SingleFlight[tuple[AnswerEntry, Client | None]] = SingleFlight()

    async def __call__(
        self, request: GenerateRequest, caller: Caller, record: RequestRecord
    ) -> GenerateAnswer:
        """The answer, `cached` unless it was made meanwhile. Raises ThreadrError by type."""
        return (await self.answered(request, caller, record))[0]

    async def answered(
        self, request: GenerateRequest, caller: Caller, record: RequestRecord
    ) -> tuple[GenerateAnswer, bytes]:
        """The answer and its JSON, which is there already where it is a hit."""
        if request.platforms is None:
            entry = await self.entry(request, caller, record)
            answer, body = entry.answer, entry.body
        else:
            answer, body = await several(self.entry, self._cache, request, caller, record), b""
        return answer, body or answer.model_dump_json().encode()

    async def entry(self, request: GenerateRequest, caller: Caller, record: RequestRecord) -> AnswerEntry:
        """The answer to a request for one platform, as it is kept. Raises ThreadrError by type."""
        lookup, attempt = self.lookup(request, caller), 0
        while True:
            outcome = await self._cache.look_up(lookup, record)
            try:
                match outcome:
                    case Hit(entry):
                        record.record_answer(CACHED, entry.answer.generator, entry.answer.degraded)
                        return as_new(entry) if lookup.waited else entry
                    case SameDraft():
                        if view := await self._view(request, caller, outcome, record):
                            return view
                        lookup = lookup.without_draft(outcome.entry.created_at)
                    case Limited() | NotStored() | Failed():
                        raise outcome.error
                    case Follow(stale):
                        any_failure = stale is not None
                        if made := await self._waited(lookup, attempt, record, any_failure=any_failure):
                            return made
                        lookup, attempt = lookup.after_waiting(), attempt + 1
                    case Lead():
                        return await self._make(request, caller, outcome, record)
                    case _:
                        assert_never(outcome)
            except (ArticleError, ModelError, Busy) as error:
                stale = outcome.stale if isinstance(outcome, Failed | Follow | Lead) else None
                return await self._instead(error, stale, request, lookup, record)

    def lookup(self, request: GenerateRequest, caller: Caller) -> Lookup:
        """What is asked of the store. Raises ArticleBlocked when the URL is none."""
        identity = self.identity(request)
        text, max_cost_usd = (request.text or "")[: self._settings.max_content_length], 0.0
        if text:  # a page's length is known when it was read
            max_cost_usd = self._writer.max_cost_usd(request.generator, text)
        return self._lookups.for_answer(identity, caller, refresh=request.refresh, max_cost_usd=max_cost_usd)

    async def _waited(
        self, lookup: Lookup, attempt: int, record: RequestRecord, *, any_failure: bool
    ) -> AnswerEntry | None:
        """The leader's answer; None where it is another view of the draft, or not this process's."""
        seconds = record.seconds_left - _FALLBACK_SECONDS
        if seconds <= 0:
            raise ModelError(reason="no time left to wait")
        found = await self._flights.wait(self._cache.flight(lookup.work), seconds, attempt, any_failure)
        if found and found[0].digest == lookup.digest and found[1] in (None, lookup.client):
            return self._collapsed(found[0], lookup.client, record)
        return None

    async def _view(
        self,
        request: GenerateRequest,
        caller: Caller,
        known: SameDraft[GenerateAnswer],
        record: RequestRecord,
    ) -> AnswerEntry | None:
        """The answer as a view of the draft; None where that cannot serve."""
        found = known.entry.answer.title, known.entry.answer.source
        view = await viewed(request, known.entry, found, record, self._cache.clock())
        if view is None:
            return None
        is_private = self._lookups.leaves_nothing(caller, is_text=request.url is None)
        view = await known.lease.keep_view(view, audience_of(None, is_private=is_private))
        return for_maker(as_cached(view, record), is_private=is_private)

    async def _make(
        self, request: GenerateRequest, caller: Caller, lead: Lead[GenerateAnswer], record: RequestRecord
    ) -> AnswerEntry:
        """Make the answer, keep it, and hand it to those who wait. Raises ArticleError and ModelError."""
        only_for, is_private = None, self._lookups.leaves_nothing(caller, is_text=request.url is None)
        with self._flights.leading(self._cache.flight(lead.lease.lookup.work)) as flight:
            async with lead.lease as lease:
                lease.is_private = is_private
                # A draft that cannot serve is fresh, so its article is; and one request fetches a page once.
                is_known = bool(lease.lookup.unfit_ms) or not caller.is_charged
                source = await self._source(request, lead.stale, record, may_be_held=is_known)
                if entry := await self._writing.reused(request, source, lead, record):
                    kept = await lease.keep(entry, audience_of(None, is_private=is_private), "same_content")
                    entry = as_cached(kept, record)
                else:
                    text = f"{source.article.title or ''}{source.article.text}"
                    unavailable = await lease.reserve(self._writer.max_cost_usd(request.generator, text))
                    written, entry = await self._writing.write(
                        request, source, record, unavailable, allow_fallback=lead.stale is None
                    )
                    only_for = caller.client if written.degraded and lease.own_budget_is_short else None
                    entry = await lease.keep(entry, audience_of(written, only_for, is_private=is_private))
            flight.set_result((entry, only_for))
            return for_maker(entry, is_private=is_private)

    async def _instead(
        self,
        error: ArticleError | ModelError | Busy,
        stale: AnswerEntry | None,
        request: GenerateRequest,
        lookup: Lookup,
        record: RequestRecord,
    ) -> AnswerEntry:
        """The old answer, or the fallback where no model is required. Raises `error` where neither may be."""
        if stale and not isinstance(error, ContentRefused):
            return self._serve(stale, lookup.client, record)
        if not may_compose(error, request, lookup):
            raise error
        return await self._without_model(request, error, lookup, record)

    async def _source(
        self, request: GenerateRequest, stale: AnswerEntry | None, record: RequestRecord, *, may_be_held: bool
    ) -> Source:
        """The source with its content digest; a text is found by its own key."""
        source = await self._sources.get(request, stale, record, may_be_held=may_be_held)
        if request.url is None:
            return source
        content = self.identity(request).content(source.article.title, source.article.text)
        return replace(source, content=content)

    async def _without_model(
        self, request: GenerateRequest, unavailable: ModelError, lookup: Lookup, record: RequestRecord
    ) -> AnswerEntry:
        """The fallback, once for all in this process that need it now. Raises ArticleError and ModelError."""
        key = f"{self._cache.flight(lookup.digest)} without model"
        while key in self._flights and record.seconds_left:
            if found := await self._flights.wait(key, record.seconds_left, any_failure=True):
                return self._collapsed(found[0], lookup.client, record)
        with self._flights.leading(key) as flight:
            held = lookup.mode != "refresh"
            source = await self._source(request, None, record, may_be_held=held)
            _, entry = await self._writing.write(request, source, record, unavailable, allow_fallback=True)
            self._cache.count_later(lookup.client, composed(record))
            flight.set_result((entry, None))
            return entry

    def identity(self, request: GenerateRequest) -> RequestIdentity:
        """The request's source, and what of its options, the model and the prompt is not the default."""
        is_plain = request.model_fields_set <= {"url", "text"}
        options = {} if is_plain else request.model_dump(exclude_defaults=True, exclude=_NO_OPTIONS)
        view = {name: options.pop(name) for name in _OF_VIEW if name in options}
        variant = options | self._version
        return RequestIdentity(url=request.url, text=request.text, variant=variant, view=view, made_by=PROMPT)

    def _collapsed(self, entry: AnswerEntry, client: Client, record: RequestRecord) -> AnswerEntry:
        """The answer that another request in this process was given."""
        self._cache.count_later(client, avoided("collapsed", entry))
        record.collapsed()
        return as_cached(entry, record, waited=True)

    def _serve(self, stale: AnswerEntry, client: Client, record: RequestRecord) -> AnswerEntry:
        """The stale answer, since no new one could be made."""
        self._cache.count_later(client, avoided("stale", stale))
        now = self._cache.clock()
        age_seconds = max(0, int(now - stale.created_at))
        record.served_stale(ttl_seconds=int(stale.fresh_until - now), age_seconds=age_seconds)
        return as_cached(stale, record)
