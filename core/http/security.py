"""Security headers of every answer; and HEAD, which is GET without its body."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DOCS_PATH = "/docs"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Swagger UI comes from this CDN and starts with a script in the page; in development only.
_DOCS = (
    "default-src 'none'; script-src https://cdn.jsdelivr.net 'unsafe-inline'; "
    "style-src https://cdn.jsdelivr.net 'unsafe-inline'; img-src 'self' data: https://fastapi.tiangolo.com; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(slots=True)
class HeaderSender:
    """A `send` that adds headers to the response when it starts, and remembers its status."""

    send: Send
    add_headers: Callable[[MutableHeaders], None]
    status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.add_headers(MutableHeaders(scope=message))
        await self.send(message)


class SecurityHeaders:
    """ASGI middleware, the outermost one: it also reaches what other middleware answers."""

    def __init__(self, app: ASGIApp, *, production: bool) -> None:
        self._app = app
        always = _ALWAYS | ({"Strict-Transport-Security": "max-age=31536000"} if production else {})
        self._always = Headers(always).raw

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            send = HeaderSender(send, lambda headers: self._add(headers, scope["path"]))
        await self._app(scope, receive, send)

    def _add(self, headers: MutableHeaders, path: str) -> None:
        headers.raw.extend(self._always)  # no route sets one, and looking for each took a hit 10 us
        # Cacheable routes set their own Cache-Control.
        headers.setdefault("Cache-Control", "no-store")
        html = headers.get("Content-Type", "").startswith("text/html")
        of_html = _DOCS if path == DOCS_PATH else _PAGE
        headers["Content-Security-Policy"] = of_html if html else _NOTHING


class HeadMiddleware:
    """ASGI middleware: HEAD is GET without its body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            return await self._app(scope, receive, send)

        async def send_without_body(message: Message) -> None:
            if message["type"] != "http.response.start":
                message = {"type": "http.response.body", "more_body": message.get("more_body", False)}
            await send(message)

        return await self._app({**scope, "method": "GET", "head": True}, receive, send_without_body)
