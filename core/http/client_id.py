"""The clients that limits apply to: the names of their buckets, and what this process knows of them."""

import functools
import hmac
import ipaddress
import itertools
import math
from collections import OrderedDict
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import Scope

from core import log
from core.errors import Denied, InvalidRequest, RateLimited, Unauthorized
from core.http import bounds
from core.http.admin import bearer_token, is_admin
from core.rate_limit import Client, Decision, DenyList
from core.request import LookedUp, RequestRecord, current_client, limit_headers
from core.settings import Settings

UNKNOWN = "unknown"
_BURST = "burst"  # names the limit of calls of all routes, in headers and log lines
_PROXY = (
    "requests have X-Forwarded-For: behind a proxy set FRONT_DOOR=proxy:1, or all its callers share one limit"
)


def keyed_client(request: Request) -> Client:
    """The client of the request's key. Raises Unauthorized where it has no known one."""
    client: Client = request.state.client
    if not client.has_key:
        challenge = {"WWW-Authenticate": 'X-API-Key realm="threadr"'}
        raise Unauthorized("Send your key as X-API-Key: …", headers=challenge)
    return client


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(_without_port(text))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@functools.lru_cache(maxsize=1024)  # the same few call again and again
def _bucket(text: str) -> str:
    address = _ip(text)
    if address is None or address.version == 4:
        return str(address or UNKNOWN)
    # A subscriber gets a whole /64, so its addresses share a bucket (RFC 6177).
    return str(ipaddress.IPv6Network((int(address), 64), strict=False))


def _address(scope: Scope, front_door: str) -> str:
    """What the front door vouches for, never what a caller can write: the peer for API Gateway and Function
    URLs, the last X-Forwarded-For entry behind an ALB, the Nth from the right behind N proxies.
    """
    if front_door in ("gateway", "function-url"):
        return str(scope["client"][0][:100]) if scope.get("client") else ""
    hops = 1 if front_door == "alb" else int(front_door.partition(":")[2])
    # A proxy may add a line of its own below the caller's: all of them are one list (RFC 9110, section 5.3).
    lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    forwarded = b",".join(lines).decode("latin-1").split(",")
    return forwarded[-hops].strip()[:100] if len(forwarded) >= hops else ""


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


@dataclass(slots=True)
class KnownClient:
    """What this process knows of a client."""

    client: Client
    full_at: float = 0.0  # the epoch second at which its bucket of calls is full again
    held_bytes: int = 0  # of bodies under way
    decision: Decision | None = None  # the store's last, and when it was made
    decided_at: float = 0.0

    def decision_at(self, now: float) -> Decision | None:
        """The last decision as it is at `now` (epoch seconds); None when its time is over."""
        return self.decision and self.decision.after(now - self.decided_at)

    def check_limit(self, now: float, record: RequestRecord) -> None:
        """Raises RateLimited while the store's last decision holds: that costs no store command."""
        if self.decision is not None and not self.decision.allowed:
            record.decision = self.decision_at(now)
        if record.decision:
            record.record_outcome(LookedUp(kind="limited", forward="uri-miss"), record.decision)
            raise RateLimited


