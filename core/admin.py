"""Who may use the admin routes."""

from __future__ import annotations

import hmac

from fastapi import Request

from core.errors import NotFound, Unauthorized
from core.settings import Settings


def is_admin(authorization: str, settings: Settings) -> bool:
    """Whether the Authorization header opens the admin routes.

    With ADMIN_TOKEN set it must be that; without, everybody may in development and nobody in production.
    """
    if not settings.admin_token:
        return not settings.in_production
    given = authorization.removeprefix("Bearer ")
    return hmac.compare_digest(given.encode(), settings.admin_token.encode())


async def admin_only(request: Request) -> None:
    """A dependency of admin routes. Raises Unauthorized."""
    if not is_admin(request.headers.get("authorization", ""), request.app.state.rooms.settings):
        raise Unauthorized


async def admin_or_hidden(request: Request) -> None:
    """The same for routes that outsiders should not know of. Raises NotFound."""
    if not is_admin(request.headers.get("authorization", ""), request.app.state.rooms.settings):
        raise NotFound
