"""How a function's routes become an app: services, errors, middleware."""

from collections.abc import Callable

from fastapi import APIRouter, FastAPI, Response
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from core import log
from core.http.middleware import RequestMiddleware
from core.http.openapi import LIMITED, DocumentedApp
from core.http.outer import DOCS_PATH, BasePath, HeadMiddleware, SecurityHeaders
from core.http.problems import raise_ours
from core.settings import Settings

_EXPOSED = sorted([*LIMITED, "Age", "ETag", "Retry-After", "X-Request-Id"])
_ACCEPTED = ["Authorization", "Cache-Control", "Content-Type", "If-None-Match", "X-API-Key"]


def create_app(
    *routers: APIRouter,
    settings: Settings | None = None,
    make_services: Callable[[Settings], object] | None = None,
) -> FastAPI:
    """An ASGI app of these routes; its state holds the settings and the services. Raises SettingsError."""
    settings = settings or Settings.from_env()
    log.set_up()
    app = DocumentedApp(
        title="Threadr",
        openapi_url=None if settings.in_production else "/openapi.json",
        docs_url=DOCS_PATH,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,  # what clients call the operation
        exception_handlers=dict.fromkeys((RequestValidationError, HTTPException), raise_ours),
    )
    app.state.settings = settings
    app.state.services = make_services(settings) if make_services else None
    for router in routers:
        app.include_router(router)
    _add_middleware(app, settings)
    return app


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """The last added is the outermost. CORS wraps the requests so that other origins can read problems."""
    app.add_middleware(RequestMiddleware, settings=settings, services=app.state.services)
    # Not for every page of the web: in development no token is asked for.
    deleting = [] if "*" in settings.allowed_origins else ["DELETE"]
    if settings.allowed_origins:
        app.add_middleware(
            _Cors,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "HEAD", "POST", *deleting],
            allow_headers=_ACCEPTED,
            expose_headers=_EXPOSED,
        )
    app.add_middleware(HeadMiddleware)
    app.add_middleware(SecurityHeaders, production=settings.in_production)
    app.add_middleware(BasePath, base_path=settings.base_path)


class _Cors(CORSMiddleware):
    def preflight_response(self, request_headers: Headers) -> Response:
        """Without a body, and 200 even for a refusal: browsers go by the headers."""
        headers = super().preflight_response(request_headers).headers
        return Response(headers={name: value for name, value in headers.items() if name[:8] != "content-"})
