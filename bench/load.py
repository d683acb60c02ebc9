"""Sends requests over kept connections, cheaply enough to be no part of what is measured."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

_CLIENTS = 250


@dataclass(frozen=True, slots=True)
class Target:
    """An app under measurement; `method` is how it wants the text, `is_chat` as a chat completion."""

    port: int
    method: str = "POST"
    path: str = "/api/generate"
    is_chat: bool = False

    def request(self, text: str, client: int) -> bytes:
        """The bytes of a request by the client of that number."""
        path, body = self.path, b""
        if self.method == "GET":
            path += f"?text={quote(text)}" if text else ""
        elif self.is_chat:
            messages = [{"role": "system", "content": "-"}, {"role": "user", "content": f"-\n{text}\n-"}]
            body = json.dumps({"model": "m", "messages": messages}).encode()
        else:
            body = json.dumps({"text": text}).encode()
        lines = [f"{self.method} {path} HTTP/1.1", "host: 127.0.0.1", "content-type: application/json"]
        lines += [
            f"x-forwarded-for: 198.18.{client // _CLIENTS}.{client % _CLIENTS}",
            f"content-length: {len(body)}",
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(slots=True)
class Loaded:
    """What a load saw: milliseconds of each answer, seconds of all, bytes of the last answer's body."""

    milliseconds: list[float] = field(default_factory=list)
    seconds: float = 0.0
    failures: int = 0
    size: int = 0


class Connection:
    """One kept connection; `ask` gives an answer's status and the length of its body."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, port: int) -> Connection:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes) -> tuple[int, int]:
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        size = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        await self._reader.readexactly(size)
        return int(head[9:12]), size

    def close(self) -> None:
        self._writer.close()


async def load(target: Target, text: str, *, callers: int, requests: int) -> Loaded:
    """So many requests by so many callers at once, after one of each that is not counted."""
    connections = [await Connection.to(target.port) for _ in range(callers)]
    seen = Loaded()

    async def warm(client: int) -> None:
        await connections[client].ask(target.request(text, client))

    async def ask(client: int) -> None:
        status, seen.size = await connections[client].ask(target.request(text, client))
        seen.failures += status != 200

    await asyncio.gather(*map(warm, range(callers)))
    await drive(ask, seen, callers=callers, requests=requests)
    for connection in connections:
        connection.close()
    return seen


async def drive(
    ask: Callable[[int], Awaitable[object]], seen: Loaded, *, callers: int, requests: int
) -> Loaded:
    """`ask` with a caller's number again and again, until there were so many requests."""
    left = requests

    async def calling(client: int) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            started = time.perf_counter()
            await ask(client)
            seen.milliseconds.append((time.perf_counter() - started) * 1000)

    started = time.perf_counter()
    await asyncio.gather(*map(calling, range(callers)))
    seen.seconds = time.perf_counter() - started
    return seen


def quantile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
