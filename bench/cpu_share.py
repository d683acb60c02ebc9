"""A part of a CPU for a process, as Lambda gives it by memory: 1,769 MB are a whole one.

docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html. By a control group where one can be made
(root, Linux); else the process is stopped and continued: `python bench/cpu_share.py 0.29 command …`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

PERIOD_MICROSECONDS = 20_000  # Lambda's
_ROOTS = (Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup"))


def share_of(memory_mb: int) -> float:
    return round(memory_mb / 1769, 2)


class CpuGroup:
    """A control group (v1 or v2); a context manager. Raises OSError where none can be made."""

    def __init__(self) -> None:
        root = next((each for each in _ROOTS if (each / "cgroup.procs").exists()), _ROOTS[0])
        self._folder = root / f"threadr-bench-{os.getpid()}"
        self._is_v2 = (root / "cgroup.controllers").exists()

    def __enter__(self) -> Self:
        self._folder.mkdir()
        try:
            self.limit(1)
        except OSError:
            self._folder.rmdir()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _ in range(50):  # until the last process has gone
            with contextlib.suppress(OSError):
                return self._folder.rmdir()
            time.sleep(0.02)
        return None

    @property
    def command(self) -> tuple[str, ...]:
        """In front of a command that shall run in the group, by the same process."""
        return ("/bin/sh", "-c", f'echo $$ > {self._folder}/cgroup.procs && exec "$@"', "sh")

    def limit(self, share: float) -> None:
        quota = int(share * PERIOD_MICROSECONDS) if share < 1 else 0
        if self._is_v2:
            (self._folder / "cpu.max").write_text(f"{quota or 'max'} {PERIOD_MICROSECONDS}")
        else:
            (self._folder / "cpu.cfs_period_us").write_text(f"{PERIOD_MICROSECONDS}")
            (self._folder / "cpu.cfs_quota_us").write_text(f"{quota or -1}")


@contextlib.contextmanager
def sharing(share: float) -> Iterator[tuple[tuple[str, ...], str]]:
    """What to put in front of a command, so that it has `share` of a CPU, and by what means."""
    try:
        group = CpuGroup().__enter__()
    except OSError:
        yield (sys.executable, __file__, str(share)), "stopped and continued"
        return
    with contextlib.ExitStack() as stack:
        stack.push(group)
        group.limit(share)
        yield group.command, "control group"


def _stop_and_continue(process: int, share: float) -> None:
    with contextlib.suppress(ProcessLookupError):
        while os.getppid() == process:
            time.sleep(share * PERIOD_MICROSECONDS / 1e6)
            os.kill(process, signal.SIGSTOP)
            time.sleep((1 - share) * PERIOD_MICROSECONDS / 1e6)
            os.kill(process, signal.SIGCONT)


if __name__ == "__main__":
    this = os.getpid()
    if os.fork() == 0:
        _stop_and_continue(this, float(sys.argv[1]))
    else:
        os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606
