"""Proof that tests connect to no other machine: an audit hook sees every connection of the process."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator
from typing import Any

import pytest

# Raised by CPython below socket.socket, for connect, connect_ex and everything that asyncio makes of them:
# docs.python.org/3/library/audit_events.html
_EVENTS = {"socket.connect", "socket.sendto", "socket.sendmsg"}


class OutsideDialled(OSError):
    """A test tried to reach another machine."""


class SocketGuard:
    """Refuses and remembers every address that is not loopback, while it is `watching`."""

    def __init__(self) -> None:
        self.watching = False
        self.outside: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _EVENTS or not self.watching:
            return
        address = arguments[1]
        # A Unix socket's address is a path; sendmsg on a connected socket has none.
        if isinstance(address, tuple) and not _is_loopback(str(address[0])):
            self.outside.append(f"{address[0]} port {address[1]}")
            raise OutsideDialled(f"{address[0]} is not loopback")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_GUARD = SocketGuard()
sys.addaudithook(_GUARD)  # it cannot be removed, only switched off


@pytest.fixture(scope="session", autouse=True)
def socket_guard() -> Iterator[SocketGuard]:
    """Over the whole session; a test that catches the error fails at the end."""
    _GUARD.watching = True
    yield _GUARD
    _GUARD.watching = False
    assert _GUARD.outside == [], "the tests dialled other machines"
