"""All routes in one app, for uvicorn, containers and Railway."""

from core.http.app import create_app
from core.ops.startup import checked_settings
from core.services import Services

settings = checked_settings()  # before each function makes an app of its own

# isort: split
from functions import cache, generate, mcp, monitor, pages, threads  # noqa: E402

ROUTERS = (generate.router, threads.router, cache.router, cache.makers, monitor.router)
ROUTES = [*pages.routes, *generate.routes, *threads.routes, *mcp.routes]
app = create_app(*ROUTERS, pages=ROUTES, settings=settings, make_services=Services)
