"""The fetcher is polite, checks certificates, and is not delayed by slow look-ups of other names."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpcore2
import pytest
import trustme

from core.article.fetcher import Fetcher, Validators
from core.article.resolver import IPAddress
from core.article.ssrf_guard import GuardedBackend
from core.errors import ArticleBlocked, ArticleTimeout, ArticleUnreachable
from core.net.tls import tls_context
from tests.support.hostile_server import Visit, answer, hostile, redirects, sends

HTML = b"<html><p>An article.</p></html>"
ETAG, DATE = 'W/"v1"', "Tue, 01 Sep 2026 10:00:00 GMT"
VALIDATORS = Validators(ETAG, DATE)


async def versioned(visit: Visit) -> None:
    """The page, or 304 to a request that has this version."""
    headers = {"ETag": ETAG, "Last-Modified": DATE}
    known = f"If-None-Match: {ETAG}\r\n".encode() in visit.head
    await visit.send(answer(b"" if known else HTML, status=304 if known else 200, headers=headers))


async def test_the_request_has_an_honest_user_agent_and_few_headers() -> None:
    async with hostile(sends(answer(HTML))) as server:
        await Fetcher(allow_hosts=[server.authority]).fetch(server.url, seconds=5)
    head = server.visits[0].head.decode()
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
    assert head.startswith("GET /page HTTP/1.1\r\n")
    assert re.fullmatch(r"Threadr/[0-9.]+ \(\+https://threadr\.example; [a-z ]+\)", headers["User-Agent"])
    assert headers["Accept-Encoding"] == "gzip"
    assert not {"Cookie", "Referer", "Authorization", "If-None-Match", "If-Modified-Since"} & set(headers)


async def test_an_unchanged_page_costs_no_body() -> None:
    async with hostile(versioned) as server:
        web = Fetcher(allow_hosts=[server.authority])
        first = await web.fetch(server.url, seconds=5)
        again = await web.fetch(server.url, seconds=5, validators=first.validators)
    assert (first.body, first.validators, first.not_modified) == (HTML, VALIDATORS, False)
    assert (again.body, again.validators, again.not_modified) == (b"", VALIDATORS, True)
    assert b"\r\nIf-Modified-Since: " + DATE.encode() + b"\r\n" in server.visits[1].head


async def test_a_changed_page_comes_with_its_new_validators() -> None:
    async with hostile(versioned) as server:
        old = Validators('"v0"', None)
        page = await Fetcher(allow_hosts=[server.authority]).fetch(server.url, seconds=5, validators=old)
    assert (page.body, page.validators, page.not_modified) == (HTML, VALIDATORS, False)


async def test_a_304_without_validators_leaves_those_that_were_sent() -> None:
    async with hostile(redirects("/b", then=answer(status=304))) as server:
        web = Fetcher(allow_hosts=[server.authority])
        page = await web.fetch(server.url, seconds=5, validators=VALIDATORS)
    assert (page.url, page.validators, page.not_modified) == (
        f"http://{server.authority}/b",
        VALIDATORS,
        True,
    )


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param('"' + "a" * 256 + '"', id="long"),
        pytest.param('"\u00e9"', id="not ASCII"),
        pytest.param('"a"\r\nX-Injected: b', id="two lines"),
        pytest.param("", id="empty"),
        pytest.param(None, id="none"),
    ],
)
def test_odd_validators_are_not_sent(odd: str | None) -> None:
    assert Validators(odd, odd).headers() == {}


@pytest.mark.parametrize("odd", ['"' + "a" * 256 + '"', '"\u00e9"', ""])
async def test_odd_validators_are_not_kept(odd: str) -> None:
    async with hostile(sends(answer(HTML, headers={"ETag": odd, "Last-Modified": odd}))) as server:
        page = await Fetcher(allow_hosts=[server.authority]).fetch(server.url, seconds=5)
    assert page.validators == Validators()


async def test_a_304_to_an_unconditional_request_is_unreachable() -> None:
    async with hostile(sends(answer(status=304))) as server:
        with pytest.raises(ArticleUnreachable):
            await Fetcher(allow_hosts=[server.authority]).fetch(
                server.url, seconds=5, validators=Validators()
            )


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[trustme.CA]:
    """The only certificate authority that this process trusts."""
    authority = trustme.CA()
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    tls_context.cache_clear()
    yield authority
    tls_context.cache_clear()


def certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


async def test_a_certificate_of_the_urls_name_is_accepted(authority: trustme.CA) -> None:
    async with hostile(sends(answer(HTML)), tls=certified(authority, "localhost")) as server:
        host = server.authority.replace("127.0.0.1", "localhost")
        page = await Fetcher(allow_hosts=[host]).fetch(f"https://{host}/page", seconds=5)
    assert (page.body, page.url) == (HTML, f"https://{host}/page")


@pytest.mark.parametrize("name", ["other.example", "127.0.0.1", "*.localhost"])
async def test_a_certificate_of_another_name_is_refused(authority: trustme.CA, name: str) -> None:
    async with hostile(sends(answer(HTML)), tls=certified(authority, name)) as server:
        host = server.authority.replace("127.0.0.1", "localhost")
        with pytest.raises(ArticleUnreachable) as caught:
            await Fetcher(allow_hosts=[host]).fetch(f"https://{host}/page", seconds=5)
    assert caught.value.reason == "certificate"
    assert server.visits == []


async def test_a_certificate_of_an_unknown_authority_is_refused(authority: trustme.CA) -> None:
    async with hostile(sends(answer(HTML)), tls=certified(trustme.CA(), "localhost")) as server:
        host = server.authority.replace("127.0.0.1", "localhost")
        with pytest.raises(ArticleUnreachable):
            await Fetcher(allow_hosts=[host]).fetch(f"https://{host}/page", seconds=5)


class Detour(httpcore2.AsyncNetworkBackend):
    """Connects every address to one port of loopback."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore2.AsyncNetworkStream:
        return await httpcore2.AnyIOBackend().connect_tcp("127.0.0.1", self._port)


