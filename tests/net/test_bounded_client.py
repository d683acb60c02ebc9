"""A client that takes no more bytes than agreed, and none that are compressed."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from core.net.ask import status_of_answer
from core.net.bounded_client import AnswerTooLarge, bounded_client
from tests.support.loopback import serving


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """As many bytes as the path says, compressed where it ends in gzip; the query is the status, if any."""
    size, _, coding = scope["path"].strip("/").partition(".")
    body = b"a" * int(size)
    headers = {"X-Accepted": Request(scope).headers["accept-encoding"]}
    if coding:
        body, headers["Content-Encoding"] = gzip.compress(body), coding
    status = int(scope["query_string"] or 200)
    await Response(body, status, headers)(scope, receive, send)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(app) as url:
        yield url


async def test_an_answer_of_exactly_the_limit_is_read_and_a_byte_more_is_not(server: str) -> None:
    async with bounded_client(max_bytes=1_000, tls=ssl.create_default_context()) as client:
        assert len((await client.get(f"{server}/1000")).content) == 1_000
        with pytest.raises(AnswerTooLarge):
            await client.get(f"{server}/1001")


async def test_a_compressed_answer_is_refused_though_it_is_small(server: str) -> None:
    async with bounded_client(max_bytes=1_000_000, tls=ssl.create_default_context()) as client:
        with pytest.raises(AnswerTooLarge, match="compressed"):
            await client.get(f"{server}/1000.gzip")


async def test_the_status_of_a_compressed_answer_is_its_own(server: str) -> None:
    assert await status_of_answer("GET", f"{server}/1000.gzip?503", seconds=5) == 503


async def test_no_compression_is_offered(server: str) -> None:
    async with bounded_client(max_bytes=10, tls=ssl.create_default_context()) as client:
        response = await client.get(f"{server}/1", headers={"Accept-Encoding": "gzip"})
    assert response.headers["x-accepted"] == "identity"


async def test_proxies_of_the_environment_are_not_used(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with bounded_client(max_bytes=10, tls=ssl.create_default_context()) as client:
        assert (await client.get(f"{server}/1")).status_code == 200


async def test_a_hundred_and_twenty_callers_are_all_sent_at_once() -> None:
    waiting, all_there = [0], asyncio.Event()

    async def answers_when_all_are_there(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        waiting[0] += 1
        if waiting[0] == 120:
            all_there.set()
        await all_there.wait()
        await Response(b"a")(scope, receive, send)

    with serving(answers_when_all_are_there) as url:
        async with bounded_client(max_bytes=10, tls=ssl.create_default_context()) as client:
            answers = await asyncio.gather(*(client.get(url, timeout=10) for _ in range(120)))
    assert {answer.status_code for answer in answers} == {200}
