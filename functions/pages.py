"""The page that people use, and its files."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

from core.app import create_app
from core.errors import NotFound
from core.lambda_handler import lambda_handler

_WEB = Path(__file__).resolve().parent.parent / "web"
_FILES = {file.name: file for file in _WEB.iterdir() if file.suffix in (".css", ".js", ".svg")}

_FOR_A_WHILE = {"Cache-Control": "public, max-age=300"}

router = APIRouter(include_in_schema=False)


@router.get("/")
async def index() -> FileResponse:
    return FileResponse(_WEB / "index.html", headers=_FOR_A_WHILE)


@router.get("/static/{name}")
async def static(name: str) -> FileResponse:
    if name not in _FILES:
        raise NotFound
    return FileResponse(_FILES[name], headers=_FOR_A_WHILE)


app = create_app(router, with_rooms=False)
handler = lambda_handler(app)
