"""The page that people use, its files, and a page for each kind of problem."""

import re
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from core.errors import NotFound
from core.http.lambda_handler import lambda_handler
from core.http.problem_page import problem_page
from core.http.site import PageRoute, create_site

_WEB = Path(__file__).resolve().parent.parent / "web"
_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FILES = {path.name: path.read_bytes() for path in _WEB.iterdir() if path.suffix in _TYPES}


def _file(name: str, content: bytes | None = None) -> Response:
    """The whole file, or `content` made of it; ranges are not supported, files are small."""
    headers = {"Cache-Control": "public, max-age=300"}
    return Response(content or _FILES[name], headers=headers, media_type=_TYPES[Path(name).suffix])


async def _page(request: Request, name: str) -> Response:
    """Its addresses are relative; behind a base path they begin with it: it may lack its slash."""
    path = quote(request.scope["root_path"])
    return _file(
        name, re.sub(rb'"(?=static/|compose"|\./")', f'"{path}/'.encode(), _FILES[name]) if path else None
    )


async def index(request: Request) -> Response:
    return await _page(request, "index.html")


async def dashboard(request: Request) -> Response:
    return await _page(request, "dashboard.html")


async def static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _FILES or name.endswith(".html"):
        raise NotFound
    return _file(name)


async def problem(request: Request) -> Response:
    page = problem_page(request.path_params["kind"], _FILES["problem.html"].decode())
    return _file("problem.html", page)


routes = [
    PageRoute("/", index),
    PageRoute("/dashboard", dashboard),
    PageRoute("/static/{name}", static),
    PageRoute("/problems/{kind}", problem),
]
app = create_site(routes)
handler = lambda_handler(app)
