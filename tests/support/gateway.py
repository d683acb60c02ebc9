"""A Lambda handler behind HTTP, as an HTTP API calls it, so that real clients reach it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.lambda_events import Context, v2

_METHODS = ["GET", "POST", "DELETE", "OPTIONS"]


def gateway(handler: Callable[[Any, Any], dict[str, Any]]) -> Starlette:
    async def forward(request: Request) -> Response:
        body = (await request.body()).decode(errors="surrogateescape")
        event = v2(request.method, request.url.path, body, headers=dict(request.headers))
        answer = await asyncio.to_thread(handler, event, Context())
        assert not answer["isBase64Encoded"]
        return Response(answer["body"], answer["statusCode"], answer["headers"])

    return Starlette(routes=[Route("/{path:path}", forward, methods=_METHODS)])
