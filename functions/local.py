"""All routes in one app, for uvicorn, containers and Railway."""

from __future__ import annotations

from core.http.app import create_app
from functions import cache, generate, monitor, pages, threads

app = create_app(generate.router, threads.router, cache.router, monitor.router, pages.router)