async def resolve_public(host: str, port: int) -> list[IPAddress]:
    return [ipaddress.ip_address("93.184.215.14")]


@pytest.mark.parametrize(("name", "accepted"), [("news.example", True), ("other.example", False)])
async def test_the_name_that_is_checked_is_the_urls_though_an_address_is_dialled(
    authority: trustme.CA, name: str, accepted: bool
) -> None:
    async with hostile(sends(answer(HTML)), tls=certified(authority, name)) as server:
        dial = Detour(int(server.authority.rpartition(":")[2]))
        backend = partial(GuardedBackend, resolve=resolve_public, dial=dial)
        fetching = Fetcher(backend=backend).fetch("https://news.example/", seconds=5)
        if accepted:
            assert (await fetching).body == HTML
        else:
            with pytest.raises(ArticleUnreachable):
                await fetching


async def test_plain_http_on_the_tls_port_is_unreachable(authority: trustme.CA) -> None:
    async def play(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer("The plain HTTP request was sent to HTTPS port", status=400))
        writer.close()

    async with await asyncio.start_server(play, "127.0.0.1", 0) as server:
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(ArticleUnreachable):
            await Fetcher(allow_hosts=[host]).fetch(f"https://{host}/", seconds=5)


async def test_a_server_that_never_finishes_the_tls_handshake_times_out() -> None:
    hung_up = asyncio.Event()

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        hung_up.set()
        writer.close()

    async with await asyncio.start_server(play, "127.0.0.1", 0) as server:
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(ArticleTimeout):
            await Fetcher(allow_hosts=[host]).fetch(f"https://{host}/", seconds=0.1)
        await asyncio.wait_for(hung_up.wait(), 5)


async def test_slow_look_ups_of_names_do_not_delay_others(monkeypatch: pytest.MonkeyPatch) -> None:
    answered, threads = threading.Event(), []

    def slow(*_: Any, **__: Any) -> list[Any]:
        threads.append(threading.current_thread().name)
        answered.wait(5)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    fetches = [Fetcher().fetch(f"http://slow{number}.example/", seconds=0.2) for number in range(40)]
    waiting = asyncio.gather(*fetches, return_exceptions=True)
    try:
        await asyncio.sleep(0.05)
        # The store's name is looked up in asyncio's own threads.
        assert await asyncio.to_thread(lambda: "free") == "free"
        outcomes = await waiting
    finally:
        answered.set()
    assert {type(outcome) for outcome in outcomes} == {ArticleBlocked}
    assert threads == ["article-dns"] * 40
    assert all(name.startswith("article-dns") for name in threads)


async def test_a_cancelled_caller_ends_the_fetch() -> None:
    arrived, left = asyncio.Event(), asyncio.Event()

    async def never(visit: Visit) -> None:
        arrived.set()
        try:
            await asyncio.sleep(60)
        finally:
            left.set()

    async with hostile(never) as server:
        fetching = asyncio.create_task(Fetcher(allow_hosts=[server.authority]).fetch(server.url, seconds=5))
        await arrived.wait()
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
    assert left.is_set()
