"""Answers of GET that caches on the way may keep: a thread by its own address, and a kept answer."""

import hashlib
from typing import Literal

from starlette.responses import Response

from core.cache.purge import cache_control
from core.threads.answer import AnswerEntry
from core.threads.export import MEDIA_TYPES, FileFormat, exported
from core.threads.payloads import PayloadFormat, payload
from core.workers.pool import run_in_worker

Format = Literal[FileFormat, PayloadFormat]


async def permalink(
    entry: AnswerEntry, form: Format | None, *, if_none_match: str, seconds: float
) -> Response:
    """The thread as JSON, or in `form`; 304 when `if_none_match` names it.

    Raises InvalidRequest when it does not fit on the platform of `form`, Busy when that takes over `seconds`.
    """
    match form:
        case None:
            body = entry.answer.model_dump_json()
        case "txt" | "md" | "json":
            body = exported(entry.answer, form)
        case _:
            body = await run_in_worker(payload, entry.answer, form, entry.created_at, seconds=seconds)
    return _cacheable(body, MEDIA_TYPES.get(form or "", MEDIA_TYPES["json"]), cache_control(), if_none_match)


def kept_answer(entry: AnswerEntry, now: float, *, if_none_match: str) -> Response:
    """A kept answer as JSON, which caches may have while it is fresh; 304 when `if_none_match` names it."""
    body = entry.answer.model_copy(update={"cached": True}).model_dump_json()
    return _cacheable(body, MEDIA_TYPES["json"], cache_control(entry.fresh_until - now), if_none_match)


def _cacheable(body: str, media_type: str, caching: str, if_none_match: str) -> Response:
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": caching}
    # By weak comparison, as RFC 9110 (13.1.2) asks: a CDN that compresses makes the tag weak.
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    if known & {etag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
