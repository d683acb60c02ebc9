"""The address that a page names as its own: without what a site adds to tell its readers apart."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

from core.errors import ArticleBlocked
from core.net.urls import WebAddress, web_address

if TYPE_CHECKING:
    from lxml.etree import _Element


def canonical_link(tree: _Element, url: str) -> str:
    """The URL in the head's <link rel=canonical> (RFC 6596) where it is one on `url`'s host, else `url`.

    As in search engines, several different ones count for nothing, and neither does the home page, which
    some sites name everywhere (developers.google.com/search/blog/2013/04: "5 common mistakes").
    """
    links = tree.xpath("/html/head/link[@rel and @href]")
    named = {link.get("href").strip() for link in links if "canonical" in link.get("rel").lower().split()}
    if len(named) != 1:
        return url
    try:
        page, own = (web_address(each, allow_hosts=None) for each in (url, urljoin(url, named.pop())))
    except (ArticleBlocked, ValueError):
        return url
    is_home = own.path == "/" and not own.query and page.path != "/"
    return str(own) if _same_server(page, own) and not is_home else url


def _same_server(page: WebAddress, own: WebAddress) -> bool:
    upgraded = (page.scheme, page.port, own.scheme, own.port) == ("http", 80, "https", 443)
    return own.host == page.host and (own.port == page.port or upgraded)
