"""Who may use the admin routes."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING

from starlette.requests import Request

from core.errors import ThreadrError
from core.settings import Settings

if TYPE_CHECKING:
    from fastapi import params

# In Host: an address, a name without a dot, or one that RFC 6761 keeps out of the DNS.
_NO_PUBLIC_NAME = re.compile(r"([^.]*|.*\.(localhost|test)|[\d.]+|\[.*\])(:\d+)?", re.IGNORECASE)


def is_admin(authorization: str, settings: Settings) -> bool:
    """Whether the header holds ADMIN_TOKEN as a Bearer token (RFC 6750; RFC 9110: the scheme's case is free).

    Without ADMIN_TOKEN everyone is admin in development, no one in production.
    """
    if not settings.admin_token:
        return not settings.in_production
    return hmac.compare_digest(bearer_token(authorization), settings.admin_token.encode())


def bearer_token(authorization: str) -> bytes:
    """The token of the header; empty where it has none."""
    scheme, _, given = authorization.partition(" ")
    # Servers decode headers as Latin-1; encoding it again gives the UTF-8 that was sent.
    return given.strip(" ").encode("latin-1", "replace") if scheme.lower() == "bearer" else b""


def admin_or(refusal: type[ThreadrError]) -> params.Depends:
    """A dependency of routes, which raises `refusal` for everybody but the admin."""

    async def check(request: Request) -> None:
        settings: Settings = request.app.state.settings
        # A web page whose name leads to this machine (DNS rebinding) must not reach what no token guards.
        is_guarded = bool(settings.admin_token) or "aws.context" in request.scope
        is_local = is_guarded or _NO_PUBLIC_NAME.fullmatch(request.headers.get("host", ""))
        if not is_local or not is_admin(request.headers.get("authorization", ""), settings):
            raise refusal

    from fastapi import params  # the pages have no such routes, and do without

    return params.Depends(check)
