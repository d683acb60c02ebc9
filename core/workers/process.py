"""A worker process: one job after another, each within its limits. Started with the number of a socket."""

import pickle
import resource
import signal
import sys
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path

from core import log
from core.errors import ArticleTooLarge, ThreadrError
from core.workers.job import MAX_CPU_SECONDS, MAX_MEMORY_BYTES, TOO_COSTLY, Answer, Job

_MAX_GROWTH_BYTES = 40 * 1024 * 1024  # malloc seldom returns freed memory; a new process starts small
_MAX_JOBS = 1_000
_STATM = Path("/proc/self/statm")  # missing outside of Linux: there nothing bounds the memory


def serve(connection: Connection) -> None:
    """Do jobs until the other side closes, or until it is time to retire."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the other side decides when to end
    connection.send_bytes(b"")
    jobs = _Jobs()
    for number in range(1, _MAX_JOBS + 1):
        try:
            answer = jobs.do(connection.recv_bytes())
        except EOFError:
            return
        grown_bytes = _memory()[1] - jobs.resident_bytes
        retires = answer.retires or number == _MAX_JOBS or grown_bytes > _MAX_GROWTH_BYTES
        connection.send_bytes(pickle.dumps(replace(answer, retires=retires)))
        if retires:
            return


@dataclass(slots=True)
class _Jobs:
    """The modules that are prepared, and the memory that was held then."""

    prepared: set[str] = field(default_factory=set)
    resident_bytes: int = 0

    def do(self, payload: bytes) -> Answer:
        """Run one pickled job. Past its CPU time SIGPROF ends the process: nothing else stops code in C."""
        try:
            job: Job = pickle.loads(payload)  # noqa: S301 - the parent process wrote it
            self._prepare(job.function.__module__)
            if job.arguments is None:
                return Answer()
            if virtual_bytes := _memory()[0]:
                _limit_memory(virtual_bytes + MAX_MEMORY_BYTES)
            signal.setitimer(signal.ITIMER_PROF, MAX_CPU_SECONDS)
            return Answer(job.function(*job.arguments))
        except ThreadrError as error:
            return Answer(error=error)
        except MemoryError:
            too_costly = ArticleTooLarge(TOO_COSTLY, reason="worker: memory", permanent=False)
            return Answer(error=too_costly, retires=True)
        # Any type: it is raised where the job was asked for, without its text, which may quote the article.
        except Exception as error:
            places = ", ".join(log.places(error))
            return Answer(error=ThreadrError(reason=f"{type(error).__name__} in a worker: {places}"))
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            _limit_memory(resource.RLIM_INFINITY)

    def _prepare(self, module: str) -> None:
        if module not in self.prepared:
            getattr(sys.modules[module], "prepare", lambda: None)()
            self.prepared.add(module)
            self.resident_bytes = _memory()[1]


def _memory() -> tuple[int, int]:
    """Bytes of address space, which RLIMIT_AS bounds, and bytes in memory."""
    pages = _STATM.read_text().split() if _STATM.exists() else (0, 0)
    return int(pages[0]) * resource.getpagesize(), int(pages[1]) * resource.getpagesize()


def _limit_memory(max_bytes: int) -> None:
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    bounds = [bound for bound in (max_bytes, hard) if bound != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(bounds, default=resource.RLIM_INFINITY), hard))


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
