"""The time that all instances share: the shared store's, as of its last answer."""

import time
from collections.abc import Callable


class StoreClock:
    """Epoch seconds by `machine`, corrected by what the store said last: all instances agree on the time."""

    def __init__(self, machine: Callable[[], float] = time.time) -> None:
        self.machine = machine
        self._ahead_seconds = 0.0

    def __call__(self) -> float:
        return self.machine() + self._ahead_seconds

    def set(self, now_ms: int) -> None:
        self._ahead_seconds = now_ms / 1000 - self.machine()
