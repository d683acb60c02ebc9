"""How a request moves through the files of core/ and functions/, by a profile of its calls."""

from __future__ import annotations

import dis
import functools
import sys
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import httpx
from starlette.responses import Response

from tests.support.paths import ROOT
from tests.support.site import BODY, Site, page

OURS = (f"{ROOT / 'core'}/", f"{ROOT / 'functions'}/")
INLINE = {"<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>", "<lambda>"}


@dataclass(frozen=True, slots=True)
class PathTrace:
    """The files in which a request's calls lay, in order; neighbours differ."""

    stops: tuple[str, ...]

    @property
    def files(self) -> int:
        return len(set(self.stops))

    @property
    def moves(self) -> int:
        """How often a call lay in another file than the call before it."""
        return len(self.stops) - 1

    @property
    def returns(self) -> int:
        """How many moves led to a file that had been seen before."""
        return len(self.stops) - self.files

    def __str__(self) -> str:
        return f"{self.files} files, {self.moves} moves, {self.returns} returns:\n" + "\n".join(self.stops)


async def traced(request: Awaitable[httpx.Response]) -> tuple[PathTrace, httpx.Response]:
    """The path of one request, which runs in this thread, and its response."""
    stops: list[str] = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(OURS) and _is_fresh_call(frame):
            name = str(Path(file).relative_to(ROOT))
            if stops[-1:] != [name]:
                stops.append(name)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        response = await request
    finally:
        sys.setprofile(before)
    return PathTrace(tuple(stops)), response


def _is_fresh_call(frame: FrameType) -> bool:
    """Whether a reader would follow it: no comprehension, and no coroutine or generator that goes on."""
    return frame.f_code.co_name not in INLINE and frame.f_lasti <= _start(frame.f_code)


@functools.cache
def _start(code: CodeType) -> int:
    """Where a call begins; the low bits of RESUME's argument distinguish it from a yield and an await."""
    resumes = (each for each in dis.get_instructions(code) if each.opname == "RESUME")
    return next((each.offset for each in resumes if not (each.arg or 0) & 3), -1)


async def trace_requests(client: httpx.AsyncClient, site: Site) -> dict[str, PathTrace]:
    """The paths of a miss, a hit, a permalink and a rewrite.

    The app behind the client has a model, a shared store, and LOCAL_CACHE_SECONDS=0: each hit comes from
    the store.
    """
    other = page(BODY.replace("harbour", "central"), title="Another title")
    site.pages["/other"] = lambda: Response(other, media_type="text/html")
    await _warm_up(client, {"url": f"{site.url}/warm"})
    body = {"url": f"{site.url}/other"}
    found = {}
    found["miss"], made = await traced(client.post("/api/generate", json=body))
    found["hit"], kept = await traced(client.post("/api/generate", json=body))
    thread = f"/api/threads/{made.json()['id']}"
    found["permalink"], read = await traced(client.get(thread))
    found["rewrite"], written = await traced(
        client.post(f"{thread}/posts/1/rewrite", json={"wish": "shorter"})
    )
    assert [each.status_code for each in (made, kept, read, written)] == [200] * 4
    assert [made.json()["cached"], kept.json()["cached"]] == [False, True]
    return found


async def _warm_up(client: httpx.AsyncClient, body: dict[str, str]) -> None:
    """Imports, clients and compiled patterns come with the first request of each kind."""
    for _ in range(2):
        answer = (await client.post("/api/generate", json=body)).json()
    await client.post(f"/api/threads/{answer['id']}/posts/1/rewrite")
    await client.get(f"/api/threads/{answer['id']}")
