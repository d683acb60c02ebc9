"""An OpenAI-compatible server for tests: gives the reply that a test sets, and keeps the requests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

POSTS = ["A hook that stands alone.", "The second post says more.", "The third one ends it."]


def completion(content: str | None = None, *, finish: str = "stop", **message: Any) -> dict[str, Any]:
    """The envelope of a chat completion, as OpenAI documents it."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_750_000_000,
        "model": "gpt-5.4-mini",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": content, "refusal": None, **message},
            }
        ],
        "usage": {"prompt_tokens": 1_000, "completion_tokens": 200, "total_tokens": 1_200},
    }


def thread_answer(posts: list[str] | None = None, hooks: list[str] | None = None) -> dict[str, Any]:
    return completion(json.dumps({"posts": posts or POSTS, "hooks": hooks or []}))


def played(wire: Mapping[str, Any]) -> Response:
    """The reply of a server that does what `wire` says.

    {"status": 429, "json" | "html" | "raw": …, "headers": {…}}   that answer
    {"content": …, "refusal": …, "finish": …, …}   a completion whose message has these
    {"choices": …}  {"usage": …}    a completion with these in place of its own
    {"content_bytes": 50_000_000}  a completion of that size;  {"drip": True}  one that never ends
    """
    status, headers = wire.get("status", 200), wire.get("headers")
    if "drip" in wire:
        return StreamingResponse(_drip(), media_type="application/json")
    if "json" in wire:
        return JSONResponse(wire["json"], status, headers)
    if "html" in wire or "raw" in wire:
        kind = "text/html" if "html" in wire else "application/json"
        return Response(wire.get("html", wire.get("raw")), status, headers, kind)
    message = {name: value for name, value in wire.items() if name in ("content", "refusal", "tool_calls")}
    if "content_bytes" in wire:
        message["content"] = "a" * wire["content_bytes"]
    whole = completion(
        finish=wire.get("finish", "stop"), **({"content": json.dumps({"posts": POSTS})} | message)
    )
    whole |= {name: value for name, value in wire.items() if name in ("choices", "usage")}
    # Python's own JSON can spell what Starlette's refuses: NaN and lone surrogates.
    return Response(json.dumps(whole), status, headers, "application/json")


async def _drip() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(0.05)


def data_between_fences(body: dict[str, Any]) -> str:
    """The data of a request: the user's message without its first and last line."""
    return str(body["messages"][-1]["content"]).split("\n", 1)[1].rsplit("\n", 1)[0]


@dataclass
class FakeOpenAI:
    """`answer` makes the response of each request; `requests` holds the bodies.

    The list of models, which is free, names those `listed`, and has the status `free_status`; `free_calls`
    holds the keys sent for it.
    """

    answer: Callable[[dict[str, Any]], Response | dict[str, Any]] = lambda _: thread_answer()
    requests: list[dict[str, Any]] = field(default_factory=list)
    delay_seconds: float = 0
    free_status: int = 200
    listed: list[str] = field(default_factory=list)
    free_calls: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def app(self) -> Starlette:
        write = Route("/v1/chat/completions", self._complete, methods=["POST"])
        return Starlette(routes=[write, Route("/v1/models", self._models)])

    async def _models(self, request: Request) -> Response:
        self.free_calls.append(request.headers.get("authorization", ""))
        models = [{"id": name, "object": "model", "created": 0, "owned_by": "us"} for name in self.listed]
        return JSONResponse({"object": "list", "data": models}, self.free_status)

    async def _complete(self, request: Request) -> Response:
        body = await request.json()
        self.requests.append(body)
        make = self.answer  # a request of an earlier test does not use the answer of the next one
        await asyncio.sleep(self.delay_seconds)
        answer = make(body)
        return answer if isinstance(answer, Response) else JSONResponse(answer)
