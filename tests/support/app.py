"""The whole app, and what makes clients of it."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from fastapi import APIRouter

from functions import cache, generate, monitor, pages, threads

TOKEN = "front-token"
ROUTERS: tuple[APIRouter, ...] = (
    generate.router,
    threads.router,
    cache.router,
    monitor.router,
    pages.router,
)
Make = Callable[..., httpx.AsyncClient]
Instances = Callable[..., httpx.AsyncClient]
