"""Bodies: bounded in bytes, parts and time before anything parses them, and all together."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import Counter
from typing import Any

import httpx
import pytest
from starlette.types import Message, Scope

from core.errors import BodyTimeout, BodyTooLarge, RateLimited
from core.http import bounds
from core.http.body import BodyReader
from core.http.client_id import Clients, KnownClient
from core.settings import Settings
from functions import cache, generate, mcp, threads
from tests.support.app import Make, whole_app
from tests.support.loopback import serving
from tests.support.stores import named

JSON = {"Content-Type": "application/json"}
MANY = 5_000


async def refused(client: httpx.AsyncClient, path: str, body: bytes) -> str:
    response = await client.post(path, content=body, headers=JSON)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/validation")
    assert len(response.content) < 500
    return str(response.json()["detail"])


@pytest.mark.parametrize("path", ["/api/generate", "/api/threads/x/posts/1/rewrite"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(json.dumps({str(n): n for n in range(1_300)}).encode()[:16_000], id="unknown-keys"),
        pytest.param(b'{"text":"a"' + b',"a":1' * 1_000 + b"}", id="equal-keys"),
        pytest.param(b'{"text":' + b"[" * 300 + b"]" * 300 + b"}", id="deep"),
        pytest.param(b'{"a":' * 500 + b"1" + b"}" * 500, id="deep-objects"),
        pytest.param(b'{"thread":[' + b'"",' * 2_500 + b'""]}', id="long-list"),
        pytest.param(b"[" + b"{}," * 300 + b"{}]", id="objects"),
        pytest.param(b"," * MANY, id="no-json"),
        pytest.param(b'"\\\n' * MANY, id="broken-strings"),
        pytest.param(('{"text":"∢",' + '"a":1,' * 1_000 + '"b":"∢"}').encode("utf-16-le"), id="utf-16"),
        pytest.param(
            ('{"a":"' + "\u5c22" * 9 + '"' + ',"b":1' * 999 + "}").encode("utf-16-be"), id="utf-16-be"
        ),
    ],
)
async def test_a_body_of_too_many_parts_is_refused_before_it_is_parsed(
    client_of: Make, path: str, body: bytes
) -> None:
    assert await refused(client_of(), path, body) == "The body has more parts than a request needs."


def thread_with(quotes: int) -> dict[str, Any]:
    """A thread with its evidence, as an answer has it."""
    evidence = [{"start": at, "end": at + 9, "quote": "Yes, said."} for at in range(quotes)]
    post = {"number": 1, "total": 1, "content": "Yes.", "character_count": 4, "support": 1.0}
    return {"thread": [{**post, "evidence": evidence}]}


@pytest.mark.parametrize("path", ["/api/validate", "/api/threads/x/edit"])
async def test_a_thread_has_as_much_evidence_as_an_answer_may_have(client_of: Make, path: str) -> None:
    client = client_of()
    assert (await client.post(path, json=thread_with(1_200))).status_code in (200, 404)
    many = json.dumps(thread_with(1_600)).encode()
    assert "more parts" in await refused(client, path, many)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'"' + b'\\"' * 500_000, id="string-without-end"),
        pytest.param(b"\\" * 1_000_000, id="backslashes"),
        pytest.param(b'{"text":' + b"9" * 1_000_000 + b"}", id="digits"),
        pytest.param(b'{"' + b"k" * 1_000_000 + b'":1}', id="long-key"),
        pytest.param(b"\x00{\x00", id="half-a-character"),
    ],
)
async def test_odd_bodies_of_few_parts_are_refused_by_the_parser(client_of: Make, body: bytes) -> None:
    assert "parts" not in await refused(client_of(), "/api/generate", body)


async def test_the_largest_request_is_read(client_of: Make) -> None:
    post = {"content": 'A "{[,:]}" ' * 25, "number": 1, "total": 100, "character_count": 275}
    response = await client_of().post("/api/validate", json={"thread": [post] * 100, "platform": "x"})
    assert response.status_code == 200
    text = json.dumps({"text": 'Said: "yes, {no}", [1].\n' * 30_000}).encode()
    assert (await client_of().post("/api/generate", content=text, headers=JSON)).status_code == 200


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("/api/threads/x/posts/1/rewrite", 17_000),
        ("/api/validate", 530_000),
        ("/api/generate", 6_300_000),
        ("/api/cache/clear", 6_300_000),
    ],
)
async def test_a_body_has_as_many_bytes_as_its_route_can_use(client_of: Make, path: str, size: int) -> None:
    method = "DELETE" if path.endswith("clear") else "POST"

    async def pieces() -> Any:  # without Content-Length
        for _ in range(size // 1_000 + 1):
            yield b" " * 1_000

    for body in (b" " * size, pieces()):
        response = await client_of().request(method, path, content=body, headers=JSON)
        assert response.status_code == 413


def test_the_bounds_are_those_of_routes_that_exist() -> None:
    paths = {route.path for module in (generate, threads, cache) for route in module.router.routes}
    paths |= {route.path for route in (*generate.routes, *mcp.routes)}
    assert set(bounds.MAX_BODY_BYTES) <= paths
    of_thread = {f"/api/threads/{{id}}/{rest}" for rest in ("edit", "posts/{n}/rewrite")}
    assert {path for path in paths if bounds.LIMITED_PATH.fullmatch(path)} == {*("/api/generate", *of_thread)}


def reader(
    clients: Clients, sender: KnownClient, *chunks: bytes, length: int = 0, seconds: float = 5
) -> BodyReader:
    """Of a body that begins with `chunks` and never ends."""
    headers = [(b"content-length", str(length).encode())] if length else []
    route = type("Route", (), {"path": "/api/generate"})
    scope: Scope = {"type": "http", "route": route, "state": {"headers": dict(headers), "known": sender}}
    left = list(chunks)

    async def receive() -> Message:
        if not left:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": left.pop(0), "more_body": True}

    return BodyReader(scope, receive, clients, seconds)


def known(name: str) -> KnownClient:
    return KnownClient(named(name))


def clients() -> Clients:
    return Clients(Settings(), lambda: 0.0, {})


async def test_a_body_that_is_said_to_be_too_large_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_BODY_SECONDS", 0.01)
    sending = reader(clients(), known("a"), b"x", length=7_000_000)
    with pytest.raises(BodyTooLarge):
        await sending()
    assert (sending.size, len(sending.body)) == (0, 0)


async def test_a_caller_of_a_real_server_sees_that_the_body_is_too_large() -> None:
    with serving(whole_app(Settings())) as url:
        async with httpx.AsyncClient(base_url=url) as client:
            for path, size in (("/api/validate", 5_000_000), ("/api/generate", 7_000_000)):
                response = await client.post(path, content=b" " * size, headers=JSON)
                assert (response.status_code, response.json()["type"]) == (413, "/problems/validation")


async def test_a_body_that_does_not_arrive_is_given_up() -> None:
    with pytest.raises(BodyTimeout):
        await reader(clients(), known("a"), b"x", seconds=0.01)()


async def test_one_client_holds_a_third_and_all_together_the_whole_of_what_may_wait() -> None:
    everyone, part = clients(), b" " * 5_000_000
    senders = [known(str(number)) for number in range(4)]
    sending = [reader(everyone, senders[number % 4], part) for number in range(13)]
    tasks = [asyncio.create_task(each()) for each in sending]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    outcomes = Counter(type(task.exception()) if task.done() else None for task in tasks)
    assert outcomes[RateLimited] == 13 - bounds.MAX_HELD_BYTES // len(part)
    for task, each in zip(tasks, sending, strict=True):
        task.cancel()
        each.clients.held_bytes -= each.size
        each.scope["state"]["known"].held_bytes -= each.size
    assert (everyone.held_bytes, {sender.held_bytes for sender in senders}) == (0, {0})
    alone = [asyncio.create_task(reader(everyone, senders[0], part)()) for _ in range(4)]
    await asyncio.wait(alone, timeout=0, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.sleep(0)
    assert [isinstance(task.exception(), RateLimited) for task in alone if task.done()] == [True]
    for task in alone:
        task.cancel()


def half_sent(url: str, head: str) -> bytes:
    """All that the server sends until it closes the connection, for a body of which a part is missing."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        lines = f"{head} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
        connection.sendall(lines.encode() + b'{"text": ')
        received = b""
        while chunk := connection.recv(65_536):
            received += chunk
        return received


async def test_a_half_sent_body_is_a_408_and_the_connection_ends() -> None:
    with serving(whole_app(Settings(generate_deadline_seconds=1))) as url:
        received = await asyncio.to_thread(half_sent, url, "POST /api/generate")
    assert received.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in received.lower()
    assert b"/problems/validation" in received


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/health", 200), ("PUT", "/api/generate", 405), ("POST", "/no", 404)],
)
async def test_a_body_that_no_route_wants_is_not_waited_for(
    client_of: Make, method: str, path: str, status: int
) -> None:
    async def endless() -> Any:
        yield b"{"
        raise AssertionError("the body is read")

    response = await client_of().request(method, path, content=endless(), headers=JSON)
    assert response.status_code == status


async def test_the_body_of_a_client_over_its_limit_is_not_read(client_of: Make) -> None:
    client = client_of(rate_limit_requests=1)
    for _ in range(2):
        await client.post("/api/generate", json={"text": "Hello."})

    async def endless() -> Any:
        yield b"{"
        raise AssertionError("the body is read")

    response = await client.post("/api/generate", content=endless(), headers=JSON)
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0
    assert (await client.post("/api/validate", json={"thread": ["Hello."]})).status_code == 200
