"""The answer of a thread's own address: it never changes, so caches on the way may keep it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from starlette.responses import Response

from core.cache.entry import Entry
from core.errors import NotFound
from core.threads.answer import is_answer
from core.threads.export import MEDIA_TYPES, Format, exported

# A day: a thread never changes, but its operator may want it gone from caches, too.
_CACHE_CONTROL = "public, max-age=86400"


def stored_answer(entry: Entry | None) -> dict[str, Any]:
    """The answer in the entry. Raises NotFound when there is none, or none as this version gives it."""
    if entry is None or not is_answer(entry.answer):
        raise NotFound("This thread does not exist, or its time is over. Make it again from its source.")
    return entry.answer


def permalink(entry: Entry | None, form: Format | None, *, if_none_match: str) -> Response:
    """The thread as JSON, or as a file in `form`; 304 when `if_none_match` names it. Raises NotFound."""
    answer = stored_answer(entry)
    if form:
        body, media_type = exported(answer, form), MEDIA_TYPES[form]
    else:
        body = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        media_type = "application/json"
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": _CACHE_CONTROL}
    # By weak comparison, as RFC 9110 (13.1.2) asks: a CDN that compresses makes the tag weak.
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    if known & {etag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
