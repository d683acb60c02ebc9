"""Redirects by a page's own markup, by a server with cookies, and those that lead nowhere."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from core.article.extraction import extract_article
from core.article.fetcher import Fetcher, Page
from core.article.meta_elements import refresh_target
from core.errors import ArticleBlocked, ArticleError, ArticleUnreachable, NoArticle
from tests.support.hostile_server import HostileServer, Visit, answer, hostile
from tests.support.site import page

STORY = page().encode()


@contextlib.asynccontextmanager
async def serving(replies: Callable[[str, str], bytes]) -> AsyncIterator[HostileServer]:
    """A server that answers a path and the Cookie header with what `replies` makes of them."""

    async def play(visit: Visit) -> None:
        lines = visit.head.decode("latin-1").split("\r\n")
        cookies = [line.partition(": ")[2] for line in lines if line.lower().startswith("cookie:")]
        await visit.send(replies(lines[0].split()[1], "".join(cookies)))

    async with hostile(play) as server:
        yield server


async def fetched(server: HostileServer) -> Page:
    return await Fetcher(allow_hosts=[server.authority]).fetch(server.url, seconds=5)


def refreshing(content: str, extra: str = "") -> bytes:
    return answer(f'<html><head>{extra}<meta http-equiv=refresh content="{content}"></head><a href=/b>On</a>')


@pytest.mark.parametrize(
    ("markup", "target"),
    [
        ('<meta http-equiv="refresh" content="0; url=/b">', "/b"),
        ("<META CONTENT=\"0;URL='/b?c=d&amp;e'\" HTTP-EQUIV=Refresh>", "/b?c=d&e"),
        ("<meta http-equiv=refresh content='1,url=\"/b\" c'>", "/b"),
        ('<meta http-equiv="refresh" content=" 5.5 /b ">', "/b"),
        ('<meta http-equiv="refresh" content="0; https://e.com/b">', "https://e.com/b"),
        ('<meta http-equiv="refresh" content="0;url = b c">', "b c"),
        ('<meta http-equiv="refresh" content="30; url=/b">', None),
        ('<meta http-equiv="refresh" content="0">', None),
        ('<meta http-equiv="refresh" content="0; url=">', None),
        ('<meta http-equiv="refresh" content="url=/b">', None),
        ('<meta name="refresh" content="0; url=/b">', None),
        ('<!-- <meta http-equiv="refresh" content="0; url=/b"> -->', None),
        ('<noscript><meta http-equiv="refresh" content="0; url=/b"></noscript>', None),
        ("<script>a = '<meta http-equiv=refresh content=0;url=/b>'</script>", None),
        ("<p title='<meta http-equiv=refresh content=0;url=/b>'>", None),
        ("<p>To redirect, write &lt;meta http-equiv=refresh content=0;url=/b></p>", None),
    ],
)
def test_a_page_that_sends_its_visitors_on_says_where(markup: str, target: str | None) -> None:
    assert refresh_target(f"<html><head>{markup}</head>".encode()) == target


@pytest.mark.parametrize("first", [refreshing("0; url=/b"), answer("On", headers={"Refresh": "0; url=/b"})])
async def test_a_refresh_is_followed_like_a_redirect(first: bytes) -> None:
    async with serving(lambda path, _: answer(STORY) if path == "/b" else first) as server:
        found = await fetched(server)
    assert (found.body, found.url) == (STORY, f"http://{server.authority}/b")


async def test_a_refresh_passes_the_whole_check() -> None:
    async with serving(lambda *_: refreshing("0; url=http://169.254.169.254/latest/")) as server:
        with pytest.raises(ArticleBlocked):
            await fetched(server)


@pytest.mark.parametrize(
    "content", ["0; url=/page", "0; url=#top", "5", "0; url=javascript:a()", "0; url=app://story"]
)
async def test_a_page_that_loads_itself_again_or_no_web_page_is_a_page(content: str) -> None:
    async with serving(lambda *_: refreshing(content)) as server:
        assert (await fetched(server)).body.startswith(b"<html>")
        assert len(server.visits) == 1


async def test_a_plain_text_about_refreshing_stays_where_it_is() -> None:
    text = "<meta http-equiv=refresh content='0;url=/b'>"
    async with serving(lambda *_: answer(text, content_type="text/plain")) as server:
        assert (await fetched(server)).body == text.encode()


async def test_refreshes_in_a_circle_end_like_redirects() -> None:
    async with serving(lambda path, _: refreshing(f"0;url={'/a' if path == '/page' else '/page'}")) as server:
        with pytest.raises(ArticleUnreachable, match=r"in a circle.* cookies"):
            await fetched(server)
        assert len(server.visits) == 6


async def test_redirects_that_never_end_are_named() -> None:
    async with serving(lambda path, _: answer(status=302, headers={"Location": f"{path}x"})) as server:
        with pytest.raises(ArticleUnreachable, match="redirects too often"):
            await fetched(server)


GATES = {
    "redirect": answer(status=302, headers={"Location": "/page", "Set-Cookie": "seen=1; Path=/; HttpOnly"}),
    "refresh": answer(
        "<meta http-equiv=refresh content='0;url=/page'>", headers={"Set-Cookie": "seen=1; Max-Age=60"}
    ),
}


@pytest.mark.parametrize("gate", GATES.values(), ids=GATES)
async def test_a_page_that_wants_its_cookie_back_gets_it(gate: bytes) -> None:
    async with serving(lambda _, cookies: answer(STORY) if cookies == "seen=1" else gate) as server:
        assert (await fetched(server)).body == STORY
        assert (await fetched(server)).body == STORY
        assert len(server.visits) == 4  # nothing is kept for the next fetch


async def test_too_many_cookies_are_not_sent_back() -> None:
    gate = answer(status=302, headers={"Location": "/page", "Set-Cookie": f"a={'b' * 5_000}"})
    async with serving(lambda *_: gate) as server:
        with pytest.raises(ArticleError):
            await fetched(server)
        assert not any(b"\r\nCookie" in visit.head for visit in server.visits)


@pytest.mark.parametrize(
    "location", [b"/my pool", "/caf\u00e9".encode(), b"/caf\xe9", b"\\\\HOST\\b", b"/b#c d"], ids=ascii
)
async def test_an_odd_location_is_read_as_browsers_do(location: bytes) -> None:
    wanted = {"/my%20pool", "/caf%C3%A9", "/caf%E9", "/b"}

    def replies(path: str, _: str) -> bytes:
        there = location.replace(b"HOST", server.authority.encode())
        return answer(STORY) if path in wanted else b"HTTP/1.1 302 X\r\nLocation: " + there + b"\r\n\r\n"

    async with serving(replies) as server:
        assert (await fetched(server)).body == STORY
        assert len(server.visits) == 2


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<h1>Cookies are disabled</h1><p>Please enable cookies in your browser and reload.</p>", "cookies"),
        ("<title>Please enable cookies to continue</title>", "cookies"),
        ("<script>window.location.href = '/b'</script>", "by a script"),
        ("<script>location.replace('/b')</script><p>One moment.</p>", "by a script"),
    ],
)
def test_a_page_that_only_a_browser_passes_says_so(html: str, said: str) -> None:
    with pytest.raises(NoArticle, match=said):
        extract_article(f"<html>{html}</html>".encode(), url="https://e.com/")
