"""How a function's routes become an app: services, errors, middleware."""

from collections.abc import Callable, Sequence
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute

from core import log
from core.http.body_route import BodyRoute
from core.http.openapi import DocumentedApp
from core.http.problems import raise_invalid, raise_ours
from core.http.site import PageRoute, add_middleware
from core.settings import Settings


def create_app(
    *routers: APIRouter,
    pages: Sequence[BaseRoute] = (),
    settings: Settings | None = None,
    make_services: Callable[[Settings], object] | None = None,
) -> FastAPI:
    """An ASGI app of these routes; its state holds the settings and the services. Raises SettingsError."""
    settings = settings or Settings.from_env()
    log.set_up()
    app = DocumentedApp(
        title="Threadr",
        openapi_url=None if settings.in_production else "/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,  # what clients call the operation
        exception_handlers={RequestValidationError: raise_invalid, HTTPException: raise_ours},
    )
    app.state.settings = settings
    app.state.services = make_services(settings) if make_services else None
    for router in routers:
        app.include_router(router)
    app.router.routes.extend(pages if settings.in_production else [*pages, PageRoute("/docs", _docs)])
    routes = (route for router in routers for route in router.routes)
    direct = {route.path: route for route in routes if isinstance(route, BodyRoute) and route.model}
    add_middleware(app, settings, direct)
    return app


async def _docs(request: Request) -> HTMLResponse:
    from core.http.docs_page import docs_page  # for readers in development

    app: FastAPI = request.app
    return HTMLResponse(docs_page(app.openapi(), quote(request.scope["root_path"])))
