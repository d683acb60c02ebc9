"""Where a response leads: its Location, its Refresh header or meta element; and the cookies on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.article.meta_elements import refresh_target
from core.errors import ArticleUnreachable
from core.net.urls import WebAddress, redirected

if TYPE_CHECKING:
    from http.cookiejar import CookieJar

    import httpx2

_IN_A_CIRCLE = (
    "The page redirects in a circle, as pages do that want cookies or a login. "
    "Open it in a browser, and paste the text instead."
)
_TOO_OFTEN = "The page redirects too often. Give the address where it ends, or paste the text instead."
_MAX_COOKIE_CHARACTERS = 4_096


def location_of(response: httpx2.Response) -> str:
    """The Location header as it came, bytes that are not UTF-8 as surrogates; "" if missing."""
    found = [value for name, value in response.headers.raw if name.lower() == b"location"]
    return found[0].decode("utf-8", "surrogateescape") if found else ""


def refreshed(response: httpx2.Response, body: bytes, address: WebAddress) -> str:
    """Where a page sends its visitors at once, a URL like that of a redirect; "" where it stays."""
    if "html" not in response.headers.get("Content-Type", "html").lower():
        return ""
    target = refresh_target(body, response.headers.get("Refresh", ""))
    url = redirected(address, target) if target else ""
    return url if url.lower().startswith(("http:", "https:")) else ""


def cookies_in(jar: CookieJar) -> dict[str, str | None]:
    """The cookies of a host, which only the hops of one fetch send back to it; too many are dropped."""
    cookies = {cookie.name: cookie.value for cookie in jar}
    if sum(len(name) + len(value or "") for name, value in cookies.items()) > _MAX_COOKIE_CHARACTERS:
        jar.clear()
    return cookies


def too_many_redirects(visited: list[str]) -> ArticleUnreachable:
    """The error after the last redirect that is followed, by the addresses on the way."""
    in_circle = len(set(visited)) < len(visited)
    return ArticleUnreachable(_IN_A_CIRCLE if in_circle else _TOO_OFTEN, reason="redirects")
