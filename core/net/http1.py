"""POSTs to one server by HTTP/1.1, over connections that stay open.

One costs 1.0 ms of CPU by httpx, 0.88 by httpx2, 0.6 by httpcore alone, 0.29 by aiohttp: more than the rest
of a hit. Here httptools reads the answers (llhttp, Node's parser, with which uvicorn serves), and there is a
socket and a future beside it. There is no more to it than a store needs: no redirects, proxies, cookies or
compression, and nothing is sent twice.
"""

import asyncio
import select
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit
from weakref import WeakSet

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from core.values import value_class

_MAX_HEAD_BYTES = 64 * 1024
_IDLE_SECONDS = 60.0  # less than load balancers wait before they drop a connection silently


class Cut(Exception):
    """The connection ended early, or spoke no HTTP; `answered`: after something had arrived."""

    def __init__(self, *, answered: bool) -> None:
        super().__init__()
        self.answered = answered


class TooLarge(Exception):
    """The answer has more bytes than agreed."""


@value_class(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[bytes, bytes]  # with names as they were sent
    body: bytes

    def header(self, name: bytes) -> str:
        """The header of that name in lower case; "" where there is none."""
        found = (value for each, value in self.headers.items() if each.lower() == name)
        return next(found, b"").decode("latin-1")


class Connection(asyncio.Protocol):
    """An open connection, for one POST at a time. It goes back to `idle` only after a whole answer, with
    nothing behind it: one that was cut, cancelled or answered with anything else is closed.
    """

    def __init__(self, head: bytes, max_bytes: int, idle: "list[Connection]") -> None:
        self._head = head
        self._max_bytes = max_bytes
        self._idle = idle
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[Answer] | None = None
        self._received = 0
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._is_reusable = False
        self._idle_since = 0.0
        self.closed = self._loop.create_future()

    def connection_made(self, transport: Any) -> None:  # uvloop's is no asyncio.Transport
        self._transport, self.abort = transport, transport.abort
        self._readable = select.poll()
        self._readable.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    async def post(self, body: bytes) -> Answer:
        """Raises Cut, TooLarge. When it is cancelled the connection is closed."""
        self._is_reusable, self._received, self._headers, self._body = False, 0, {}, []
        # What the parser calls: of a header and of a part of the body it is C that keeps them.
        self.on_header, self.on_body = self._headers.setdefault, self._body.append
        self._parser = HttpResponseParser(self)
        self._answer = self._loop.create_future()
        if self._transport.is_closing():
            raise Cut(answered=False)
        self._transport.write(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))
        try:
            return await self._answer
        finally:
            if self._is_reusable:
                self._idle_since = time.monotonic()
                self._idle.append(self)
            else:
                self.abort()

    def is_usable(self) -> bool:
        """Whether it is open, was used recently, and the server has sent nothing since, such as its end.

        The loop may not have read that yet: when the process was frozen, as a Lambda function's is.
        """
        is_recent = time.monotonic() - self._idle_since < _IDLE_SECONDS
        return is_recent and not self._transport.is_closing() and not self._readable.poll(0)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if self._answer is None or self._answer.done():
            return self._fail(Cut(answered=True))  # nothing was asked
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            return self._fail(Cut(answered=True))
        if self._received > _MAX_HEAD_BYTES and not self._body:
            return self._fail(Cut(answered=True))
        if self._received > self._max_bytes:
            return self._fail(TooLarge())
        return None

    def on_message_begin(self) -> None:
        if self._answer is None or self._answer.done():
            raise ValueError("an answer that nobody asked for")

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # RFC 9110, section 15.2: the answer itself follows
            self._headers.clear()
        else:
            is_sent = not self._transport.get_write_buffer_size()
            self._is_reusable = is_sent and self._parser.should_keep_alive()
            self._finish(status)

    def _finish(self, status: int) -> None:
        assert self._answer is not None
        self._answer.set_result(Answer(status, self._headers, b"".join(self._body)))

    def _fail(self, error: Exception) -> None:
        self.abort()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def eof_received(self) -> None:
        self._end(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.closed.done():  # by a `close` that was cancelled
            self.closed.set_result(None)
        self._end(error)

    def _end(self, error: Exception | None) -> None:
        named = {name.lower() for name in self._headers} & {b"content-length", b"transfer-encoding"}
        if error is None and self._body and not named and self._answer and not self._answer.done():
            self._finish(self._parser.get_status_code())  # RFC 9112, section 6.3: to the end
        self._fail(Cut(answered=self._received > 0))


class PostClient:
    """POSTs to `url`, as many connections as POSTs are under way: that is for its caller to bound.

    `headers` go with each POST, and are in no repr. `tls` makes the context when a connection needs one.
    """

    def __init__(
        self, url: str, headers: Mapping[str, str], *, max_bytes: int, tls: Callable[[], ssl.SSLContext]
    ) -> None:
        self._url = urlsplit(url)
        self._headers = headers
        self._max_bytes = max_bytes
        self._tls = tls
        self._idle: list[Connection] = []
        self._all: WeakSet[Connection] = WeakSet()

    def idle(self) -> Connection | None:
        """An open connection, the one used last; None where there is none."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable():
                return connection
            connection.abort()
        return None

    async def connect(self) -> Connection:
        """A new connection. Raises OSError, and UnicodeError for a name that no host can have."""
        loop, head = asyncio.get_running_loop(), self._head()
        is_tls = self._url.scheme == "https"
        # RFC 8305, which uvloop does not know.
        race: Any = {"happy_eyeballs_delay": 0.25} if isinstance(loop, asyncio.BaseEventLoop) else {}
        connection: Connection
        _, connection = await loop.create_connection(
            lambda: Connection(head, self._max_bytes, self._idle),
            self._url.hostname or "",
            self._url.port or (443 if is_tls else 80),
            ssl=self._tls() if is_tls else None,
            **race,
        )
        self._all.add(connection)
        return connection

    async def close(self) -> None:
        """Close all connections, those in use too."""
        self._idle.clear()
        connections = list(self._all)
        for each in connections:
            each.abort()
        await asyncio.gather(*(each.closed for each in connections))

    def _head(self) -> bytes:
        """All of a request's head but the number at its end."""
        host = self._url.netloc.rpartition("@")[2].encode("idna")
        path = quote(self._url.path, safe="/%:@!$&'()*+,;=-._~").encode()
        fields = b"".join(f"{name}: {value}\r\n".encode("ascii") for name, value in self._headers.items())
        return b"POST %b HTTP/1.1\r\nHost: %b\r\n%bContent-Length: " % (path, host, fields)
