"""An Upstash-REST front with TLS, behind a relay that adds a round trip time: python -m bench.far_store …"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import trustme

from tests.support.loopback import closed_port
from tests.support.paths import ROOT


@contextlib.contextmanager
def far_store(redis_url: str, folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a function that uses it; RTT_FILE holds the seconds of a round trip."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(folder / "cert.pem"))
    (folder / "rtt").write_text("0")
    port = closed_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.far_store", redis_url, str(port), str(folder)], cwd=ROOT
    )
    try:
        _wait_for(port)
        yield {
            "UPSTASH_REDIS_REST_URL": f"https://localhost:{port}",
            "SSL_CERT_FILE": str(folder / "ca.pem"),
            "RTT_FILE": str(folder / "rtt"),
        }
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.1)
    raise TimeoutError("the store does not start")


async def _serve(redis_url: str, port: int, folder: Path) -> None:
    import uvicorn

    from tests.support.upstash_front import Front

    front, inner, cert = Front(redis_url, "t"), closed_port(), str(folder / "cert.pem")
    secure = uvicorn.Config(front.app, port=inner, ssl_certfile=cert, ssl_keyfile=cert, log_level="critical")

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        rtt_seconds = float((folder / "rtt").read_text())
        await asyncio.sleep(rtt_seconds)  # TCP's own handshake
        with contextlib.suppress(OSError):
            to, back = await asyncio.open_connection("127.0.0.1", inner)
            await asyncio.gather(_pump(reader, back, rtt_seconds), _pump(to, writer, rtt_seconds))

    await asyncio.start_server(relay, "127.0.0.1", port)
    await uvicorn.Server(secure).serve()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rtt_seconds: float) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            await asyncio.sleep(rtt_seconds / 2)
            writer.write(data)
        writer.close()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
