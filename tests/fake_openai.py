"""An OpenAI-compatible server for tests: answers what it is told to, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
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


@dataclass
class FakeOpenAI:
    """`answer` makes the response of each request; `requests` holds the bodies."""

    answer: Callable[[dict[str, Any]], Response | dict[str, Any]] = lambda _: thread_answer()
    requests: list[dict[str, Any]] = field(default_factory=list)
    delay_seconds: float = 0
    url: str = ""

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/v1/chat/completions", self._complete, methods=["POST"])])

    async def _complete(self, request: Request) -> Response:
        body = await request.json()
        self.requests.append(body)
        await asyncio.sleep(self.delay_seconds)
        answer = self.answer(body)
        return answer if isinstance(answer, Response) else JSONResponse(answer)
