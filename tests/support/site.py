"""A web server with an article of our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

PARAGRAPHS = [
    "The city council voted on Tuesday to close the old harbour bridge for eighteen months of repairs.",
    "Engineers found cracks in eleven of the forty steel girders that carry the bridge over the harbour.",
    "About nine thousand cars cross the bridge on a working day, and most of them will use the tunnel.",
    "The repairs will cost forty million dollars, of which the state pays half, the council said.",
    "Shop owners near the harbour fear that they will lose customers while the bridge is closed.",
    "The mayor promised a free ferry for people on foot and on bicycles as long as the work lasts.",
    "The bridge was built in 1931 and was last repaired in 1978, when two girders were replaced.",
]
ARTICLE = "\n".join(PARAGRAPHS)


BODY = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)


def page(body: str = BODY, title: str = "Harbour bridge closes") -> str:
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title></head>"
        f"<body><article><h1>{title}</h1>{body}</article></body></html>"
    )


class Site:
    """A web server: `pages` maps a path to what makes its response; `requests` holds the paths requested,
    `queries` their queries.
    """

    def __init__(self) -> None:
        self.pages: dict[str, Callable[[], Response]] = {}
        self.requests: list[str] = []
        self.queries: list[str] = []
        self.conditions: list[tuple[str | None, str | None]] = []
        self.url = ""

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._serve)])

    @property
    def authority(self) -> str:
        return self.url.removeprefix("http://")

    async def _serve(self, request: Any) -> Response:
        self.requests.append(request.url.path)
        self.queries.append(request.url.query)
        self.conditions.append(
            (request.headers.get("if-none-match"), request.headers.get("if-modified-since"))
        )
        make = self.pages.get(request.url.path, lambda: Response(page(), media_type="text/html"))
        return make()
