"""A page of the service in a browser, and what people do with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

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
        expect(self.page.locator("#title")).to_be_focused(timeout=30_000)
        return self.page

    def posts(self) -> list[str]:
        return [each.input_value() for each in self.page.locator("textarea.post").all()]

    def is_accessible(self) -> None:
        found = Axe().run(self.page)
        assert found.violations_count == 0, found.generate_report()


Open = Callable[..., Tab]
