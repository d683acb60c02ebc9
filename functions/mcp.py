"""POST /mcp: the tools for agents; they make threads, so this function has the model's key, too."""

from starlette.requests import Request
from starlette.responses import Response

from core.http.lambda_handler import lambda_handler
from core.http.site import PageRoute, create_site
from core.mcp.server import Exchange
from core.services import Services


async def exchange(request: Request) -> Response:
    return await Exchange(request).answer()


routes = [PageRoute("/mcp", exchange, methods=["POST"])]
app = create_site(routes, make_services=Services)
handler = lambda_handler(app)
