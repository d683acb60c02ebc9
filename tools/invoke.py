"""Invokes a function with one event, as Lambda does: through its runtime client, else in this process.

    make invoke EVENT=events/generate.json [FUNCTION=generate]

The function is named by the event's file (generate.rest.json is one for generate) unless it is given, and
gets this shell's environment. Prints the answer, and to standard error the log and how long init and
invocation took; exits with 1 on an error.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.runtime_api import Answer, Function, FunctionProcess, has_runtime_client  # noqa: E402


class Context:
    """What the runtime client would pass beside the event."""

    aws_request_id = "00000000-0000-4000-8000-000000000001"

    def __init__(self, function: Function) -> None:
        self.function_name = function.name
        self._ends = time.monotonic() + function.timeout_seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._ends - time.monotonic()) * 1000))


def deployed(name: str) -> Function:
    """The function as serverless.yml describes it, with this shell's environment."""
    service: dict[str, Any] = yaml.safe_load((ROOT / "serverless.yml").read_text(encoding="utf-8"))
    if name not in service["functions"]:
        raise SystemExit(f"There is no function {name!r}; there are {', '.join(service['functions'])}.")
    properties = service["provider"] | service["functions"][name]
    return Function(
        handler=properties["handler"].replace("/", "."),
        root=ROOT,
        environ=os.environ,
        name=f"threadr-{name}",
        memory_mb=properties["memorySize"],
        timeout_seconds=properties["timeout"],
    )


def through_runtime_client(function: Function, event: Any) -> int:
    with FunctionProcess(function) as process:
        answer = process.init if process.init.is_error else process.invoke(event)
        return report(answer, process.log, process.init.milliseconds)


def in_this_process(function: Function, event: Any) -> int:
    """Without deadlines and bounds; the log is printed as it comes."""
    print("(no wheel of awslambdaric here: in this process)", file=sys.stderr)
    os.environ["AWS_LAMBDA_FUNCTION_NAME"] = function.name
    module, _, name = function.handler.rpartition(".")
    started = time.perf_counter()
    with contextlib.redirect_stdout(sys.stderr):
        handler = getattr(importlib.import_module(module), name)
        init, began = (time.perf_counter() - started) * 1000, time.perf_counter()
        payload = handler(event, Context(function))
    return report(Answer(payload, False, (time.perf_counter() - began) * 1000), "", init)


def report(answer: Answer, log: str, init_milliseconds: float) -> int:
    if log:
        print(log, end="", file=sys.stderr)
    print(json.dumps(answer.payload, indent=2, ensure_ascii=False))
    print(f"init {init_milliseconds:.0f} ms, invocation {answer.milliseconds:.0f} ms", file=sys.stderr)
    status = answer.payload.get("statusCode", 200) if isinstance(answer.payload, dict) else 200
    return 1 if answer.is_error or status >= 500 else 0


def main() -> int:
    if not sys.argv[1:] or not sys.argv[1]:
        raise SystemExit("Which event? For example: make invoke EVENT=events/generate.json")
    path = Path(sys.argv[1])
    if not path.is_file():
        raise SystemExit(f"{path}: No such file")
    name = sys.argv[2] if sys.argv[2:] and sys.argv[2] else path.name.partition(".")[0]
    function = deployed(name)
    try:
        event = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SystemExit(f"{path}: {error}") from None
    run = through_runtime_client if has_runtime_client() else in_this_process
    return run(function, event)


if __name__ == "__main__":
    sys.exit(main())
