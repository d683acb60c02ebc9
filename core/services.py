"""The composition root: settings in, services out; clients inside them are made when first used."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Self

from core import log
from core.cache.entry import EntryCodec
from core.cache.request_key import Lookups
from core.cache.tiered import TieredCache
from core.cache.tiers import Tiers
from core.settings import Settings
from core.store.clock import StoreClock
from core.store.memory import MemoryStore
from core.store.protocol import Store
from core.store.shared import shared_store
from core.threads.generate import GenerateThread
from core.threads.rewrite import RewritePost
from core.threads.schemas import GenerateAnswer
from core.threads.source import Sources
from core.writing.model.composer import ModelComposer
from core.writing.model.health_note import ModelHealthNote
from core.writing.model.prices import price_of
from core.writing.writer import ExtractiveComposer, Writer

if TYPE_CHECKING:
    from core.article.fetcher import Fetcher
    from core.cache.purge import Purging
    from core.threads.edit import EditThread
    from core.threads.estimate import EstimateThread


class Services:
    """`shared` is all instances' store, None where none is configured.

    `clock` gives epoch seconds: by default a StoreClock of its own. `warnings` are for who runs it.
    """

    def __init__(self, settings: Settings, *, clock: Callable[[], float] | None = None) -> None:
        self.settings = settings
        self.clock = clock = clock or StoreClock()
        self.machine_clock = clock.machine if isinstance(clock, StoreClock) else clock
        self.local = MemoryStore(clock, settings.daily_budget_usd)
        self.shared = shared_store(settings, clock)
        self.model = _model(settings)
        self.warnings = _warnings(settings, self.model)
        self.details = {  # what is in use, by the names of version 0.1.0
            "store": "SharedStore" if self.shared else "MemoryStore",
            "model": settings.openai_model if self.model else None,
            "prices": _price_notes(self.model),
            "environment": settings.environment,
        }
        notes = ModelHealthNote(self.model, clock).model_health
        self.tiers = Tiers(local=self.local, shared=self.shared, settings=settings, model_health=notes)
        self.cache = TieredCache(self.tiers, EntryCodec(GenerateAnswer))
        lookups, writer = Lookups(settings), Writer(model=self.model, extractive=ExtractiveComposer())
        self.generate = GenerateThread(
            cache=self.cache,
            lookups=lookups,
            sources=Sources(
                partial(_fetcher, settings),
                max_characters=settings.max_content_length,
                prepare=self.model.prepare if self.model else bool,
            ),
            writer=writer,
            settings=settings,
        )
        self.rewrite = RewritePost(cache=self.cache, lookups=lookups, writer=writer)

    @classmethod
    def of_readers(cls, settings: Settings) -> Self:
        """For a function that only reads: with the token that can do no more, where it is given."""
        token = settings.upstash_redis_rest_readonly_token or settings.upstash_redis_rest_token
        return cls(replace(settings, upstash_redis_rest_token=token))

    @property
    def estimate(self) -> "EstimateThread":
        """What says what a request would cost."""
        from core.threads.estimate import EstimateThread  # a hit does without

        return EstimateThread(self.generate, cache=self.cache, model=self.model, settings=self.settings)

    @property
    def purging(self) -> "Purging[GenerateAnswer]":
        """What removes kept threads."""
        from core.cache.purge import Purging  # a hit does without

        return Purging(self.tiers, self.cache.kept)

    @property
    def edit(self) -> "EditThread":
        """What keeps a thread as somebody edited it."""
        from core.threads.edit import EditThread  # a hit does without

        return EditThread(cache=self.cache, lookups=Lookups(self.settings))

    @property
    def store(self) -> Store:
        """The shared store, or the local one where none is configured."""
        return self.shared or self.local

    async def connect(self) -> None:
        """Connect to the shared store in advance; what fails is left to the first request."""
        if self.shared:
            await self.shared.connect()

    async def close(self) -> None:
        """Send what waits to be counted, and give back all connections."""
        await self.tiers.flush()
        await self.store.close()
        if self.model:
            await self.model.close()


def _fetcher(settings: Settings) -> "Fetcher":
    from core.article.fetcher import Fetcher  # a hit does without

    return Fetcher(allow_hosts=settings.fetch_allow_hosts, allowed_domains=settings.allowed_domains)


def _price_notes(model: ModelComposer | None) -> str | None:
    """Where each model's price is from."""
    prices = model.prices if model else {}
    return "; ".join(f"{name}: {price.basis}" for name, price in prices.items()) or None


def _warnings(settings: Settings, model: ModelComposer | None) -> list[str]:
    """What who runs it should know of prices and budget; logged, too."""
    warnings = [*(model.unpriced if model else ()), *_budget_warnings(settings, model)]
    for warning in warnings:
        log.logger.warning(warning)
    return warnings


def _budget_warnings(settings: Settings, model: ModelComposer | None) -> list[str]:
    """That a day's budget does not cover one call about a source of the full length."""
    if not model or not settings.daily_budget_usd:
        return []
    covered = (settings.daily_budget_usd - model.max_cost.fixed_usd) / (model.max_cost.usd_per_byte or 1e-9)
    if covered >= settings.max_content_length:
        return []
    sources = f"sources of at most {covered:.0f} bytes" if covered > 0 else "no call of the model"
    return [f"DAILY_BUDGET_USD covers {sources}: the built-in composer writes about others."]


def _model(settings: Settings) -> ModelComposer | None:
    if not settings.openai_api_key:
        return None
    price = partial(
        price_of,
        base_url=settings.openai_base_url,
        input_price=settings.openai_price_input,
        output_price=settings.openai_price_output,
    )
    models = [(name, price(name)) for name in (settings.openai_model, *settings.openai_fallback_models)]
    return ModelComposer(api_key=settings.openai_api_key, base_url=settings.openai_base_url, models=models)
