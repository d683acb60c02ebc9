"""LiteLLM's proxy with its Redis cache. It is large, so it is measured only where it was installed.

`python -m bench.peers.litellm` installs it, some 800 MB; LITELLM=… names the command of another one. What it
keeps in its process besides is switched off, as Threadr's first tier is: a hit is one GET at the store.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import httpx

from bench.load import Target
from tests.support.loopback import closed_port
from tests.support.paths import ROOT

NAME = "LiteLLM's proxy, TCP"
_START_SECONDS = 180.0
# It refuses to start without a key; the other apps ask their callers for none.
_ENVIRON = {
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "True",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOG": "ERROR",
}


class Absent(Exception):
    """It is not there, or does not start; the reason."""


@contextlib.contextmanager
def proxy(environ: Mapping[str, str]) -> Iterator[tuple[Target, int]]:
    """Raises Absent."""
    command = Path(os.environ.get("LITELLM", ROOT / ".venv-litellm/bin/litellm"))
    if not command.exists():
        raise Absent("it is not installed; `python -m bench.peers.litellm` installs it")
    port, nowhere = closed_port(), subprocess.DEVNULL
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as errors:
        file = Path(folder) / "config.yaml"
        file.write_text(json.dumps(_config(environ)))  # YAML reads JSON
        arguments = [str(command), "--config", str(file), "--port", str(port), "--host", "127.0.0.1"]
        with subprocess.Popen(
            arguments, env={**os.environ, **_ENVIRON}, stdout=nowhere, stderr=errors
        ) as process:
            try:
                _wait_for(port, process, errors)
                yield Target(port, path="/v1/chat/completions", is_chat=True), process.pid
            finally:
                process.kill()


def _config(environ: Mapping[str, str]) -> dict[str, Any]:
    """docs.litellm.ai/docs/proxy/config_settings. The default TTLs are read before the cache is made.

    An answer written at once, with redis_flush_size, goes to Redis alone; one read from there stays in the
    process for default_in_memory_ttl seconds.
    """
    store = urlsplit(environ["REDIS_URL"])
    cache = {"type": "redis", "host": store.hostname, "port": store.port, "redis_flush_size": 1}
    model = {"model": "openai/gpt-5.4-mini", "api_base": environ["OPENAI_BASE_URL"], "api_key": "sk"}
    lives = {"default_redis_ttl": 86_400, "default_in_memory_ttl": 0}
    return {
        "model_list": [{"model_name": "m", "litellm_params": model}],
        "litellm_settings": lives | {"cache": True, "cache_params": cache, "telemetry": False},
    }


def _wait_for(port: int, process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/health/liveliness", trust_env=False)
            return
        time.sleep(0.2)
    errors.seek(0)
    raise Absent(f"its proxy did not start: {reason(errors.read().decode(errors='replace'))}")


def reason(printed: str) -> str:
    """The line of the last exception in what a process printed; without one, the last line."""
    lines = [line.strip().rstrip(".") for line in printed.splitlines() if line.strip()]
    exceptions = [line for line in lines if re.match(r"[\w.]+(Error|Exception): ", line)]
    return (exceptions or lines or ["it said nothing"])[-1]


def install() -> None:
    """Into .venv-litellm, at its newest version: it is no part of the project, and not locked.

    Its Redis client is no dependency of it (redis.io/docs/latest/integrate/litellm).
    """
    folder = ROOT / ".venv-litellm"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(folder / "bin/pip"), "install", "--quiet", "litellm[proxy]", "redis"], check=True)


if __name__ == "__main__":
    install()
