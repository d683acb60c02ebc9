"""A server in the test's own loop, which answers each request with the bytes that the test gives."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it arrived; the names of its headers in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = Callable[[Sent, asyncio.StreamWriter], Awaitable[object]]


class WireServer:
    """`answer` writes to the connection, and may close it. `connections` counts those accepted, `open` those
    that have not ended yet.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[Sent] = []
        self.connections = 0
        self.open: set[asyncio.StreamWriter] = set()
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.add(writer)
        with contextlib.suppress(OSError, RuntimeError, asyncio.IncompleteReadError):
            while True:
                line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
                headers = {name.lower(): value for name, value in (each.split(": ", 1) for each in lines)}
                body = await reader.readexactly(int(headers["content-length"]))
                self.requests.append(Sent(line, headers, body))
                await self.answer(self.requests[-1], writer)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()
        self.open.discard(writer)


@contextlib.asynccontextmanager
async def wire_server(answer: Answer, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[WireServer]:
    wire = WireServer(answer)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    wire.url = f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
    yield wire
    server.close()
    for writer in list(wire.open):
        writer.transport.abort()
    await until(lambda: not wire.open)


def answering(*wire: bytes) -> Answer:
    """These bytes to each request, written one after the other."""

    async def answer(_: Sent, writer: asyncio.StreamWriter) -> None:
        for part in wire:
            writer.write(part)
            await asyncio.sleep(0)

    return answer


def http(body: bytes = b"[]", status: int = 200, *headers: str) -> bytes:
    """An answer with its Content-Length."""
    lines = (f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *headers, "", "")
    return "\r\n".join(lines).encode() + body


async def until(is_so: Callable[[], object]) -> None:
    """Wait until the condition holds, 10 s at most."""
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 (what is waited for is the other side of a socket)
            await asyncio.sleep(0.001)
