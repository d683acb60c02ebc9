"""How a function's routes become an app: rooms, errors, CORS, frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from core import log
from core.errors import InvalidRequest, MethodNotAllowed, NotFound, ThreadrError
from core.exchange import Exchange
from core.frame import Frame
from core.problems import problem
from core.settings import Settings

if TYPE_CHECKING:
    from core.rooms import Rooms

_EXPOSED = ["Age", "Cache-Status", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"]
_MOST_NAMED_FAULTS = 3


def create_app(*routers: APIRouter, settings: Settings | None = None, with_rooms: bool = True) -> FastAPI:
    """An ASGI app of these routes, over rooms of its own; without, nothing of them is imported.

    Raises SettingsError when a variable has a value that cannot be used.
    """
    settings = settings or Settings.from_env()
    log.set_up()
    app = FastAPI(
        title="Threadr",
        description="Paste a link or a text, get a thread that is ready to post.",
        openapi_url=None if settings.in_production else "/openapi.json",
    )
    if with_rooms:
        from core.rooms import Rooms

        app.state.rooms = Rooms(settings)
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(ThreadrError, _render)
    app.add_exception_handler(RequestValidationError, _render)
    app.add_exception_handler(HTTPException, _render)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Authorization", "Cache-Control", "Content-Type", "X-API-Key"],
        expose_headers=_EXPOSED,
    )
    app.add_middleware(Frame, seconds=settings.generate_deadline_seconds)
    return app


def _rooms(request: Request) -> Rooms:
    rooms: Rooms = request.app.state.rooms
    return rooms


def _exchange(request: Request) -> Exchange:
    exchange: Exchange = request.state.exchange
    return exchange


if TYPE_CHECKING:
    RoomsOf = Annotated[Rooms, Depends(_rooms)]
else:
    RoomsOf = Annotated[Any, Depends(_rooms)]
ExchangeOf = Annotated[Exchange, Depends(_exchange)]


async def _render(request: Request, error: Exception) -> Response:
    """The one handler: every error of ours, of FastAPI's and of Starlette's in the same shape."""
    ours = _ours(error)
    _exchange(request).facts |= {"problem": ours.kind, "reason": ours.reason}
    return problem(ours, instance=request.url.path)


def _ours(error: Exception) -> ThreadrError:
    if isinstance(error, ThreadrError):
        return error
    if isinstance(error, RequestValidationError):
        faults = dict.fromkeys(_fault(fault) for fault in error.errors())
        return InvalidRequest("; ".join(list(faults)[:_MOST_NAMED_FAULTS]) + ".")
    assert isinstance(error, HTTPException)
    kinds: dict[int, type[ThreadrError]] = {404: NotFound, 405: MethodNotAllowed}
    ours = kinds.get(error.status_code, InvalidRequest)()
    ours.headers |= error.headers or {}
    return ours


def _fault(fault: dict[str, Any]) -> str:
    """One fault in words, without the input: not even the name of a field that is not ours."""
    if fault["type"] == "extra_forbidden":
        return "unknown fields are refused"
    if fault["type"] == "json_invalid":
        return "the body is not valid JSON"
    place = ".".join(str(part) for part in fault["loc"] if part not in ("body", "query"))
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
