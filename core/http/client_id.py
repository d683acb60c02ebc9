"""The client that limits apply to: the name of its bucket."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Mapping, Sequence

from fastapi import Request

from core.settings import Settings

UNKNOWN = "unknown"


def client_of(request: Request, settings: Settings) -> str:
    """The bucket of the request's caller."""
    return client_bucket(
        front_door=settings.front_door,
        peer=request.client.host if request.client else None,
        headers=request.headers,
        api_keys=settings.api_keys,
    )


def client_bucket(
    *, front_door: str, peer: str | None, headers: Mapping[str, str], api_keys: Sequence[str] = ()
) -> str:
    """The name of the caller's rate limit bucket.

    A known X-API-Key has a bucket of its own (named by its digest). Else it is the address that the
    front door vouches for: `peer` for API Gateway and Function URLs, the last X-Forwarded-For entry
    behind an ALB, the Nth from the right behind N proxies. What a caller can write is never used.
    """
    # Servers give header bytes as Latin-1: so a key that is not ASCII is the UTF-8 that was sent.
    key = headers.get("x-api-key", "").encode("latin-1", "replace")
    known = [candidate for candidate in api_keys if hmac.compare_digest(candidate.encode(), key)]
    if key and known:
        return f"key-{hashlib.sha256(known[0].encode()).hexdigest()[:16]}"
    return _address_bucket(_address(front_door, peer, headers))


def _address(front_door: str, peer: str | None, headers: Mapping[str, str]) -> str:
    if front_door in ("gateway", "function-url"):
        return peer or ""
    hops = 1 if front_door == "alb" else int(front_door.partition(":")[2])
    # A proxy may add a line of its own below the caller's: all of them are one list (RFC 9110, section 5.3).
    lines = (value for name, value in headers.items() if name == "x-forwarded-for")
    forwarded = ",".join(lines).split(",")
    return forwarded[-hops].strip() if len(forwarded) >= hops else ""


def _address_bucket(text: str) -> str:
    text = _without_port(text)
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        # A subscriber gets a whole /64, so its addresses share a bucket (RFC 6177).
        return str(ipaddress.IPv6Network((int(address), 64), strict=False))
    return str(address)


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
