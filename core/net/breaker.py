"""A circuit breaker: after failures the service is not called for a while, then probed once."""

from collections.abc import Callable

_TRANSIENT_FAILURES_TO_OPEN = 3
_TRANSIENT_PAUSE_SECONDS = 10.0
_PERMANENT_PAUSE_SECONDS = 60.0
_LONGEST_PAUSE_SECONDS = 300.0


class Breaker:
    """Opens on the first permanent failure or on three transient ones in a row. `clock` gives seconds.

    `failures` is how many there were since the last success: with none it allows every call.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.failures = 0
        self._open_until: float | None = None

    def allows(self) -> bool:
        """Whether a call may be made now. After the pause one call may, and its outcome decides."""
        if self._open_until is None:
            return True
        if self._clock() < self._open_until:
            return False
        self._open_until = self._clock() + _TRANSIENT_PAUSE_SECONDS  # the others wait for the probe
        return True

    def succeeded(self) -> None:
        self.failures = 0
        self._open_until = None

    def failed(self, *, permanent: bool, pause_seconds: float = 0) -> None:
        """`pause_seconds`: Retry-After of the service; opens the breaker at once."""
        self.failures += 1
        if permanent:
            pause_seconds = _PERMANENT_PAUSE_SECONDS
        elif pause_seconds:
            pause_seconds = min(max(pause_seconds, _TRANSIENT_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
        elif self.failures >= _TRANSIENT_FAILURES_TO_OPEN:
            pause_seconds = _TRANSIENT_PAUSE_SECONDS
        if pause_seconds:  # a call that was under way when it opened may fail later: that shortens nothing
            self._open_until = max(self._open_until or 0, self._clock() + pause_seconds)
