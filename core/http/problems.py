"""Errors as RFC 9457 problem details: one shape for everything, at most 2 KB, never echoing the input."""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.responses import JSONResponse

from core.errors import ThreadrError
from core.text.cleaning import clean_line

MEDIA_TYPE = "application/problem+json"
_MAX_DETAIL_BYTES = 600  # quotes and backslashes take two each
_MAX_INSTANCE_CHARACTERS = 300
_HALF_ESCAPE = re.compile("%.?$")


def problem(error: ThreadrError, *, instance: str, request_id: str = "") -> JSONResponse:
    """The answer for `error`. `instance` is the path that was asked, without its query.

    What is our fault (5xx) ends with the request id, by which its log line is found.
    """
    told = f" Request id: {request_id}." if request_id and error.status >= 500 else ""
    content = {
        "type": f"/problems/{error.kind}",
        "title": error.title,
        "status": error.status,
        "detail": clean_line(error.detail).encode()[:_MAX_DETAIL_BYTES].decode(errors="ignore") + told,
        "instance": _HALF_ESCAPE.sub("", quote(instance, errors="replace")[:_MAX_INSTANCE_CHARACTERS]),
    }
    return JSONResponse(content, error.status, headers=error.headers, media_type=MEDIA_TYPE)
