"""What this process was started with: versions and which settings are set, never their values."""

from __future__ import annotations

import platform
from importlib.metadata import version

from core.errors import StoreError
from core.ops.schemas import Startup
from core.services import Services
from core.usage import add_store_error

_PACKAGES = ("fastapi", "mangum", "upstash-redis", "upstash-ratelimit", "openai", "trafilatura")


async def startup_report(services: Services) -> Startup:
    """`redis_available` asks the store now."""
    return Startup(
        redis_available=await _answers(services),
        environment=services.settings.environment,
        versions={"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
        settings=services.settings.given(),
    )


async def _answers(services: Services) -> bool:
    if services.shared is None:
        return False
    try:
        return await services.shared.ping()
    except StoreError:
        add_store_error()
        return False
