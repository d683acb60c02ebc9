"""RESP2 as redis.io/docs/latest/develop/reference/protocol-spec has it, over one asyncio connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Any

from redis.exceptions import ResponseError


class Line(asyncio.Protocol):
    """A connection: commands are sent as they come, and their replies come in the same order."""

    transport: asyncio.WriteTransport

    def __init__(self) -> None:
        self._asked: deque[tuple[int, asyncio.Future[list[Any]]]] = deque()
        self._replies: list[Any] = []
        self._data = b""

    def ask(self, commands: list[bytes]) -> asyncio.Future[list[Any]]:
        """A reply for each packed command; a ResponseError where it failed. Raises ConnectionError."""
        found: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._asked.append((len(commands), found))
        self.transport.write(b"".join(commands))
        return found

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._data, at = self._data + data, 0
        with contextlib.suppress(EOFError):
            while at < len(self._data):
                reply, at = _reply(self._data, at)
                self._replies.append(reply)
                number, found = self._asked[0]
                if len(self._replies) == number:
                    if not found.done():
                        found.set_result(self._replies)
                    self._asked.popleft()
                    self._replies = []
        self._data = self._data[at:]

    def connection_lost(self, error: Exception | None) -> None:
        for _, found in self._asked:
            if not found.done():
                found.set_exception(ConnectionError("the store has gone"))


def pack(command: list[Any]) -> bytes:
    """A command as bytes. Raises ValueError where it is none."""
    if not isinstance(command, list) or not command:
        raise ValueError("not a command")
    raw = [(each if isinstance(each, str) else str(each)).encode() for each in command]
    return b"*%d\r\n" % len(raw) + b"".join(b"$%d\r\n%b\r\n" % (len(each), each) for each in raw)


def _reply(data: bytes, at: int) -> tuple[Any, int]:
    """The reply that begins there, and where it ends. Raises EOFError where more is to come."""
    end = data.find(b"\r\n", at)
    if end < 0:
        raise EOFError
    kind, text, end = data[at : at + 1], data[at + 1 : end], end + 2
    if kind == b"$" and text != b"-1":
        at, end = end, end + int(text) + 2
        if end > len(data):
            raise EOFError
        return data[at : end - 2], end
    if kind == b"*" and text != b"-1":
        items = []
        for _ in range(int(text)):
            item, end = _reply(data, end)
            items.append(item)
        return items, end
    if kind in b"$*":
        return None, end
    if kind == b":":
        return int(text), end
    return ResponseError(text.decode(errors="replace")) if kind == b"-" else text, end
