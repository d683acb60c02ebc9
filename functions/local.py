"""All routes in one app, for uvicorn, containers and Railway."""

from core.http.app import create_app
from core.services import Services
from functions import cache, generate, mcp, monitor, pages, threads

ROUTERS = (generate.router, threads.router, cache.router, monitor.router)
ROUTES = [*pages.routes, *mcp.routes]
app = create_app(*ROUTERS, pages=ROUTES, make_services=Services)
