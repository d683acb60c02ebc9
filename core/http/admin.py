"""Who may use the admin routes."""

from __future__ import annotations

import hmac

from fastapi import Request

from core.errors import NotFound, Unauthorized
from core.settings import Settings


def is_admin(authorization: str, settings: Settings) -> bool:
    """Whether the Authorization header opens the admin routes.

    With ADMIN_TOKEN set it must be that, as a Bearer token (RFC 6750; RFC 9110: the scheme's case is free);
    without, everybody may in development and nobody in production.
    """
    if not settings.admin_token:
        return not settings.in_production
    scheme, _, given = authorization.partition(" ")
    # Servers give header bytes as Latin-1: so a token that is not ASCII is the UTF-8 that was sent.
    same = hmac.compare_digest(given.strip(" ").encode("latin-1", "replace"), settings.admin_token.encode())
    return same and scheme.lower() == "bearer"


async def admin_only(request: Request) -> None:
    """A dependency of admin routes. Raises Unauthorized."""
    if not is_admin(request.headers.get("authorization", ""), request.app.state.settings):
        raise Unauthorized


async def admin_or_hidden(request: Request) -> None:
    """The same for routes that outsiders should not know of. Raises NotFound."""
    if not is_admin(request.headers.get("authorization", ""), request.app.state.settings):
        raise NotFound
