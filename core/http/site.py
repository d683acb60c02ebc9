"""What is around every app's routes, and the app of routes that take no models: plain Starlette."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from core import log
from core.http.middleware import RequestMiddleware
from core.http.outer import LIMITED, Cors, OuterMiddleware
from core.http.problems import raise_ours
from core.settings import Settings

if TYPE_CHECKING:
    from core.http.body_route import BodyRoute

_DELETING = "X-Delete-Token"
_EXPOSED = sorted([*LIMITED, "Age", "ETag", "Retry-After", _DELETING, "X-Request-Id"])
_ACCEPTED = """Authorization Cache-Control Content-Type If-None-Match X-API-Key X-Delete-Token
MCP-Protocol-Version Mcp-Method Mcp-Name""".split()


class PageRoute(Route):
    """A route that the log line can name, as FastAPI's can."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = super().matches(scope)
        return match, {**found, "route": self}


def create_site(
    routes: Sequence[BaseRoute],
    settings: Settings | None = None,
    make_services: Callable[[Settings], object] | None = None,
) -> Starlette:
    """An ASGI app of these routes; its state is that of `create_app`. Raises SettingsError."""
    settings = settings or Settings.from_env()
    log.set_up()
    site = Starlette(routes=routes, exception_handlers={HTTPException: raise_ours})
    site.router.redirect_slashes = False
    site.state.settings = settings
    site.state.services = make_services(settings) if make_services else None
    add_middleware(site, settings, {})
    return site


def add_middleware(app: Starlette, settings: Settings, direct: Mapping[str, "BodyRoute"]) -> None:
    """The last added is the outermost. CORS wraps the requests so that other origins can read problems."""
    services = app.state.services
    app.add_middleware(RequestMiddleware, settings=settings, services=services, direct=direct)
    # Not for every page of the web: in development no token is asked for.
    deleting = [] if "*" in settings.allowed_origins else ["DELETE"]
    if settings.allowed_origins:
        app.add_middleware(
            Cors,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "HEAD", "POST", *deleting],
            allow_headers=_ACCEPTED,
            expose_headers=_EXPOSED,
        )
    app.add_middleware(OuterMiddleware, settings=settings)
