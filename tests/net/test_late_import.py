"""Heavy modules are not imported on the event loop while a request is answered."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest

from core.net.late_import import import_in_thread
from tests.support.paths import ROOT
from tests.support.site import Site

FIRST_REQUESTS = """
import asyncio, json, sys, threading
import httpx
from core.settings import Settings
from functions.local import ROUTERS
from core.http.app import create_app
from core.services import Services

found = []

class Watcher:
    def find_spec(self, name, *_):
        if threading.current_thread() is threading.main_thread():
            found.append(name.split(".")[0])

async def main(given):
    app = create_app(*ROUTERS, settings=Settings(**given), make_services=Services)
    sys.meta_path.insert(0, Watcher())
    site = given["fetch_allow_hosts"][0]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        made = await client.post("/api/generate", json={"url": f"http://{site}/a", "generator": "openai"})
        status = await client.get("/api/rate-limit-status")
    await app.state.services.close()
    print(made.status_code, status.json()["using_redis"], *sorted(set(found)))

asyncio.run(main(json.loads(sys.argv[1])))
"""
HEAVY = {"openai", "httpx2", "httpcore2", "redis", "upstash_redis", "upstash_ratelimit"}


async def test_the_first_requests_of_a_process_import_nothing_heavy_on_the_event_loop(
    upstash_settings: dict[str, Any], model_settings: dict[str, Any], site: Site
) -> None:
    given = json.dumps(upstash_settings | model_settings | {"fetch_allow_hosts": [site.authority]})
    done = await asyncio.to_thread(
        lambda: subprocess.run(  # noqa: S603
            [sys.executable, "-c", FIRST_REQUESTS, given],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    )
    status, using_redis, *found = done.stdout.splitlines()[-1].split()
    assert (status, using_redis) == ("200", "True")
    assert not HEAVY & set(found)


async def test_a_module_that_is_missing_is_an_import_error_each_time() -> None:
    for _ in range(2):
        with pytest.raises(ImportError):
            await import_in_thread("no_such_module")
