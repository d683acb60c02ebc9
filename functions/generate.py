"""POST /api/generate, rewriting a post, GET /api/rate-limit-status: the function that has the model's key."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request

from core.cache.cache_control import CacheControl
from core.errors import ArticleError, ModelError, NotCached, NotFound, RateLimited, StoreError
from core.http.app import create_app
from core.http.client_id import client_bucket
from core.http.dependencies import RecordOf, services_of
from core.http.lambda_handler import lambda_handler
from core.http.openapi import KEY, LIMITED, WITH_BODY, answers
from core.services import Services
from core.threads.edit_schemas import RewriteAnswer, RewriteRequest
from core.threads.schemas import GenerateAnswer, GenerateRequest, RateLimitStatus

ServicesOf = Annotated[Services, Depends(services_of)]
router = APIRouter(tags=["threads"])


@router.post(
    "/api/generate",
    response_model=None,
    responses=answers(
        GenerateAnswer,
        *(*WITH_BODY, RateLimited, NotCached, ArticleError, ModelError),
        headers=LIMITED,
        hit=["Age"],
    ),
    openapi_extra=KEY,
)
async def generate(
    body: GenerateRequest, request: Request, services: ServicesOf, record: RecordOf
) -> dict[str, Any]:
    """A thread of an article or a text, made now or kept from before.

    Cache-Control takes no-cache, no-store, max-age and only-if-cached.
    """
    cache_control = CacheControl.parse(request.headers.get("cache-control", ""))
    return await services.generation.answer(
        body, client=_client(request, services), cache_control=cache_control, record=record
    )


@router.post(
    "/api/threads/{id}/posts/{n}/rewrite",
    response_model=None,
    responses=answers(
        RewriteAnswer, *(*WITH_BODY, NotFound, RateLimited, ModelError, StoreError), headers=LIMITED
    ),
    openapi_extra=KEY,
)
async def rewrite(
    thread_id: Annotated[str, Path(alias="id", description="Of a thread that was made")],
    number: Annotated[int, Path(alias="n", description="Of the post in it, from 1")],
    request: Request,
    services: ServicesOf,
    record: RecordOf,
    body: RewriteRequest | None = None,
) -> dict[str, Any]:
    """One post written anew by the model; the result is a thread of its own."""
    return await services.rewriting.rewrite(
        thread_id,
        number,
        body.wish if body else None,
        client=_client(request, services),
        cache_control=CacheControl.parse(request.headers.get("cache-control", "")),
        record=record,
    )


@router.get("/api/rate-limit-status", responses=answers(None), openapi_extra=KEY)
async def rate_limit_status(request: Request, services: ServicesOf) -> RateLimitStatus:
    """What your next call would meet. Asking is free."""
    return RateLimitStatus.of(await services.cache.status(_client(request, services)))


def _client(request: Request, services: Services) -> str:
    return client_bucket(
        front_door=services.settings.front_door,
        peer=request.client.host if request.client else None,
        headers=request.headers,
        api_keys=services.settings.api_keys,
    )


app = create_app(router, make_services=Services)
handler = lambda_handler(app)
