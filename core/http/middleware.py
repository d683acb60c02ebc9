"""Around every request: its id, time and body limit, log line, and the handler for unexpected errors."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import log
from core.errors import BodyTooLarge, Malformed, ThreadrError
from core.http.problems import problem
from core.request import RequestRecord
from core.usage import current_store_usage

_MAX_BODY_BYTES = 6 * 1024 * 1024  # Lambda's own limit: 1 MB of text may be six times that in JSON escapes
_SECONDS_FOR_LAMBDA = 1.0  # kept back so that an answer leaves before the function is stopped


@dataclass(slots=True)
class HeaderSender:
    """A `send` that adds headers to the response when it starts, and remembers its status."""

    send: Send
    add_headers: Callable[[MutableHeaders], None]
    status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.add_headers(MutableHeaders(scope=message))
        await self.send(message)


class RequestMiddleware:
    """ASGI middleware; puts a RequestRecord into the request's state, and its headers into the response."""

    def __init__(self, app: ASGIApp, *, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        record = RequestRecord(request_id=secrets.token_hex(8), seconds=self._budget_seconds(scope))
        scope.setdefault("state", {})["record"] = record
        current_store_usage.set(record.store_usage)
        sender = HeaderSender(send, lambda headers: headers.update(record.headers()))
        ids = {"request_id": record.request_id}
        if lambda_id := getattr(scope.get("aws.context"), "aws_request_id", None):
            ids["aws_request_id"] = str(lambda_id)  # it is in Lambda's own lines
        former_ids = log.current_ids.set(ids)
        try:
            await self._run(scope, receive, sender, record)
        finally:
            _log(scope, record, sender.status)
            log.current_ids.reset(former_ids)
        return None

    def _budget_seconds(self, scope: Scope) -> float:
        remaining_ms = getattr(scope.get("aws.context"), "get_remaining_time_in_millis", None)
        if remaining_ms is None:
            return self._seconds
        return min(self._seconds, max(0.0, float(remaining_ms()) / 1000 - _SECONDS_FOR_LAMBDA))

    async def _run(self, scope: Scope, receive: Receive, send: HeaderSender, record: RequestRecord) -> None:
        """Send the app's answer, or its failure as a problem."""
        try:
            return await self._app(scope, await _read_whole(receive), send)
        except ThreadrError as error:
            failure = error
        # The only place that catches everything; otherwise the caller gets no answer.
        except Exception:
            log.logger.exception("Unexpected error")
            failure = ThreadrError()
        record.record_failure(failure)
        if send.status is None:
            answer = problem(failure, instance=scope["path"], request_id=record.request_id)
            await answer(scope, receive, send)
        return None


async def _read_whole(receive: Receive) -> Receive:
    """A `receive` that holds the whole body already. Raises BodyTooLarge, Malformed when it is cut off."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Malformed("The body was cut off.")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > _MAX_BODY_BYTES:
            raise BodyTooLarge
    messages: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


def _log(scope: Scope, record: RequestRecord, status: int | None) -> None:
    """The request's one line; on Lambda, CloudWatch makes metrics of it."""
    facts = record.log_fields() | {
        "method": "HEAD" if "head" in scope else scope["method"],
        "route": getattr(scope.get("route"), "path", None),  # a template: the path is the caller's text
        "status": status,
    }
    if "aws.context" in scope:
        function = getattr(scope["aws.context"], "function_name", None) or "threadr"
        facts |= log.metrics(facts, function=str(function), now=record.clock())
    log.event(record.event or "Answered", **facts)
