"""A hit beside its peers: latency, throughput, CPU and bytes at several round trip times, all in turn.

    python -m bench.hit_path [--quick]

Each app is a process under uvicorn, uvloop and httptools; REST goes to an Upstash-REST front, TCP to the
Valkey behind it, both through a relay that adds the round trip time. A round measures every app at every
setting once, and a ratio is the median of the rounds' ratios, with their quartiles.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import uvloop
from upstash_redis.asyncio import Redis as SdkRedis

from bench.load import Loaded, Target, drive, load, quantile
from bench.peers import litellm
from bench.ratios import Ratio, kept, ratio_of
from bench.stage import Stage, ready, server, stage
from tests.support.process_tree import thread_seconds
from tests.support.site import ARTICLE

REST = {"REDIS_URL": ""}
TCP = {"UPSTASH_REDIS_REST_URL": "", "UPSTASH_REDIS_REST_TOKEN": ""}
NO_STORE = REST | TCP
OURS = {
    "FRONT_DOOR": "proxy:1",
    "RATE_LIMIT_REQUESTS": "1000000",
    "DAILY_BUDGET_USD": "0",
    "STORE_TIMEOUT_MS": "10000",
    "STORE_CONNECT_TIMEOUT_MS": "10000",
    "LOCAL_CACHE_SECONDS": "0",
    "OPENAI_PRICE_INPUT": "1",
    "OPENAI_PRICE_OUTPUT": "5",
}
THREADR, BARE, FLOOR = "Threadr, REST", "bare FastAPI POST", "one GET of the SDK"
APPS: dict[str, tuple[str, Mapping[str, str]]] = {
    THREADR: ("functions.generate:app", OURS | REST),
    "Threadr, TCP": ("functions.generate:app", OURS | TCP),
    "Threadr, in the process": ("functions.generate:app", OURS | NO_STORE),
    "Threadr, REST, first tier, scope generations": (
        "functions.generate:app",
        OURS | REST | {"LOCAL_CACHE_SECONDS": "30", "RATE_LIMIT_SCOPE": "generations"},
    ),
    "straightforward, REST": ("bench.peers.straightforward:app", {}),
    "fastapi-cache2 + slowapi, TCP": ("bench.peers.decorated:app", {}),
    "the original's way, TCP": ("bench.peers.original:app", {}),
    BARE: ("bench.peers.bare:app", {}),
}
QUICK = (THREADR, "Threadr, in the process", "straightforward, REST", "fastapi-cache2 + slowapi, TCP", BARE)
RTTS_MS, CALLERS = (0, 1, 5, 20), (1, 20, 100)
REQUESTS = {1: 40, 20: 150, 100: 200}  # of a round, by callers
BUSY_RTTS_MS = (0, 5)  # at which there is more than one caller


@dataclass(slots=True)
class Cell:
    """One app at one round trip time and number of callers; a list has a number for each round."""

    milliseconds: list[float] = field(default_factory=list)  # of all requests
    p50: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  # milliseconds of the server's process a request
    up: float = 0.0
    down: float = 0.0
    failures: int = 0

    def figures(self) -> dict[str, Any]:
        values = {
            "p50": quantile(self.milliseconds, 0.5),
            "p95": quantile(self.milliseconds, 0.95),
            "p99": quantile(self.milliseconds, 0.99),
            "per_second": quantile(self.per_second, 0.5),
            "cpu_ms": quantile(self.cpu, 0.5),
            "store_bytes_up": self.up,
            "store_bytes_down": self.down,
        }
        return {name: round(value, 3) for name, value in values.items()} | {"failures": self.failures}


Cells = dict[tuple[str, int, int], Cell]


def main(*, quick: bool = False) -> dict[str, Any]:
    """Prints the tables; figures by app, round trip time and callers, and the ratios."""
    rounds, rtts, callers = (3, (0, 5), (1,)) if quick else (5, RTTS_MS, CALLERS)
    skipped: dict[str, str] = {}
    with stage() as around, apps(around, QUICK if quick else [*APPS], skipped) as targets:
        cells = uvloop.run(_measure(around, targets, rounds, rtts, callers))
        model_calls = around.model_calls()
    ratios = _ratios(cells)
    _print(cells, ratios, rtts, callers)
    print(f"Calls of the model for what was to be hits: {model_calls}.")
    for name, reason in skipped.items():
        print(f"{name} was not measured: {reason}.")
    figures = {f"{name} @ {rtt} ms × {many}": cell.figures() for (name, rtt, many), cell in cells.items()}
    return {
        "rounds": rounds,
        "cells": figures,
        "ratios": kept(ratios),
        "skipped": skipped,
        "model_calls": model_calls,
    }


@contextlib.contextmanager
def apps(
    around: Stage, names: Sequence[str], skipped: dict[str, str]
) -> Iterator[dict[str, tuple[Target, int]]]:
    """Each app's target and process id; `skipped` gets those that are not there, with the reason."""
    with contextlib.ExitStack() as stack:
        found = {}
        for name in names:
            app, environ = APPS[name]
            port, process = stack.enter_context(server(app, around.environ | dict(environ), path=""))
            found[name] = target_of(name, port), process
        for target, _ in found.values():
            ready(target.port)
        try:
            found[litellm.NAME] = stack.enter_context(litellm.proxy(around.environ))
        except litellm.Absent as absent:
            skipped[litellm.NAME] = str(absent)
        yield found


def target_of(name: str, port: int) -> Target:
    """Where one of APPS runs; fastapi-cache2 caches GET alone."""
    return Target(port, method="GET" if name.startswith("fastapi-cache2") else "POST")


