"""Permalinks of threads, as JSON and as pages, a page's kept thread, POST /api/validate: public, no model.

Other pages are in functions/pages.py, which has no way to the store.
"""

from typing import Annotated

import core.http.late_models  # noqa: F401 - before FastAPI

# isort: split
from fastapi import APIRouter, Header, Path, Query, Request, Response

from core.errors import ArticleBlocked, InvalidRequest, NotFound, NotKept, StoreError
from core.http.app import create_app
from core.http.lambda_handler import lambda_handler
from core.http.openapi import WITH_BODY, answers, referred
from core.http.site import PageRoute
from core.pages.thread_page import oembed, thread_page
from core.services import Services
from core.threads.edit_schemas import ThreadForm, ValidateAnswer, ValidateRequest
from core.threads.export import MEDIA_TYPES
from core.threads.permalink import Format, kept_answer, permalink
from core.threads.schemas import GenerateAnswer, KeptRequest
from core.threads.validate import validate_thread as review
from core.workers.pool import run_in_worker

router = APIRouter(tags=["threads"])
_TEXTS = (MEDIA_TYPES["txt"], MEDIA_TYPES["md"])
_NOT_MODIFIED = {"description": "The same as If-None-Match names", "headers": referred(["ETag"])}


@router.get(
    "/api/threads/{id}",
    responses=answers(
        GenerateAnswer | ThreadForm, *(InvalidRequest, NotFound, StoreError), hit=["ETag"], texts=_TEXTS
    )
    | {304: _NOT_MODIFIED},
)
async def get_thread(
    request: Request,
    thread_id: Annotated[str, Path(alias="id", description="Of a thread that was made")],
    form: Annotated[Format | None, Query(alias="format", description="A file, or an API's bodies")] = None,
    if_none_match: Annotated[str, Header(description="ETags that you have")] = "",
) -> Response:
    """A thread that was made. It never changes, but may be deleted: caches keep it for half a minute."""
    services: Services = request.app.state.services
    entry, seconds = await services.cache.kept.thread(thread_id), request.state.record.seconds_left
    return await permalink(entry, form, if_none_match=if_none_match, seconds=seconds)


@router.get(
    "/api/thread",
    responses=answers(GenerateAnswer, *(InvalidRequest, ArticleBlocked, NotKept, StoreError), hit=["ETag"])
    | {304: _NOT_MODIFIED},
)
async def get_kept_thread(
    request: Request,
    asked: Annotated[KeptRequest, Query()],
    if_none_match: Annotated[str, Header(description="ETags that you have")] = "",
) -> Response:
    """The thread that is kept for a page and these options; nothing is fetched, made or charged."""
    services: Services = request.app.state.services
    key, digest, _ = services.generate.identity(asked).names()
    entry = await services.cache.kept.fresh(key, digest)
    return kept_answer(entry, services.clock(), if_none_match=if_none_match)


@router.post("/api/validate", responses=answers(None, *WITH_BODY))
async def validate_thread(body: ValidateRequest, request: Request) -> ValidateAnswer:
    """Every post counted as the platform does, and what would keep the thread from being posted."""
    seconds: float = request.state.record.seconds_left
    return await run_in_worker(review, body, seconds=seconds)


routes = [PageRoute("/t/{id}", thread_page), PageRoute("/oembed", oembed)]
app = create_app(router, pages=routes, make_services=Services.of_readers)
handler = lambda_handler(app)
