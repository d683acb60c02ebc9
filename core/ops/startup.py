"""What this process was started with: versions and which settings are set, never their values."""

import platform
import sys
from importlib.metadata import version

from core import log
from core.errors import StoreError
from core.ops.schemas import Startup
from core.services import Services
from core.settings import BAD_SETTING, Settings, SettingsError
from core.usage import add_store_error

_PACKAGES = ("fastapi", "mangum", "upstash-redis", "upstash-ratelimit", "openai", "trafilatura")


async def startup_report(services: Services) -> Startup:
    """`redis_available`: whether the shared store answers a ping now."""
    available = False
    try:
        available = services.shared is not None and await services.shared.ping()
    except StoreError:
        add_store_error()
    return Startup(
        redis_available=available,
        environment=services.settings.environment,
        versions={"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
        settings=services.settings.changed(),
        warnings=services.warnings,
    )


def checked_settings() -> Settings:
    """The settings; one that cannot be used ends the process, with one line that names it."""
    try:
        return Settings.from_env()
    except SettingsError as error:
        log.set_up()
        log.logger.error(f"{error}. Change it, or leave it out; nothing was started")
        sys.exit(BAD_SETTING)
