"""A hostile web server on loopback: a play gets the connection once the request is read."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

Play = Callable[["Visit"], Awaitable[None]]


class Visit:
    """One request: `number` counts from 0; `send` writes and waits until it has left."""

    def __init__(self, number: int, head: bytes, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self.head = head
        self.sent = 0
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()
        self.sent += len(data)


class HostileServer:
    """`visits` holds the requests."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._tasks: set[asyncio.Task[None]] = set()
        self.visits: list[Visit] = []
        self.authority = ""

    @property
    def url(self) -> str:
        return f"http://{self.authority}/page"

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        # The client may close the connection in any way.
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            visit = Visit(len(self.visits), head, writer)
            self.visits.append(visit)
            await self._play(visit)
        writer.close()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def hostile(play: Play, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[HostileServer]:
    """A server that plays `play` on a port of its own of 127.0.0.1."""
    played = HostileServer(play)
    server = await asyncio.start_server(played.accept, "127.0.0.1", 0, ssl=tls)
    played.authority = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield played
    finally:
        server.close()
        await played.stop()


def answer(
    body: bytes | str = b"",
    *,
    status: int = 200,
    content_type: str | None = "text/html",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """The bytes of a whole answer; a length is given unless `headers` frames the body."""
    body = body.encode() if isinstance(body, str) else body
    fields = {**({} if content_type is None else {"Content-Type": content_type}), **(headers or {})}
    if not {"Content-Length", "Transfer-Encoding"} & set(fields):
        fields["Content-Length"] = str(len(body))
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def sends(data: bytes) -> Play:
    async def play(visit: Visit) -> None:
        await visit.send(data)

    return play


def repeats(start: bytes, piece: bytes, *, seconds: float = 0, times: int | None = None) -> Play:
    """`start`, then `piece` over and over, `seconds` apart, endlessly unless `times` are given."""

    async def play(visit: Visit) -> None:
        await visit.send(start)
        while times is None or visit.sent < len(start) + times * len(piece):
            await asyncio.sleep(seconds)
            await visit.send(piece)

    return play


def redirects(*locations: str, status: int = 302, seconds: float = 0, then: bytes = b"") -> Play:
    """One location to each visit, `then` afterwards; without `then` the last location each time."""

    async def play(visit: Visit) -> None:
        await asyncio.sleep(seconds)
        if visit.number >= len(locations) and then:
            await visit.send(then)
            return
        location = locations[min(visit.number, len(locations) - 1)]
        await visit.send(answer(status=status, headers={"Location": location}))

    return play


def gzip_bomb(mebibytes: int) -> bytes:
    """A thousandth of what it expands to, made in little memory."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    packed = b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(mebibytes))
    return packed + packer.flush()


def stacked(body: bytes, times: int) -> bytes:
    for _ in range(times):
        body = gzip.compress(body)
    return body
