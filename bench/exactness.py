"""Exactness of fresh processes while every CPU is busy; whether the store is used again after an overload.

python -m bench.exactness [bursts]
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import httpx

from tests.support.paths import ROOT
from tests.support.service import KEPT, Service, backstage, service
from tests.support.site import ARTICLE

BURSTS, LIMIT, AT_ONCE, SAME = 20, 10, 40, 50
DIFFERENT, MODEL_MS = 500, 3_000
OVERLOAD_SECONDS, OVERLOAD_RATE, OVERLOAD_STORE_MS, REST_SECONDS = 6, 120, 20, 12


@contextlib.contextmanager
def busy_machine() -> Iterator[None]:
    """A process that computes for each CPU."""
    with contextlib.ExitStack() as stack:
        for _ in range(os.cpu_count() or 1):
            process = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            stack.callback(process.kill)
        yield


async def _post(client: httpx.AsyncClient, body: dict[str, Any], address: str) -> httpx.Response:
    headers = {"x-forwarded-for": address}
    return await client.post("/api/generate", json=body, headers=headers)


def _client(running: Service) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=1_000)
    return httpx.AsyncClient(base_url=running.url, timeout=60, trust_env=False, limits=limits)


async def burst(running: Service) -> tuple[int, int]:
    """How many of AT_ONCE calls of one client passed at LIMIT; model calls of SAME equal requests."""
    await running.set(flush=True)
    async with _client(running) as client:
        texts = [{"text": f"{ARTICLE}\nBurst {n}.", "generator": "extractive"} for n in range(AT_ONCE)]
        answers = await asyncio.gather(*(_post(client, text, "198.51.100.1") for text in texts))
        passed = sum(answer.status_code == 200 for answer in answers)
        await running.set()
        same = {"text": f"{ARTICLE}\nThe same for all."}
        await asyncio.gather(*(_post(client, same, f"198.51.101.{n}") for n in range(SAME)))
    return passed, (await running.counts()).get("model", 0)


async def misses(running: Service) -> str:
    """Different texts at once on a slow model: what they cost, and how long hits take meanwhile."""
    await running.warm_up()
    await running.set(store_ms=OVERLOAD_STORE_MS, model_ms=MODEL_MS)
    async with _client(running) as client:
        texts = [{"text": f"{ARTICLE}\nDifferent text {n}."} for n in range(DIFFERENT)]
        addresses = [f"198.18.{n // 250}.{n % 250}" for n in range(DIFFERENT)]
        command = [sys.executable, "-m", "bench.exactness", "hits", running.url]
        pipe = asyncio.subprocess.PIPE  # a process of their own: this one is busy with the misses
        hits = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe)
        asking = (_post(client, *each) for each in zip(texts, addresses, strict=True))
        answers = await asyncio.gather(*asking)
        p95 = (await hits.communicate())[0].decode().strip()
    calls, made = (await running.counts()).get("model", 0), Counter(a.status_code for a in answers)
    bypassed = sum("bypass" in answer.headers.get("cache-status", "") for answer in answers)
    return f"{calls} calls of the model, {dict(made)}, {bypassed} bypassed; hits meanwhile p95 {p95} ms"


async def _hits(url: str) -> None:
    """Prints the 95th percentile in milliseconds of hits until the standard input ends."""
    ended, taken = asyncio.create_task(asyncio.to_thread(sys.stdin.read)), []
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        while not ended.done():
            taken.append((await _timed(client, f"198.19.0.{len(taken) % 250}"))[1])
            await asyncio.sleep(0.05)
    print(round(sorted(taken)[len(taken) * 95 // 100] * 1000))


async def overload(running: Service) -> str:
    """Hits at a rate, a rest, then whether the store is used again."""
    await running.warm_up()
    await running.set(store_ms=OVERLOAD_STORE_MS)
    async with _client(running) as client:
        started, sent = time.perf_counter(), []
        for number in range(OVERLOAD_SECONDS * OVERLOAD_RATE):
            await asyncio.sleep(max(0.0, started + number / OVERLOAD_RATE - time.perf_counter()))
            sent.append(asyncio.ensure_future(_timed(client, f"198.18.{number // 250}.{number % 250}")))
        seen = await asyncio.gather(*sent)
        await asyncio.sleep(REST_SECONDS)
        after = [(await _timed(client, f"198.19.0.{n}"))[0] for n in range(5)]
    taken = sorted(seconds for _, seconds in seen)
    bypassed = sum("bypass" in status for status, _ in seen)
    used = sum("bypass" not in status for status in after)
    p95 = taken[len(taken) * 95 // 100] * 1000
    after_rest = f"{used} of 5 use the store after {REST_SECONDS} s"
    return f"{bypassed * 100 // len(seen)} % bypassed, p95 {p95:.0f} ms; {after_rest}"


async def _timed(client: httpx.AsyncClient, address: str) -> tuple[str, float]:
    started = time.perf_counter()
    answer = await _post(client, KEPT, address)
    return answer.headers.get("cache-status", "bypass"), time.perf_counter() - started


def main(bursts: int = BURSTS) -> dict[str, str]:
    """Prints a row for each."""
    print("| what | measured |\n|---|---|")
    found = {}
    with backstage() as behind:
        passed, calls = zip(*(_fresh(burst, behind, busy=True) for _ in range(bursts)), strict=True)
        found[f"7. {AT_ONCE} at once, limit {LIMIT}: passed"] = _listed(passed)
        found[f"7. {SAME} equal requests: model calls"] = _listed(calls)
        name = f"{OVERLOAD_RATE} hits/s for {OVERLOAD_SECONDS} s, a store {OVERLOAD_STORE_MS} ms away"
        found[name] = _fresh(overload, behind)
        name = f"{DIFFERENT} different texts at once, a model of {MODEL_MS // 1000} s"
        found[name] = _fresh(misses, behind)
    for name, measured in found.items():
        print(f"| {name} | {measured} |")
    return found


def _fresh(measure: Any, behind: str, *, busy: bool = False) -> Any:
    """Measured at a process that has just started; nothing was asked of it but /health."""
    limit = str(LIMIT) if measure is burst else "1000000"
    with (
        service(behind, RATE_LIMIT_REQUESTS=limit) as running,
        busy_machine() if busy else contextlib.nullcontext(),
    ):
        return asyncio.run(measure(running))


def _listed(values: Iterable[object]) -> str:
    return ", ".join(f"{number} × {value}" for value, number in sorted(Counter(map(str, values)).items()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["hits"]:
        asyncio.run(_hits(sys.argv[2]))
    else:
        main(*map(int, sys.argv[1:2]))
