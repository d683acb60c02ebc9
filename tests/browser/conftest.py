"""Chromium, driven by Playwright, and the whole service with a site and a model, all on loopback."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from core.settings import Settings
from tests.support.app import whole_app
from tests.support.browser import ADMIN, Open, Tab
from tests.support.fake_openai import FakeOpenAI
from tests.support.loopback import serving
from tests.support.site import Site

FLAGS = """--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync""".split()

expect.set_options(timeout=30_000)  # a busy machine may take long; what is there is seen at once


def _chromium(playwright: Playwright) -> str:
    """CHROMIUM, or Debian's, or the one that Playwright has installed; skips the test where there is none."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or playwright.chromium.executable_path
    if not Path(found).exists():
        pytest.skip("there is no Chromium here: install Debian's package chromium, or set CHROMIUM")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = _chromium(playwright)
        started = playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=120_000)
        yield started
        started.close()


@pytest.fixture
def open_tab(
    browser: Browser, site: Site, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> Iterator[Open]:
    """Opens a browser without a past on a service of these settings; an error of a page fails the test."""
    errors: list[str] = []
    with contextlib.ExitStack() as stack:

        def start(*, path: str = "/", context: dict[str, Any] | None = None, **settings: Any) -> Tab:
            own = {"fetch_allow_hosts": (site.authority,), "admin_token": ADMIN, **model_settings}
            url = stack.enter_context(serving(_closing(whole_app(Settings(**own | settings)))))
            looks = {"locale": "en-GB", "timezone_id": "UTC", **(context or {})}
            opened = stack.enter_context(browser.new_context(**looks))
            opened.set_default_timeout(60_000)
            opened.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
            opened.on("weberror", lambda error: errors.append(str(error.error)))
            page = opened.new_page()
            page.on("console", lambda line: errors.extend([line.text] * ("Security Policy" in line.text)))
            page.goto(url + path)
            return Tab(page, url, site, openai)

        yield start
    assert errors == []


def _closing(app: FastAPI) -> FastAPI:
    """The app, whose connections end with its server."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await app.state.services.close()

    app.router.lifespan_context = lifespan
    return app


@pytest.fixture
def tab(open_tab: Open) -> Tab:
    return open_tab(rate_limit_requests=100)
