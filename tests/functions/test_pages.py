"""The page and its files."""

from __future__ import annotations

import re

import pytest

from tests.support.app import Make


async def test_the_page_is_a_form(client_of: Make) -> None:
    response = await client_of().get("/")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert '<form id="form">' in response.text


async def test_every_file_that_the_page_names_is_served(client_of: Make) -> None:
    client = client_of()
    names = re.findall(r'"(/static/[^"]+)"', (await client.get("/")).text)
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
