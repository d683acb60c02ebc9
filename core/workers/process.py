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
from core.workers.job import MAX_CPU_SECONDS, MAX_MEMORY_BYTES, TOO_COSTLY, Job, Raised, Returned

_MAX_GROWTH_BYTES = 40 * 1024 * 1024  # freed memory seldom goes back to the system: a new process has none
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
        answer = replace(answer, retires=answer.retires or number == _MAX_JOBS or jobs.have_grown())
        connection.send_bytes(pickle.dumps(answer))
        if answer.retires:
            return


@dataclass(frozen=True, slots=True)
class _Memory:
    """In bytes: `virtual` is what RLIMIT_AS bounds."""

    virtual: int
    resident: int


def _memory() -> _Memory:
    if not _STATM.exists():
        return _Memory(0, 0)
    virtual, resident = _STATM.read_text().split()[:2]
    return _Memory(int(virtual) * resource.getpagesize(), int(resident) * resource.getpagesize())


@dataclass(slots=True)
class _Jobs:
    """What has been prepared, and the memory that is held since."""

    prepared: set[str] = field(default_factory=set)
    memory: _Memory = field(default_factory=_memory)

    def do(self, payload: bytes) -> Returned | Raised:
        """What the job returned or raised. The timer ends the process: nothing else stops code in C."""
        try:
            job: Job = pickle.loads(payload)  # noqa: S301 - the parent process wrote it
            self._prepare(job.function.__module__)
            if job.arguments is None:
                return Returned(None)
            if self.memory.virtual:
                _limit_memory(_memory().virtual + MAX_MEMORY_BYTES)
            signal.setitimer(signal.ITIMER_PROF, MAX_CPU_SECONDS)
            return Returned(job.function(*job.arguments))
        except ThreadrError as error:
            return Raised(error)
        except MemoryError:
            return Raised(ArticleTooLarge(TOO_COSTLY, reason="worker: memory"), retires=True)
        # Any type: it is raised where the job was asked for, without its text, which may quote the article.
        except Exception as error:
            places = ", ".join(log.places(error))
            return Raised(ThreadrError(reason=f"{type(error).__name__} in a worker: {places}"))
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            _limit_memory(None)

    def have_grown(self) -> bool:
        return _memory().resident - self.memory.resident > _MAX_GROWTH_BYTES

    def _prepare(self, module: str) -> None:
        if module not in self.prepared:
            getattr(sys.modules[module], "prepare", lambda: None)()
            self.prepared.add(module)
            self.memory = _memory()


def _limit_memory(max_bytes: int | None) -> None:
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limits = [limit for limit in (max_bytes, hard) if limit is not None and limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(limits, default=resource.RLIM_INFINITY), hard))


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
