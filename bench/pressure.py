"""What hostile requests cost the service and everybody else, how exact it stays, and what is paid for.

python -m bench.pressure [table | exactness | cold | counts]
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from bench import cold, counts, exactness
from bench.fuzz import HEAD, row
from tests.support.process_tree import MemoryWatch
from tests.support.service import Seen, Service, backstage, quantile, service
from tests.support.site import ARTICLE
from tests.support.worst_cases import case_of

ITEMS = {
    "1. digits and commas": "digits and commas",
    "1. digits of four bytes and commas": "digits of four bytes and commas",
    "2. 200 cells of 1,000 × 1,000": "colspan and rowspan 1,000",
    "3. 35,000 escaped quotes in JSON-LD": "35,000 escaped quotes",
    "4. a PDF that draws a form 50 times": "a form drawn 50 times",
    "5. 25,000 flags for Mastodon": "25,000 flags",
    "6. 5 MB of unknown keys": "5 MB of unknown keys",
    "6. the same to /api/validate": "5 MB of unknown keys to validate",
    "6. a model that answers 3,000 links": "a model that answers 3,000 links",
}
HALF_SENT, HALF_BYTES, DEADLINE_SECONDS = 100, 6_000_000, 5
EXIT_SECONDS = 40


def _table() -> dict[str, float]:
    """Items 1 to 6, each in a fresh process; CPU seconds by item."""
    print(HEAD.replace("case", "item", 1))
    found: dict[str, float] = {}
    with backstage() as behind:
        for item, name in ITEMS.items():
            with service(behind) as running:
                seen = asyncio.run(_one(running, name))
            found[item] = seen.cpu_seconds
            print(row(item, seen), flush=True)
        print("\n| item | measured |\n|---|---|")
        for item, measure in MORE.items():
            with service(behind, GENERATE_DEADLINE_SECONDS="25" if measure is _eight else "5") as running:
                print(f"| {item} | {asyncio.run(measure(running))} |", flush=True)
    return found


async def _one(running: Service, name: str) -> Seen:
    await running.warm_up()
    return await running.run(case_of(name))


async def _eight(running: Service) -> str:
    """2. Eight such pages of one client, and another client's text beside them."""
    await running.warm_up()
    await running.set(case="colspan and rowspan 1,000")
    urls = [{"url": f"{running.behind}/eight-{n}", "generator": "extractive"} for n in range(8)]
    one = running.next_client()
    pages = [asyncio.ensure_future(_waited(running, url, one)) for url in urls]
    await asyncio.sleep(0.5)
    text = {"text": f"{ARTICLE}\nBeside eight pages.", "generator": "extractive"}
    url = {"url": f"{running.behind}/warm?beside", "generator": "extractive"}
    other = running.next_client()
    waited = [
        f"{name} {await _waited(running, body, other)}" for name, body in (("text", text), ("page", url))
    ]
    for each in pages:
        each.cancel()
    await asyncio.gather(*pages, return_exceptions=True)
    return ", ".join(waited)


async def _waited(running: Service, body: dict[str, str], client: dict[str, str]) -> str:
    """The status of an answer, and after how long it came."""
    started = time.perf_counter()
    async with httpx.AsyncClient(base_url=running.url, timeout=60, trust_env=False) as sender:
        try:
            status = str((await sender.post("/api/generate", json=body, headers=client)).status_code)
        except httpx.HTTPError:
            status = "no answer"
    return f"{status} after {time.perf_counter() - started:.1f} s"


async def _half(running: Service, size: int) -> asyncio.StreamWriter:
    """A connection on which most of a body has been sent, as far as the service takes it."""
    _, writer = await asyncio.open_connection("127.0.0.1", running.port)
    lines = ["POST /api/generate HTTP/1.1", "host: 127.0.0.1", "content-type: application/json"]
    lines += ["x-forwarded-for: 198.51.100.9", f"content-length: {size}"]
    writer.write("\r\n".join([*lines, "", ""]).encode() + b" " * (size - 10))
    with contextlib.suppress(TimeoutError, OSError):
        await asyncio.wait_for(writer.drain(), 2)
    return writer


async def _half_sent(running: Service) -> str:
    """6. A hundred half-sent bodies: memory while they wait and after the deadline; /health beside them."""
    await running.warm_up()
    memory, health = MemoryWatch(running.process.pid), []
    writers = await asyncio.gather(*(_half(running, HALF_BYTES) for _ in range(HALF_SENT)))
    idle = sum(memory.before.values())
    async with httpx.AsyncClient(base_url=running.url, timeout=60, trust_env=False) as client:
        until = time.monotonic() + DEADLINE_SECONDS + 3
        while time.monotonic() < until:
            started = time.perf_counter()
            await client.get("/health", headers=running.next_client())
            health.append(time.perf_counter() - started)
            memory.sample()
            await asyncio.sleep(0.01)
    held = memory.sample() - idle
    for writer in writers:
        writer.close()
    return (
        f"{memory.megabytes:.0f} MB at most, {held:.0f} MB 3 s past the deadline of {DEADLINE_SECONDS} s, "
        f"/health p99 {quantile(health, 0.99) * 1000:.0f} ms"
    )


async def _ended(running: Service) -> str:
    """6. SIGTERM while one body is half-sent."""
    writer = await _half(running, 1_000)
    running.process.send_signal(signal.SIGTERM)
    started = time.perf_counter()
    try:
        await asyncio.to_thread(running.process.wait, EXIT_SECONDS)
    except subprocess.TimeoutExpired:
        return f"not ended after {EXIT_SECONDS} s"
    finally:
        writer.close()
    return f"ended after {time.perf_counter() - started:.1f} s"


MORE: dict[str, Callable[[Service], Awaitable[str]]] = {
    "2. another client beside eight such pages": _eight,
    "6. 100 half-sent bodies of 6 MB": _half_sent,
    "6. SIGTERM while a body is half-sent": _ended,
}
PARTS: dict[str, Callable[[], Any]] = {
    "table": _table,
    "exactness": exactness.main,
    "cold": cold.main,
    "counts": counts.main,
}


def main(*parts: str) -> dict[str, float]:
    """Prints the tables; returns the CPU seconds of items 1 to 6."""
    found = {}
    for name in parts or PARTS:
        found[name] = PARTS[name]()
        print()
    return found.get("table", {})


if __name__ == "__main__":
    main(*sys.argv[1:])
