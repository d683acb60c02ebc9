"""A caller's URL, parsed strictly: what is not plainly a web address is refused, never repaired."""

import ipaddress
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import SplitResult, urljoin, urlsplit

from core.errors import ArticleBlocked

_ODD = re.compile(r"[\x00-\x20\x7f-\xa0\\\ud800-\udfff]")
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Letters, digits, hyphens (RFC 1123) and the underscores that real hosts use. At most 63 to a label.
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_BRACKETED = re.compile(r"\[[^\[\]%]*\](:[0-9]*)?")  # no zone
# The last label of a host that browsers read as a number: url.spec.whatwg.org/#ends-in-a-number-checker
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An http(s) URL taken apart. `host` is lower-case ASCII, without trailing dot or brackets.

    `origin` is its beginning, with the port where that is not the scheme's own (RFC 3986, section 3.2).
    """

    scheme: str
    host: str
    port: int
    path: str
    query: str
    origin: str

    def __str__(self) -> str:
        return f"{self.origin}{self.path}{'?' if self.query else ''}{self.query}"


def web_address(url: str, *, allow_hosts: Collection[str] | None = ()) -> WebAddress:
    """`url` taken apart, its fragment dropped.

    `allow_hosts` are the `host:port` pairs that may use a port other than 80 and 443, and a single label;
    None allows all. Raises ArticleBlocked for everything else that is not a plain http or https URL.
    """
    if len(url) > 2_048 or _ODD.search(url):
        _refuse("too long, or white space, controls or backslashes in it")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        _refuse("not a URL")
    if parts.scheme not in _DEFAULT_PORTS or not url[len(parts.scheme) :].startswith("://"):
        _refuse("not http or https")
    if "@" in parts.netloc:
        _refuse("a name or password in it")
    host = _host(parts)
    port = _DEFAULT_PORTS[parts.scheme] if port is None else port
    _check_allowed(host, port, allow_hosts)
    authority = f"[{host}]" if ":" in host else host
    origin = f"{parts.scheme}://{authority}" + (f":{port}" if port != _DEFAULT_PORTS[parts.scheme] else "")
    return WebAddress(parts.scheme, host, port, parts.path or "/", parts.query, origin)


def redirected(address: WebAddress, location: str) -> str:
    """The URL that a Location header names. Raises ValueError when there is none, else ArticleBlocked."""
    if not location:
        raise ValueError("no Location")
    if _ODD.search(location):
        _refuse("an odd Location")
    # urljoin would repair it: drop tabs and newlines, and read "http:a" as a path.
    return location if urlsplit(location).scheme else urljoin(str(address), location)


def _check_allowed(host: str, port: int, allow_hosts: Collection[str] | None) -> None:
    if allow_hosts is None or f"{host}:{port}" in allow_hosts:
        return
    if port not in _DEFAULT_PORTS.values():
        _refuse(f"port {port}")
    if set(host).isdisjoint(".:"):
        _refuse("a single label, which a resolver completes with a domain of its own")


def _host(parts: SplitResult) -> str:
    if parts.netloc.startswith("["):
        if not _BRACKETED.fullmatch(parts.netloc):
            _refuse("a zone, or text beside the brackets")
        return _address(ipaddress.IPv6Address, parts.hostname or "", "not an IPv6 address")
    # Not `parts.hostname`: lower() turns the Kelvin sign into a k.
    host = parts.netloc.partition(":")[0].removesuffix(".")
    host = _to_ascii(host) if not host.isascii() or "xn--" in host.lower() else host.lower()
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        _refuse("not a host name")
    if _NUMBER.fullmatch(labels[-1]):
        return _address(ipaddress.IPv4Address, host, "a number that is not a dotted IPv4 address")
    return host


def _address(kind: Callable[[str], object], written: str, fault: str) -> str:
    try:
        return str(kind(written))
    except ValueError:
        _refuse(fault)


def _to_ascii(host: str) -> str:
    import idna

    try:
        # Wide letters, circled digits and other dots that map to ASCII would be repaired, or hide a host.
        mapped = idna.uts46_remap(host)
        if [letter.isascii() for letter in mapped] != [letter.isascii() for letter in host]:
            _refuse("letters in disguise")
        return idna.encode(mapped).decode("ascii")
    except idna.IDNAError:
        _refuse("not an international host name")


def _refuse(reason: str) -> NoReturn:
    raise ArticleBlocked(reason=f"url: {reason}")
