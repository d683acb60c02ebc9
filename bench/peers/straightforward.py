"""The straightforward app: FastAPI and the Upstash SDK, a command at a time, as its quick starts show it."""

import hashlib
import json
import os
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel
from upstash_redis.asyncio import Redis

from bench.peers.model import write

LIMIT, WINDOW_SECONDS, TTL_SECONDS = 1_000_000, 3_600, 86_400
app = FastAPI()
redis = Redis(url=os.environ["UPSTASH_REDIS_REST_URL"], token=os.environ["UPSTASH_REDIS_REST_TOKEN"])


class Body(BaseModel):
    text: str


async def charge(client: str) -> None:
    key = f"ratelimit:{client}"
    used = await redis.incr(key)
    if used == 1:
        await redis.expire(key, WINDOW_SECONDS)
    if used > LIMIT:
        raise HTTPException(429)


@app.post("/api/generate")
async def generate(body: Body, request: Request) -> dict[str, Any]:
    await charge(request.headers["x-forwarded-for"])
    key = f"cache:{hashlib.sha256(body.text.encode()).hexdigest()}"
    if kept := await redis.get(key):
        return {**json.loads(kept), "cached": True}
    answer = await write(body.text)
    await redis.set(key, json.dumps(answer), ex=TTL_SECONDS)
    return {**answer, "cached": False}
