"""The server as a process: it ends when it is asked to, and says everything in JSON."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.support.loopback import closed_port
from tests.support.paths import ROOT

HALF = (
    b"POST /api/generate HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
)


@contextmanager
def server(port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "core.cli", "serve", "--port", str(port), "--grace", "1"]
    process = subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until_it_answers(port: int) -> None:
    for _ in range(600):
        try:
            httpx.get(f"http://127.0.0.1:{port}/health")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")


def test_a_half_sent_body_does_not_keep_the_server_from_ending() -> None:
    port = closed_port()
    with server(port) as process:
        wait_until_it_answers(port)
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(HALF)
            process.terminate()
            out, _ = process.communicate(timeout=60)
    assert process.returncode is not None
    for line in out.splitlines():
        assert isinstance(json.loads(line), dict)
