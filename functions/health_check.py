"""Runs on a schedule: checks every part, keeps the result for /api/monitor/health, logs it."""

import gc
from functools import partial
from typing import Any

from core import log
from core.http.event_loop import connect_at_init, on_process_loop
from core.ops.health import check_and_remember
from core.services import Services
from core.settings import Settings

log.set_up()
services = Services(Settings.from_env())
connect_at_init(services)
gc.freeze()  # as core.http.lambda_handler does for the functions that answer HTTP
gc.enable()


def handler(event: Any, context: Any) -> dict[str, object]:
    """The result of the check; the event is not looked at."""
    check = partial(check_and_remember, services, function=getattr(context, "function_name", None))
    result = on_process_loop(lambda loop: loop.run_until_complete(check()))
    return result.model_dump()
