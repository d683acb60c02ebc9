"""The rooms of one process, built from its settings; clients inside them are made when first used."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from core.article.fetcher import Fetcher
from core.cache.tiered import Cache
from core.net.breaker import Breaker
from core.rate_limit import Window
from core.settings import Settings
from core.store.memory import MemoryStore
from core.store.protocol import Store
from core.threads.generate import Generation
from core.threads.job import Policy
from core.threads.rewrite import Rewriting
from core.writing.extractive.composer import ExtractiveComposer
from core.writing.model.composer import ModelComposer
from core.writing.model.health_note import ModelNote
from core.writing.model.prices import price_of
from core.writing.writer import Writer

_LEASE_SECONDS = 10.0  # a leader that dies is missed for so long; one that lives renews it in time


class Services:
    """`shared` is the store of all instances, None where none is configured; `clock` gives epoch seconds."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.time) -> None:
        window = Window(settings.rate_limit_requests, round(settings.rate_limit_window_seconds * 1000))
        self.settings = settings
        self.clock = clock
        self.local = MemoryStore(window, clock)
        self.shared = _shared_store(settings, window, clock)
        self.model = _model(settings)
        self.cache = Cache(
            local=self.local,
            shared=self.shared,
            local_seconds=settings.local_cache_seconds,
            clock=clock,
            news=ModelNote(self.model, clock).model_health,
        )
        writer = Writer(model=self.model, extractive=ExtractiveComposer())
        policy = Policy(
            ttl_seconds=settings.cache_ttl_seconds,
            stale_seconds=settings.stale_if_error_seconds,
            lease_seconds=_LEASE_SECONDS,
            counts="coming" if settings.rate_limit_scope == "requests" else "leading",
            budget_usd=settings.daily_budget_usd,
            model=settings.openai_model,
            max_characters=settings.max_content_length,
            clock=clock,
        )
        web = Fetcher(allow_hosts=settings.fetch_allow_hosts, allowed_domains=settings.allowed_domains)
        self.generation = Generation(cache=self.cache, web=web, writer=writer, policy=policy)
        self.rewriting = Rewriting(cache=self.cache, writer=writer, policy=policy)

    @property
    def store(self) -> Store:
        """The store that keeps answers when all is well."""
        return self.shared or self.local

    @property
    def details(self) -> dict[str, Any]:
        """What is in use, by name."""
        return {
            "store": type(self.store).__name__,
            "model": self.settings.openai_model if self.model else None,
            "environment": self.settings.environment,
        }

    async def close(self) -> None:
        """Give back all connections."""
        await self.store.close()
        if self.model:
            await self.model.close()


def _shared_store(settings: Settings, window: Window, clock: Callable[[], float]) -> Store | None:
    """REST wins when both are set. Each SDK is imported only where it is used."""
    timeout_seconds = settings.store_timeout_ms / 1000
    breaker = Breaker(time.monotonic)
    if settings.upstash_redis_rest_url and settings.upstash_redis_rest_token:
        from core.store.redis import RedisStore
        from core.store.upstash import UpstashRest

        upstash = UpstashRest(
            settings.upstash_redis_rest_url,
            settings.upstash_redis_rest_token,
            timeout_seconds=timeout_seconds,
            breaker=breaker,
        )
        return RedisStore(upstash, window, clock)
    if settings.redis_url:
        from core.store.redis import RedisStore
        from core.store.tcp import TcpRedis

        tcp = TcpRedis(settings.redis_url, timeout_seconds=timeout_seconds, breaker=breaker)
        return RedisStore(tcp, window, clock)
    return None


def _model(settings: Settings) -> ModelComposer | None:
    if not settings.openai_api_key:
        return None
    prices = {"input_price": settings.openai_price_input, "output_price": settings.openai_price_output}
    models = [
        (model, price_of(model, **prices))
        for model in (settings.openai_model, *settings.openai_fallback_models)
    ]
    return ModelComposer(api_key=settings.openai_api_key, base_url=settings.openai_base_url, models=models)
