"""One worker process as the service sees it."""

import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

from core import log
from core.errors import ArticleTooLarge, Busy, ThreadrError
from core.workers.job import TOO_COSTLY, Answer

_START_SECONDS = 20.0  # a starved machine takes long to import; one that never starts is given up
_ROOT = str(Path(__file__).resolve().parents[2])
_KILLED = (
    -signal.SIGKILL,
    -signal.SIGTERM,
    -signal.SIGHUP,
    -signal.SIGINT,
)  # from outside, or for want of memory
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR")  # a process that reads pages has no keys


class _Killed(Busy):
    """The process was ended by none of us."""


class Worker:
    """A process that is started now, and ends when it retires or when a job goes over its limits.

    One that somebody else kills is started again, once for a job: the job may not be what it died of.
    """

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - nothing in it is input
                [sys.executable, "-P", "-m", "core.workers.process", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=inherited | {"PYTHONPATH": os.pathsep.join([_ROOT, *filter(None, sys.path)])},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._connection = Connection(ours.detach())
        self._started = False

    @property
    def lives(self) -> bool:
        return not self._connection.closed and self._process.poll() is None

    def call(self, payload: bytes, until: float) -> object:
        """What the pickled job returns, waited for until that time of the monotonic clock.

        Raises what the job raised, ArticleTooLarge when it went over its limits, Busy when its time was over.
        """
        try:
            return self._call(payload, until)
        except _Killed:
            self._start()
            return self._call(payload, until)

    def _call(self, payload: bytes, until: float) -> object:
        try:
            if not self._started:
                if not self._connection.poll(_START_SECONDS):
                    raise EOFError
                self._connection.recv_bytes()
                self._started = True
            self._connection.send_bytes(payload)
            if not self._connection.poll(max(0.0, until - time.monotonic())):
                self.end()
                raise Busy(reason="a worker had no more time")
            answer: Answer = pickle.loads(self._connection.recv_bytes())  # noqa: S301 - the process wrote it
        except (EOFError, OSError):
            raise self._failure() from None
        if answer.retires:
            self.end()
        if answer.error:
            raise answer.error
        return answer.value

    def end(self) -> None:
        """Stop the process; it may have stopped already."""
        self._connection.close()
        self._process.kill()
        self._process.wait()

    def _failure(self) -> ThreadrError:
        """Why the process does not answer any more."""
        try:
            ended_by = self._process.wait(1)
        except subprocess.TimeoutExpired:
            ended_by = None
        self.end()
        if ended_by in _KILLED:
            log.logger.warning("A worker process was killed", extra={"facts": {"exit": ended_by}})
            return _Killed(reason=f"worker: exit {ended_by}")
        if not self._started:
            log.logger.error("A worker process does not start", extra={"facts": {"exit": ended_by}})
            return ThreadrError(reason="a worker process does not start")
        reason = "CPU time" if ended_by == -signal.SIGPROF else f"exit {ended_by}"
        log.logger.warning("A worker process was ended", extra={"facts": {"reason": reason}})
        # Not for a minute: beside others' work a job may take more of the CPU than alone.
        return ArticleTooLarge(TOO_COSTLY, reason=f"worker: {reason}", permanent=False)
