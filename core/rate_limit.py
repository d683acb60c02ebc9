"""The sliding window's arithmetic, what it decides, and the clients that it applies to."""

import hashlib
import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from core.values import value_class

_ENTRY = re.compile(
    r"""(?P<plain>[^:]+)|(?P<name>[A-Za-z0-9_-]{1,64}):(?P<key>[^:\s]+)
    (?::(?P<limit>[1-9][0-9]{0,5}|1000000)/(?P<count>[1-9][0-9]{0,6})?(?P<unit>[smhd]))?
    (?::(?P<usd>(?=[0-9.]*[1-9])[0-9]{1,6}(?:\.[0-9]{1,6})?)/day)?""",
    re.VERBOSE,
)
_RULE = (
    "key or name:key[:limit/window][:usd/day], with limits from 1 to 1000000, windows such as 90s, 15m or 1h "
    "up to 31d, and budgets above 0"
)
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_MILLISECONDS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_MAX_WINDOW_MS = 31 * 86_400_000


@value_class(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True)
class Client:
    """Whom a limit applies to; `name` is that of its bucket.

    `budget_micros`: what it may spend on the model in a day (UTC), in millionths of a dollar; 0: no cap of
    its own. What a client `has_key` for uses is counted.
    """

    name: str
    window: Window
    budget_micros: int = 0
    has_key: bool = False

    @property
    def label(self) -> str:
        """The name of its key as API_KEYS has it."""
        return self.name.removeprefix("key-")


def clients_of_keys(entries: Iterable[str], window: Window = Window(1, 1)) -> dict[str, Client]:
    """The clients by key, of `key` or `name:key[:limit/window][:usd/day]`; `window` is what a key has
    without one of its own. A key without a name is named by its digest.

    Raises ValueError, which says where the fault is and never what an entry holds.
    """
    found: dict[str, Client] = {}
    for number, entry in enumerate(filter(None, entries), 1):
        match = _ENTRY.fullmatch(entry)
        client = _client(match, window) if match else None
        if match is None or client is None:
            raise ValueError(f"must be a comma-separated list of {_RULE}; number {number} is not")
        key = match["key"] or match["plain"]
        if key in found or client.name in {each.name for each in found.values()}:
            raise ValueError(f"must not name a key twice; number {number} does")
        found[key] = client
    if {client.label for client in found.values()} & found.keys():
        raise ValueError("must not have a name that is a key")
    return found


def _client(match: re.Match[str], window: Window) -> Client | None:
    """The entry's; None when its window is too long."""
    if match["limit"]:
        window = Window(int(match["limit"]), int(match["count"] or 1) * _MILLISECONDS[match["unit"]])
    if window.milliseconds > _MAX_WINDOW_MS:
        return None
    name = match["name"] or hashlib.sha256(match["plain"].encode()).hexdigest()[:16]
    return Client(f"key-{name}", window, round(float(match["usd"] or 0) * 1_000_000), has_key=True)


class DenyList:
    """Who is not served: addresses, networks, and keys by their names (or themselves, without one).

    Raises ValueError for an entry that is neither.
    """

    def __init__(self, entries: Iterable[str], clients: Mapping[str, Client]) -> None:
        self._networks = []
        names = set()
        for entry in filter(None, entries):
            try:
                self._networks.append(_unmapped(ipaddress.ip_network(entry, strict=False)))
            except ValueError:
                names.add(entry)
                if not re.fullmatch("[A-Za-z0-9_-]+", entry):
                    rule = "must be a comma-separated list of addresses, networks and names of keys"
                    raise ValueError(rule) from None
        named = {client.name: names & {key, client.label} for key, client in clients.items()}
        self._clients = {name for name, found in named.items() if found}
        self.names_of_nobody = names.difference(*named.values())

    def __call__(self, client: Client, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> bool:
        in_network = address is not None and any(address in network for network in self._networks)
        return in_network or client.name in self._clients


def _unmapped(network: _Network) -> _Network:
    """IPv4 where it is mapped to IPv6."""
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    return ipaddress.ip_network((mapped, max(0, network.prefixlen - 96))) if mapped else network
