"""GET /api/cache/stats and DELETE /api/cache/clear: for the one who runs Threadr."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query

from core.admin import admin_only
from core.api import CacheStats, ClearAnswer, ClearRequest, Problem
from core.app import RoomsOf, create_app
from core.lambda_handler import lambda_handler
from core.report import cache_report

router = APIRouter(
    tags=["admin"],
    dependencies=[Depends(admin_only)],
    responses={status: {"model": Problem} for status in (401, 422, 503)},
)


@router.get("/api/cache/stats")
async def stats(rooms: RoomsOf) -> CacheStats:
    return await cache_report(rooms.store, rooms.clock())


@router.delete("/api/cache/clear")
async def clear(
    rooms: RoomsOf,
    query: Annotated[ClearRequest, Query()],
    body: Annotated[ClearRequest | None, Body()] = None,
) -> ClearAnswer:
    return ClearAnswer.of(
        await rooms.cache.forget(ClearRequest.merged(query, body).key(rooms.settings.openai_model))
    )


app = create_app(router)
handler = lambda_handler(app)
