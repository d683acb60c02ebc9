"""Connections for article fetches, to addresses that were judged one by one and to no others."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpcore2

from core.addresses import IPAddress, is_public
from core.errors import ArticleBlocked, ArticleUnreachable

Resolve = Callable[[str, int], Awaitable[list[IPAddress]]]

# Article names have a few threads of their own: slow ones would fill asyncio's default executor, in which
# the store's name is looked up too.
_RESOLVER_THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="article-dns")


async def resolve(host: str, port: int) -> list[IPAddress]:
    """All addresses of `host`. Raises OSError when it has none."""
    look_up = asyncio.get_running_loop().run_in_executor(
        _RESOLVER_THREADS, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return [ipaddress.ip_address(answer[4][0]) for answer in await look_up]


class JudgedBackend(httpcore2.AsyncNetworkBackend):
    """Resolves, judges every answer, then dials an address it has judged: no second look-up can differ.

    Host header, SNI and certificate name stay those of the URL. `allow_hosts` are the `host:port` pairs
    that may lie anywhere.
    """

    def __init__(
        self, *, allow_hosts: Collection[str], resolve: Resolve, dial: httpcore2.AsyncNetworkBackend
    ) -> None:
        self._allow_hosts = allow_hosts
        self._resolve = resolve
        self._dial = dial

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the base class's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        exempt = f"{host}:{port}" in self._allow_hosts
        addresses = await self._addresses(host, port)
        if not exempt and not all(is_public(address) for address in addresses):
            raise ArticleBlocked(reason="address is not public")
        try:
            return await self._dial.connect_tcp(
                str(addresses[0]), port, timeout, local_address, socket_options
            )
        except (httpcore2.NetworkError, httpcore2.TimeoutException) as error:
            # A closed public port and a private address must look the same from outside.
            kind = ArticleUnreachable if exempt else ArticleBlocked
            raise kind(reason=f"connect: {type(error).__name__}", lasting=False) from None

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore2.AsyncNetworkStream:
        raise ArticleBlocked(reason="unix socket")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> list[IPAddress]:
        try:
            return [ipaddress.ip_address(host)]
        except ValueError:
            pass
        try:
            addresses = await self._resolve(host, port)
        except (OSError, ValueError):  # ValueError: an address with a zone
            addresses = []
        if not addresses:
            raise ArticleBlocked(reason="name has no address", lasting=False)
        return addresses
