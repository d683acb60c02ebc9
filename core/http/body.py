"""A request's body: read whole, within bounds of bytes, parts and time, when a route first wants it."""

import asyncio
import itertools
import json
import types
from collections.abc import Coroutine, Generator, Iterator
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
            await _within(min(bounds.MAX_BODY_SECONDS, self.seconds), self._read(limit))
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


@types.coroutine
def _within(seconds: float, reading: Coroutine[Any, Any, None]) -> Generator[Any, Any, None]:
    """Await `reading`. A timeout, which takes 5 µs, is set only if it has to wait: mostly all is there."""
    try:
        awaited = reading.send(None)
    except StopIteration:
        return
    yield from _timed(seconds, _Begun(awaited, reading)).__await__()


async def _timed(seconds: float, reading: "_Begun") -> None:
    async with asyncio.timeout(seconds):
        await reading


class _Begun:
    """The rest of a coroutine, which waits for what it `awaited`."""

    def __init__(self, awaited: Any, begun: Coroutine[Any, Any, None]) -> None:
        self._awaited = [awaited]
        self.send, self.throw, self.close = begun.send, begun.throw, begun.close

    def __await__(self) -> Any:  # an iterator, that is
        return self

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self._awaited.pop() if self._awaited else self.send(None)


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
