"""GET /api/threads/{id}, a permalink that a CDN can serve, and POST /api/validate: public, no model."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response

from core.api import GenerateAnswer
from core.app import RoomsOf, create_app
from core.counting import PLATFORMS
from core.edits import ScheduledThread, ValidateAnswer, ValidateRequest
from core.errors import InvalidRequest, NotFound, StoreError
from core.export import Format
from core.lambda_handler import lambda_handler
from core.openapi import WITH_BODY, answers, referred
from core.permalink import permalink
from core.review import review

router = APIRouter(tags=["threads"])


@router.get(
    "/api/threads/{id}",
    response_model=None,
    responses={
        **answers(
            GenerateAnswer | ScheduledThread,
            *(InvalidRequest, NotFound, StoreError),
            hit=["ETag"],
            also={
                media_type: {"schema": {"type": "string"}} for media_type in ("text/plain", "text/markdown")
            },
        ),
        304: {"description": "The same as If-None-Match names", "headers": referred(["ETag"])},
    },
)
async def thread(
    rooms: RoomsOf,
    thread_id: Annotated[str, Path(alias="id", description="Of a thread that was made")],
    form: Annotated[Format | None, Query(alias="format", description="A file instead of the answer")] = None,
    if_none_match: Annotated[str, Header(description="ETags that you have")] = "",
) -> Response:
    """A thread that was made. It never changes, so caches may keep it for a day."""
    return permalink(await rooms.cache.thread(thread_id), form, if_none_match=if_none_match)


@router.post("/api/validate", responses=answers(None, *WITH_BODY))
async def validate(body: ValidateRequest) -> ValidateAnswer:
    """Every post counted as the platform does, and what would keep the thread from being posted."""
    return review(body, PLATFORMS[body.platform])


app = create_app(router)
handler = lambda_handler(app)
