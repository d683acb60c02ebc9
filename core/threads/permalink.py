"""The answer of a thread's own address: it never changes, so caches on the way may keep it."""

import hashlib

from starlette.responses import Response

from core.threads.answer import AnswerEntry
from core.threads.export import MEDIA_TYPES, Format, exported

# One day: the operator may also want a thread removed from caches.
_CACHE_CONTROL = "public, max-age=86400"


def permalink(entry: AnswerEntry, form: Format | None, *, if_none_match: str) -> Response:
    """The thread as JSON, or as a file in `form`; 304 when `if_none_match` names it."""
    body = exported(entry.answer, form) if form else entry.answer.model_dump_json()
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": _CACHE_CONTROL}
    # By weak comparison, as RFC 9110 (13.1.2) asks: a CDN that compresses makes the tag weak.
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    if known & {etag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=MEDIA_TYPES[form] if form else "application/json", headers=headers)
