"""The pool of worker processes: what grows with its input runs there, off the event loop, and has an end."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import pickle
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple

from core.errors import Busy, ThreadrError
from core.request import current_client
from core.workers.fair_queue import FairQueue, Waiting
from core.workers.job import Job

if TYPE_CHECKING:
    from core.workers.worker import Worker

_Result = TypeVar("_Result")
_Arguments = TypeVarTuple("_Arguments")
_goes_on: ContextVar[bool] = ContextVar("goes_on", default=False)  # whether this request had a job
_PREPARE_SECONDS = 10.0
_MIN_SECONDS = 0.5  # what was fetched or paid for is still finished, a little late


class Workers:
    """At most `size` processes, each started when a job finds none idle. They belong to no event loop."""

    def __init__(self, size: int) -> None:
        self._queue = FairQueue(share=max(1, size - 1))
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="worker")  # each waits for one process
        self._idle: list[Worker] = []

    async def run(
        self, function: Callable[[*_Arguments], _Result], *arguments: *_Arguments, seconds: float
    ) -> _Result:
        """What the function of a module returns, called in a worker process, within `seconds` (at least 0.5).

        Raises the ThreadrError that it raises; ArticleTooLarge when it goes over the limits of job.py; Busy
        when no worker has the time.
        """
        seconds = max(seconds, _MIN_SECONDS)
        waiting = self._put(Job(function, arguments), seconds)
        try:
            async with asyncio.timeout(seconds):
                result: _Result = await asyncio.wrap_future(waiting.result)
        except TimeoutError:
            raise Busy(reason="no worker in time") from None
        return result

    def prepare(self, function: Callable[..., object]) -> None:
        """Have a worker get ready for the function while its input is still awaited."""
        with contextlib.suppress(Busy):  # a full queue means that workers run already
            self._put(Job(function, None), _PREPARE_SECONDS)

    def close(self) -> None:
        """End the processes, after the jobs that they have. Nothing can be run any more."""
        self._threads.shutdown()
        while self._idle:
            self._idle.pop().end()

    def _put(self, job: Job, seconds: float) -> Waiting:
        goes_on = _goes_on.get()
        _goes_on.set(goes_on or job.arguments is not None)  # getting ready is no work yet
        waiting = Waiting(pickle.dumps(job), current_client.get(), time.monotonic() + seconds, goes_on)
        self._queue.put(waiting)
        self._threads.submit(self._do_next)
        return waiting

    def _do_next(self) -> None:
        if (waiting := self._queue.take()) is None:
            return
        worker = None
        try:
            worker = self._idle_worker()
            waiting.result.set_result(worker.call(waiting.payload, waiting.until))
        except ThreadrError as error:
            waiting.result.set_exception(error)
        except OSError as error:
            waiting.result.set_exception(Busy(reason=f"a worker process: {type(error).__name__}"))  # no room
        finally:
            if worker and worker.lives:
                self._idle.append(worker)
            self._queue.done(waiting)
            self._threads.submit(self._do_next)  # a client may have waited for its share

    def _idle_worker(self) -> Worker:
        """The one that worked last, which has all that it needs at hand; a new one where none is idle."""
        while self._idle:
            if (worker := self._idle.pop()).lives:
                return worker
        from core.workers.worker import Worker  # a hit does without what it imports

        return Worker()


@functools.cache
def _workers() -> Workers:
    """This process's pool. With one request at a time, as on Lambda, the second process is never started."""
    return Workers(2)


os.register_at_fork(after_in_child=_workers.cache_clear)  # a forked process has no threads


async def run_in_worker(
    function: Callable[[*_Arguments], _Result], *arguments: *_Arguments, seconds: float
) -> _Result:
    """`Workers.run` of this process's pool."""
    return await _workers().run(function, *arguments, seconds=seconds)


def prepare_worker(function: Callable[..., object]) -> None:
    """`Workers.prepare` of this process's pool."""
    _workers().prepare(function)
