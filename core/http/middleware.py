"""Around every request: its id, deadline, body, log line, and the handler for unexpected errors."""

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Receive, Scope, Send

from core import log
from core.errors import Busy, ThreadrError
from core.http.body import BodyReader
from core.http.client_id import Clients
from core.http.outer import HeaderSender
from core.http.problems import problem
from core.request import RequestRecord
from core.settings import Settings
from core.usage import current_store_usage

if TYPE_CHECKING:
    from core.http.body_route import BodyRoute

_SECONDS_FOR_LAMBDA = 1.0  # kept back so that an answer leaves before the function is stopped


class RequestMiddleware:
    """ASGI middleware; puts a RequestRecord into the request's state, and its headers into the response.

    Of `services`, where there are any, it uses the machine's clock, the details for health answers, and the
    cache's counters. What the `direct` routes, by path, answer does not reach the app.
    """

    def __init__(
        self, app: ASGIApp, *, settings: Settings, services: Any, direct: Mapping[str, "BodyRoute"]
    ) -> None:
        self._app, self._direct = app, direct
        self._seconds = settings.generate_deadline_seconds
        self._clock = services.machine_clock if services else time.time
        self._clients = Clients(settings, self._clock, services.details if services else {})
        self._cache = services.cache if services else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        arrived_at, seconds = self._clock(), self._budget_seconds(scope)
        record = RequestRecord(request_id=os.urandom(8).hex(), seconds=seconds)
        scope["state"]["record"] = record
        current_store_usage.set(record.store_usage)
        sender = HeaderSender(send, lambda _: self._headers(scope, record))
        ids = {"request_id": record.request_id}
        if lambda_id := getattr(scope.get("aws.context"), "aws_request_id", None):
            ids["aws_request_id"] = str(lambda_id)  # it is in Lambda's own lines
        former_ids = log.current_ids.set(ids)
        try:
            await self._run(scope, receive, sender, record)
        finally:
            known = scope["state"].get("known") if record.decision else None
            if known and arrived_at >= known.decided_at:  # of requests that overlap, the later knows more
                known.decision, known.decided_at = record.decision, arrived_at
            _log(scope, record, sender.status)
            log.current_ids.reset(former_ids)
        return None

    def _budget_seconds(self, scope: Scope) -> float:
        remaining_ms = getattr(scope.get("aws.context"), "get_remaining_time_in_millis", None)
        if remaining_ms is None:
            return self._seconds
        return min(self._seconds, max(0.0, float(remaining_ms()) / 1000 - _SECONDS_FOR_LAMBDA))

    def _headers(self, scope: Scope, record: RequestRecord) -> dict[bytes, bytes]:
        headers = record.headers() if record.decision else self._clients.headers(scope, record)
        return {name.lower().encode(): value.encode("latin-1") for name, value in headers.items()}

    async def _answer(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        left: Receive | None = receive
        if scope["method"] == "POST" and (route := self._direct.get(path)):
            scope["route"] = route
            left = await route.answer(scope, receive, send)
        if left:
            await self._app(scope, left, send)

    async def _run(self, scope: Scope, receive: Receive, send: HeaderSender, record: RequestRecord) -> None:
        """Send the app's answer, or its failure as a problem."""
        body = BodyReader(scope, receive, self._clients, record.seconds)
        try:
            if refusal := scope["state"].get("refusal"):
                raise refusal
            path = self._clients.admit(scope, record)
            return await self._answer(path, scope, body, send)
        except ThreadrError as error:
            failure = error
        # The only place that catches everything; otherwise the caller gets no answer.
        except Exception:
            log.logger.exception("Unexpected error")
            failure = ThreadrError()
        finally:
            if body.size:
                scope["state"]["known"].held_bytes -= body.size
                self._clients.held_bytes -= body.size
        record.record_failure(failure)
        if failure.status in (403, 429) and not isinstance(failure, Busy):
            record.facts["blocked"] = 1
            if self._cache:
                self._cache.count_later(scope["state"]["client"], {"blocked": 1, "@blocked": 1})
        if send.status is None:
            path, root_path = scope["path"], scope["root_path"]
            answer = problem(failure, instance=path, root_path=root_path, request_id=record.request_id)
            if render := scope["state"].get("render"):  # a route whose failures have a form of their own
                answer = render(failure, answer)
            await answer(scope, receive, send)
        return None


def _log(scope: Scope, record: RequestRecord, status: int | None) -> None:
    """The request's one line; on Lambda, CloudWatch makes metrics of it."""
    facts = record.log_fields() | {
        "method": "HEAD" if "head" in scope else scope["method"],
        "route": getattr(scope.get("route"), "path", None),  # a template: the path is the caller's text
        "status": status,
    }
    if "aws.context" in scope:
        function = getattr(scope["aws.context"], "function_name", None) or "threadr"
        facts |= log.metrics(facts, function=str(function), now=time.time())
    log.event(record.event or "Answered", **facts)
