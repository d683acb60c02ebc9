"""An ASGI app as a Lambda handler."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES

from core.loop import process_loop
from core.problems import MEDIA_TYPE

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def lambda_handler(app: FastAPI) -> Handler:
    """A handler for API Gateway (v1, v2), Function URL and ALB events, on one event loop for good."""

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        # Mangum asks for the current loop, which any asyncio.run() in the process takes away.
        asyncio.set_event_loop(process_loop())
        # Lifespan would run with every invocation; problem+json would leave as base64.
        mangum = Mangum(app, lifespan="off", text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, MEDIA_TYPE])
        return mangum(event, context)

    return handle
