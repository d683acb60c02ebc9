"""Around everything else: the base path, security headers of every answer, HEAD, and CORS."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.settings import Settings

# Headers of the answers that a limit applies to.
LIMITED = """RateLimit RateLimit-Policy X-RateLimit-Limit X-RateLimit-Remaining X-RateLimit-Reset
Cache-Status Server-Timing""".split()
_MAX_PREFIX_CHARACTERS = 100  # it is in the type of problems, which are at most 2 KB
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_NOTHING = b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_PAGE = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(slots=True)
class HeaderSender:
    """A `send` that adds headers to the response when it starts, and remembers its status.

    `headers_for` is given what the response has, by lower-case name; what it returns takes the place of that.
    """

    send: Send
    headers_for: Callable[[Mapping[bytes, bytes]], Mapping[bytes, bytes]]
    status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = dict(message["headers"])
            added = self.headers_for(given)
            kept = message["headers"]
            if not added.keys().isdisjoint(given):
                kept = [each for each in kept if each[0] not in added]
            message["headers"] = [*kept, *added.items()]
        await self.send(message)


def tidy(path: str) -> str:
    """The path with single slashes: one in front, none at its end."""
    return "/".join(["", *filter(None, path.split("/"))])


class OuterMiddleware:
    """ASGI middleware, the outermost one, which also reaches what other middleware answers: the base path,
    the security headers, and HEAD, which is GET without its body. The state gets the request's `headers`.

    `path` becomes `root_path` and a route's path, as ASGI has it. In front of the route may stand BASE_PATH,
    what the server gives as root_path, and what a Lambda event shows (`prefixes` of the state); the first
    behind which a route lies is taken. BASE_PATH is a part of the public address, so it is the root_path also
    where a proxy has taken it off.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        self._base_path = settings.base_path
        always = _ALWAYS | (
            {"Strict-Transport-Security": "max-age=31536000"} if settings.in_production else {}
        )
        # Also for those who send no Origin: a cache must not give other sites an answer without CORS.
        always |= {"Vary": "Origin"} if settings.allowed_origins else {}
        self._always = {name.lower().encode(): value.encode() for name, value in always.items()}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        # By lower-case name; of several the first, as Starlette has it.
        scope.setdefault("state", {})["headers"] = dict(reversed(scope["headers"]))
        path = tidy(scope["path"])
        prefix = self._prefix(scope, path)
        scope["root_path"] = prefix or self._base_path
        scope["path"] = scope["root_path"] + (path[len(prefix) :] or "/")
        send = HeaderSender(send, self._headers)
        if scope["method"] == "HEAD":
            send, scope = _without_body(send), {**scope, "method": "GET", "head": True}
        return self._app(scope, receive, send)

    def _headers(self, given: Mapping[bytes, bytes]) -> Mapping[bytes, bytes]:
        html = given.get(b"content-type", b"").startswith(b"text/html")
        policy = {b"content-security-policy": _PAGE if html else _NOTHING}
        # Cacheable routes set their own Cache-Control.
        caching = {} if b"cache-control" in given else {b"cache-control": b"no-store"}
        return self._always | caching | policy

    def _prefix(self, scope: Scope, path: str) -> str:
        server, event = scope.get("root_path"), scope.get("state", {}).get("prefixes", ())
        if not (server or event or self._base_path):
            return ""
        given = [*filter(None, [server]), *event, ""]
        candidates = dict.fromkeys([*(prefix + self._base_path for prefix in given), *given])
        start = f"{path}/"[:_MAX_PREFIX_CHARACTERS]
        fits = [prefix for prefix in candidates if prefix.isascii() and start.startswith(f"{prefix}/")]
        found = (prefix for prefix in fits if len(fits) == 1 or _is_route(scope, path[len(prefix) :]))
        return str(next(found, fits[0]))


def _is_route(scope: Scope, path: str) -> bool:
    asked = {**scope, "root_path": "", "path": path or "/"}
    return any(route.matches(dict(asked))[0] is not Match.NONE for route in scope["app"].router.routes)


def _without_body(send: Send) -> Send:
    async def send_without_body(message: Message) -> None:
        if message["type"] != "http.response.start":
            message = {"type": "http.response.body", "more_body": message.get("more_body", False)}
        await send(message)

    return send_without_body


class Cors(CORSMiddleware):
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:  # type: ignore[override]
        if scope["type"] == "http" and b"origin" in scope["state"]["headers"]:
            return super().__call__(scope, receive, send)
        return self.app(scope, receive, send)

    def preflight_response(self, request_headers: Headers) -> Response:
        """Without a body, and 200 even for a refusal: browsers go by the headers."""
        headers = super().preflight_response(request_headers).headers
        return Response(headers={name: value for name, value in headers.items() if name[:8] != "content-"})
