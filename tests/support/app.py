"""The whole app, and the types of what makes its clients."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import httpx
from fastapi import FastAPI

from core.http.app import create_app
from core.services import Services
from core.settings import Settings
from functions.local import ROUTERS, ROUTES

TOKEN = "front-token"
Make = Callable[..., httpx.AsyncClient]
Instances = Callable[..., httpx.AsyncClient]


def whole_app(settings: Settings, clock: Callable[[], float] | None = None) -> FastAPI:
    """All routes, over services of their own, on `clock` (epoch seconds) where one is given."""
    make = partial(Services, clock=clock)
    return create_app(*ROUTERS, pages=ROUTES, settings=settings, make_services=make)
