"""A request's body: read whole, within bounds of bytes, parts and time, when a route first wants it."""

import asyncio
import itertools
import json
import types
from collections.abc import Coroutine, Generator
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Message, Receive, Scope

from core.errors import BodyTimeout, BodyTooLarge, InvalidRequest, Malformed, RateLimited
from core.http import bounds
from core.http.client_id import Clients, KnownClient
from core.http.problems import NOT_VALID


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
            await _in_time(self._read(limit), min(bounds.MAX_BODY_SECONDS, self.seconds))
        except TimeoutError:
            if self.arrived <= limit:
                raise BodyTimeout from None
        if self.arrived > limit:
            raise BodyTooLarge
        body = bytes(self.body)
        self.body.clear()
        if b"json" in headers.get(b"content-type", b"").lower():
            body = _bounded(body, *bounds.MAX_PARTS_OF_THREAD.get(route, bounds.MAX_PARTS))
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
            known = self._hold(len(chunk))
            if max(known.held_bytes * 3, self.clients.held_bytes) > bounds.MAX_HELD_BYTES:
                raise RateLimited("Too much is being sent at once.", headers={"Retry-After": "5"})

    def _hold(self, size: int) -> KnownClient:
        """The bytes count until the request has ended, when the middleware takes `size` off again."""
        known: KnownClient = self.scope["state"]["known"]
        self.size += size
        known.held_bytes += size
        self.clients.held_bytes += size
        return known


async def _in_time(work: Coroutine[Any, Any, None], seconds: float) -> None:
    """Run it to its end. Raises TimeoutError.

    A small body is there already, so that nothing has to be waited for; the timer would be 5 % of a hit.
    """
    try:
        waits_for = work.send(None)
    except StopIteration:
        return
    async with asyncio.timeout(seconds):
        try:
            await _rest(work, waits_for)
        finally:
            work.close()


@types.coroutine
def _rest(work: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """What is left of a coroutine that has begun."""
    yield waits_for
    yield from work.__await__()


def _bounded(body: bytes, most: int, most_nested: int) -> bytes:
    """The JSON in UTF-8. Raises InvalidRequest when it has more parts than a request needs."""
    encoding = json.detect_encoding(body)
    if not encoding.startswith("utf-8"):
        try:
            body = body.decode(encoding, "surrogatepass").encode(errors="surrogatepass")
        except ValueError:
            raise InvalidRequest(f"{NOT_VALID}.") from None
    # First an upper bound, which counts marks inside strings too; only beyond it they are counted exactly.
    marks = body.translate(None, bounds.NO_MARK)
    if len(marks) > most or _nested(marks) > most_nested:
        found = itertools.islice(bounds.PART.finditer(body), most + 1)
        marks = bytes(body[part.start()] for part in found)
        if len(marks) > most or _nested(marks) > most_nested:
            raise InvalidRequest("The body has more parts than a request needs.")
    return body


def _nested(marks: bytes) -> int:
    return marks.count(b"{") + marks.count(b"[")
