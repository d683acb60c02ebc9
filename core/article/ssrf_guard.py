"""Connections for article fetches: only to addresses that were checked, and are the public web's."""

# ruff: noqa: ASYNC109 - the signatures with a timeout are the base classes'

import asyncio
import functools
import ipaddress
import ssl
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import httpcore2

from core.article.resolver import IPAddress, resolve_host
from core.errors import ArticleBlocked, ArticleUnreachable
from core.net.urls import NOT_PUBLIC
from core.text.word_lists import word_lists

_ATTEMPT_SECONDS = 1.5  # so that one dead address leaves time for the next
_MAX_ATTEMPTS = 4
# h11 gives up a header block at 100 KiB; this stops a stream of endless 1xx answers, too.
_MAX_HEAD_BYTES = 128 * 1024


def is_public(address: IPAddress) -> bool:
    """Whether a connection to `address` can only reach the public Internet."""
    # `address.is_global` would let multicast, NAT64, 6to4 and cloud metadata services pass.
    return not any(address in block for block in _closed_blocks())


@functools.cache
def _closed_blocks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    blocks = " ".join(" ".join(table.values()) for table in word_lists(__file__).values())
    return [ipaddress.ip_network(block) for block in blocks.split()]


@dataclass(eq=False)
class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Looks a host up once, checks every address, and connects to a checked one: no second look-up differs.

    Host header, SNI and certificate name stay those of the URL. `allow_hosts` are the `host:port` pairs
    that may be at any address. `hides_failure` while it connects to a host that is not one of them: an error
    or deadline then must look like a private address from outside, or callers could scan ports and names.
    `resolve` is the resolver, `dial` the network, `connect_seconds` the time that both may take.
    """

    allow_hosts: Collection[str]
    resolve: Callable[[str, int], Awaitable[list[IPAddress]]] = resolve_host
    dial: httpcore2.AsyncNetworkBackend = field(default_factory=httpcore2.AnyIOBackend)
    connect_seconds: float = 4.0
    hides_failure: bool = False

    async def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore2.AsyncNetworkStream:
        exempt = f"{host}:{port}" in self.allow_hosts
        self.hides_failure = not exempt
        try:
            async with asyncio.timeout(self.connect_seconds):
                stream = await self._connect(host, port, exempt)
        except (OSError, ValueError, httpcore2.NetworkError, httpcore2.TimeoutException) as error:
            # Remembered like a private address, or asking twice would tell them apart.
            kind = ArticleUnreachable if exempt else ArticleBlocked
            raise kind(reason=f"connect: {type(error).__name__}") from None
        self.hides_failure = False
        return stream

    async def _connect(self, host: str, port: int, exempt: bool) -> httpcore2.AsyncNetworkStream:
        detail = None  # what a name leads to is not said
        try:
            addresses, detail = [ipaddress.ip_address(host)], NOT_PUBLIC
        except ValueError:
            addresses = await self.resolve(host, port)
        if not exempt and not all(is_public(address) for address in addresses):
            raise ArticleBlocked(detail, reason="address is not public")
        fault: Exception = OSError("no address")
        for address in addresses[:_MAX_ATTEMPTS]:
            try:
                return LimitedStream(await self.dial.connect_tcp(str(address), port, _ATTEMPT_SECONDS))
            except (httpcore2.NetworkError, httpcore2.TimeoutException) as error:
                fault = error
        raise fault


@dataclass(eq=False)
class LimitedStream(httpcore2.AsyncNetworkStream):
    """A connection that fails after `bytes_left`: 1xx answers, chunk sizes and trailers are in no body."""

    stream: httpcore2.AsyncNetworkStream
    bytes_left: int = _MAX_HEAD_BYTES

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self.bytes_left <= 0:
            raise ArticleUnreachable(reason="bytes on the wire")
        data = await self.stream.read(max_bytes, timeout)
        self.bytes_left -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self.stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self.stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        try:
            return LimitedStream(await self.stream.start_tls(ssl_context, server_hostname, timeout))
        except BaseException:  # the deadline, say: httpcore2 would leave the socket to the garbage collector
            await self.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)
