"""A clock that tests set."""

from __future__ import annotations


class Clock:
    """Epoch seconds that move when a test sets `now`."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
