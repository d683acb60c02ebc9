"""Jobs that wait for a worker: clients take turns, and none has all the workers."""

import heapq
import threading
import time
from collections import Counter, OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Self

from core.errors import Busy

_MAX_JOBS = 1_000
_MAX_JOBS_OF_CLIENT = 600
_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A pickled job, whose it is, and until when on the monotonic clock its result is wanted."""

    payload: bytes
    client: str
    until: float
    goes_on: bool = False  # its request had a job before
    result: Future[Any] = field(default_factory=Future)

    def __lt__(self, other: Self) -> bool:
        return self.until < other.until


class FairQueue:
    """`share` is the most jobs of one client that run at a time. Safe for threads.

    A request that has had a job goes before new ones, or an overload would leave every request half done: its
    client has the next turn, with the job whose time ends first.
    """

    def __init__(self, share: int) -> None:
        self._share = share
        self._lock = threading.Lock()
        self._waiting: OrderedDict[str, list[Waiting]] = OrderedDict()  # heaps, in the order of their turns
        self._running: Counter[str] = Counter()

    def put(self, job: Waiting) -> None:
        """Raises Busy when the queue is full, for everybody or for this client."""
        with self._lock:
            sizes = [len(each.payload) for each in chain([job], *self._waiting.values())]
            of_client = self._waiting.get(job.client, [])
            if len(sizes) > _MAX_JOBS or sum(sizes) > _MAX_BYTES or len(of_client) >= _MAX_JOBS_OF_CLIENT:
                raise Busy(reason="the queue for workers is full")
            heapq.heappush(of_client, job)
            self._waiting[job.client] = of_client
            if job.goes_on:
                self._waiting.move_to_end(job.client, last=False)

    def take(self) -> Waiting | None:
        """The next job whose result is still wanted; None when no client may have one run. `done` follows."""
        with self._lock:
            for client in [client for client in self._waiting if self._running[client] < self._share]:
                jobs = self._waiting.pop(client)
                while jobs:
                    job = heapq.heappop(jobs)
                    if time.monotonic() < job.until and job.result.set_running_or_notify_cancel():
                        self._running[client] += 1
                        if jobs:
                            self._waiting[client] = jobs  # behind the others
                        return job
            return None

    def done(self, job: Waiting) -> None:
        """The job has ended; another one may run."""
        with self._lock:
            self._running -= Counter([job.client])  # which drops a client with none
