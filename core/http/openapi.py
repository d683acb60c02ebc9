"""What /openapi.json says beyond the routes' own types: problems, headers, keys, examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from core.errors import BodyTooLarge, InvalidRequest, NotJson, ThreadrError

DESCRIPTION = """Paste a link or a text, get a thread that is ready to post.

Every error is a problem document (RFC 9457) of at most 2 KB; a method that an address does not take gets 405
with `Allow`. Every GET answers HEAD, too. Security headers stand on every answer."""
SERVERS = [{"url": "/", "description": "The server that this document comes from"}]
TAGS = [
    {"name": "threads", "description": "Making threads, and working with those that are made."},
    {"name": "admin", "description": "For the one who runs Threadr."},
    {"name": "health", "description": "What works and what does not."},
]
ADMIN: dict[str, Any] = {"security": [{"adminToken": []}]}
HIDDEN: dict[str, Any] = {"security": [{}, {"adminToken": []}]}  # a 404 to outsiders, where it is not open
KEY: dict[str, Any] = {"security": [{}, {"apiKey": []}]}
LIMITED = (
    *("RateLimit", "RateLimit-Policy", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
    *("Cache-Status", "Server-Timing"),
)
WITH_BODY = (InvalidRequest, NotJson)

_EVERYWHERE = ("X-Request-Id", "Cache-Control")
_OF_STATUS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
_MEMBERS = {name: {"type": "string"} for name in ("type", "title", "detail", "instance")}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457",
    "properties": _MEMBERS | {"status": {"type": "integer"}},
    "required": ["type", "title", "status", "detail", "instance"],
    "additionalProperties": False,
}
_MEDIA_TYPE = "application/problem+json"
_SCHEMES = {
    "adminToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "ADMIN_TOKEN; where that is not set, none is asked for in development",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "One of API_KEYS: has a limit of its own",
    },
}
_HEADERS: dict[str, tuple[str, object]] = {
    "X-Request-Id": ("Names this request in the log", "5f0c2ab1d94e8f37"),
    "Cache-Control": ("Whether caches may keep the answer (RFC 9111)", "no-store"),
    "Cache-Status": ("What Threadr's cache did (RFC 9211)", "threadr; hit; ttl=86210"),
    "Age": ("Seconds since the answer was made (RFC 9111)", 190),
    "ETag": ("Names this form of the thread, for If-None-Match (RFC 9110)", '"4f2b8c"'),
    "RateLimit": (
        "What remains, and the seconds until more is free (draft-ietf-httpapi-ratelimit-headers)",
        '"requests";r=9;t=3600',
    ),
    "RateLimit-Policy": ("The quota, and its window in seconds", '"requests";q=10;w=3600'),
    "X-RateLimit-Limit": ("The quota", 10),
    "X-RateLimit-Remaining": ("What remains of it", 9),
    "X-RateLimit-Reset": ("The epoch second at which more is free", 1790003600),
    "Retry-After": ("Seconds to wait", 60),
    "Server-Timing": ("Milliseconds spent in the store", 'store;dur=3.1;desc="1 round trips, 1 commands"'),
    "WWW-Authenticate": ("How to give the admin token", 'Bearer realm="threadr"'),
}


def answers(
    model: Any,
    *errors: type[ThreadrError],
    headers: Iterable[str] = (),
    hit: Iterable[str] = (),
    also: Mapping[str, Any] | None = None,
) -> dict[int | str, dict[str, Any]]:
    """A route's `responses`: its 200, and a problem for each error and all that are below it.

    `model` is None where the route's return type tells it; `also` holds content of other media types.
    `headers` stand on all of them, `hit` on the 200 alone.
    """
    done = {"description": "Done", "headers": referred([*headers, *hit]), "content": dict(also or {})}
    told: dict[int | str, dict[str, Any]] = {200: done | ({"model": model} if model else {})}
    kinds = {(leaf.status, leaf.kind): leaf for leaf in _leaves((*errors, BodyTooLarge, ThreadrError))}
    for status in sorted({status for status, _ in kinds}):
        leaves = [leaf for (of, _), leaf in kinds.items() if of == status]
        told[status] = _problem(leaves, [*headers, *_OF_STATUS.get(status, ())])
    return told


def completed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema as FastAPI makes it, with what the routes refer to."""
    from core.http.openapi_examples import (
        EXAMPLES,  # a deployed function that nobody asks for it does without
    )

    components = schema.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _PROBLEM
    for name in components["schemas"].keys() & EXAMPLES.keys():
        components["schemas"][name]["examples"] = [EXAMPLES[name]]
    components["headers"] = {name: _header(name) for name in _HEADERS}
    components["securitySchemes"] = _SCHEMES
    return schema


def referred(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """The `headers` of one response."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*_EVERYWHERE, *names)}


def _leaves(errors: Iterable[type[ThreadrError]]) -> Iterator[type[ThreadrError]]:
    for error in errors:
        yield error
        # InvalidRequest and the root are raised themselves; what is below them is named by the routes.
        if error not in (InvalidRequest, ThreadrError):
            yield from _leaves(error.__subclasses__())


def _problem(leaves: list[type[ThreadrError]], headers: Iterable[str]) -> dict[str, Any]:
    return {
        "description": "; ".join(dict.fromkeys(leaf.title for leaf in leaves)),
        "headers": referred(headers),
        "content": {
            _MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {leaf.kind: {"value": _example(leaf)} for leaf in leaves},
            }
        },
    }


def _example(error: type[ThreadrError]) -> dict[str, Any]:
    return {
        "type": f"/problems/{error.kind}",
        "title": error.title,
        "status": error.status,
        "detail": error.default_detail,
        "instance": "/api/generate",
    }


def _header(name: str) -> dict[str, Any]:
    description, example = _HEADERS[name]
    kind = "integer" if isinstance(example, int) else "string"
    always = name in _EVERYWHERE
    return {"description": description, "required": always, "schema": {"type": kind}, "example": example}
