"""LiteLLM's proxy with its Redis cache. It is large, so it is measured only where it was installed.

`python -m bench.peers.litellm` installs it, some 700 MB; LITELLM=… names the command of another one.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from bench.load import Target
from tests.support.loopback import closed_port
from tests.support.paths import ROOT

NAME = "LiteLLM's proxy, TCP"
_START_SECONDS = 180.0


class Absent(Exception):
    """It is not there, or does not start; the reason."""


@contextlib.contextmanager
def proxy(environ: Mapping[str, str]) -> Iterator[tuple[Target, int]]:
    """Raises Absent."""
    command = Path(os.environ.get("LITELLM", ROOT / ".venv-litellm/bin/litellm"))
    if not command.exists():
        raise Absent("litellm[proxy] is not installed in .venv-litellm")
    store, port = urlsplit(environ["REDIS_URL"]), closed_port()
    cache = {"type": "redis", "host": store.hostname, "port": store.port, "ttl": 86_400}
    model = {"model": "openai/gpt-5.4-mini", "api_base": environ["OPENAI_BASE_URL"], "api_key": "sk"}
    config = {  # YAML reads JSON
        "model_list": [{"model_name": "m", "litellm_params": model}],
        "litellm_settings": {"cache": True, "cache_params": cache, "telemetry": False},
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.yaml"
        file.write_text(json.dumps(config))
        arguments = [str(command), "--config", str(file), "--port", str(port), "--host", "127.0.0.1"]
        local = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
        with subprocess.Popen(
            arguments, env={**os.environ, **local}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                _wait_for(port, process)
                yield Target(port, path="/v1/chat/completions", is_chat=True), process.pid
            finally:
                process.kill()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/health/liveliness", trust_env=False)
            return
        time.sleep(0.2)
    raise Absent("its proxy did not start")


def install() -> None:
    """Into .venv-litellm, at its newest version: it is no part of the project, and not locked."""
    folder = ROOT / ".venv-litellm"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(folder / "bin/pip"), "install", "--quiet", "litellm[proxy]"], check=True)


if __name__ == "__main__":
    install()
