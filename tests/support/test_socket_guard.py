"""The guard of the test run lets nothing connect to another machine."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.support.socket_guard import OutsideDialled, SocketGuard


def test_the_guard_refuses_every_way_to_another_machine(socket_guard: SocketGuard) -> None:
    with socket.socket() as plain, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        for dial in (
            lambda: plain.connect(("192.0.2.1", 80)),
            lambda: plain.connect_ex(("192.0.2.1", 80)),
            lambda: socket.create_connection(("192.0.2.1", 80)),
            lambda: datagrams.sendto(b"", ("192.0.2.1", 53)),
        ):
            with pytest.raises(OutsideDialled):
                dial()
            assert socket_guard.outside.pop().startswith("192.0.2.1 port ")


async def test_the_guard_sees_what_asyncio_dials(socket_guard: SocketGuard) -> None:
    with pytest.raises(OutsideDialled):
        await asyncio.open_connection("192.0.2.1", 80)
    assert socket_guard.outside.pop() == "192.0.2.1 port 80"
