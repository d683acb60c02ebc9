"""The sliding window inside this process."""

from collections import OrderedDict
from collections.abc import Callable

from core.rate_limit import Client, Decision

_MAX_CLIENTS = 20_000  # about 5 MB


class LocalWindow:
    """Counts clients in a bounded dictionary; the one that asked longest ago is evicted first.

    `clock` gives epoch seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        # By name, the number of a client's newest window, the counts of that one and the one before, and how
        # long one is.
        self._clients: OrderedDict[str, tuple[int, int, int, int]] = OrderedDict()

    def limit(self, client: Client, rate: int = 1) -> Decision:
        """Count `rate` calls if they are within the limit; `rate` 0 reads only, a negative one refunds."""
        now_ms = int(self._clock() * 1000)
        index = client.window.index(now_ms)
        window, current, previous, _ = self._clients.get(client.name, (index, 0, 0, 0))
        if window == index + 1:  # the clock was set back: that window has begun, and its counts hold
            now_ms, index = window * client.window.milliseconds, window
        if window != index:
            current, previous = 0, current if window == index - 1 else 0
        used = client.window.used(current=current, previous=previous, now_ms=now_ms)
        allowed = used + max(rate, 1) <= client.window.limit or rate < 0
        if allowed and rate:
            if rate < 0 and current == 0:
                previous = max(0, previous + rate)
            current = max(0, current + rate)
            self._clients[client.name] = (index, current, previous, client.window.milliseconds)
            self._clients.move_to_end(client.name)
            if len(self._clients) > _MAX_CLIENTS:
                self._clients.popitem(last=False)
        return client.window.decision(
            allowed=allowed, current=current, previous=previous, now_ms=now_ms, shared=False
        )

    def clients(self) -> int:
        """How many clients have calls that count now."""
        now_ms = int(self._clock() * 1000)
        return sum(at >= now_ms // milliseconds - 1 for at, _, _, milliseconds in self._clients.values())
