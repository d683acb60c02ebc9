"""The clients that limits apply to: the names of their buckets, and what this process knows of them."""

import functools
import hashlib
import hmac
import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import Scope

from core import log
from core.errors import InvalidRequest, RateLimited
from core.http import bounds
from core.http.admin import bearer_token, is_admin
from core.rate_limit import Decision, Window
from core.request import LookedUp, RequestRecord, current_client, limit_headers
from core.settings import Settings

UNKNOWN = "unknown"
_BURST = "burst"  # names the limit of calls of all routes, in headers and log lines
_PROXY = (
    "requests have X-Forwarded-For: behind a proxy set FRONT_DOOR=proxy:1, or all its callers share one limit"
)


def client_of(request: Request, settings: Settings) -> str:
    """The name of the caller's rate limit bucket.

    A known X-API-Key has a bucket of its own (named by its digest); clients of MCP may send the key as a
    Bearer token, which is the one credential that all of them know. Else it is the address that the
    front door vouches for: the peer for API Gateway and Function URLs, the last X-Forwarded-For entry
    behind an ALB, the Nth from the right behind N proxies. What a caller can write is never used.
    """
    # Servers decode headers as Latin-1; encoding it again gives the UTF-8 that was sent.
    key = request.headers.get("x-api-key", "").encode("latin-1", "replace")
    if not key and _route_path(request.scope) == bounds.MCP_PATH:
        key = bearer_token(request.headers.get("authorization", ""))
    known = [candidate for candidate in settings.api_keys if hmac.compare_digest(candidate.encode(), key)]
    if key and known:
        return f"key-{hashlib.sha256(known[0].encode()).hexdigest()[:16]}"
    return _bucket(_address(request, settings.front_door)[:100])


@functools.lru_cache(maxsize=1024)  # the same few call again and again
def _bucket(text: str) -> str:
    try:
        address = ipaddress.ip_address(_without_port(text))
    except ValueError:
        return UNKNOWN
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    # A subscriber gets a whole /64, so its addresses share a bucket (RFC 6177).
    return str(ipaddress.IPv6Network((int(address), 64), strict=False))


def _address(request: Request, front_door: str) -> str:
    if front_door in ("gateway", "function-url"):
        return request.client.host if request.client else ""
    hops = 1 if front_door == "alb" else int(front_door.partition(":")[2])
    # A proxy may add a line of its own below the caller's: all of them are one list (RFC 9110, section 5.3).
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    return forwarded[-hops].strip() if len(forwarded) >= hops else ""


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


@dataclass(slots=True)
class Client:
    """What this process knows of a caller; `name` is that of its rate limit bucket."""

    name: str
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
        self._known: OrderedDict[str, Client] = OrderedDict()
        self.held_bytes = 0  # of all bodies under way
        quota, window_seconds = settings.rate_limit_requests, settings.rate_limit_window_seconds
        self._burst = max(bounds.BURST_CALLS, quota)
        self._seconds_per_call = 1 / max(bounds.CALLS_PER_SECOND, quota / window_seconds)
        decision = Window(quota, round(window_seconds * 1000)).decision(current=0, previous=0, now_ms=0)
        headers = limit_headers(decision)
        self._quota = {name: headers[name] for name in ("RateLimit-Policy", "X-RateLimit-Limit")}

    def admit(self, request: Request, record: RequestRecord) -> None:
        """Put the client into the request's state. Raises InvalidRequest and RateLimited."""
        scope, headers, query = request.scope, request.scope["headers"], request.scope["query_string"]
        size = len(scope["path"]) + len(query) + sum(len(name) + len(value) for name, value in headers)
        if size > bounds.MAX_HEAD_BYTES or len(headers) + query.count(b"&") > bounds.MAX_FIELDS:
            raise InvalidRequest("The address or the headers are too long.")
        self._notice_proxy(scope)
        request.state.client = client = self._client(client_of(request, self._settings))
        current_client.set(client.name)
        if _route_path(scope) != "/health":  # load balancers ask often, and it costs nothing
            self._count(client, request)
        if self._settings.rate_limit_scope == "requests" and _is_limited(scope):
            client.check_limit(self._clock(), record)

    def headers(self, scope: Scope, record: RequestRecord) -> Mapping[str, str]:
        """The headers of a request without a decision: with what is known of its limit, if it has one."""
        if not _is_limited(scope) or record.facts.get("reason") == _BURST:
            return record.headers()
        if client := scope["state"].get("client"):
            record.decision = client.decision_at(self._clock())
        return {**self._quota, **record.headers()}

    def _client(self, name: str) -> Client:
        client = self._known[name] = self._known.get(name) or Client(name)
        self._known.move_to_end(name)
        if len(self._known) > bounds.MAX_CLIENTS:
            self._known.popitem(last=False)
        return client

    def _count(self, client: Client, request: Request) -> None:
        """Raises RateLimited for one call too many, which is not counted, unless it is the admin's."""
        now, seconds = self._clock(), self._burst * self._seconds_per_call
        # Far ahead: the clock was set back.
        client.full_at = now if client.full_at > now + 2 * seconds else max(now, client.full_at)
        over = client.full_at + self._seconds_per_call - now - seconds
        if over < self._seconds_per_call / 2:  # half a call for rounding
            client.full_at += self._seconds_per_call
            return
        authorization = request.headers.get("authorization", "")
        if not self._settings.admin_token or not is_admin(authorization, self._settings):
            wait = math.ceil(over)
            policy, rest = f'"{_BURST}";q={self._burst};w={math.ceil(seconds)}', f'"{_BURST}";r=0;t={wait}'
            headers = {"Retry-After": f"{wait}", "RateLimit-Policy": policy, "RateLimit": rest}
            raise RateLimited(reason=_BURST, headers=headers)

    def _notice_proxy(self, scope: Scope) -> None:
        """Say once that the peer seems to be a proxy; on Lambda it is the caller."""
        if "front_door" in self._details or "aws.context" in scope or self._settings.front_door != "gateway":
            return
        if any(name in (b"x-forwarded-for", b"forwarded") for name, _ in scope["headers"]):
            self._details["front_door"] = _PROXY
            log.logger.warning("FRONT_DOOR is gateway, and %s", _PROXY)


def _is_limited(scope: Scope) -> bool:
    return scope["method"] == "POST" and bounds.LIMITED_PATH.fullmatch(_route_path(scope)) is not None


def _route_path(scope: Scope) -> str:
    path: str = scope.get("path", "")
    return path.removeprefix(scope.get("root_path", ""))
