"""The shared store that the settings name."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.net.breaker import Breaker
from core.settings import Settings, SettingsError

if TYPE_CHECKING:
    from core.store.pipeline import BatchingClient
    from core.store.redis import RedisStore


def shared_store(settings: Settings, clock: Callable[[], float]) -> "RedisStore | None":
    """REST wins when both are set. Each SDK is imported only where it is used. Raises SettingsError."""
    limits: dict[str, Any] = {
        "timeout_seconds": settings.store_timeout_ms / 1000,
        "connect_timeout_seconds": settings.store_connect_timeout_ms / 1000,
        "breaker": Breaker(time.monotonic),
    }
    url, token = settings.upstash_redis_rest_url, settings.upstash_redis_rest_token
    client: BatchingClient[Any]
    if url:
        if not token:
            raise SettingsError("UPSTASH_REDIS_REST_TOKEN is missing; this function writes to the store")
        from core.store.upstash import UpstashRest

        client = UpstashRest(url, token, **limits)
    elif settings.redis_url:
        from core.store.tcp import TcpRedis

        client = TcpRedis(settings.redis_url, **limits)
    else:
        return None
    from core.store.redis import RedisStore

    return RedisStore(client, clock, settings.daily_budget_usd)
