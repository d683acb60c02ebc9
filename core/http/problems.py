"""Errors as RFC 9457 problem details: one shape for everything, at most 2 KB, never echoing the input."""

import re
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import quote

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from core.errors import InvalidRequest, MethodNotAllowed, NotFound, NotJson, ThreadrError
from core.text.cleaning import clean_line

MEDIA_TYPE = "application/problem+json"
_MAX_DETAIL_BYTES = 600  # quotes and backslashes take two each
_MAX_INSTANCE_CHARACTERS = 300
_MAX_NAMED_FAULTS = 3
_HALF_ESCAPE = re.compile("%.?$")
NOT_VALID = "The body is not valid JSON"


async def raise_ours(request: Request, error: Exception) -> NoReturn:
    """Converts FastAPI's and Starlette's errors into ours, which RequestMiddleware answers."""
    if isinstance(error, RequestValidationError):
        if isinstance(error.body, bytes):  # FastAPI leaves it so when its type is not JSON
            raise NotJson
        faults = list(dict.fromkeys(_fault(fault) for fault in error.errors()))
        raise InvalidRequest("; ".join(faults[:_MAX_NAMED_FAULTS]) + ".")
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, ThreadrError):  # raised while FastAPI read the body
        raise error.__cause__
    if error.status_code == 404:
        raise NotFound
    if error.status_code == 405:
        allowed = set((error.headers or {}).get("Allow", "").split(", "))
        also = {"HEAD"} & {method.replace("GET", "HEAD") for method in allowed}
        raise MethodNotAllowed(headers={"Allow": ", ".join(sorted(allowed | also))})
    raise InvalidRequest(f"{NOT_VALID}.")  # FastAPI's 400: the body could not be read at all


def problem(error: ThreadrError, *, instance: str, root_path: str = "", request_id: str = "") -> JSONResponse:
    """The answer for `error`. `instance` is the path that was asked, without its query.

    `root_path` stands in front of all routes, and so in `type`. The detail of a 5xx ends with the request id,
    by which its log line is found.
    """
    detail = clean_line(error.detail).encode()[:_MAX_DETAIL_BYTES].decode(errors="ignore")
    if request_id and error.status >= 500:
        detail += f" Request id: {request_id}."
    instance = _HALF_ESCAPE.sub("", quote(instance, errors="replace")[:_MAX_INSTANCE_CHARACTERS])
    content = members(error, detail, instance, quote(root_path, errors="replace"))
    return JSONResponse(content, error.status, headers=error.headers, media_type=MEDIA_TYPE)


def members(
    error: ThreadrError | type[ThreadrError], detail: str, instance: str, root_path: str = ""
) -> dict[str, str | int]:
    """The members of the problem, as RFC 9457 names them; `type` is the address of `problem_page`."""
    return {
        "type": f"{root_path}/problems/{error.kind}",
        "title": error.title,
        "status": error.status,
        "detail": detail,
        "instance": instance,
    }


def _fault(fault: Mapping[str, Any]) -> str:
    """One fault in words, without any input: not even the name of an unknown field."""
    if fault["type"] == "extra_forbidden":
        return "unknown fields are refused"
    if fault["type"] == "json_invalid":
        return NOT_VALID
    place = ".".join(str(part) for part in fault["loc"] if part not in ("body", "query"))
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
