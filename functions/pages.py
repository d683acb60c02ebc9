"""The page that people use, its files, and a page for each kind of problem."""

from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from core.errors import NotFound
from core.http.app import create_app
from core.http.lambda_handler import lambda_handler
from core.http.problem_page import problem_page

_WEB = Path(__file__).resolve().parent.parent / "web"
_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FILES = {path.name: path.read_bytes() for path in _WEB.iterdir() if path.suffix in _TYPES}


def _file(name: str, content: bytes | None = None) -> Response:
    """The whole file, or `content` made of it; ranges are not supported, files are small."""
    headers = {"Cache-Control": "public, max-age=300"}
    return Response(content or _FILES[name], headers=headers, media_type=_TYPES[Path(name).suffix])


router = APIRouter(include_in_schema=False)


@router.get("/")
async def index(request: Request) -> Response:
    """Its addresses are relative; where a path stands in front, they begin with it: it may lack its slash."""
    path = quote(request.scope["root_path"])
    page = _FILES["index.html"]
    return _file("index.html", page.replace(b'"static/', f'"{path}/static/'.encode()) if path else page)


@router.get("/static/{name}")
async def static(name: str) -> Response:
    if name not in _FILES or name.endswith(".html"):
        raise NotFound
    return _file(name)


@router.get("/problems/{kind}")
async def problem(kind: str) -> Response:
    return _file("problem.html", problem_page(kind, _FILES["problem.html"].decode()))


app = create_app(router)
handler = lambda_handler(app)
