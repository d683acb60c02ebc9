"""All benchmarks: prints the tables, writes JSON and plots to bench/results/, and docs/benchmarks.md.

    python -m bench [--quick] [--check] [name …]

--check writes nothing: it compares the run with what is in bench/results/ and names what got worse by more
than the spread of both. --quick is a shorter run of what compares by ratios. Neither fails on what it
finds, since machines are noisy.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import time
from collections.abc import Callable
from typing import Any

from bench import report
from bench.ratios import worse
from bench.report import RESULTS, TITLES


def _run(name: str, *, quick: bool) -> dict[str, Any]:
    """The figures of a benchmark. What it needs is imported here, since not every run has every package."""
    from importlib import import_module

    main: Callable[..., dict[str, Any]] = import_module(f"bench.{name}").main
    return main(quick=quick) if name in report.QUICK else main(*report.ARGUMENTS.get(name, ()))


def run(names: list[str], *, quick: bool, check: bool) -> None:
    if not check:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "machine.json").write_text(json.dumps(report.machine(), indent=1) + "\n")
    all_worse: dict[str, str] = {}
    for name in names:
        printed, started = io.StringIO(), time.perf_counter()
        with contextlib.redirect_stdout(printed):
            figures = _run(name, quick=quick)
        seconds = round(time.perf_counter() - started)
        print(f"\n## {TITLES[name][0]}\n\n{printed.getvalue().rstrip()}\n\n({seconds} s)", flush=True)
        file = RESULTS / f"{name}.json"
        if check and file.is_file():
            all_worse |= compared(json.loads(file.read_text("utf-8"))["figures"], figures)
        elif not check and figures:
            result = {"seconds": seconds, "printed": printed.getvalue().strip(), "figures": figures}
            file.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if check:
        print("\n## Worse than bench/results/ by more than the spread\n")
        print("\n".join(f"- {name}: {change}" for name, change in all_worse.items()) or "Nothing.")
    elif not quick:
        report.main()


def compared(before: dict[str, Any], now: dict[str, Any]) -> dict[str, str]:
    """What got worse: ratios by more than their spread, counts at all."""
    old, new = before.get("counts", {}), now.get("counts", {})
    more = {
        name: f"{old[name]:g} → {new[name]:g}" for name in old.keys() & new.keys() if new[name] > old[name]
    }
    return worse(before.get("ratios", {}), now.get("ratios", {})) | more


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("names", nargs="*", choices=[[], *TITLES])
    given = parser.parse_args()
    names = given.names or [name for name in TITLES if not given.quick or name in report.QUICK]
    run(names, quick=given.quick, check=given.check)


if __name__ == "__main__":
    main()
