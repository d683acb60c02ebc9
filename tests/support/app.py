"""The whole app, and the types of what makes its clients."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import httpx
from fastapi import FastAPI
from starlette.routing import BaseRoute

from core.http.app import create_app
from core.services import Services
from core.settings import Settings
from functions.local import ROUTERS, ROUTES

TOKEN = "front-token"
Make = Callable[..., httpx.AsyncClient]
Instances = Callable[..., httpx.AsyncClient]
# Routers as the first app has them, by id: FastAPI builds their routes at an app's first request, in 6 ms.
_built: dict[int, BaseRoute] = {}


def whole_app(settings: Settings, clock: Callable[[], float] | None = None) -> FastAPI:
    """All routes, over services of their own, on `clock` (epoch seconds) where one is given."""
    make = partial(Services, clock=clock)
    app = create_app(*ROUTERS, pages=ROUTES, settings=settings, make_services=make)
    for place, route in enumerate(app.router.routes):
        if router := getattr(route, "original_router", None):
            app.router.routes[place] = _built.setdefault(id(router), route)
    return app
