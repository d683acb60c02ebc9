"""Addresses of article hosts, looked up so that silent names delay neither other pages nor the exit."""

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from core.errors import ArticleTimeout
from core.request import current_client

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_Answers = list[tuple[Any, ...]]


def _system(host: str, port: int) -> _Answers:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


@dataclass(eq=False, kw_only=True)
class Resolver:
    """getaddrinfo, a daemon thread for each name: it cannot be ended, and takes up to 30 s for a silent name.

    Who gives up leaves the thread behind until it ends. Callers of one name share its look-up; the names that
    one client asks for have a share of the threads, or its silent ones could take them all.
    """

    look_up: Callable[[str, int], _Answers] = _system
    max_names: int = 256
    max_names_of_client: int = 48
    _running: dict[tuple[str, int], tuple[str, Future[_Answers]]] = field(default_factory=dict)  # and whose

    async def __call__(self, host: str, port: int) -> list[IPAddress]:
        """All addresses of `host`. Raises OSError when it has none, ArticleTimeout with too many look-ups."""
        _, answers = self._running.get((host, port)) or self._started(host, port)
        found = await asyncio.shield(asyncio.wrap_future(answers))  # others may wait for it, too
        return [ipaddress.ip_address(answer[4][0]) for answer in found]

    def _started(self, host: str, port: int) -> tuple[str, Future[_Answers]]:
        client = current_client.get()
        of_client = sum(other == client for other, _ in [*self._running.values()])  # threads change it
        if len(self._running) >= self.max_names or of_client >= self.max_names_of_client:
            raise ArticleTimeout(reason="too many silent names").unshared()
        started = self._running[host, port] = client, Future()
        try:
            threading.Thread(target=self._run, args=(host, port), name="article-dns", daemon=True).start()
        except RuntimeError:  # the system has no more threads now
            del self._running[host, port]
            raise
        return started

    def _run(self, host: str, port: int) -> None:
        try:
            answers = self.look_up(host, port)
        except (OSError, ValueError) as error:  # UnicodeError for a name that IDNA refuses is a ValueError
            self._running.pop((host, port))[1].set_exception(error)
        else:
            self._running.pop((host, port))[1].set_result(answers)


resolve_host = Resolver()
