"""An ASGI app as a Lambda handler that answers every event."""

import gc
import logging
import secrets
from collections.abc import Callable
from typing import Any

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES
from starlette.types import ASGIApp, Receive, Scope, Send

from core import log
from core.errors import ThreadrError
from core.http.event_loop import connect_at_init, on_process_loop
from core.http.lambda_event import Json, LambdaEvent
from core.http.problems import MEDIA_TYPE, problem

Handler = Callable[[Any, Any], Json]

logging.getLogger("mangum").setLevel(logging.CRITICAL + 1)  # it logs paths and exceptions' texts


def lambda_handler(app: ASGIApp) -> Handler:
    """A handler for API Gateway (v1, v2), Function URL and ALB events; it never raises.

    An event that is not an HTTP request (a schedule, a message, a warm-up ping) gets a 400 in format 2.0.
    """

    def handle(event: Any, context: Any) -> Json:
        return on_process_loop(lambda _: _answer(app, event, context))

    connect_at_init(getattr(getattr(app, "state", None), "services", None))
    # What the function has imported stays; garbage is collected from now on.
    gc.freeze()
    gc.enable()
    return handle


def _answer(app: ASGIApp, given: Any, context: Any) -> Json:
    event = LambdaEvent.of(given)
    raised: list[BaseException] = []

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            scope["state"] = {"refusal": event.refusal, "prefixes": event.prefixes}
            await app(scope, receive, send)
        except BaseException as error:  # of any type: Mangum makes plain text of it
            raised.append(error)
            raise

    # Lifespan would run with every invocation; problem+json would leave as base64.
    mangum = Mangum(guarded, lifespan="off", text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, MEDIA_TYPE])
    try:
        answer = mangum(event.payload, context)
        if raised:
            raise raised[0]
    # Nothing may be raised from here, not even an app's sys.exit(): the caller would get the gateway's own
    # error and the next one a cold start. Ctrl-C and signals are the main thread's, and this is the loop's.
    except BaseException:
        answer = _broken()
    return event.shaped(answer)


def _broken() -> Json:
    """The last resort. Called while an exception is handled."""
    request_id = secrets.token_hex(8)
    log.logger.exception("Unexpected error", extra={"facts": {"request_id": request_id}})
    body = bytes(problem(ThreadrError(), instance="/", request_id=request_id).body).decode()
    headers = {"content-type": MEDIA_TYPE, "x-request-id": request_id}
    return {"statusCode": 500, "headers": headers, "body": body, "isBase64Encoded": False}