async def _measure(
    around: Stage,
    targets: Mapping[str, tuple[Target, int]],
    rounds: int,
    rtts: tuple[int, ...],
    callers: tuple[int, ...],
) -> Cells:
    cells: Cells = defaultdict(Cell)
    floor = await _floor_of(around)
    settings = [(rtt, many) for rtt in rtts for many in callers if many == 1 or rtt in BUSY_RTTS_MS]
    for number in range(rounds + 1):
        for rtt, many in settings if number else settings[:1]:
            around.relay.set_rtt(rtt)
            for name in [*targets, FLOOR]:
                if name == litellm.NAME and many > 1:
                    continue  # it would take half of the time
                target, process = targets.get(name, (None, 0))
                before = thread_seconds(process) if process else time.process_time()
                around.store_bytes()
                if target:
                    seen = await load(target, ARTICLE, callers=many, requests=REQUESTS[many])
                else:
                    seen = await drive(floor, Loaded(), callers=many, requests=REQUESTS[many])
                if number:  # the first round makes what is kept, and warms up
                    after = thread_seconds(process) if process else time.process_time()
                    _note(cells[name, rtt, many], seen, after - before, around, extra=many if target else 0)
        if not number:
            around.model_calls()
    return cells


async def _floor_of(around: Stage) -> Any:
    """One GET by the SDK of as much as a kept answer."""
    environ = around.environ
    redis = SdkRedis(url=environ["UPSTASH_REDIS_REST_URL"], token=environ["UPSTASH_REDIS_REST_TOKEN"])
    await redis.set("floor", "x" * 3_000)

    async def get(_: int) -> None:
        assert await redis.get("floor")

    return get


def _note(cell: Cell, seen: Loaded, cpu_seconds: float, around: Stage, *, extra: int) -> None:
    requests = len(seen.milliseconds)
    up, down = around.store_bytes()
    cell.milliseconds += seen.milliseconds
    cell.p50.append(quantile(seen.milliseconds, 0.5))
    cell.per_second.append(requests / seen.seconds)
    cell.cpu.append(cpu_seconds * 1000 / (requests + extra))
    cell.up, cell.down = up / (requests + extra), down / (requests + extra)
    cell.failures += seen.failures


def _ratios(cells: Cells) -> dict[str, Ratio]:
    """Less is better in all. Peers over TCP are compared with both of ours."""
    found = {}
    for name, rtt, many in cells:
        if rtt == 0 and many == 1 and name.startswith("Threadr"):
            found[f"CPU of a hit: {name} ÷ {BARE}"] = ratio_of(cells[name, 0, 1].cpu, cells[BARE, 0, 1].cpu)
    pairs = [(ours, cell) for cell in cells for ours in _ours_like(cell[0]) if (ours, *cell[1:]) in cells]
    for ours, (name, rtt, many) in pairs:
        us, them, what = cells[ours, rtt, many], cells[name, rtt, many], f"{ours} ÷ {name}"
        if many > 1:
            found[f"time for {many} callers at {rtt} ms: {what}"] = ratio_of(them.per_second, us.per_second)
            continue
        found[f"p50 at {rtt} ms: {what}"] = ratio_of(us.p50, them.p50)
        if rtt == 0 and name != FLOOR:
            found[f"CPU of a hit: {what}"] = ratio_of(us.cpu, them.cpu)
    return dict(sorted(found.items()))


def _ours_like(name: str) -> tuple[str, ...]:
    if name.startswith("Threadr") or name == BARE:
        return ()
    return (THREADR, "Threadr, TCP") if name.endswith("TCP") else (THREADR,)


def _print(
    cells: Cells, ratios: Mapping[str, Ratio], rtts: tuple[int, ...], callers: tuple[int, ...]
) -> None:
    names = list(dict.fromkeys(name for name, _, _ in cells))
    print("One caller; p50 / p95 / p99 in ms by round trip time, CPU of the server's process at 0 ms.\n")
    print(f"| | {' | '.join(f'{rtt} ms' for rtt in rtts)} | CPU, ms a hit | bytes to, from the store |")
    print(f"|---|{'--:|' * (len(rtts) + 2)}")
    for name in names:
        each = [cells[name, rtt, 1].figures() for rtt in rtts]
        times = [f"{row['p50']:.2f} / {row['p95']:.2f} / {row['p99']:.2f}" for row in each]
        up, down = each[0]["store_bytes_up"], each[0]["store_bytes_down"]
        sent = f"{up:,.0f}, {down:,.0f}" if up else "–"
        print(f"| {name} | {' | '.join(times)} | {each[0]['cpu_ms']:.2f} | {sent} |")
    busy = [(rtt, many) for rtt in rtts if rtt in BUSY_RTTS_MS for many in callers]
    print("\nRequests a second, and p99 in ms.\n")
    print(f"| | {' | '.join(f'{many} callers, {rtt} ms' for rtt, many in busy)} |\n|---|{'--:|' * len(busy)}")
    for name in names:
        rows = [cells[name, *at].figures() if (name, *at) in cells else {} for at in busy]
        shown = [f"{row['per_second']:,.0f}; {row['p99']:.0f}" if row else "" for row in rows]
        print(f"| {name} | {' | '.join(shown)} |")
    print("\n| ratio of medians (quartiles of the rounds) | |\n|---|--:|")
    for name, ratio in ratios.items():
        print(f"| {name} | {ratio} |")
    failures = sum(cell.failures for cell in cells.values())
    print(f"\nAnswers other than 200: {failures}.")


if __name__ == "__main__":
    main(quick="--quick" in sys.argv)
