"""CPU of a warm invocation of the handler, beside that of a FastAPI hello behind Mangum, in turn.

python -m bench.lambda_hits [--quick]
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from bench.cold import GENERATE, HELLO
from bench.hit_path import NO_STORE, OURS, REST, TCP
from bench.ratios import kept, ratio_of
from bench.stage import stage
from tests.support.lambda_events import v2
from tests.support.paths import ROOT

BASE = "FastAPI hello"
OF_GATEWAY = OURS | {"FRONT_DOOR": "gateway"}
HANDLERS: dict[str, Mapping[str, str]] = {
    BASE: {},
    "Threadr, REST": OF_GATEWAY | REST,
    "Threadr, TCP": OF_GATEWAY | TCP,
    "Threadr, in the process": OF_GATEWAY | NO_STORE,
}
INVOCATIONS = 60  # of a round


def main(*, quick: bool = False) -> dict[str, Any]:
    """Prints the table: CPU in ms of an invocation, and as a ratio to the hello's."""
    rounds = 3 if quick else 9
    seen: dict[str, list[float]] = {name: [] for name in HANDLERS}
    with stage() as around, contextlib.ExitStack() as stack:
        processes = {
            name: stack.enter_context(_process(around.environ | dict(environ), is_hello=name == BASE))
            for name, environ in HANDLERS.items()
        }
        for number in range(rounds + 1):
            for name, process in processes.items():
                milliseconds = _asked(process)
                if number:
                    seen[name].append(milliseconds)
    ratios = {f"CPU of an invocation: {name} ÷ {BASE}": ratio_of(seen[name], seen[BASE]) for name in HANDLERS}
    print("| a warm invocation | CPU, ms | ÷ hello (quartiles) |\n|---|--:|--:|")
    for name, each in seen.items():
        print(
            f"| {name} | {statistics.median(each):.2f} | {ratios[f'CPU of an invocation: {name} ÷ {BASE}']} |"
        )
    del ratios[f"CPU of an invocation: {BASE} ÷ {BASE}"]
    figures = {name: round(statistics.median(each), 3) for name, each in seen.items()}
    return {"cpu_ms": figures, "ratios": kept(ratios)}


@contextlib.contextmanager
def _process(environ: Mapping[str, str], *, is_hello: bool) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "bench.lambda_hits", "hello" if is_hello else "generate"]
    unset = {name: value for name, value in os.environ.items() if not name.startswith(("UPSTASH", "REDIS"))}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=unset | dict(environ),
        stdin=pipe,
        stdout=pipe,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _asked(process: subprocess.Popen[str]) -> float:
    assert process.stdin
    assert process.stdout
    process.stdin.write("go\n")
    process.stdin.flush()
    answer: float = json.loads(process.stdout.readline())
    return answer


def _serve(which: str) -> None:
    """Invocations on each line of standard input, and their CPU in ms on standard output."""
    out, sys.stdout = sys.stdout, open(os.devnull, "w")  # noqa: SIM115 - the log goes nowhere
    if which == "hello":
        names: dict[str, Any] = {}
        exec(HELLO, names)  # noqa: S102 - it is ours
        asyncio.set_event_loop(asyncio.new_event_loop())  # as Lambda's runtime client leaves none
        handler, event = names["handler"], v2("GET", "/")
    else:
        from functions.generate import handler

        event = GENERATE
    for _ in sys.stdin:
        started = time.process_time()
        for _ in range(INVOCATIONS):
            answer = handler(event, None)
            assert answer["statusCode"] == 200, answer
        print(json.dumps((time.process_time() - started) * 1000 / INVOCATIONS), file=out, flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] in (["hello"], ["generate"]):
        _serve(sys.argv[1])
    else:
        main(quick="--quick" in sys.argv)
