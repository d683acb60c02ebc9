"""Around every request: its id, deadline, body, log line, and the handler for unexpected errors."""

import asyncio
import itertools
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import log
from core.errors import BodyTimeout, BodyTooLarge, Busy, InvalidRequest, Malformed, RateLimited, ThreadrError
from core.http import bounds
from core.http.client_id import Clients, KnownClient
from core.http.outer import HeaderSender
from core.http.problems import NOT_VALID, problem
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
                body.count(-body.size)
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


@dataclass(slots=True)
class BodyReader:
    """A `receive` that gives the body whole; it is read, within bounds, when a route first wants it.

    The bytes of all bodies under way count at `clients`, and at the client that sends this one.
    """

    scope: Scope
    receive: Receive
    clients: Clients
    seconds: float
    body: bytearray = field(default_factory=bytearray)
    arrived: int = 0
    size: int = 0  # of what is kept
    is_read: bool = False

    async def __call__(self) -> Message:
        """Raises BodyTooLarge, BodyTimeout, RateLimited, InvalidRequest; Malformed when it is cut off."""
        if self.is_read:
            return await self.receive()
        self.is_read = True
        headers, route = self.scope["state"]["headers"], getattr(self.scope.get("route"), "path", "")
        limit = bounds.MAX_BODY_BYTES.get(route, bounds.MAX_SMALL_BODY_BYTES)
        declared = headers.get(b"content-length", b"")[:15]
        if declared.isdigit() and int(declared) > limit:
            limit = -1
        try:
            async with asyncio.timeout(min(bounds.MAX_BODY_SECONDS, self.seconds)):
                await self._read(limit)
        except TimeoutError:
            if self.arrived <= limit:
                raise BodyTimeout from None
        if self.arrived > limit:
            raise BodyTooLarge
        body = bytes(self.body)
        self.body.clear()
        if b"json" in headers.get(b"content-type", b"").lower():
            body = _bounded(body)
        return {"type": "http.request", "body": body, "more_body": False}

    async def _read(self, limit: int) -> None:
        """Discards what is over the limit: a caller that still sends when we close never sees the 413."""
        more = True
        while more and self.arrived < bounds.MAX_READ_BYTES:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Malformed("The body was cut off.")
            chunk, more = message.get("body", b""), message.get("more_body", False)
            self.arrived += len(chunk)
            if self.arrived > limit:
                self.body.clear()
                continue
            self.body += chunk
            known = self.count(len(chunk))
            if max(known.held_bytes * 3, self.clients.held_bytes) > bounds.MAX_HELD_BYTES:
                raise RateLimited("Too much is being sent at once.", headers={"Retry-After": "5"})

    def count(self, change: int) -> KnownClient:
        known: KnownClient = self.scope["state"]["known"]
        self.size += change
        known.held_bytes += change
        self.clients.held_bytes += change
        return known


def _bounded(body: bytes) -> bytes:
    """The JSON in UTF-8. Raises InvalidRequest when it has more parts than a request needs."""
    encoding = json.detect_encoding(body)
    if not encoding.startswith("utf-8"):
        try:
            body = body.decode(encoding, "surrogatepass").encode(errors="surrogatepass")
        except ValueError:
            raise InvalidRequest(f"{NOT_VALID}.") from None
    # First an upper bound, which counts marks inside strings too; only beyond it they are counted exactly.
    if _has_too_many(body.translate(None, bounds.NO_MARK)):
        found = itertools.islice(bounds.PART.finditer(body), bounds.MAX_PARTS + 1)
        if _has_too_many(bytes(body[part.start()] for part in found)):
            raise InvalidRequest("The body has more parts than a request needs.")
    return body


def _has_too_many(marks: bytes) -> bool:
    return len(marks) > bounds.MAX_PARTS or marks.count(b"{") + marks.count(b"[") > bounds.MAX_NESTED


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
