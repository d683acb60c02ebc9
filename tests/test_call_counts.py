"""Python's function calls of a hit, in those of a bare FastAPI POST: the same in every run."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import AsyncIterator
from types import FrameType
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.types import ASGIApp, Message, Scope

from core.settings import Settings
from core.store.clock import StoreClock
from tests.support.app import whole_app
from tests.support.fake_openai import FakeOpenAI
from tests.support.paths import ROOT
from tests.support.site import ARTICLE

BODY = json.dumps({"text": ARTICLE}).encode()
HEADERS = {"host": "t", "content-type": "application/json", "content-length": f"{len(BODY)}"}
# On a busy machine a worker process may take long to start; that is another matter, too.
PATIENT: dict[str, Any] = {"generate_deadline_seconds": 300.0}
# What carries the one call to the store: another matter than what is counted here.
TRANSPORT = ("core/store/upstash.py", "core/store/pipeline.py", "core/net/", "httpx/", "httpcore/", "anyio/")


class Text(BaseModel):
    text: str


def bare() -> FastAPI:
    app = FastAPI()

    @app.post("/api/generate")
    async def post(body: Text) -> dict[str, str]:
        return {"message": body.text[:5]}

    return app


async def answered(app: ASGIApp) -> dict[str, str]:
    """The headers of the answer, as an ASGI server would get it."""
    sent: list[Message] = []
    headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    scope: Scope = {"type": "http", "scheme": "http", "method": "POST", "path": "/api/generate"}
    scope.update(root_path="", query_string=b"", headers=headers, client=("198.51.100.1", 1))

    async def receive() -> Message:
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    assert sent[0]["status"] == 200, sent
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


@contextlib.asynccontextmanager
async def served(settings: Settings, clock: StoreClock | None = None) -> AsyncIterator[ASGIApp]:
    """The whole app; in the end, also of a test that fails, its services are closed."""
    app = whole_app(settings, clock)
    try:
        yield app
    finally:
        await app.state.services.close()


async def calls_of(app: ASGIApp) -> tuple[int, int]:
    """The calls of the third request like it: all, and those that its transport did not make.

    Of what runs in the loop by itself, beside the request, all is the transport's.
    """
    for _ in range(2):
        await answered(app)
    found, own = 0, 0

    def note(frame: FrameType, event: str, _: Any) -> None:
        nonlocal found, own
        if event == "call":
            found, own = found + 1, own + is_own(frame)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        headers = await answered(app)
    finally:
        sys.setprofile(before)
    assert headers.get("cache-status", "threadr; hit").startswith("threadr; hit")
    return found, own


def is_own(called: FrameType) -> bool:
    frame: FrameType | None = called
    while frame:
        name = frame.f_code.co_filename.removeprefix(f"{ROOT}/").rpartition("site-packages/")[2]
        if name.startswith(TRANSPORT):
            return False
        if frame.f_code is answered.__code__:
            return True
        frame = frame.f_back
    return False


@pytest.mark.parametrize(
    ("scope", "most"),
    [pytest.param("requests", 0.92, id="requests"), pytest.param("generations", 0.93, id="generations")],
)
async def test_a_hit_in_the_process_makes_few_calls(
    scope: str, most: float, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> None:
    async with served(Settings(rate_limit_scope=scope, **PATIENT, **model_settings)) as app:
        (hit, _), (unit, _) = await calls_of(app), await calls_of(bare())
    print(f"{hit} calls, {hit / unit:.2f} x a bare POST's {unit}")  # noqa: T201
    assert hit <= most * unit


async def test_a_hit_over_rest_makes_few_calls_beside_its_transport(
    openai: FakeOpenAI, model_settings: dict[str, Any], upstash_settings: dict[str, Any]
) -> None:
    settings = Settings(local_cache_seconds=0, **PATIENT, **model_settings, **upstash_settings)
    async with served(settings, StoreClock()) as app:
        (found, hit), (unit, _) = await calls_of(app), await calls_of(bare())
    print(f"{hit} calls of {found}, {hit / unit:.2f} x a bare POST's {unit}")  # noqa: T201
    assert hit <= 1.08 * unit
