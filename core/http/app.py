"""How a function's routes become an app: services, errors, middleware."""

from collections.abc import Callable, Sequence

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from core import log
from core.http.openapi import DocumentedApp
from core.http.outer import DOCS_PATH
from core.http.problems import raise_invalid, raise_ours
from core.http.site import add_middleware
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
        docs_url=DOCS_PATH,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,  # what clients call the operation
        exception_handlers={RequestValidationError: raise_invalid, HTTPException: raise_ours},
    )
    app.state.settings = settings
    app.state.services = make_services(settings) if make_services else None
    for router in routers:
        app.include_router(router)
    app.router.routes.extend(pages)
    add_middleware(app, settings)
    return app
