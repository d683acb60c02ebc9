"""Runs on a schedule: checks every part, keeps the result for /api/monitor/health, logs it."""

import gc
from dataclasses import asdict
from functools import partial
from typing import Any

from core import log
from core.http.event_loop import connect_at_init, on_process_loop
from core.ops.scheduled import Checker
from core.settings import Settings

log.set_up()
checker = Checker(Settings.from_env())
connect_at_init(checker)
gc.freeze()  # as core.http.lambda_handler does for the functions that answer HTTP
gc.enable()


def handler(event: Any, context: Any) -> dict[str, object]:
    """The result of the check; the event is not looked at."""
    check = partial(checker, function=getattr(context, "function_name", None))
    return asdict(on_process_loop(lambda loop: loop.run_until_complete(check())))
