"""The client that limits apply to: the name of its bucket."""

import hashlib
import hmac
import ipaddress

from fastapi import Request

from core.settings import Settings

UNKNOWN = "unknown"


def client_of(request: Request, settings: Settings) -> str:
    """The name of the caller's rate limit bucket.

    A known X-API-Key has a bucket of its own (named by its digest). Else it is the address that the
    front door vouches for: the peer for API Gateway and Function URLs, the last X-Forwarded-For entry
    behind an ALB, the Nth from the right behind N proxies. What a caller can write is never used.
    """
    # Servers decode headers as Latin-1; encoding it again gives the UTF-8 that was sent.
    key = request.headers.get("x-api-key", "").encode("latin-1", "replace")
    known = [candidate for candidate in settings.api_keys if hmac.compare_digest(candidate.encode(), key)]
    if key and known:
        return f"key-{hashlib.sha256(known[0].encode()).hexdigest()[:16]}"
    try:
        address = ipaddress.ip_address(_without_port(_address(request, settings.front_door)))
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
