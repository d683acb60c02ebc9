"""The answer of a thread's own address: it never changes, so caches on the way may keep it."""

import hashlib
from typing import Literal

from starlette.responses import Response

from core.threads.answer import AnswerEntry
from core.threads.export import MEDIA_TYPES, FileFormat, exported
from core.threads.payloads import PayloadFormat, payload
from core.workers.pool import run_in_worker

Format = Literal[FileFormat, PayloadFormat]
# One day: the operator may also want a thread removed from caches.
_CACHE_CONTROL = "public, max-age=86400"


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
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": _CACHE_CONTROL}
    # By weak comparison, as RFC 9110 (13.1.2) asks: a CDN that compresses makes the tag weak.
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    if known & {etag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=MEDIA_TYPES.get(form or "", MEDIA_TYPES["json"]), headers=headers)
