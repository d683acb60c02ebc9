"""The HTTP client for articles: one page, fetched safely and within bounds."""

from __future__ import annotations

import asyncio
import contextlib
import fnmatch
import re
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core import errors
from core.article.redirects import cookies_in, location_of, refreshed, too_many_redirects
from core.net.late_import import import_in_thread
from core.net.tls import certificate_fault, tls_context
from core.net.urls import redirected, web_address
from core.text.word_lists import word_lists

if TYPE_CHECKING:
    from http.cookiejar import CookieJar

    import httpx2

    from core.article.ssrf_guard import GuardedBackend

_MAX_BYTES = 2 * 1024 * 1024
_MAX_WIRE_BYTES = 2 * _MAX_BYTES  # chunk sizes, trailers and what a compressor adds
_MAX_CHUNKS = 16_384  # a byte to a chunk would cost seconds of parsing
_MAX_REDIRECTS = 5
_OTHER_SITE = "This service reads pages of certain sites only. Paste the text instead."
_SNIFFED_BYTES = 1024
_READABLE = {f"text/{kind}" for kind in ("html", "plain", "markdown", "x-markdown")}
_READABLE |= {"application/xhtml+xml", "application/pdf"}
_REDIRECTS = {301, 302, 303, 307, 308}
# Files that sites send as text/html: PNG, GIF, JPEG, zip (and Office), gzip, MP4.
_FILE = re.compile(rb"(?s)\x89PNG\r|GIF8[79]a|\xff\xd8\xff|PK\x03\x04|\x1f\x8b|....ftyp")
# As in mimesniff.spec.whatwg.org, section 7.1, but anywhere in the start.
_HTML = re.compile(rb"(?i)<(!doctype html|html|head|body|title|meta|script|style|table|div|h1|p)\b")


@dataclass(frozen=True, slots=True)
class Validators:
    """The page's cache validators as sent; None if missing, too long or not printable ASCII."""

    etag: str | None = None
    last_modified: str | None = None

    def headers(self) -> dict[str, str]:
        """The conditions of a request that wants the page only if it has changed (RFC 9110, section 13)."""
        conditions = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: safe for name, value in conditions.items() if (safe := _header_safe(value))}


@dataclass(frozen=True, slots=True)
class Page:
    """`url` is where the redirects ended. `not_modified`: the validators still hold, and no body came."""

    url: str
    body: bytes
    content_type: str | None
    validators: Validators = Validators()
    not_modified: bool = False


@dataclass(kw_only=True)
class Fetcher:
    """Each redirect is parsed and checked like a new URL, over a new connection; cookies are for its host."""

    allow_hosts: Collection[str] = ()
    allowed_domains: Collection[str] = ()
    backend: Callable[[Collection[str]], GuardedBackend] | None = None  # GuardedBackend itself where None
    max_seconds: float = 8.0

    def __post_init__(self) -> None:
        # As WebAddress writes them.
        self.allow_hosts = {re.sub(r"[][]", "", host).lower() for host in self.allow_hosts}
        self.allowed_domains = [domain.lower() for domain in self.allowed_domains]

    async def fetch(self, url: str, *, seconds: float, validators: Validators | None = None) -> Page:
        """The page at `url`, within `seconds` and at most `max_seconds`. Raises ArticleError by type."""
        await import_in_thread("httpx2", "httpcore2", "core.article.ssrf_guard")
        from core.article.ssrf_guard import GuardedBackend

        backend = (self.backend or GuardedBackend)(self.allow_hosts)
        try:
            async with asyncio.timeout(min(seconds, self.max_seconds)):
                return await self._follow(url, backend, validators or Validators())
        except TimeoutError:
            late: errors.ArticleError = errors.ArticleTimeout(reason="deadline")
            if backend.hides_failure:
                late = errors.ArticleBlocked(reason="deadline while connecting")
            raise (late if seconds >= self.max_seconds else late.unshared()) from None

    async def _follow(self, url: str, backend: GuardedBackend, validators: Validators) -> Page:
        from http.cookiejar import CookieJar

        headers = word_lists(__file__)["headers"] | validators.headers()
        jars: defaultdict[str, CookieJar] = defaultdict(CookieJar)
        visited: list[str] = []
        for _ in range(_MAX_REDIRECTS + 1):
            address = web_address(url, allow_hosts=self.allow_hosts)
            domains = self.allowed_domains
            if domains and not any(fnmatch.fnmatchcase(address.host, domain) for domain in domains):
                raise errors.ArticleBlocked(_OTHER_SITE, reason="not in ALLOWED_DOMAINS")
            visited.append(str(address))
            jar = jars[address.host]
            cookies = cookies_in(jar)
            async with _get(str(address), _client(backend, jar), headers) as response:
                if response.status_code in _REDIRECTS:
                    url = redirected(address, location_of(response))
                    continue
                page = await _page(response, validators, str(address))
                url = refreshed(response, page.body, address)
            # A page that loads itself again is a page, unless it has just set a cookie.
            if not url or (url.partition("#")[0] == str(address) and cookies_in(jar) == cookies):
                return page
        raise too_many_redirects(visited)


