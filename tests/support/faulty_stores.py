"""Instances of Threadr, and clients of Upstash, whose store has a fault."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from redis import Redis

from core.cache.request_key import text_key
from core.errors import StoreError
from core.net.tls import tls_context
from core.services import Services
from core.store.upstash import UpstashRest
from tests.support.clock import Clock
from tests.support.fault_server import FaultServer
from tests.support.site import ARTICLE
from tests.support.store_faults import Fault, Shows

REQUEST = {"text": ARTICLE}
KEY = text_key(ARTICLE)


@dataclass(frozen=True)
class Instance:
    client: httpx.AsyncClient
    services: Services

    async def generate(self) -> httpx.Response:
        return await self.client.post("/api/generate", json=REQUEST)

    async def get(self, path: str) -> Any:
        response = await self.client.get(path)
        assert response.status_code == 200, response.text
        return response.json()


MakeInstance = Callable[..., Instance]


@dataclass(frozen=True)
class Broken:
    """A fresh instance whose store has a fault."""

    fault: Fault
    store: FaultServer
    instance: Instance

    @property
    def shows(self) -> Shows:
        return self.fault.shows


def spoil_entry(valkey: Redis, spoil: Callable[[str], str]) -> None:
    kept = str(valkey.get(KEY))
    assert spoil(kept) != kept
    valkey.set(KEY, spoil(kept), keepttl=True)


@contextlib.contextmanager
def trusting(store: FaultServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Trust the certificate authority of `store` meanwhile, unless the fault is a self-signed certificate."""
    if store.authority is None or store.wire == {"tls": "self-signed"}:
        yield
        return
    with store.authority.cert_pem.tempfile() as path:
        monkeypatch.setenv("SSL_CERT_FILE", path)
        tls_context.cache_clear()
        yield
    tls_context.cache_clear()


@dataclass
class UpstashClient:
    """Upstash by REST, behind a breaker on the test's clock. `read` and `write`: whether it worked."""

    upstash: UpstashRest
    clock: Clock
    store: FaultServer

    async def write(self, *, after: float = 0) -> bool:
        self.clock.now += after
        return await works(self.upstash.execute(["EVAL", "return 1", 0]))

    async def read(self, *, after: float = 0) -> bool:
        self.clock.now += after
        return await works(self.upstash.execute(["GET", "a"]))

    @property
    def attempts(self) -> int:
        return max(len(self.store.requests), self.store.connections)


async def works(command: Any) -> bool:
    try:
        await command
    except StoreError:
        return False
    return True


ClientOver = Callable[..., UpstashClient]
