"""The page that people use, and its files."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from core.errors import NotFound
from core.http.app import create_app
from core.http.lambda_handler import lambda_handler

_WEB = Path(__file__).resolve().parent.parent / "web"
_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FILES = {path.name: path.read_bytes() for path in _WEB.iterdir() if path.suffix in _TYPES}


def _file(name: str) -> Response:
    """The whole file; ranges are not supported, files are small."""
    headers = {"Cache-Control": "public, max-age=300"}
    return Response(_FILES[name], headers=headers, media_type=_TYPES[Path(name).suffix])


router = APIRouter(include_in_schema=False)


@router.get("/")
async def index() -> Response:
    return _file("index.html")


@router.get("/static/{name}")
async def static(name: str) -> Response:
    if name not in _FILES or name.endswith(".html"):
        raise NotFound
    return _file(name)


app = create_app(router)
handler = lambda_handler(app)