@contextlib.asynccontextmanager
async def _get(
    url: str, fresh: httpx2.AsyncClient, headers: dict[str, str]
) -> AsyncIterator[httpx2.Response]:
    """The response, its body unread. Other errors in the block, as of `redirected`: ArticleUnreachable."""
    try:
        async with fresh as client, client.stream("GET", url, headers=headers) as response:
            yield response
    except errors.ArticleError:
        raise
    except Exception as error:  # a hostile peer reaches odd corners of httpx2, httpcore2, h11, ssl and zlib
        # Not the error's text: it quotes what the peer sent.
        reason = "certificate" if certificate_fault(error) else type(error).__name__
        raise errors.ArticleUnreachable(reason=reason) from None


def _client(backend: GuardedBackend, cookies: CookieJar) -> httpx2.AsyncClient:
    import httpcore2
    import httpx2

    transport = httpx2.AsyncHTTPTransport(verify=tls_context(), trust_env=False)
    # httpx2 has no parameter for the network backend of its pool; httpcore2 documents it.
    transport._pool = httpcore2.AsyncConnectionPool(ssl_context=tls_context(), network_backend=backend)
    return httpx2.AsyncClient(transport=transport, cookies=cookies, timeout=None, trust_env=False)


async def _page(response: httpx2.Response, sent: Validators, url: str) -> Page:
    headers = response.headers
    known = Validators(_header_safe(headers.get("ETag")), _header_safe(headers.get("Last-Modified")))
    if response.status_code == 304 and sent.headers():
        return Page(url, b"", None, known if known.headers() else sent, not_modified=True)
    if response.status_code != 200:
        raise errors.ArticleUnreachable(
            f"The page answered with status {response.status_code}. Check the link, or paste the text.",
            reason=f"HTTP {response.status_code}",
            permanent=400 <= response.status_code < 500 and response.status_code not in (408, 425, 429),
        )
    content_type = headers.get("Content-Type", "")[:256].strip()
    media_type = re.split("[;,]", content_type)[0].strip().lower()
    if media_type and media_type not in _READABLE:
        raise errors.UnsupportedContent(reason=f"media type {media_type[:80]}")
    if headers.get("Content-Encoding", "").strip().lower() not in ("identity", "gzip", "x-gzip", ""):
        raise errors.UnsupportedContent(reason="a content coding that was not asked for, or several")
    return Page(url, await _body(response, media_type), content_type or None, known)


async def _body(response: httpx2.Response, media_type: str) -> bytes:
    """The body, decoded here: httpx2's decoders keep reading, and storing, after gzip's end."""
    gzip = "gzip" in response.headers.get("Content-Encoding", "").lower()
    inflate = zlib.decompressobj(16 + zlib.MAX_WBITS) if gzip else None
    response.extensions["network_stream"].bytes_left = _MAX_WIRE_BYTES
    body, chunks = bytearray(), 0
    async with contextlib.aclosing(response.aiter_raw()) as arriving:
        async for chunk in arriving:
            chunks, before = chunks + 1, len(body)
            body += inflate.decompress(chunk, _MAX_BYTES + 1 - before) if inflate else chunk
            if len(body) > _MAX_BYTES or chunks > _MAX_CHUNKS:
                raise errors.ArticleTooLarge(reason="over 2 MiB, or in too many chunks")
            if before < _SNIFFED_BYTES <= len(body):
                _sniff(body, media_type)
            if inflate and inflate.eof:
                break
    if inflate and chunks and not inflate.eof:
        raise errors.ArticleUnreachable(reason="gzip is cut short")
    _sniff(body, media_type)
    return bytes(body)


def _sniff(body: bytearray, media_type: str) -> None:
    start = bytes(body[:_SNIFFED_BYTES])
    if _FILE.match(start) or not (media_type or _HTML.search(start)):
        raise errors.UnsupportedContent(reason="by its first bytes no page")


def _header_safe(value: str | None) -> str | None:
    return value if value and re.fullmatch(r"[\x20-\x7e]{1,256}", value) else None
