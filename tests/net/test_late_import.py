"""Heavy modules are not imported on the event loop while a request is answered."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import HTMLResponse, Response

from core.net.late_import import import_in_thread
from core.writing.model import chat
from tests.support.app import Instances
from tests.support.paths import ROOT
from tests.support.site import ARTICLE, Site

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


async def test_the_models_sdk_is_imported_beside_the_fetch_of_the_first_article(
    instance_of: Instances,
    model_settings: dict[str, Any],
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The import ends only after the page was fetched, and the page is given only while it is under way."""
    begun, fetched = threading.Event(), threading.Event()
    monkeypatch.setattr(threading, "of_this_test", (begun, fetched), raising=False)
    module = "import threading\nbegun, fetched = threading.of_this_test\nbegun.set()\nfetched.wait(60)\n"
    (tmp_path / "an_sdk.py").write_text(module)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(chat, "_LATE", ("an_sdk",))

    def page() -> Response:
        is_beside = begun.wait(20)
        fetched.set()
        return HTMLResponse(f"<article><h1>Found</h1><p>{ARTICLE}</p></article>", 200 if is_beside else 500)

    site.pages["/first"] = page
    client = instance_of(**model_settings)
    answer = await client.post("/api/generate", json={"url": f"{site.url}/first"})
    assert (answer.status_code, answer.json()["generator"]) == (200, "openai")
