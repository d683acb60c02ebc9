"""Who may use the admin routes."""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.requests import Request

from core.errors import ThreadrError, Unauthorized
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

    return _dependency(check)


def holder_or_admin(holds: Callable[[str, str], bool]) -> params.Depends:
    """A dependency, which raises Unauthorized for all but who `holds` the delete token of the route's id,
    and the admin. Without ADMIN_TOKEN nobody is the admin, in development neither: it is another's thread.
    """

    async def check(request: Request) -> None:
        settings: Settings = request.app.state.settings
        is_ours = settings.admin_token and is_admin(request.headers.get("authorization", ""), settings)
        token = request.headers.get("x-delete-token")
        if not (is_ours if token is None else holds(token, request.path_params["id"])):
            raise Unauthorized("Send the X-Delete-Token of the answer that made the thread.")

    return _dependency(check)


def _dependency(check: Callable[[Request], Awaitable[None]]) -> params.Depends:
    from fastapi import params  # the pages have no such routes, and do without

    return params.Depends(check)
