"""Chromium, driven by Playwright, and the whole service with a site and a model, all on loopback."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import BrowserContext, Playwright, sync_playwright

from core.settings import Settings
from tests.support.app import whole_app
from tests.support.browser import ADMIN, Open, Tab
from tests.support.fake_openai import FakeOpenAI
from tests.support.loopback import serving
from tests.support.site import Site

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync""".split()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture
def open_tab(
    playwright: Playwright, site: Site, openai: FakeOpenAI, model_settings: dict[str, Any]
) -> Iterator[Open]:
    """Opens a browser without a past on a service of these settings; an error of a page fails the test."""
    errors: list[str] = []
    with contextlib.ExitStack() as stack:

        def start(*, path: str = "/", context: dict[str, Any] | None = None, **settings: Any) -> Tab:
            given = {
                "fetch_allow_hosts": (site.authority,),
                "admin_token": ADMIN,
                **model_settings,
                **settings,
            }
            url = stack.enter_context(serving(_closing(whole_app(Settings(**given)))))
            folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            browser = _browser(playwright, folder, context or {})
            stack.callback(browser.close)
            browser.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
            browser.on("weberror", lambda error: errors.append(str(error.error)))
            page = browser.pages[0]
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


def _browser(playwright: Playwright, folder: str, context: dict[str, Any]) -> BrowserContext:
    return playwright.chromium.launch_persistent_context(
        folder, executable_path=CHROMIUM, args=FLAGS, **{"locale": "en-GB", "timezone_id": "UTC", **context}
    )


@pytest.fixture
def tab(open_tab: Open) -> Tab:
    return open_tab(rate_limit_requests=100)
