"""All routes in one app, for uvicorn, containers and Railway."""

from core.http.app import create_app
from core.ops.startup import checked_settings
from core.services import Services

settings = checked_settings()  # before each function makes an app of its own

# isort: split
from functions import cache, generate, monitor, pages, threads  # noqa: E402

ROUTERS = (generate.router, threads.router, cache.router, monitor.router)
app = create_app(*ROUTERS, pages=pages.routes, settings=settings, make_services=Services)
