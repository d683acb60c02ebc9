"""Generated worst cases against a running service: what each costs it, and everybody else meanwhile.

python -m bench.fuzz [--seed N] [--seconds N] [--only PREFIX]     many cases; exits with 1 if an aim is broken
python -m bench.fuzz --case NAME …                                these again
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace

from tests.support.service import Seen, Service, backstage, faults, quantile, service
from tests.support.worst_cases import Case, case_of, names

MAX_CPU_SECONDS, MAX_MEGABYTES, MAX_HELD_SECONDS = 2.0, 150.0, 0.05
HEAD = (
    "| case | status | CPU s | MB | loop held, ms of CPU | /health p99, ms | hits p99, ms |\n"
    + "|---" * 7
    + "|"
)
FIGURES: dict[str, Callable[[Seen], float]] = {
    "CPU s": lambda seen: seen.cpu_seconds,
    "MB": lambda seen: seen.megabytes,
    "loop held": lambda seen: seen.held_seconds,
    "/health p99": lambda seen: quantile(seen.health, 0.99),
    "hits p99": lambda seen: quantile(seen.hits, 0.99),
}


def row(name: str, seen: Seen) -> str:
    cells = [f"{seen.cpu_seconds:.2f}", f"{seen.megabytes:.0f}", f"{seen.held_seconds * 1000:.0f}"]
    cells += [f"{quantile(each, 0.99) * 1000:.0f}" for each in (seen.health, seen.hits)]
    status = str(seen.status or ("no answer" if seen.alive else "process died"))
    return f"| {name} | {status} | {' | '.join(cells)} |"


def broken(case: Case, seen: Seen) -> list[str]:
    """Which aims the case broke. Milliseconds of others say as much about the machine, and are not judged."""
    costs = []
    if seen.cpu_seconds > MAX_CPU_SECONDS:
        costs.append(f"{seen.cpu_seconds:.1f} s of CPU")
    if seen.megabytes > MAX_MEGABYTES:
        costs.append(f"{seen.megabytes:.0f} MB")
    if seen.held_seconds > MAX_HELD_SECONDS:
        costs.append(f"the loop was held for {seen.held_seconds * 1000:.0f} ms")
    return [*faults(case, seen), *costs]


class Fuzz:
    """Runs cases on one service, and on a fresh one after a case that hurt it."""

    def __init__(self, behind: str) -> None:
        self._behind = behind
        self._stack = ExitStack()
        self._service: Service | None = None
        self.seen: dict[str, Seen] = {}
        self.broken: dict[str, list[str]] = {}

    async def fresh(self) -> Service:
        self.stop()
        self._service = self._stack.enter_context(service(self._behind))
        await self._service.warm_up()
        return self._service

    def stop(self) -> None:
        self._stack.close()
        self._service = None

    async def run(self, name: str) -> None:
        """Broken is what breaks twice."""
        case = case_of(name)
        seen = await self._once(case)
        if broken(case, seen):
            again = replace(case, headers=(*case.headers, ("cache-control", "no-cache")))
            seen = await self._once(again)
            if found := broken(case, seen):
                self.broken[name] = found
                print(f"BROKEN {name}: {', '.join(found)}", flush=True)
        self.seen[name] = seen

    async def _once(self, case: Case) -> Seen:
        seen = await (self._service or await self.fresh()).run(case)
        if not seen.status or not seen.alive or seen.megabytes > MAX_MEGABYTES:
            self.stop()  # what it does to later cases is not theirs
        return seen


async def _fuzz(chosen: Iterable[str], seconds: float) -> Fuzz:
    with backstage() as behind:
        fuzz, until = Fuzz(behind), time.monotonic() + seconds
        try:
            for name in chosen:
                if time.monotonic() > until:
                    break
                await fuzz.run(name)
        finally:
            fuzz.stop()
        return fuzz


def _report(fuzz: Fuzz) -> None:
    kinds = Counter(name.partition("/")[0] if "/" in name else "seen before" for name in fuzz.seen)
    statuses = Counter(seen.status for seen in fuzz.seen.values())
    print(f"\n{len(fuzz.seen)} cases: {', '.join(f'{n} {kind}' for kind, n in sorted(kinds.items()))}")
    print(f"Answers: {', '.join(f'{n} × {status}' for status, n in sorted(statuses.items()))}")
    for figure, value in FIGURES.items():
        print(f"\nThe worst ten by {figure}:\n\n{HEAD}")
        for name, seen in sorted(fuzz.seen.items(), key=lambda item: value(item[1]), reverse=True)[:10]:
            print(row(name, seen))
    print(f"\n{len(fuzz.broken)} cases broke an aim.")
    for name, found in fuzz.broken.items():
        print(f'- {", ".join(found)}: python -m bench.fuzz --case "{name}"')


def _chosen(options: argparse.Namespace) -> Iterator[str]:
    if options.case:
        return iter(options.case)
    every = itertools.islice(names(options.seed), 20_000)
    return (name for name in every if name.startswith(options.only))


def main() -> bool:
    """Whether every aim held."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("FUZZ_SECONDS") or 300))
    parser.add_argument("--only", default="", help="names that begin so")
    parser.add_argument("--case", nargs="*", metavar="NAME")
    options = parser.parse_args()
    fuzz = asyncio.run(_fuzz(_chosen(options), options.seconds))
    _report(fuzz)
    return not fuzz.broken


if __name__ == "__main__":
    sys.exit(not main())
