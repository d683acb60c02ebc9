"""POST /api/generate, rewriting a post, GET /api/rate-limit-status: the function that has the model's key."""

from typing import Annotated

import core.http.late_models  # noqa: F401 - before FastAPI

# isort: split
from fastapi import APIRouter, Path, Request, Response

from core.cache.cache_control import CacheControl, Caller
from core.errors import ArticleError, ModelError, NotCached, NotFound, RateLimited, StoreError
from core.http.app import create_app
from core.http.lambda_handler import lambda_handler
from core.http.openapi import KEY, LIMITED, WITH_BODY, answers
from core.services import Services
from core.threads.edit_schemas import RewriteAnswer, RewriteRequest
from core.threads.schemas import GenerateAnswer, GenerateRequest, RateLimitStatus, ThreadsAnswer

router = APIRouter(tags=["threads"])


def _caller(request: Request) -> Caller:
    cache_control = CacheControl.parse(request.headers.get("cache-control", "")[:500])
    return Caller(request.state.client.name, cache_control)


@router.post(
    "/api/generate",
    responses=answers(
        ThreadsAnswer | GenerateAnswer,
        *(*WITH_BODY, RateLimited, NotCached, ArticleError, ModelError),
        headers=LIMITED,
        hit=["Age"],
    ),
    openapi_extra=KEY,
)
async def make_thread(body: GenerateRequest, request: Request) -> Response:
    """A thread of an article or a text, made now or kept from before; with `platforms` one for each.

    Cache-Control takes no-cache, no-store, max-age and only-if-cached.
    """
    services: Services = request.app.state.services
    answer = await services.generate(body, _caller(request), request.state.record)
    return Response(answer.model_dump_json(), media_type="application/json")


@router.post(
    "/api/threads/{id}/posts/{n}/rewrite",
    responses=answers(
        RewriteAnswer, *(*WITH_BODY, NotFound, RateLimited, ModelError, StoreError), headers=LIMITED
    ),
    openapi_extra=KEY,
)
async def rewrite_post(
    thread_id: Annotated[str, Path(alias="id", description="Of a thread that was made")],
    number: Annotated[int, Path(alias="n", description="Of the post in it, from 1")],
    request: Request,
    body: RewriteRequest | None = None,
) -> Response:
    """One post rewritten by the model; the result is a thread of its own."""
    services: Services = request.app.state.services
    wish = body.wish if body else None
    answer = await services.rewrite(thread_id, number, wish, _caller(request), request.state.record)
    return Response(answer.model_dump_json(), media_type="application/json")


@router.get("/api/rate-limit-status", responses=answers(None), openapi_extra=KEY)
async def get_rate_limit(request: Request) -> RateLimitStatus:
    """What your next call would meet. Asking is free."""
    services: Services = request.app.state.services
    return RateLimitStatus.of(await services.cache.status(request.state.client.name))


app = create_app(router, make_services=Services)
handler = lambda_handler(app)
