"""GET /t/{id} and GET /oembed."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.responses import Response

from tests.support.app import Instances, Make
from tests.support.site import Site, page


async def made(client: httpx.AsyncClient, **wanted: Any) -> dict[str, Any]:
    answer = await client.post("/api/generate", json=wanted or {"text": "Fish & chips cost three."})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def tags(html: str) -> dict[str, str]:
    return dict(re.findall(r'<meta property="og:([\w:]+)" content="([^"]*)">', html))


async def test_a_thread_has_a_page_with_open_graph(instance_of: Instances, site: Site) -> None:
    head = '<meta property="og:image" content="https://cdn.example.com/bridge.jpg">'
    html = page().replace("</head>", f"{head}</head>")
    site.pages["/story"] = lambda: Response(html, media_type="text/html")
    client = instance_of()
    thread = await made(client, url=f"{site.url}/story")
    shown = await client.get(f"/t/{thread['id']}")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert tags(shown.text) == {
        "type": "article",
        "site_name": "Threadr",
        "title": "Harbour bridge closes",
        "url": f"http://threadr.test/t/{thread['id']}",
        "description": "A hook that stands alone. 1/3",
        "image": "https://cdn.example.com/bridge.jpg",
        "image:alt": "",
    }
    assert f'href="{site.url}/story"' in shown.text
    assert shown.text.count('class="card"') == 3


async def test_only_a_shared_address_may_be_indexed(client_of: Make) -> None:
    client = client_of()
    thread = await made(client)
    plain, shared = [await client.get(f"/t/{thread['id']}{query}") for query in ("", "?shared")]
    assert ('name="robots" content="noindex"' in plain.text, plain.headers["x-robots-tag"]) == (
        True,
        "noindex",
    )
    assert ("noindex" in shared.text, "x-robots-tag" in shared.headers) == (False, False)


async def test_markup_in_a_thread_is_text_on_its_page(client_of: Make) -> None:
    client = client_of()
    thread = await made(client, text='Look: <script>alert(1)</script> and "quotes" $title.')
    shown = (await client.get(f"/t/{thread['id']}")).text
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; and &quot;quotes&quot; $title." in shown


async def test_what_is_no_thread_is_said_on_a_page(client_of: Make) -> None:
    gone = await client_of().get("/t/AAAAAAAAAAAAAAAAAAAAAA")
    assert (gone.status_code, gone.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is no such thread, or its time is over." in gone.text


async def test_oembed_is_found_from_the_page(client_of: Make) -> None:
    client = client_of()
    thread = await made(client)
    shown = (await client.get(f"/t/{thread['id']}")).text
    found = re.findall(r'type="application/json\+oembed" href="([^"]+)"', shown)
    card = (await client.get(found[0])).json()
    assert (card["version"], card["type"], card["width"]) == ("1.0", "rich", 550)
    assert "Fish &amp; chips cost three." in card["html"]


async def test_an_odd_host_is_escaped_once(client_of: Make) -> None:
    client = client_of()
    path = f"/t/{(await made(client))['id']}"
    shown = (await client.get(path, headers={"Host": "a&b.test"})).text
    assert tags(shown)["url"] == f"http://a&amp;b.test{path}"
    card = await client.get(f"/oembed?url=http://a%26b.test{path}", headers={"Host": "a&b.test"})
    assert f'href="http://a&amp;b.test{path}"' in card.json()["html"]
    assert card.json()["provider_url"] == "http://a&b.test"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param("url=https%3A%2F%2Felsewhere.example%2Ft%2F{id}", 404, id="another-host"),
        pytest.param("url={here}%2Fapi%2Fthreads%2F{id}", 404, id="no-page"),
        pytest.param("", 404, id="none"),
        pytest.param("url=http%3A%2F%2F%5Bthreadr%2Ft%2F{id}", 404, id="no address"),
        pytest.param("url=javascript%3A%2F%2Fthreadr.test%2Ft%2F{id}", 404, id="a script"),
        pytest.param("url={here}%2Ft%2F{id}&format=xml", 501, id="xml"),
        pytest.param("url={here}%2Ft%2F{id}&maxwidth=wide", 422, id="width"),
        pytest.param("url={here}%2Ft%2F{id}%3Fshared&maxwidth=300", 200, id="shared"),
    ],
)
async def test_oembed_answers_for_threads_of_this_service(client_of: Make, query: str, status: int) -> None:
    client = client_of()
    thread = await made(client)
    filled = query.format(id=thread["id"], here=quote("http://threadr.test", safe=""))
    assert (await client.get(f"/oembed?{filled}")).status_code == status


async def test_threads_of_the_built_in_composer_outlive_the_process(
    instance_of: Instances, upstash_settings: dict[str, Any]
) -> None:
    without_model = {**upstash_settings, "openai_api_key": None}
    thread = await made(instance_of(**without_model))
    assert thread["degraded"]
    assert (await instance_of(**without_model).get(f"/t/{thread['id']}")).status_code == 200
