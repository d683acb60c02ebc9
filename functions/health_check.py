"""Runs on a schedule: checks every part, keeps the result for /api/monitor/health, logs it."""

from __future__ import annotations

import asyncio
from typing import Any

from core import log
from core.health import check_and_remember
from core.rooms import Rooms
from core.settings import Settings

log.set_up()
rooms = Rooms(Settings.from_env())
_loop = asyncio.new_event_loop()


def handler(event: Any, context: Any) -> dict[str, Any]:
    """The result of the check, whatever the event is."""
    return _loop.run_until_complete(check_and_remember(rooms))
