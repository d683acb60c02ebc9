"""The one event loop of a Lambda process."""

import asyncio
import atexit
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from core.settings import on_lambda

_Result = TypeVar("_Result")

_thread: ThreadPoolExecutor
_loop: asyncio.AbstractEventLoop | None

# First let leftover tasks finish, then cancel them, at most so many times.
_TURNS = 5
_TURN_SECONDS = 0.1


def connect_at_init(services: Any) -> None:
    """On Lambda, make the connections in the init phase, which has a whole CPU and no caller who waits."""
    if services and on_lambda():
        on_process_loop(lambda loop: loop.run_until_complete(services.connect()))


def on_process_loop(work: Callable[[asyncio.AbstractEventLoop], _Result]) -> _Result:
    """The result of `work`, called with the process's one loop; tasks that it leaves are ended.

    It runs in a thread of its own, so callers may have running loops, and calls from many threads queue.
    """

    def call() -> _Result:
        global _loop
        if _loop is None or _loop.is_closed():
            _loop = asyncio.new_event_loop()
            atexit.register(_loop.close)
        asyncio.set_event_loop(_loop)  # Mangum asks for the current one
        try:
            return work(_loop)
        finally:
            _end_tasks(_loop)

    return _thread.submit(call).result()


def _end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    for _ in range(_TURNS):
        if not (left := asyncio.all_tasks(loop)):
            return
        loop.run_until_complete(asyncio.wait(left, timeout=_TURN_SECONDS))
        for task in left:
            task.cancel()


def _begin() -> None:
    global _thread, _loop
    _thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="loop")  # starts with its first work
    _loop = None


_begin()
os.register_at_fork(after_in_child=_begin)  # a forked process has neither the thread nor a loop of its own
