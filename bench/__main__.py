"""All benchmarks: prints the tables and writes them, with a plot each, under bench/results/."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from bench import data_path, extraction, hits, imports, path, pressure, summaries, threads

RESULTS = Path(__file__).parent / "results"
BENCHMARKS: dict[str, Callable[[], dict[str, Any]]] = {
    "imports": imports.main,
    "hits": hits.main,
    "path": path.main,
    "data_path": data_path.main,
    "extraction": extraction.main,
    "summaries": summaries.main,
    "threads": threads.main,
    "pressure": pressure.main,
}
BARS: dict[str, Callable[[dict[str, Any]], dict[str, float]]] = {
    "imports": lambda ratios: ratios,
    "hits": lambda rows: {store: row["median"] for store, row in rows.items()},
    "path": lambda files: files,
    "data_path": lambda milliseconds: milliseconds,
    "extraction": lambda figures: {name: row["f1"] for name, row in figures["scores"].items()},
    "pressure": lambda seconds: seconds,
    "summaries": lambda figures: {method: scores["rouge2@1"] for method, scores in figures["rouge"].items()},
    "threads": lambda figures: {method: row["lead in post 1"] for method, row in figures["x"].items()},
}


def main() -> None:
    RESULTS.mkdir(exist_ok=True)
    for name, run in BENCHMARKS.items():
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            figures = run()
        print(f"\n## {name}\n\n{printed.getvalue()}")
        (RESULTS / f"{name}.md").write_text(f"# {name}\n\n{printed.getvalue()}")
        if figures:
            _plot(name, BARS[name](figures))


def _plot(name: str, bars: dict[str, float]) -> None:
    figure, axes = pyplot.subplots(figsize=(7, 0.5 * len(bars) + 1))
    axes.barh(list(bars), list(bars.values()), color="#1d6fd1")
    axes.invert_yaxis()
    axes.set_title(name)
    figure.tight_layout()
    figure.savefig(RESULTS / f"{name}.png", dpi=120)


if __name__ == "__main__":
    main()
