"""The sites and the model of a trace, on loopback: pages that change by the clock, and answers of them."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import trustme
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bench.trace import SITES, Ask, Trace, link
from core.article import resolver
from core.net.tls import tls_context
from tests.support.fake_openai import completion, data_between_fences
from tests.support.loopback import serving

_WHO = "council committee harbour-board university hospital brewery library railway orchestra museum".split()
_WHERE = "Aldmoor Brixholt Carrow Dunmere Eastleigh Farnby Garside Hexwell Inchcape Jarrow Kelby".split()
_DID = "rebuilt measured sold opened counted closed painted moved insured repaired inspected".split()
_WHAT = "bridges ferries gardens engines windows turbines archives lanterns cellars orchards tunnels".split()


def sentences(article: int, version: int) -> list[str]:
    """What the article says; a later version has one more."""
    rng = Random(article)
    told = [
        f"The {rng.choice(_WHO)} of {rng.choice(_WHERE)} {rng.choice(_DID)} {rng.randrange(11, 9_000)} "
        f"{rng.choice(_WHAT)} in project {article + 1_000}, step {n}, which took {rng.randrange(2, 90)} days."
        for n in range(8)
    ]
    return [
        *told,
        *(f"Story {article + 1_000} was corrected {n} times after readers wrote in." for n in range(version)),
    ]


class Newsroom:
    """`fetches` counts pages that were given; `ports` are those of http and https."""

    def __init__(self, trace: Trace, clock: Callable[[], float], start: float) -> None:
        self._trace, self._clock, self._start = trace, clock, start
        self.fetches = self.not_modified = 0
        self.ports = (0, 0)

    def url(self, ask: Ask) -> str:
        http, https = self.ports
        return link(ask, http=http, https=https)

    @property
    def hosts(self) -> tuple[str, ...]:
        names = [f"{front}site{n}.test" for n in range(SITES) for front in ("", "www.", "m.")]
        return tuple(f"{name}:{port}" for name in names for port in self.ports)

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._serve)])

    async def _serve(self, request: Request) -> Response:
        host, path = request.url.hostname or "", request.url.path
        if request.url.scheme == "http" or host.startswith("site"):
            name = host if host.startswith(("www.", "m.")) else f"www.{host}"
            return RedirectResponse(f"https://{name}:{self.ports[1]}{path}", 301)
        article = int(path.rstrip("/").rpartition("-")[2]) - 1_000
        version = self._trace.version(article, self._clock() - self._start)
        etag = f'"{article}-{version}"'
        if article % 2 and request.headers.get("if-none-match") == etag:
            self.not_modified += 1
            return Response(status_code=304, headers={"etag": etag})
        self.fetches += 1
        page = _page(article, version, canonical=f"https://www.site{article % SITES}.test:{self.ports[1]}")
        headers = {"etag": etag} if article % 2 else {}
        return Response(page, media_type="text/html", headers=headers)


def _page(article: int, version: int, *, canonical: str) -> str:
    title, body = (
        f"What {_WHERE[article % 11]} did with its {_WHAT[article % 10]}",
        "".join(f"<p>{each}</p>" for each in sentences(article, version)),
    )
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title>"
        f'<link rel=canonical href="{canonical}/2026/11/story-{article + 1_000}"></head>'
        f"<body><nav>Home</nav><article><h1>{title}</h1>{body}</article></body></html>"
    )


@contextlib.contextmanager
def publishing(room: Newsroom, folder: Path) -> Iterator[None]:
    """The sites run, over http and https, and their names are found; their certificate is trusted."""
    names = sorted({host.partition(":")[0] for host in room.hosts})
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert(*names).private_key_and_cert_chain_pem.write_to_path(str(folder / "cert.pem"))
    os.environ["SSL_CERT_FILE"] = str(folder / "ca.pem")
    tls_context.cache_clear()
    system, resolver.resolve_host.look_up = resolver.resolve_host.look_up, _loopback
    try:
        with serving(room.app) as http, serving(room.app, certificate=folder / "cert.pem") as https:
            room.ports = (int(http.rpartition(":")[2]), int(https.rpartition(":")[2]))
            yield
    finally:
        resolver.resolve_host.look_up = system
        del os.environ["SSL_CERT_FILE"]
        tls_context.cache_clear()


def _loopback(_: str, port: int) -> list[tuple[Any, ...]]:
    return socket.getaddrinfo("127.0.0.1", port, type=socket.SOCK_STREAM)


def written(body: dict[str, Any]) -> dict[str, Any]:
    """The model's answer: the source's own sentences, two to a post, or all in one for LinkedIn."""
    said = [line for line in data_between_fences(body).split("\n") if line.endswith(".")]
    step = len(said) if "LinkedIn" in str(body["messages"][0]) else 2
    parts = [said[at : at + step] for at in range(0, len(said), step)]
    posts = [{"text": " ".join(part), "evidence": part} for part in parts]
    return completion(json.dumps({"posts": posts, "hooks": []}))
