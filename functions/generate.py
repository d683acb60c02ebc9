"""Threads made by JSON or by form, rewritten, saved; limit and use: what has the model's key, or writes."""

from typing import Annotated

import core.http.late_models  # noqa: F401 - before FastAPI

# isort: split
from fastapi import APIRouter, Path, Request, Response

from core.cache.cache_control import CacheControl, Caller
from core.errors import (
    ArticleBlocked,
    ArticleError,
    ModelError,
    NotCached,
    NotFound,
    RateLimited,
    StoreError,
    Unauthorized,
)
from core.http.app import create_app
from core.http.body_route import BodyRoute, JsonResponse
from core.http.client_id import keyed_client
from core.http.lambda_handler import lambda_handler
from core.http.openapi import KEY, LIMITED, OF_KEY, WITH_BODY, answers
from core.http.site import PageRoute
from core.pages.compose import compose
from core.services import Services
from core.threads.edit_schemas import EditRequest, RewriteAnswer, RewriteRequest
from core.threads.limit_schemas import EstimateAnswer, KeyUsage, RateLimitStatus
from core.threads.schemas import GenerateAnswer, GenerateRequest, ThreadsAnswer

router = APIRouter(tags=["threads"], route_class=BodyRoute)


def _caller(request: Request) -> Caller:
    state = request.scope["state"]
    cache_control = state["headers"].get(b"cache-control", b"")[:500].decode("latin-1")
    return Caller(state["client"], CacheControl.parse(cache_control))


def _made_of_thread(answer: GenerateAnswer) -> Response:
    """A thread made of another; make_thread, the hit's path, does without a call more."""
    headers = {"X-Delete-Token": answer.delete_token} if answer.delete_token else None
    return Response(answer.model_dump_json(), media_type="application/json", headers=headers)


@router.post(
    "/api/generate",
    responses=answers(
        ThreadsAnswer | GenerateAnswer,
        *(*WITH_BODY, RateLimited, NotCached, ArticleError, ModelError),
        headers=LIMITED,
        hit=["Age", "X-Delete-Token"],
    ),
    openapi_extra=KEY,
)
async def make_thread(body: GenerateRequest, request: Request) -> Response:
    """A thread of an article or a text, made now or kept from before; with `platforms` one for each.

    Cache-Control takes no-cache, no-store, max-age and only-if-cached.
    """
    services: Services = request.app.state.services
    record = request.scope["state"]["record"]
    answer, content = await services.generate.answered(body, _caller(request), record)
    token = answer.delete_token
    return JsonResponse(content, {b"x-delete-token": token.encode()} if token else {})


@router.post(
    "/api/estimate", responses=answers(EstimateAnswer, *WITH_BODY, ArticleBlocked), openapi_extra=KEY
)
async def estimate_thread(body: GenerateRequest, request: Request) -> Response:
    """What the same request to /api/generate would come to and cost now, and why. Asking is free."""
    services: Services = request.app.state.services
    answer = await services.estimate(body, _caller(request), request.state.record)
    return Response(answer.model_dump_json(), media_type="application/json")


@router.post(
    "/api/threads/{id}/posts/{n}/rewrite",
    responses=answers(
        RewriteAnswer,
        *(*WITH_BODY, NotFound, RateLimited, ModelError, StoreError),
        headers=LIMITED,
        hit=["X-Delete-Token"],
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
    return _made_of_thread(answer)


@router.post(
    "/api/threads/{id}/edit",
    responses=answers(
        GenerateAnswer,
        *(*WITH_BODY, NotFound, RateLimited, StoreError),
        headers=LIMITED,
        hit=["X-Delete-Token"],
    ),
    openapi_extra=KEY,
)
async def save_edited(
    thread_id: Annotated[str, Path(alias="id", description="Of a thread that was made")],
    request: Request,
    body: EditRequest,
) -> Response:
    """The thread as it was edited, which the platform must take; the result is a thread of its own."""
    services: Services = request.app.state.services
    answer = await services.edit(thread_id, body, _caller(request), request.state.record)
    return _made_of_thread(answer)


@router.get("/api/rate-limit-status", responses=answers(None), openapi_extra=KEY)
async def get_rate_limit(request: Request) -> RateLimitStatus:
    """What your next call would meet. Asking is free."""
    services: Services = request.app.state.services
    return RateLimitStatus.of(await services.tiers.status(request.state.client))


@router.get("/api/usage", responses=answers(None, Unauthorized), openapi_extra=OF_KEY)
async def get_usage(request: Request) -> KeyUsage:
    """What the key's limit and budget are, and what was used of them. Asking is free."""
    services: Services = request.app.state.services
    client = keyed_client(request)
    used = await services.tiers.use(client)
    return KeyUsage.of(client, used.decision, used.days)


routes = [PageRoute("/compose", compose, methods=["POST"])]
app = create_app(router, pages=routes, make_services=Services)
handler = lambda_handler(app)
