"""POSTs over kept connections: what is an answer, what ends a connection, and that no answer goes astray."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from core.net.http1 import Answer, Cut, PostClient, TooLarge
from core.net.tls import tls_context
from tests.support.wire_server import Sent, WireServer, answering, http, until, wire_server

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
Clients = Callable[..., PostClient]


def client_to(server: WireServer, max_bytes: int = 100_000) -> PostClient:
    headers = {"Authorization": "Bearer canary"}
    return PostClient(f"{server.url}/a", headers, max_bytes=max_bytes, tls=tls_context)


async def posted(client: PostClient, body: bytes = b"x") -> Answer:
    return await (client.idle() or await client.connect()).post(body)


@pytest.fixture
async def server() -> AsyncIterator[WireServer]:
    async with wire_server(answering(http())) as served:
        yield served


@pytest.fixture
async def client(server: WireServer) -> AsyncIterator[PostClient]:
    client = client_to(server)
    yield client
    await client.close()


async def test_one_connection_carries_one_post_after_the_other(
    server: WireServer, client: PostClient
) -> None:
    answers = [await posted(client, b"%d" % number) for number in range(5)]
    assert {(answer.status, answer.body) for answer in answers} == {(200, b"[]")}
    assert [sent.body for sent in server.requests] == [b"0", b"1", b"2", b"3", b"4"]
    assert server.requests[0].line == "POST /a HTTP/1.1"
    assert server.requests[0].headers["host"] == server.url.partition("//")[2]
    assert server.connections == 1


@pytest.mark.parametrize(
    ("wire", "status", "body"),
    [
        pytest.param(http(b"abc"), 200, b"abc", id="Content-Length"),
        pytest.param(CHUNKED + b"2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n", 200, b"abc", id="chunks"),
        pytest.param(CHUNKED + b"1\r\na\r\n0\r\nTrailer: x\r\n\r\n", 200, b"a", id="trailer"),
        pytest.param(b"HTTP/1.1 204 No\r\n\r\n", 204, b"", id="no body"),
        pytest.param(b"HTTP/1.1 100 Go on\r\n\r\n" + http(b"a"), 200, b"a", id="100 before it"),
        pytest.param(b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + http(b"a", 503), 503, b"a", id="103"),
    ],
)
@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(1, 60), max_size=6))
def test_an_answer_is_the_same_in_whatever_parts_it_arrives(
    wire: bytes, status: int, body: bytes, cuts: list[int]
) -> None:
    ends = sorted({*cuts, len(wire)})
    parts = [wire[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    async def twice() -> list[tuple[int, bytes]]:
        async with wire_server(answering(*parts)) as server:
            client = client_to(server)
            answers = [await posted(client) for _ in range(2)]
            await client.close()
            assert server.connections == 1
        return [(answer.status, answer.body) for answer in answers]

    assert asyncio.run(twice()) == [(status, body)] * 2


@pytest.mark.parametrize(
    "wire",
    [
        pytest.param(http(b"ab", 200, "Connection: close"), id="Connection: close"),
        pytest.param(http(b"ab").replace(b"/1.1", b"/1.0"), id="HTTP/1.0"),
        pytest.param(http(b"ab") + b"HTTP/1.1 200 OK\r\n", id="half an answer behind it"),
        pytest.param(http(b"ab") + http(b"cd"), id="another answer behind it"),
        pytest.param(http(b"ab") + b"junk", id="junk behind it"),
    ],
)
async def test_a_connection_that_cannot_be_trusted_is_not_used_again(
    server: WireServer, client: PostClient, wire: bytes
) -> None:
    server.answer = answering(wire)
    assert [(await posted(client)).body for _ in range(3)] == [b"ab"] * 3
    assert server.connections == 3
    await until(lambda: not server.open)


async def test_a_body_without_a_length_ends_with_its_connection(
    server: WireServer, client: PostClient
) -> None:
    async def answer(_: Sent, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nab")
        await asyncio.sleep(0.01)
        writer.write(b"c")
        writer.close()

    server.answer = answer
    assert [(await posted(client)).body for _ in range(2)] == [b"abc"] * 2
    assert server.connections == 2


@pytest.mark.parametrize(
    ("wire", "answered"),
    [
        pytest.param(b"", False, id="nothing"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", True, id="half a head"),
        pytest.param(http(b"abc")[:-1], True, id="half a body"),
        pytest.param(CHUNKED + b"5\r\nab", True, id="half a chunk"),
        pytest.param(CHUNKED + b"2\r\nab\r\n", True, id="no last chunk"),
        pytest.param(b"HTTP/1.1 100 Go on\r\n\r\n", True, id="only 100"),
        pytest.param(b"\x15\x03\x01\x00\x02\x02\x46", True, id="TLS"),
        pytest.param(b"HTTP/1.1 101 Up\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n", True, id="upgrade"),
        pytest.param(http(b"abc", 200, "Transfer-Encoding: chunked"), True, id="two lengths"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000, True, id="endless head"),
    ],
)
async def test_what_is_no_whole_answer_is_a_cut_that_says_whether_something_came(
    server: WireServer, client: PostClient, wire: bytes, answered: bool
) -> None:
    async def answer(_: Sent, writer: asyncio.StreamWriter) -> None:
        writer.write(wire)
        writer.close()

    server.answer = answer
    with pytest.raises(Cut) as caught:
        await posted(client)
    assert caught.value.answered is answered
    server.answer = answering(http())
    assert (await posted(client)).body == b"[]"


@pytest.mark.parametrize("wire", [http(b"a" * 200_000), CHUNKED + b"1\r\na\r\n" * 30_000])
async def test_an_answer_that_is_too_large_is_given_up(
    server: WireServer, client: PostClient, wire: bytes
) -> None:
    server.answer = answering(wire)
    with pytest.raises(TooLarge):
        await posted(client)
    await until(lambda: not server.open)


async def test_a_post_that_is_cancelled_closes_its_connection_and_no_other(
    server: WireServer, client: PostClient
) -> None:
    server.answer = answering(http(b"abc")[:-1])
    slow = asyncio.ensure_future(posted(client))
    await until(lambda: server.requests)
    server.answer = answering(http(b"ok"))
    assert (await posted(client)).body == b"ok"
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    await until(lambda: len(server.open) == 1)
    assert (await posted(client)).body == b"ok"
    assert server.connections == 2


async def test_an_answer_that_drips_for_ever_ends_with_its_callers_deadline(
    server: WireServer, client: PostClient
) -> None:
    async def answer(_: Sent, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED)
        while not writer.is_closing():
            writer.write(b"1\r\n \r\n")
            await asyncio.sleep(0.005)

    server.answer = answer
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await posted(client)
    await until(lambda: not server.open)


async def test_an_answer_before_all_was_sent_leaves_no_connection_behind() -> None:
    ended = asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(http(b"too large", 413))
        await ended.wait()
        writer.transport.abort()

    listening = await asyncio.start_server(refuse, "127.0.0.1", 0, limit=1024)
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    client = PostClient(url, {}, max_bytes=1_000, tls=tls_context)
    assert (await posted(client, b"a" * 20_000_000)).status == 413
    assert client.idle() is None
    ended.set()
    await client.close()
    listening.close()


@pytest.mark.parametrize("is_frozen", [False, True], ids=["the loop runs", "the process is frozen"])
async def test_a_connection_that_was_closed_in_a_pause_is_not_used(
    server: WireServer, client: PostClient, is_frozen: bool
) -> None:
    await posted(client)
    (writer,) = server.open
    with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as raw:
        raw.shutdown(socket.SHUT_WR)  # at once: uvloop's write_eof waits for a turn of the loop
    if is_frozen:
        time.sleep(0.02)  # noqa: ASYNC251 (what is tested)
    else:
        await until(lambda: not server.open)
    assert (await posted(client)).body == b"[]"
    assert server.connections == 2


async def test_what_arrives_unasked_ends_the_connection(server: WireServer, client: PostClient) -> None:
    await posted(client)
    (writer,) = server.open
    writer.write(http(b"another's"))
    await until(lambda: not server.open)
    assert (await posted(client)).body == b"[]"


async def test_after_a_minute_a_connection_is_not_trusted(
    server: WireServer, client: PostClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await posted(client)
    monkeypatch.setattr(time, "monotonic", lambda now=time.monotonic: now() + 61)
    await posted(client)
    assert server.connections == 2
    await until(lambda: len(server.open) == 1)


async def test_closing_ends_all_connections_those_in_use_too(server: WireServer, client: PostClient) -> None:
    await posted(client)
    server.answer = answering()
    pending = [asyncio.ensure_future(posted(client)) for _ in range(2)]
    await until(lambda: len(server.requests) == 3)
    await client.close()
    results = await asyncio.gather(*pending, return_exceptions=True)
    assert [type(result) for result in results] == [Cut, Cut]
    await until(lambda: not server.open)


@pytest.fixture
async def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WireServer]:
    """Speaks TLS by a certificate whose authority SSL_CERT_FILE names."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    tls_context.cache_clear()
    async with wire_server(answering(http()), tls=context) as served:
        yield served
    tls_context.cache_clear()


async def test_over_tls_connections_are_kept_until_the_server_closes_them(secure: WireServer) -> None:
    client = client_to(secure)
    await posted(client)
    await posted(client)
    assert secure.connections == 1
    (writer,) = secure.open
    writer.close()
    await until(lambda: client.idle() is None)
    assert (await posted(client)).body == b"[]"
    await client.close()


async def test_over_tls_the_name_is_checked(secure: WireServer) -> None:
    secure.url = secure.url.replace("localhost", "127.0.0.1")
    with pytest.raises(ssl.SSLCertVerificationError):
        await posted(client_to(secure))
    assert secure.requests == []


async def test_no_repr_shows_a_header(client: PostClient) -> None:
    connection = await client.connect()
    assert "canary" not in repr(client) + repr(connection) + repr(await connection.post(b"x"))
