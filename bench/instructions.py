"""Instructions of a start as on Lambda beside those of a hello, by the processor's counter or by valgrind.

    python -m bench.instructions [function …]

The store, by REST without TLS, is not there: a start ends with the attempt to connect. TLS would be 0.19 of a
hello more, for the list of authorities.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from bench.cold import HELLO, OWN_HELLO, environment
from bench.ratios import kept, ratio_of
from tests.support.paths import ROOT

COUNTERS = (
    ("perf", "stat", "-x,", "-e", "instructions:u"),
    ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"),
)
_NOWHERE = "http://127.0.0.1:9"
_END = "\nimport os; os._exit(0)"  # an exit's own work is not of the start


def main(*names: str) -> dict[str, Any]:
    """Prints a row for each function, generate by default: valgrind takes seconds for each."""
    counter = next((each for each in COUNTERS if counted(each, ["true"])), None)
    if counter is None:
        print("Instructions of a start: neither perf nor valgrind counts them here.")
        return {}
    starts = {OWN_HELLO: HELLO} | {name: f"import functions.{name}" for name in names or ("generate",)}
    with tempfile.TemporaryDirectory() as bytecode:
        environ = environment(_NOWHERE, _NOWHERE) | {
            "AWS_LAMBDA_FUNCTION_NAME": "threadr",
            "PATH": os.environ["PATH"],
            "PYTHONHASHSEED": "0",
            "PYTHONPYCACHEPREFIX": bytecode,
        }
        found = {name: _of_start(counter, code, environ) for name, code in starts.items()}
    base = found[OWN_HELLO]
    print(f"| a start, by {counter[0]} | million instructions | ÷ hello |\n|---|--:|--:|")
    for name, count in found.items():
        print(f"| {name} | {count / 1e6:.0f} | {count / base:.2f} |")
    return kept({f"instructions: {name} ÷ hello": ratio_of([found[name]], [base]) for name in [*starts][1:]})


def counted(counter: Sequence[str], command: Sequence[str], environ: Mapping[str, str] | None = None) -> int:
    """The instructions of the command; 0 where they cannot be counted."""
    if not shutil.which(counter[0]):
        return 0
    done = subprocess.run(
        [*counter, *command], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    return count_in(done.stderr)


def count_in(report: str) -> int:
    """What perf (-x,) or cachegrind counted; 0 where it did not."""
    found = re.search(r"^(\d+),,instructions|I\s+refs:\s+([\d,]+)", report, re.MULTILINE)
    return int((found[1] or found[2]).replace(",", "")) if found else 0


def _of_start(counter: Sequence[str], code: str, environ: Mapping[str, str]) -> int:
    command = [sys.executable, "-c", code + _END]
    subprocess.run(command, cwd=ROOT, env=environ, check=True)  # writes bytecode
    return counted(counter, command, environ)


if __name__ == "__main__":
    main(*sys.argv[1:])