class Clients:
    """Admits requests by what is known without their bodies and without the store.

    `clock` gives epoch seconds. `details` are those of health answers.
    """

    def __init__(
        self, settings: Settings, clock: Callable[[], float], details: MutableMapping[str, str | None]
    ) -> None:
        self._settings, self._clock, self._details = settings, clock, details
        clients = settings.clients_by_key
        self._keys = [(key.encode(), client) for key, client in clients.items()]
        self._denied, self._window = DenyList(settings.deny, clients), settings.window
        self._known: OrderedDict[str, KnownClient] = OrderedDict()
        self.held_bytes = 0  # of all bodies under way

    def client_of(self, scope: Scope) -> Client:
        """Whose limit the call counts against: a known X-API-Key's, else the address's.

        Clients of MCP may send the key as a Bearer token, the one credential that all of them know.
        """
        if self._keys and (client := self._of_key(scope)):
            return client
        name = _bucket(_address(scope, self._settings.front_door))
        known = self._known.get(name)
        return known.client if known else Client(name, self._window)

    def _of_key(self, scope: Scope) -> Client | None:
        headers = scope["state"]["headers"]
        key = headers.get(b"x-api-key", b"")
        if not key and _route_path(scope) == bounds.MCP_PATH:
            key = bearer_token(headers.get(b"authorization", b"").decode("latin-1"))
        known = [client for candidate, client in self._keys if hmac.compare_digest(candidate, key)]
        return known[0] if known else None

    def admit(self, scope: Scope, record: RequestRecord) -> str:
        """Put the client into the request's state; the path without its prefix.

        Raises InvalidRequest, Denied and RateLimited.
        """
        headers, query, path = scope["headers"], scope["query_string"], _route_path(scope)
        size = len(scope["path"]) + len(query) + sum(map(len, itertools.chain.from_iterable(headers)))
        if size > bounds.MAX_HEAD_BYTES or len(headers) + query.count(b"&") > bounds.MAX_FIELDS:
            raise InvalidRequest("The address or the headers are too long.")
        if "front_door" not in self._details:
            self._notice_proxy(scope)
        client = self.client_of(scope)
        known = self._known_client(client)
        scope["state"] |= {"client": client, "known": known}
        current_client.set(client.name)
        if path != "/health":  # load balancers ask often, and it costs nothing
            if self._settings.deny and self._denied(client, _ip(_address(scope, self._settings.front_door))):
                raise Denied
            self._count(known, scope)
        if self._settings.rate_limit_scope == "requests" and _is_limited(scope, path):
            known.check_limit(self._clock(), record)
        return path

    def headers(self, scope: Scope, record: RequestRecord) -> Mapping[str, str]:
        """The headers of a request without a decision: with what is known of its limit, if it has one."""
        if not _is_limited(scope, _route_path(scope)) or record.facts.get("reason") == _BURST:
            return record.headers()
        window = self._window
        if known := scope["state"].get("known"):
            record.decision, window = known.decision_at(self._clock()), known.client.window
        quota = limit_headers(window.decision(current=0, previous=0, now_ms=0))
        return {name: quota[name] for name in ("RateLimit-Policy", "X-RateLimit-Limit")} | record.headers()

    def _known_client(self, client: Client) -> KnownClient:
        known = self._known[client.name] = self._known.get(client.name) or KnownClient(client)
        self._known.move_to_end(client.name)
        if len(self._known) > bounds.MAX_CLIENTS:
            self._known.popitem(last=False)
        return known

    def _count(self, known: KnownClient, scope: Scope) -> None:
        """Raises RateLimited for one call too many, which is not counted, unless it is the admin's."""
        window = known.client.window
        burst = max(bounds.BURST_CALLS, window.limit)
        seconds_per_call = 1 / max(bounds.CALLS_PER_SECOND, window.limit * 1000 / window.milliseconds)
        now, seconds = self._clock(), burst * seconds_per_call
        # Far ahead: the clock was set back.
        known.full_at = now if known.full_at > now + 2 * seconds else max(now, known.full_at)
        over = known.full_at + seconds_per_call - now - seconds
        if over < seconds_per_call / 2:  # half a call for rounding
            known.full_at += seconds_per_call
            return
        authorization = scope["state"]["headers"].get(b"authorization", b"").decode("latin-1")
        if not self._settings.admin_token or not is_admin(authorization, self._settings):
            wait = math.ceil(over)
            policy, rest = f'"{_BURST}";q={burst};w={math.ceil(seconds)}', f'"{_BURST}";r=0;t={wait}'
            headers = {"Retry-After": f"{wait}", "RateLimit-Policy": policy, "RateLimit": rest}
            raise RateLimited(reason=_BURST, headers=headers)

    def _notice_proxy(self, scope: Scope) -> None:
        """Say once that the peer seems to be a proxy; on Lambda it is the caller."""
        if "aws.context" in scope or self._settings.front_door != "gateway":
            return
        if not {b"x-forwarded-for", b"forwarded"}.isdisjoint(scope["state"]["headers"]):
            self._details["front_door"] = _PROXY
            log.logger.warning("FRONT_DOOR is gateway, and %s", _PROXY)


def _is_limited(scope: Scope, path: str) -> bool:
    return scope["method"] == "POST" and bounds.LIMITED_PATH.fullmatch(path) is not None


def _route_path(scope: Scope) -> str:
    path: str = scope.get("path", "")
    return path.removeprefix(scope.get("root_path", ""))
