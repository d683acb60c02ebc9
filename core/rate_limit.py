"""The sliding window's arithmetic, and what it decides."""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the limiter says of one client now.

    `retry_after_seconds` is 0 while something remains, else the time after which one more call passes.
    `reset_seconds` is the time after which the whole quota is free if nothing else is asked.
    `now` is the epoch second of the decision; `shared` says whether all instances' calls are counted.
    """

    allowed: bool
    limit: int
    used: int
    window_seconds: float
    retry_after_seconds: float
    reset_seconds: float
    now: float
    shared: bool = True

    def after(self, seconds: float) -> Self | None:
        """The same `seconds` later, if nothing else was asked; None when its time is over or negative."""
        if not 0 <= seconds < (self.retry_after_seconds or self.reset_seconds):
            return None
        wait, reset = max(0.0, self.retry_after_seconds - seconds), self.reset_seconds - seconds
        return replace(self, now=self.now + seconds, retry_after_seconds=wait, reset_seconds=reset)

    @property
    def reset(self) -> float:
        """The epoch second from which a call passes, or the whole quota is free."""
        return self.now + (self.retry_after_seconds or self.reset_seconds)

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True)
class Window:
    """`limit` calls per `milliseconds`, counted in two calendar windows of which the older one fades out."""

    limit: int
    milliseconds: int

    def index(self, now_ms: int) -> int:
        """The number of the calendar window that `now_ms` lies in."""
        return now_ms // self.milliseconds

    def used(self, *, current: int, previous: int, now_ms: int) -> int:
        """Calls that count now: the current window's, and the previous one's by how much of it shows."""
        left_ms = self.milliseconds - now_ms % self.milliseconds
        return current + left_ms * previous // self.milliseconds

    def decision(
        self, *, current: int, previous: int, now_ms: int, allowed: bool | None = None, shared: bool = True
    ) -> Decision:
        """The decision for counts that hold the call already; without `allowed`, for the next call."""
        used = self.used(current=current, previous=previous, now_ms=now_ms)
        allowed = used < self.limit if allowed is None else allowed
        return Decision(
            allowed=allowed,
            limit=self.limit,
            used=used,
            window_seconds=self.milliseconds / 1000,
            retry_after_seconds=self._wait_ms(current, previous, now_ms, free=1) / 1000,
            reset_seconds=self._wait_ms(current, previous, now_ms, free=self.limit) / 1000,
            now=now_ms / 1000,
            shared=shared,
        )

    def _wait_ms(self, current: int, previous: int, now_ms: int, *, free: int) -> int:
        """Milliseconds until `free` calls are free, if nothing else is asked."""
        into = now_ms % self.milliseconds
        left = self.limit - free
        if current <= left and (at := self._fades_at(previous, left - current)) < self.milliseconds:
            return max(0, at - into)
        return self.milliseconds - into + self._fades_at(current, left)

    def _fades_at(self, count: int, left: int) -> int:
        """The millisecond of a window from which the fading `count` weighs at most `left`."""
        if count <= left:
            return 0
        # floor((milliseconds - t) * count / milliseconds) <= left, in whole numbers: nothing is rounded.
        return self.milliseconds * (count - left - 1) // count + 1
