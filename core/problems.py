"""Errors as RFC 9457 problem details: one shape for everything, at most 2 KB, never echoing the input."""

from __future__ import annotations

from starlette.responses import JSONResponse

from core.errors import ThreadrError

MEDIA_TYPE = "application/problem+json"
_MOST_DETAIL_CHARACTERS = 1_000


def problem(error: ThreadrError, *, instance: str) -> JSONResponse:
    """The answer for `error`. `instance` is the path that was asked, without its query."""
    content = {
        "type": f"/problems/{error.kind}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail[:_MOST_DETAIL_CHARACTERS],
        "instance": instance[:200],
    }
    return JSONResponse(content, error.status, headers=error.headers, media_type=MEDIA_TYPE)
