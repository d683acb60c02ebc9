"""GET /api/cache/stats and DELETE /api/cache/clear for operators; DELETE /api/threads/{id} for its maker."""

from typing import Annotated

import core.http.late_models  # noqa: F401 - before FastAPI

# isort: split
from fastapi import APIRouter, Body, Path, Query, Request

from core.cache.purge import may_delete
from core.errors import ArticleBlocked, InvalidRequest, NotFound, StoreError, Unauthorized
from core.http.admin import admin_or, holder_or_admin
from core.http.app import create_app
from core.http.lambda_handler import lambda_handler
from core.http.openapi import ADMIN, DELETING, WITH_BODY, answers
from core.ops.cache_stats import cache_report
from core.ops.clearing import ClearAnswer, ClearRequest, clear
from core.ops.schemas import CacheStats
from core.services import Services

router = APIRouter(tags=["admin"], dependencies=[admin_or(Unauthorized)])


@router.get("/api/cache/stats", responses=answers(None, Unauthorized), openapi_extra=ADMIN)
async def get_cache_stats(request: Request) -> CacheStats:
    """How the store is and what the cache did, in all and for each of the last 30 days."""
    services: Services = request.app.state.services
    return await cache_report(services.store, services.clock(), await services.tiers.waiting())


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
    """Remove all threads of exactly one url, text, host, prompt or id, named in the body or in the query."""
    services: Services = request.app.state.services
    named, seconds = ClearRequest.merged(query, body), request.state.record.seconds_left / 2
    purging, model = services.purging, services.settings.openai_model
    purged = await clear(named, purging, model, seconds=seconds)
    return ClearAnswer.of(purged, purging.gone_everywhere_in_seconds)


makers = APIRouter(tags=["threads"], dependencies=[holder_or_admin(may_delete)])


@makers.delete(
    "/api/threads/{id}",
    responses=answers(None, Unauthorized, InvalidRequest, NotFound, StoreError),
    openapi_extra=DELETING,
)
async def delete_thread(
    request: Request, thread_id: Annotated[str, Path(alias="id", description="Of a thread that was made")]
) -> ClearAnswer:
    """Remove a thread, with the X-Delete-Token of the answer that made it, or with the admin token."""
    services: Services = request.app.state.services
    purging = services.purging
    return ClearAnswer.of(await purging.thread(thread_id), purging.gone_everywhere_in_seconds)


app = create_app(router, makers, make_services=Services)
handler = lambda_handler(app)
