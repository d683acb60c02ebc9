"""fastapi-cache2 and slowapi over Redis. The decorator caches GET alone, so the text is in the query."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi_cache import FastAPICache
from fastapi_cache.backends.redis import RedisBackend
from fastapi_cache.decorator import cache
from redis.asyncio import Redis
from slowapi import Limiter

from bench.peers.model import write

REDIS_URL = os.environ["REDIS_URL"]


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    FastAPICache.init(RedisBackend(Redis.from_url(REDIS_URL)), prefix="cached")
    yield


def client_of(request: Request) -> str:
    return request.headers["x-forwarded-for"]


app = FastAPI(lifespan=lifespan)
app.state.limiter = limiter = Limiter(key_func=client_of, storage_uri=REDIS_URL)


@app.get("/api/generate")
@limiter.limit("1000000/hour")
@cache(expire=86_400)
async def generate(request: Request, text: str) -> dict[str, Any]:
    return await write(text)
