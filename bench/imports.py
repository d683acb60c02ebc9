"""Import time of each function beside that of FastAPI with Mangum, interleaved; instructions of a start."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import Any

from bench import instructions

ROUNDS = 5
STARTS = {
    "fastapi, mangum": "import fastapi, mangum",
    **{
        f"functions.{name}": f"import functions.{name}"
        for name in ("generate", "threads", "cache", "monitor", "pages", "mcp", "health_check")
    },
}


def main() -> dict[str, Any]:
    """Median import time as a ratio to the bare frameworks'; `ratios` are those of instructions."""
    times: dict[str, list[float]] = {name: [] for name in STARTS}
    for _ in range(ROUNDS):
        for name, code in STARTS.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            times[name].append(time.perf_counter() - started)
    base = statistics.median(times["fastapi, mangum"])
    ratios = {name: statistics.median(taken) / base for name, taken in times.items()}
    print("| start | median ms | ratio |\n|---|--:|--:|")
    for name, ratio in ratios.items():
        print(f"| {name} | {ratio * base * 1000:.0f} | {ratio:.2f} |")
    print()
    return ratios | {"ratios": instructions.main()}


if __name__ == "__main__":
    main()
