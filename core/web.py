"""The door to the web: one page, fetched safely and within bounds."""

from __future__ import annotations

import asyncio
import fnmatch
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from core.errors import (
    ArticleBlocked,
    ArticleTimeout,
    ArticleTooLarge,
    ArticleUnreachable,
    UnsupportedContent,
)
from core.tls import tls_context
from core.urls import WebAddress, web_address

if TYPE_CHECKING:
    import httpx2

USER_AGENT = "Threadr/0.1 (fetches one page when a person asks for a thread of it)"
_MOST_BYTES = 2 * 1024 * 1024
_MOST_REDIRECTS = 5
_MOST_SECONDS = 8.0
_SNIFFED_BYTES = 1024
_READABLE = {"text/html", "application/xhtml+xml", "text/plain", "text/markdown"}
_REDIRECTS = {301, 302, 303, 307, 308}
_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "text/html,application/xhtml+xml,text/plain;q=0.8,text/markdown;q=0.8",
    "Accept-Encoding": "gzip",
    "Accept-Language": "*",
}


@dataclass(frozen=True, slots=True)
class Page:
    """`url` is where the redirects ended."""

    url: str
    body: bytes
    content_type: str | None


class Web:
    """Every hop is parsed, judged and dialled anew; connections are never shared between fetches."""

    def __init__(self, *, allow_hosts: Collection[str] = (), allowed_domains: Collection[str] = ()) -> None:
        self._allow_hosts = allow_hosts
        self._allowed_domains = allowed_domains

    async def fetch(self, url: str, *, seconds: float) -> Page:
        """The page at `url`, within `seconds` and at most 8 s. Raises ArticleError by cause."""
        try:
            async with asyncio.timeout(min(seconds, _MOST_SECONDS)):
                return await self._follow(url)
        except TimeoutError:
            raise ArticleTimeout(reason="deadline") from None

    async def _follow(self, url: str) -> Page:
        import httpx2

        async with self._client() as client:
            for _ in range(_MOST_REDIRECTS + 1):
                address = self._permitted(url)
                try:
                    async with client.stream("GET", str(address)) as response:
                        if response.status_code not in _REDIRECTS:
                            return await _page(response)
                        url = urljoin(str(address), response.headers.get("Location", ""))
                except httpx2.TimeoutException:
                    raise ArticleTimeout(reason="client timeout") from None
                except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
                    raise ArticleUnreachable(reason=type(error).__name__) from None
        raise ArticleUnreachable("The page redirects too often.", reason="redirects")

    def _permitted(self, url: str) -> WebAddress:
        address = web_address(url, allow_hosts=self._allow_hosts)
        domains = self._allowed_domains
        if domains and not any(fnmatch.fnmatchcase(address.host, domain.lower()) for domain in domains):
            raise ArticleBlocked(reason="not in ALLOWED_DOMAINS")
        return address

    def _client(self) -> httpx2.AsyncClient:
        import httpcore2
        import httpx2

        from core.dialing import JudgedBackend, resolve

        transport = httpx2.AsyncHTTPTransport(verify=tls_context(), trust_env=False)
        # httpx2 has no parameter for the network backend of its pool; httpcore2 documents it.
        transport._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls_context(),
            network_backend=JudgedBackend(
                allow_hosts=self._allow_hosts, resolve=resolve, dial=httpcore2.AnyIOBackend()
            ),
        )
        return httpx2.AsyncClient(
            transport=transport,
            headers=_HEADERS,
            timeout=_MOST_SECONDS,
            trust_env=False,
            follow_redirects=False,
        )


async def _page(response: httpx2.Response) -> Page:
    if response.status_code != 200:
        raise ArticleUnreachable(
            f"The page answered with status {response.status_code}. Check the link, or paste the text.",
            reason=f"HTTP {response.status_code}",
            lasting=400 <= response.status_code < 500 and response.status_code not in (408, 425, 429),
        )
    content_type = response.headers.get("Content-Type")
    if content_type and _media_type(content_type) not in _READABLE:
        raise UnsupportedContent(reason=_media_type(content_type)[:80])
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip", ""):
        raise UnsupportedContent(reason="content coding that was not asked for")
    body = await _bounded_body(response)
    if not content_type and not _looks_like_text(body[:_SNIFFED_BYTES]):
        raise UnsupportedContent(reason="no content type, and no text")
    return Page(str(response.url), body, content_type)


async def _bounded_body(response: httpx2.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise ArticleTooLarge(reason="over 2 MiB")
    return bytes(body)


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _looks_like_text(start: bytes) -> bool:
    return bool(start.strip()) and b"\x00" not in start
