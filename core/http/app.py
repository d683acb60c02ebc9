"""How a function's routes become an app: rooms, errors, frame, CORS, security."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from core import log
from core.errors import InvalidRequest, MethodNotAllowed, NotFound, NotJson, ThreadrError
from core.http.middleware import RequestMiddleware
from core.http.openapi import DESCRIPTION, SERVERS, TAGS, completed
from core.http.problems import problem
from core.http.security import DOCS_PATH, SecurityHeaders
from core.request import RequestRecord
from core.settings import Settings

if TYPE_CHECKING:
    from core.services import Services

_EXPOSED = """Age Cache-Status ETag RateLimit RateLimit-Policy Retry-After Server-Timing X-RateLimit-Limit
X-RateLimit-Remaining X-RateLimit-Reset X-Request-Id""".split()
_TAKEN = ["Authorization", "Cache-Control", "Content-Type", "If-None-Match", "X-API-Key"]
_MAX_NAMED_FAULTS = 3
_NOT_VALID = "The body is not valid JSON"


def create_app(*routers: APIRouter, settings: Settings | None = None, with_services: bool = True) -> FastAPI:
    """An ASGI app of these routes, over rooms of its own; without, nothing of them is imported.

    Raises SettingsError when a variable has a value that cannot be used.
    """
    settings = settings or Settings.from_env()
    log.set_up()
    app = _App(
        title="Threadr",
        description=DESCRIPTION,
        openapi_tags=TAGS,
        servers=SERVERS,
        openapi_url=None if settings.in_production else "/openapi.json",
        docs_url=DOCS_PATH,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
    )
    if with_services:
        from core.services import Services

        app.state.services = Services(settings)
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(ThreadrError, _render)
    app.add_exception_handler(RequestValidationError, _render)
    app.add_exception_handler(HTTPException, _render)
    # The last one is the outermost. CORS stands around the frame: pages of others may read its problems, too.
    app.add_middleware(RequestMiddleware, seconds=settings.generate_deadline_seconds)
    if settings.allowed_origins:
        app.add_middleware(
            _Cors,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "HEAD", "POST", "DELETE"],
            allow_headers=_TAKEN,
            expose_headers=_EXPOSED,
        )
    app.add_middleware(SecurityHeaders, production=settings.in_production)
    return app


class _App(FastAPI):
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = completed(super().openapi())
        return self.openapi_schema


class _Cors(CORSMiddleware):
    def preflight_response(self, request_headers: Headers) -> Response:
        """Without a body; a refusal is a 200, too: what the headers do not allow, browsers do not do."""
        told = super().preflight_response(request_headers).headers
        return Response(headers={name: value for name, value in told.items() if name[:8] != "content-"})


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _record(request: Request) -> RequestRecord:
    record: RequestRecord = request.state.record
    return record


if TYPE_CHECKING:
    ServicesOf = Annotated[Services, Depends(_services)]
else:
    ServicesOf = Annotated[Any, Depends(_services)]
RecordOf = Annotated[RequestRecord, Depends(_record)]


async def _render(request: Request, error: Exception) -> Response:
    """The one handler: every error of ours, of FastAPI's and of Starlette's in the same shape."""
    ours, record = _ours(error), await _record(request)
    record.failed(ours)
    return problem(ours, instance=request.scope["path"], request_id=record.request_id)


def _ours(error: Exception) -> ThreadrError:
    if isinstance(error, ThreadrError):
        return error
    if isinstance(error, RequestValidationError):
        # FastAPI leaves a body as bytes when its type is not JSON.
        return NotJson() if isinstance(error.body, bytes) else InvalidRequest(_faults(error))
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return NotFound()
    if error.status_code == 405:
        allowed = set((error.headers or {}).get("Allow", "").split(", "))
        also = {"HEAD"} & {method.replace("GET", "HEAD") for method in allowed}
        return MethodNotAllowed(headers={"Allow": ", ".join(sorted(allowed | also))})
    return InvalidRequest(f"{_NOT_VALID}.")  # FastAPI's 400: the body could not be read at all


def _faults(error: RequestValidationError) -> str:
    faults = dict.fromkeys(_fault(fault) for fault in error.errors())
    return "; ".join(list(faults)[:_MAX_NAMED_FAULTS]) + "."


def _fault(fault: dict[str, Any]) -> str:
    """One fault in words, without the input: not even the name of a field that is not ours."""
    if fault["type"] == "extra_forbidden":
        return "unknown fields are refused"
    if fault["type"] == "json_invalid":
        return _NOT_VALID
    place = ".".join(str(part) for part in fault["loc"] if part not in ("body", "query"))
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
