"""Redis over TCP, with and without TLS."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme

from core.errors import StoreError, StoreRefused
from core.net.breaker import Breaker
from core.ops.report import check
from core.services import Services
from core.settings import Settings
from core.store.tcp import TcpRedis
from tests.support.loopback import closed_port


def client_of(url: str) -> TcpRedis:
    return TcpRedis(url, timeout_seconds=1, breaker=Breaker(time.monotonic))


async def test_commands_of_one_loop_iteration_are_one_pipeline_with_raw_results(redis_url: str) -> None:
    tcp = client_of(redis_url)
    results = await asyncio.gather(
        *map(tcp.execute, [["SET", "a", "1"], ["INCR", "a"], ["LLEN", "a"], ["GET", "a"]]),
        return_exceptions=True,
    )
    await tcp.close()
    assert (results[0], results[1], results[3]) == ("OK", 2, "2")
    assert getattr(results[2], "reason", "").startswith("WRONGTYPE")


async def test_a_closed_port_is_unreachable_and_the_password_is_not_shown() -> None:
    tcp = client_of(f"redis://default:canary@127.0.0.1:{closed_port()}")
    with pytest.raises(StoreError) as caught:
        await tcp.execute(["GET", "a"])
    assert "canary" not in repr(caught.value) + str(caught.value.reason)
    assert caught.value.__cause__ is None


async def test_a_wrong_password_is_permanent(redis_url: str, valkey: Any) -> None:
    valkey.acl_setuser("guarded", enabled=True, passwords=["+right"], commands=["+@all"], keys=["*"])
    tcp = client_of(redis_url.replace("redis://", "redis://guarded:wrong@"))
    with pytest.raises(StoreRefused):
        await tcp.execute(["GET", "a"])
    valkey.acl_deluser("guarded")


@pytest.fixture
async def tls_url(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A TLS proxy in front of the plain server, as Upstash has one; its authority is in SSL_CERT_FILE."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", urlsplit(redis_url).port)
        await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(relay, "127.0.0.1", 0, ssl=context)
    yield f"rediss://localhost:{server.sockets[0].getsockname()[1]}"
    server.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()


async def test_a_rediss_url_uses_tls(tls_url: str) -> None:
    tcp = client_of(tls_url)
    assert await tcp.execute(["PING"]) == "PONG"
    await tcp.close()


@pytest.mark.parametrize(
    ("address", "reason"),
    [("127.0.0.1", "for another address"), ("localhost", "of no known authority")],
    ids=["wrong name", "unknown authority"],
)
async def test_a_certificate_that_does_not_fit_is_refused_and_health_says_why(
    tls_url: str, address: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if address == "localhost":
        monkeypatch.delenv("SSL_CERT_FILE")
    tcp = client_of(tls_url.replace("localhost", address))
    for _ in range(2):  # while the breaker is open, too
        with pytest.raises(StoreError) as caught:
            await tcp.execute(["PING"])
        assert f"TLS certificate: {reason}" in str(caught.value.reason)
        assert caught.value.health == "tls_mismatch"
    await tcp.close()


async def redis_health(url: str) -> tuple[str, str | None]:
    services = Services(Settings(redis_url=url, store_connect_timeout_ms=200))
    health = (await check(services)).services["redis"]
    await services.close()
    return health.status, health.reason


async def test_tls_to_a_server_without_it_is_said_as_such(redis_url: str) -> None:
    url = redis_url.replace("redis://", "rediss://default:canary@")
    assert await redis_health(url) == ("tls_mismatch", "the server speaks no TLS, REDIS_URL must be redis://")


async def test_no_tls_to_a_server_that_wants_it_is_said_as_such(tls_url: str) -> None:
    url = tls_url.replace("rediss://", "redis://default:canary@")
    assert await redis_health(url) == ("tls_mismatch", "the server speaks TLS, REDIS_URL must be rediss://")


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
async def test_a_server_that_is_not_there_is_no_mismatch(scheme: str) -> None:
    status, reason = await redis_health(f"{scheme}://127.0.0.1:{closed_port()}")
    assert (status, "TLS" in str(reason)) == ("unreachable", False)


async def test_a_database_that_there_is_not_is_misconfigured(redis_url: str) -> None:
    assert await redis_health(f"{redis_url}/99") == ("misconfigured", "ResponseError")
