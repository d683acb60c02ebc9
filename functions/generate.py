"""POST /api/generate and GET /api/rate-limit-status: the one function that gets the model's key."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from core.api import GenerateAnswer, GenerateRequest, Problem, RateLimitStatus
from core.app import ExchangeOf, RoomsOf, create_app
from core.directives import Directives
from core.identity import client_bucket
from core.lambda_handler import lambda_handler
from core.rooms import Rooms

router = APIRouter(tags=["threads"])


@router.post(
    "/api/generate",
    response_model=None,
    responses={
        200: {"model": GenerateAnswer},
        **{status: {"model": Problem} for status in (413, 422, 429, 503)},
    },
)
async def generate(
    body: GenerateRequest, request: Request, rooms: RoomsOf, exchange: ExchangeOf
) -> dict[str, Any]:
    directives = Directives.parse(request.headers.get("cache-control", ""))
    return await rooms.generation.answer(
        body, client=_client(request, rooms), directives=directives, exchange=exchange
    )


@router.get("/api/rate-limit-status")
async def rate_limit_status(request: Request, rooms: RoomsOf) -> RateLimitStatus:
    return RateLimitStatus.of(await rooms.cache.status(_client(request, rooms)))


def _client(request: Request, rooms: Rooms) -> str:
    return client_bucket(
        front_door=rooms.settings.front_door,
        peer=request.client.host if request.client else None,
        headers=request.headers,
        api_keys=rooms.settings.api_keys,
    )


app = create_app(router)
handler = lambda_handler(app)
