"""The page and its files."""

from __future__ import annotations

import gzip
import html
import re
from collections.abc import Iterator

import pytest

from core.errors import ThreadrError
from core.pages.templates import words
from tests.support.app import Make
from tests.support.paths import ROOT


def every(error: type[ThreadrError]) -> Iterator[type[ThreadrError]]:
    yield error
    for below in error.__subclasses__():
        yield from every(below)


async def test_the_page_is_a_form(client_of: Make) -> None:
    response = await client_of().get("/")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert '<form id="form">' in response.text


async def test_every_file_that_the_page_names_is_served(client_of: Make) -> None:
    client = client_of()
    names = re.findall(r'"(static/[^"]+)"', (await client.get("/")).text)
    assert len(names) == 3
    assert {(await client.get(name)).status_code for name in names} == {200}


@pytest.mark.parametrize("name", ["index.html", "..%2fREADME.md", "%2e%2e/core/settings.py", "none.js"])
async def test_nothing_else_is_served(client_of: Make, name: str) -> None:
    response = await client_of().get(f"/static/{name}")
    assert (response.status_code, response.json()["type"]) == (404, "/problems/not-found")


@pytest.mark.parametrize("value", ["CANARY", "bytes=9999999-", "bytes=0-3"])
async def test_ranges_are_ignored(client_of: Make, value: str) -> None:
    response = await client_of().get("/", headers={"Range": value})
    assert (response.status_code, "</html>" in response.text) == (200, True)


@pytest.mark.parametrize("kind", sorted({error.kind for error in every(ThreadrError)}))
async def test_the_address_in_a_problems_type_leads_to_a_page_that_explains_it(
    client_of: Make, kind: str
) -> None:
    page = await client_of().get(f"/problems/{kind}")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for error in every(ThreadrError):
        if error.kind == kind:
            assert f"<h2>{html.escape(error.title)}</h2>" in page.text
            assert html.escape(error.detail) in page.text
            assert f"Status {error.status}." in page.text
    assert page.text.count("Does a retry help?") == page.text.count("<h2>")
    assert "$" not in page.text


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("rate-limited", "Yes, after"),
        ("paywall", "No:"),
        ("article-timeout", "It may"),
        ("unauthorized", "No:"),
    ],
)
async def test_a_problems_page_says_whether_a_retry_helps(client_of: Make, kind: str, words: str) -> None:
    assert f"help? {words}" in (await client_of().get(f"/problems/{kind}")).text


@pytest.mark.parametrize("error", [*every(ThreadrError)], ids=lambda error: error.__name__)
def test_the_page_has_a_sentence_for_every_problem(error: type[ThreadrError]) -> None:
    sentence = words().get(f"{error.kind} {error.status}") or words()[error.kind]
    assert 20 < len(sentence) < 140
    assert not re.search(r"API|generator|Content-Type|Retry-After|JSON|header|token as|HTTP", sentence)


async def test_all_that_the_page_loads_is_small() -> None:
    assert sum(len(gzip.compress(path.read_bytes())) for path in (ROOT / "web").iterdir()) < 60 * 1024


async def test_a_problem_that_nobody_meets_has_no_page(client_of: Make) -> None:
    page = await client_of().get("/problems/%3Cscript%3E")
    assert (page.status_code, page.json()["type"]) == (404, "/problems/not-found")
