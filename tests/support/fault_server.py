"""A server that misbehaves: has one fault of an Upstash-REST server on loopback, for tests.

A wire is a mapping that says what the server does:

    {"status": 502, "html" | "json" | "raw": …, "headers": {…}}   that answer
    {"item": {…}}             200, with this in place of each command's result that `only` wants
    {"merge": {…}}            200, with this added to each true result
    {"http": b"…"}            these bytes in place of an answer, then the end of the connection
    {"content_length": 100, "send": 10}     a body that is cut short, or longer than it says
    {"huge_mb": 100}          one result of that size; {"gzip_bomb_mb": 100}  {"drip": True}
    {"accept": True}          reads and never answers; {"delay_s": 5} answers late
    {"reset": True}           RST once the request is read; {"half_close": True} sends FIN and keeps reading
    {"keepalive": "rst" | "blackhole", "new": "dead" | "answers"}
                              the first request is answered, the next one on its connection is not; `new`
                              says what later connections get
    {"keepalive": "fin"}      the first connection is closed after its first answer
    {"tls": "self-signed" | "wrong name" | "expired"}
    {"refuse": True}  {"connect": "timeout"}  {"dns": "no-such-host.invalid"}     no server is reached
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gzip
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import trustme

from core.net.tls import tls_context
from tests.support.loopback import closed_port

Command = list[Any]
Wire = Mapping[str, Any]
Wants = Callable[[Command], bool]

_MB = 1024 * 1024


def named(*names: str) -> Wants:
    """Wants the commands of these names."""
    return lambda command: str(command[0]).upper() in names


def holding(part: str) -> Wants:
    """Wants the commands that have this in an argument."""
    return lambda command: any(part in str(argument) for argument in command)


def either(one: Wants, other: Wants) -> Wants:
    return lambda command: one(command) or other(command)


class FaultServer:
    """Has the fault `wire` where `only` wants it; passes the rest, and all while `wire` is None, to `behind`.

    A batch is wanted when one of its commands is. `requests` holds the batches, an empty one for a request
    that was not read; `connections` counts the connections that were accepted, `hung_up` is set when one
    has ended.
    """

    def __init__(self, wire: Wire | None, *, behind: str, only: Wants | None = None) -> None:
        self.wire = wire
        self.requests: list[list[Command]] = []
        self.connections = 0
        self.authority = trustme.CA() if wire and "tls" in wire else None
        self._behind = behind
        self._only = only
        self._listener = socket.socket(proto=socket.IPPROTO_TCP)
        self._listener.bind(("127.0.0.1", 0))
        self._port: int = self._listener.getsockname()[1]
        self._fillers: list[socket.socket] = []
        self._serving: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self.hung_up = threading.Event()

    @property
    def url(self) -> str:
        match self.wire:
            case {"refuse": True}:
                return f"http://127.0.0.1:{closed_port()}"
            case {"dns": name}:
                return f"http://{name}"
            case {"tls": _}:
                return f"https://localhost:{self._port}"
        return f"http://127.0.0.1:{self._port}"

    def count(self, name: str) -> int:
        """How many batches held the command `name`."""
        return sum(any(map(named(name), batch)) for batch in self.requests)

    def start(self) -> None:
        if self.wire and "connect" in self.wire:
            return self._fill_backlog()
        self._listener.listen(128)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        self._ready.wait(5)
        return None

    def stop(self) -> None:
        if self._ready.is_set():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(5)
        for each in (*self._fillers, self._listener):
            each.close()

    def _fill_backlog(self) -> None:
        """A queue that is full drops every SYN, as a firewall does."""
        self._listener.listen(0)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self._port))
            self._fillers.append(filler)

    async def _run(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        async with httpx.AsyncClient(base_url=self._behind, verify=tls_context(), trust_env=False) as front:
            self._front = front
            server = await asyncio.start_server(self._serve, sock=self._listener, ssl=self._tls())
            self._ready.set()
            await self._stopping.wait()
            server.close()
            while connections := asyncio.all_tasks() - {asyncio.current_task()}:
                for writer in self._serving:
                    writer.transport.abort()
                await asyncio.wait(connections, timeout=0.05)

    def _tls(self) -> ssl.SSLContext | None:
        if self.authority is None or self.wire is None:
            return None
        name = "elsewhere.test" if self.wire["tls"] == "wrong name" else "localhost"
        ended = datetime(2024, 1, 1, tzinfo=UTC) if self.wire["tls"] == "expired" else None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.authority.issue_cert(name, not_after=ended).configure_cert(context)
        context.sni_callback = self._greeted  # the client goes before a connection is made of it
        return context

    def _greeted(self, *_: Any) -> None:
        self.connections += 1

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._serving.add(writer)
        answered = 0
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await self._record(reader, writer, answered):
                answered += 1
        with contextlib.suppress(OSError):
            writer.close()
            await writer.wait_closed()
        self._serving.discard(writer)
        self.hung_up.set()

    async def _record(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answered: int
    ) -> bool:
        """Answer one request; whether the connection stays open."""
        first = await reader.read(1)
        if not first:
            return False
        if self._is_stale(answered):
            self.requests.append([])
            return await _break(self.wire or {}, reader, writer)
        head = first + await reader.readuntil(b"\r\n\r\n")
        headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
        batch = json.loads(await reader.readexactly(int(headers[b"content-length"])))
        self.requests.append(batch)
        token = head.partition(b"Bearer ")[2].partition(b"\r\n")[0]
        return await self._answer(batch, token, reader, writer)

    def _is_stale(self, answered: int) -> bool:
        match self.wire:
            case {"keepalive": "rst" | "blackhole", **more}:
                return answered > 0 or bool(self.requests and more.get("new") != "answers")
        return False

    async def _answer(
        self, batch: list[Command], token: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        wanted = [self._only is None or self._only(command) for command in batch]
        match self.wire if any(wanted) else None:
            case None | {"keepalive": "rst" | "blackhole"}:
                writer.write(await self._true_answer(batch, token))
            case {"keepalive": "fin"}:
                writer.write(await self._true_answer(batch, token))
                return self.connections > 1
            case {"item": item}:
                healthy = [command for command, bad in zip(batch, wanted, strict=True) if not bad]
                true = iter(await self._results(healthy, token))
                writer.write(_http(200, _json([item if bad else next(true) for bad in wanted])))
            case {"merge": extra}:
                writer.write(_http(200, _json([each | extra for each in await self._results(batch, token)])))
            case {"delay_s": seconds}:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(), seconds)
                writer.write(await self._true_answer(batch, token))
            case wire if "status" in wire:
                writer.write(_http(wire["status"], *_content(wire), headers=wire.get("headers")))
            case wire:
                return await _break(wire, reader, writer)
        await writer.drain()
        return True

    async def _true_answer(self, batch: list[Command], token: bytes) -> bytes:
        headers = {b"Authorization": b"Bearer " + token, b"Upstash-Encoding": b"base64"}
        true = await self._front.post("/pipeline", json=batch, headers=headers)
        return _http(true.status_code, true.content)

    async def _results(self, batch: list[Command], token: bytes) -> list[dict[str, Any]]:
        answer = await self._true_answer(batch, token) if batch else b"[]"
        results: list[dict[str, Any]] = json.loads(answer.rpartition(b"\r\n")[2])
        return results


async def _break(wire: Wire, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Send an incomplete answer, or none, and close the connection."""
    match wire:
        case {"reset": True} | {"keepalive": "rst"}:
            # With a linger time of 0, closing sends RST in place of FIN.
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        case {"accept": True} | {"keepalive": "blackhole"}:
            await reader.read()  # until the client gives up
        case {"half_close": True}:
            writer.write_eof()
            await reader.read()
        case {"http": answer}:
            writer.write(answer)
        case {"content_length": length, "send": sent}:
            writer.write(_head(200, f"Content-Length: {length}") + b"[" + b" " * (sent - 1))
        case {"drip": True}:
            writer.write(_head(200, "Transfer-Encoding: chunked"))
            while True:
                writer.write(b"1\r\n \r\n")
                await writer.drain()
                await asyncio.sleep(0.02)
        case {"huge_mb": megabytes}:
            start, end = b'[{"result":"', b'"}]'
            writer.write(_head(200, f"Content-Length: {len(start) + megabytes * _MB + len(end)}") + start)
            for _ in range(megabytes):
                writer.write(b"A" * _MB)
                await writer.drain()
            writer.write(end)
        case {"gzip_bomb_mb": megabytes}:
            closing = {"Content-Encoding": "gzip", "Connection": "close"}
            writer.write(_http(200, _bomb(megabytes), headers=closing))
        case _:
            raise ValueError(f"no such wire: {wire}")
    with contextlib.suppress(OSError, RuntimeError):
        await writer.drain()
    return False


@functools.cache
def _bomb(megabytes: int) -> bytes:
    return gzip.compress(b" " * (megabytes * _MB))


def _content(content: Wire) -> tuple[bytes, str]:
    match content:
        case {"html": html}:
            return html.encode(), "text/html"
        case {"json": value}:
            return _json(value), "application/json"
        case {"raw": bytes(raw)}:
            return raw, "application/json"
        case {"raw": raw}:
            return raw.encode(), "application/json"
    return b"", "text/plain"


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _http(
    status: int, body: bytes, kind: str = "application/json", headers: Mapping[str, str] | None = None
) -> bytes:
    more = [f"{name}: {value}" for name, value in (headers or {}).items()]
    return _head(status, f"Content-Length: {len(body)}", f"Content-Type: {kind}", *more) + body


def _head(status: int, *headers: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status} Fault", *headers, "", "")).encode()


@contextlib.contextmanager
def faulty(wire: Wire | None, *, behind: str, only: Wants | None = None) -> Iterator[FaultServer]:
    """A server of this fault, which runs in a thread of its own."""
    server = FaultServer(wire, behind=behind, only=only)
    server.start()
    try:
        yield server
    finally:
        server.stop()
