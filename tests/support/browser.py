"""A page of the service in a browser, and what people do with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.support.fake_openai import FakeOpenAI
from tests.support.site import Site

ADMIN = "admin-token"


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of the service at `url`, which a site and a model stand behind."""

    page: Page
    url: str
    site: Site
    openai: FakeOpenAI

    def open(self, path: str = "/") -> Page:
        self.page.goto(self.url + path)
        return self.page

    def make(self, source: str) -> Page:
        """Paste the source, and wait for its thread."""
        self.page.get_by_label("Link, text or Markdown draft").fill(source)
        self.page.get_by_role("button", name="Make a thread").click()
        expect(self.page.locator("#title")).to_be_focused(timeout=60_000)
        return self.page

    def posts(self) -> list[str]:
        return [each.input_value() for each in self.page.locator("textarea.post").all()]

    def post(self, number: int) -> Locator:
        return self.page.locator("textarea.post").nth(number - 1)

    def said(self, *words: str) -> None:
        """Wait for an announcement that has these words."""
        for each in words:
            expect(self.page.locator("#status")).to_contain_text(each)

    def copied(self) -> str:
        text: str = self.page.evaluate("navigator.clipboard.readText()")
        return text

    def stop_the_clock(self) -> None:
        """Time passes by `run_for` alone, in the page as it is loaded anew."""
        self.page.clock.install()
        self.page.reload()
        self.page.clock.pause_at(self.page.evaluate("Date.now() + 1000"))

    def is_accessible(self) -> None:
        found = Axe().run(self.page)
        assert found.violations_count == 0, json.dumps(found.response["violations"], indent=1)[:4_000]


Open = Callable[..., Tab]
