"""Many callers at once for one article that nobody has asked for, over four processes: calls and waiting.

python -m bench.stampede [--quick]
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from bench.hit_path import APPS, THREADR, target_of
from bench.load import Connection, Loaded, Target, drive, quantile
from bench.ratios import kept, ratio_of
from bench.stage import Stage, servers, stage
from tests.support.site import ARTICLE

PROCESSES, MODEL_SECONDS = 4, 1.0
PEERS = (THREADR, "straightforward, REST", "fastapi-cache2 + slowapi, TCP", "the original's way, TCP")


def main(*, quick: bool = False) -> dict[str, Any]:
    """Prints the table; by app and callers the calls of the model and percentiles in ms."""
    rounds, callers = (1, (50,)) if quick else (2, (50, 500))
    rows: dict[str, dict[str, Any]] = {}
    waits: dict[tuple[str, int], list[float]] = {}
    with stage() as around:
        for name in PEERS[:1] if quick else PEERS:
            for many, (seen, calls) in _measured(around, name, callers, rounds).items():
                waits[name, many] = [quantile(each.milliseconds, 0.99) for each in seen]
                rows[f"{name}, {many} callers"] = _row(seen, calls)
    ratios = {
        f"p99 of {many} callers: {THREADR} ÷ {name}": ratio_of(waits[THREADR, many], waits[name, many])
        for name, many in waits
        if name != THREADR
    }
    calls_of = {
        f"calls for {many} callers, {THREADR}": max(rows[f"{THREADR}, {many} callers"]["calls"])
        for many in callers
    }
    print(f"{PROCESSES} processes; the model takes {MODEL_SECONDS:g} s. Calls of each of {rounds} rounds.\n")
    print("| | calls of the model | p50, ms | p99, ms | not 200 |\n|---|--:|--:|--:|--:|")
    for name, row in rows.items():
        made = ", ".join(map(str, row["calls"]))
        print(f"| {name} | {made} | {row['p50']:,.0f} | {row['p99']:,.0f} | {row['failures']} |")
    return {"rows": rows, "ratios": kept(ratios), "counts": calls_of}


def _row(seen: Sequence[Loaded], calls: list[int]) -> dict[str, Any]:
    waited = [each for one in seen for each in one.milliseconds]
    row = {"p50": round(quantile(waited, 0.5)), "p99": round(quantile(waited, 0.99))}
    return {"calls": calls, **row, "failures": sum(each.failures for each in seen)}


def _measured(
    around: Stage, name: str, callers: Sequence[int], rounds: int
) -> dict[int, tuple[list[Loaded], list[int]]]:
    app, environ = APPS[name]
    with servers(app, around.environ | dict(environ), PROCESSES) as each:
        targets = [target_of(name, port) for port, _ in each]
        return asyncio.run(_rounds(around, targets, callers, rounds, name))


async def _rounds(
    around: Stage, targets: list[Target], callers: Sequence[int], rounds: int, name: str
) -> dict[int, tuple[list[Loaded], list[int]]]:
    around.model_calls(delay_seconds=0)
    for n in range(len(targets)):  # all import what they need
        await _at_once(targets[n : n + 1], f"{ARTICLE}\n{name} warms up {n}.", 1)
    found: dict[int, tuple[list[Loaded], list[int]]] = {}
    for many in callers:
        seen, calls = [], []
        for number in range(rounds):
            around.model_calls(delay_seconds=MODEL_SECONDS)
            text = f"{ARTICLE}\n{name} was asked by {many} callers in round {number}."
            seen.append(await _at_once(targets, text, many))
            calls.append(around.model_calls())
        found[many] = seen, calls
    return found


async def _at_once(targets: list[Target], text: str, many: int) -> Loaded:
    chosen = [targets[n % len(targets)] for n in range(many)]
    connections = await asyncio.gather(*(Connection.to(target.port) for target in chosen))
    seen = Loaded()

    async def ask(n: int) -> None:
        status, _ = await connections[n].ask(chosen[n].request(text, n))
        seen.failures += status != 200

    await drive(ask, seen, callers=many, requests=many)
    for connection in connections:
        connection.close()
    return seen


if __name__ == "__main__":
    main(quick="--quick" in sys.argv)
