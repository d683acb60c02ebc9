"""Lambda's Runtime API on loopback, and a function's process behind it: what Lambda does to a function.

docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. The process is that of the real runtime client,
awslambdaric. `make invoke`, the tests of the bundle and benchmarks use it.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

_PREFIX = "/2018-06-01/runtime/"
_INIT_SECONDS = 60.0  # Lambda's own is 10, on a whole CPU
RUNTIME_CLIENT = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")


def has_runtime_client() -> bool:
    return importlib.util.find_spec("awslambdaric") is not None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an invocation, or of the init: `payload` is the error's report when it is one."""

    payload: Any
    is_error: bool
    milliseconds: float
    cpu_milliseconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """What is started: `handler` of the code under `root`, by `python`, with `environ` and nothing else."""

    handler: str
    root: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    python: tuple[str, ...] = (sys.executable,)
    name: str = "threadr-function"
    memory_mb: int = 1024
    timeout_seconds: float = 29.0


def bundle_python(folder: Path) -> tuple[tuple[str, ...], str]:
    """An interpreter without site-packages, and the path on which it finds the runtime client alone.

    What a bundle lacks is then missing, as it is on Lambda. `folder` gets links to the client.
    """
    for name in RUNTIME_CLIENT:
        spec = importlib.util.find_spec(name)
        assert spec
        assert spec.origin
        origin = Path(spec.origin)
        source = origin.parent if spec.submodule_search_locations else origin
        (folder / source.name).symlink_to(source)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return (str(Path(sys.base_prefix, "bin", version)), "-S"), str(folder)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Nothing is printed of a function that ends in the middle of a request."""


class FunctionProcess:
    """A running function; a context manager, in which `init` says how the start went."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self._events: queue.Queue[tuple[str, bytes] | None] = queue.Queue()
        self._answers: queue.Queue[tuple[str, bytes, float]] = queue.Queue()
        self._ids = map("00000000-0000-4000-8000-{:012}".format, itertools.count(1))
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by __exit__)
        self._server = _Server(("127.0.0.1", 0), self._request_handler())

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        function, started = self._function, time.perf_counter()
        self._process = subprocess.Popen(
            [*function.python, "-m", "awslambdaric", function.handler],
            cwd=function.root,
            env={**self._lambda_environ(), **function.environ},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        threading.Thread(target=self._tell_its_end, daemon=True).start()
        self.init = self._wait(started, 0.0, _INIT_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()
        self._log.close()

    def invoke(self, event: Any) -> Answer:
        """The function's answer to the event (any JSON value)."""
        started, cpu = time.perf_counter(), self.cpu_milliseconds()
        self._events.put((next(self._ids), json.dumps(event).encode()))
        return self._wait(started, cpu, self._function.timeout_seconds)

    @property
    def log(self) -> str:
        """All that the process has written so far."""
        return os.pread(self._log.fileno(), 10_000_000, 0).decode(errors="replace")

    def cpu_milliseconds(self) -> float:
        """What the process has used so far, without its children that still run; 0 when it has ended.

        By its CPU clock, whose number is made of the process's (clock_getcpuclockid(3)).
        """
        try:
            return time.clock_gettime((~self._process.pid << 3) | 2) * 1000
        except OSError:
            return 0.0

    def peak_rss_mb(self) -> float:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def _lambda_environ(self) -> dict[str, str]:
        """docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
        function = self._function
        return {
            "PATH": os.defpath,
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "_HANDLER": function.handler,
            "LAMBDA_TASK_ROOT": str(function.root),
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_REGION": "us-east-1",
        }

    def _tell_its_end(self) -> None:
        code = self._process.wait()
        report = {"errorType": "Runtime.ExitError", "errorMessage": f"the process ended with {code}"}
        self._answers.put(("error", json.dumps(report).encode(), time.perf_counter()))

    def _wait(self, started: float, cpu_before: float, seconds: float) -> Answer:
        try:
            kind, body, ended = self._answers.get(timeout=seconds)
        except queue.Empty:
            self._process.kill()
            report = {"errorType": "Sandbox.Timedout", "errorMessage": f"timed out after {seconds:g} s"}
            return Answer(report, True, seconds * 1000)
        used = max(0.0, self.cpu_milliseconds() - cpu_before)
        return Answer(json.loads(body or b"null"), kind == "error", (ended - started) * 1000, used)

    def _request_handler(self) -> type[BaseHTTPRequestHandler]:
        events, answers, seconds = self._events, self._answers, self._function.timeout_seconds
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:{self._function.name}"
        is_ready = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # the body is a packet of its own

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                """The next event, when there is one; the first question ends the init."""
                if not is_ready.is_set():
                    is_ready.set()
                    answers.put(("ready", b"", time.perf_counter()))
                if (event := events.get()) is None:
                    return
                deadline = int((time.time() + seconds) * 1000)
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Lambda-Runtime-Aws-Request-Id", event[0])
                self.send_header("Lambda-Runtime-Deadline-Ms", str(deadline))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", arn)
                self._finish(event[1])

            def do_POST(self) -> None:
                ended = time.perf_counter()
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answers.put((self.path.removeprefix(_PREFIX).rpartition("/")[2], body, ended))
                self.send_response(202)
                self._finish(b"")

            def _finish(self, body: bytes) -> None:
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler
