"""What a process and its children use: CPU seconds and megabytes, from /proc (Linux only)."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
_MEGABYTE = 1024**2


def tree(process: int) -> list[int]:
    """The process and all that descend from it, those still alive."""
    found = [process]
    for parent in found:  # grows meanwhile
        with contextlib.suppress(OSError):
            for children in Path(f"/proc/{parent}/task").glob("*/children"):
                found += map(int, children.read_text().split())
    return found


def cpu_seconds(process: int) -> float:
    """Of the whole tree, children that have ended included."""
    return sum(_ticks(each) for each in tree(process)) / _TICKS


def thread_seconds(process: int) -> float:
    """CPU seconds of the process alone, all its threads, to the nanosecond."""
    total = 0
    for spent in Path(f"/proc/{process}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            total += int(spent.read_text().split()[0])
    return total / 1e9


def _ticks(process: int) -> int:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime
    return 0


def _megabytes(process: int) -> float:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE / _MEGABYTE
    return 0.0


def _peak_megabytes(process: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0.0


def kill_tree(process: int) -> None:
    for each in reversed(tree(process)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


@dataclass(slots=True)
class MemoryWatch:
    """The peak of a tree's resident memory above what it was when this was made.

    The kernel keeps the peak of a process; the sum over processes is what `sample` sees.
    """

    process: int
    before: dict[int, float] = field(init=False)
    highest: float = 0.0

    def __post_init__(self) -> None:
        for each in tree(self.process):
            with contextlib.suppress(OSError):
                Path(f"/proc/{each}/clear_refs").write_text("5")  # resets VmHWM
        self.before = {each: _megabytes(each) for each in tree(self.process)}

    def sample(self) -> float:
        """Megabytes of the tree now."""
        now = sum(map(_megabytes, tree(self.process)))
        self.highest = max(self.highest, now)
        return now

    @property
    def megabytes(self) -> float:
        """Above the start: the larger one of the highest sum seen, and of the peaks of one process."""
        peaks = (_peak_megabytes(each) - before for each, before in self.before.items())
        return max(0.0, self.highest - sum(self.before.values()), *peaks)
