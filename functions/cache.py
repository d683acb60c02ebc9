"""GET /api/cache/stats and DELETE /api/cache/clear: for operators."""

from typing import Annotated

import core.http.late_models  # noqa: F401 - before FastAPI

# isort: split
from fastapi import APIRouter, Body, Query, Request

from core.errors import ArticleBlocked, StoreError, Unauthorized
from core.http.admin import admin_or
from core.http.app import create_app
from core.http.lambda_handler import lambda_handler
from core.http.openapi import ADMIN, WITH_BODY, answers
from core.ops.cache_stats import cache_report
from core.ops.schemas import CacheStats, ClearAnswer, ClearRequest
from core.services import Services

router = APIRouter(tags=["admin"], dependencies=[admin_or(Unauthorized)])


@router.get("/api/cache/stats", responses=answers(None, Unauthorized), openapi_extra=ADMIN)
async def get_cache_stats(request: Request) -> CacheStats:
    """How the store is and what the cache did, in all and for each of the last 30 days."""
    services: Services = request.app.state.services
    return await cache_report(services.store, services.clock(), services.tiers.uncounted)


@router.delete(
    "/api/cache/clear",
    responses=answers(None, *WITH_BODY, Unauthorized, ArticleBlocked, StoreError),
    openapi_extra=ADMIN,
)
async def clear_cache(
    request: Request,
    query: Annotated[ClearRequest, Query()],
    body: Annotated[ClearRequest | None, Body()] = None,
) -> ClearAnswer:
    """Remove the kept answer for exactly one url or text, named in the body or in the query."""
    services: Services = request.app.state.services
    names = ClearRequest.merged(query, body).names(services.settings.openai_model)
    return ClearAnswer.of(await services.cache.forget(*names))


app = create_app(router, make_services=Services)
handler = lambda_handler(app)
