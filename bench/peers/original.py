"""The original's way: redis-py in a thread pool; GET and SETEX for answers, INCR and EXPIRE for limits."""

import asyncio
import hashlib
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel
from redis import Redis

from bench.peers.model import write

LIMIT, WINDOW_SECONDS, TTL_SECONDS = 1_000_000, 3_600, 86_400
app = FastAPI()
redis = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
threads = ThreadPoolExecutor(max_workers=10)


class Body(BaseModel):
    text: str


async def run(call: Callable[..., Any], *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(threads, call, *arguments)


def charge(client: str) -> bool:
    key = f"original:ratelimit:{client}"
    with redis.pipeline() as pipe:
        used, _ = pipe.incr(key).expire(key, WINDOW_SECONDS).execute()
    return bool(used <= LIMIT)


@app.post("/api/generate")
async def generate(body: Body, request: Request) -> dict[str, Any]:
    if not await run(charge, request.headers["x-forwarded-for"]):
        raise HTTPException(429)
    key = f"original:cache:{hashlib.sha256(body.text.encode()).hexdigest()[:16]}"
    if kept := await run(redis.get, key):
        return {**json.loads(kept), "cached": True}
    answer = await write(body.text)
    await run(redis.setex, key, TTL_SECONDS, json.dumps(answer))
    return answer
