"""`make invoke`: a function with one event, as Lambda calls it, without Docker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from bench.runtime_api import Function, FunctionProcess, has_runtime_client
from tests.support.paths import ROOT

_WITHOUT_THE_CLIENT = """
import importlib.util, runpy, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "awslambdaric" else find(name, *rest)
sys.argv = ["invoke.py", *sys.argv[1:]]
runpy.run_path("tools/invoke.py", run_name="__main__")
"""


def invoke(
    *arguments: str, start: tuple[str, ...] = ("tools/invoke.py",), **environ: str
) -> tuple[int, str, str]:
    """The exit code, and what is printed of the answer and of the log."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, *start, *arguments],
        cwd=ROOT,
        env=os.environ | environ,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


def test_an_event_is_answered_with_its_log_and_times() -> None:
    code, out, err = invoke("events/generate.rest.json")
    assert (code, json.loads(out)["statusCode"]) == (0, 200)
    *log, times = err.splitlines()
    assert json.loads(log[-1])["message"] == "Successfully generated thread using the built-in composer"
    assert times.startswith("init ")
    assert "invocation" in times


def test_an_event_may_be_given_to_another_function() -> None:
    code, out, _ = invoke("events/health_check.json", "pages")
    assert (code, json.loads(out)["statusCode"]) == (0, 400)


def test_a_function_that_does_not_start_is_an_error() -> None:
    code, out, _ = invoke("events/pages.json", RATE_LIMIT_REQUESTS="many")
    assert (code, json.loads(out)["errorMessage"]) == (1, "RATE_LIMIT_REQUESTS must be a whole number")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["", ""], "make invoke EVENT=events/generate.json", id="no-event"),
        pytest.param(["events/none.json", "generate"], "No such file", id="no-file"),
        pytest.param(["events/pages.json", "page"], "there are generate, threads", id="no-function"),
    ],
)
def test_what_cannot_be_invoked_is_an_error_in_words(arguments: list[str], said: str) -> None:
    code, _, err = invoke(*arguments)
    assert code == 1
    assert said in err
    assert "Traceback" not in err


def test_without_a_wheel_of_the_client_it_runs_in_the_process() -> None:
    code, out, err = invoke("events/pages.json", start=("-c", _WITHOUT_THE_CLIENT))
    assert (code, json.loads(out)["statusCode"]) == (0, 200)
    assert "in this process" in err


@pytest.mark.skipif(not has_runtime_client(), reason="Lambda's runtime client is for Linux")
@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param("return {'seen': event}", None, id="answer"),
        pytest.param("raise ValueError('no')", "ValueError", id="exception"),
        pytest.param("os._exit(3)", "Runtime.ExitError", id="exit"),
        pytest.param("time.sleep(60)", "Sandbox.Timedout", id="timeout"),
    ],
)
def test_the_runtime_api_tells_how_an_invocation_ended(tmp_path: Path, body: str, error: str | None) -> None:
    code = f"import os, time\ndef handler(event, context):\n    {body}\n"
    (tmp_path / "module.py").write_text(textwrap.dedent(code))
    function = Function(handler="module.handler", root=tmp_path, timeout_seconds=1 if "sleep" in body else 29)
    with FunctionProcess(function) as process:
        answer = process.invoke({"a": 1})
    assert answer.is_error == (error is not None)
    assert (answer.payload.get("errorType"), answer.payload.get("seen")) == (
        error,
        None if error else {"a": 1},
    )
