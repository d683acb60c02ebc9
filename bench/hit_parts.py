"""Where a hit's CPU goes, by the part of the code that runs: a sample each time the process has used a tick.

    python -m bench.hit_parts [seconds]

The server is sampled by itself (setitimer(2), ITIMER_PROF). A sample counts for the innermost function of a
part, so what that calls of Python's own library, or of C, is its own.
"""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter
from types import FrameType
from typing import Any

import httpx
import uvloop
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from bench.hit_path import APPS, THREADR, target_of
from bench.load import load
from bench.stage import ready, server, stage
from tests.support.paths import ROOT
from tests.support.site import ARTICLE

SERVER = "the server and the event loop: uvicorn, uvloop"
PARTS: dict[str, tuple[str, ...]] = {  # by files; a sample that is in none of them is the server's
    SERVER: ("uvicorn/",),
    "FastAPI and Starlette": ("fastapi/", "starlette/", "opentelemetry/"),
    "the body: read, bounded, validated": ("core/http/body", "pydantic/"),
    "around the request: client, limits, headers": ("core/http/",),
    "the log line": ("core/log.py",),
    "the record: facts, headers of cache and limit": ("core/request.py", "core/usage.py"),
    "route and path of a hit": ("functions/", "core/threads/", "core/services.py", "core/writing/"),
    "keys and look-up": (
        "core/cache/request_key.py",
        "core/cache/cache_control.py",
        "core/cache/canonical.py",
    ),
    "tiers and outcome": ("core/cache/",),
    "batch of commands, deadline": ("core/store/pipeline.py",),
    "transport of the one POST": ("core/net/", "core/store/upstash.py", "httpx/", "httpcore/", "anyio/"),
    "the store's operations, limiter": ("core/store/", "core/rate_limit.py"),
}
_NAMED_FROM = 5.0  # per cent of a hit, from which a function of ours is named
Samples = Counter[tuple[str, str]]  # by part and function
_seen: Samples = Counter()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """generate; at /samples what was running since the last time."""
    from functions import generate  # whoever starts the server has no settings for it

    if scope["type"] == "lifespan":
        signal.signal(signal.SIGPROF, _sample)
        signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
    if scope.get("path") != "/samples":
        return await generate.app(scope, receive, send)
    rows = [[part, function, number] for (part, function), number in _seen.items()]
    _seen.clear()
    return await JSONResponse(rows)(scope, receive, send)


def part_of(file: str) -> str:
    """The part that a file belongs to; empty where it is what others call."""
    file = _short(file)
    return next((part for part, files in PARTS.items() if file.startswith(files)), "")


def _sample(_: int, frame: FrameType | None) -> None:
    while frame and not part_of(frame.f_code.co_filename):
        frame = frame.f_back
    if frame:
        code = frame.f_code
        _seen[part_of(code.co_filename), f"{code.co_qualname} ({_short(code.co_filename)})"] += 1
    else:
        _seen[SERVER, ""] += 1


def _short(file: str) -> str:
    return file.removeprefix(f"{ROOT}/").rpartition("site-packages/")[2]


def main(seconds: float = 6.0) -> dict[str, Any]:
    """Prints the share of each part, over REST and in the process; per cent by part."""
    names = (THREADR, "Threadr, in the process")
    with stage() as around:
        found = [_sampled(name, around.environ, seconds) for name in names]
    print("| per cent of a hit's CPU | over REST | in the process |\n|---|--:|--:|")
    for part in PARTS:
        print(f"| {part} | {' | '.join(f'{_share(part, seen):.0f}' for seen in found)} |")
    for name, seen in zip(names, found, strict=True):
        above = [f"{each} {share:.0f}" for each, share in _ours(seen) if share >= _NAMED_FROM]
        listed = ", ".join(above) or "none"
        print(f"\n{name}, functions of ours above {_NAMED_FROM:.0f} %: {listed}. {seen.total()} samples.")
    return {
        name: {part: round(_share(part, seen), 1) for part in PARTS}
        for name, seen in zip(names, found, strict=True)
    }


def _share(part: str, seen: Samples) -> float:
    return 100 * sum(number for (each, _), number in seen.items() if each == part) / seen.total()


def _ours(seen: Samples) -> list[tuple[str, float]]:
    """The functions of ours with their shares, the largest first."""
    all_samples = seen.total()
    return [
        (function, 100 * number / all_samples)
        for (_, function), number in seen.most_common()
        if "(core/" in function or "(functions/" in function
    ]


def _sampled(name: str, environ: dict[str, str], seconds: float) -> Samples:
    with server("bench.hit_parts:app", environ | dict(APPS[name][1]), path="") as (port, _):
        ready(port)
        target, samples = target_of(name, port), f"http://127.0.0.1:{port}/samples"
        uvloop.run(load(target, ARTICLE, callers=1, requests=200))
        httpx.get(samples, trust_env=False)  # what the start took
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            uvloop.run(load(target, ARTICLE, callers=1, requests=500))
        rows = httpx.get(samples, trust_env=False).json()
    return Counter({(part, function): number for part, function, number in rows})


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
