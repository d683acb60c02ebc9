"""Web addresses: pasted ones and Locations are repaired as browsers do it, then all are parsed strictly."""

import ipaddress
import re
import string
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from core.errors import ArticleBlocked

_ODD = re.compile(r"[\x00-\x20\x7f-\xa0\\\ud800-\udfff]")
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Letters, digits, hyphens (RFC 1123) and the underscores that real hosts use. At most 63 to a label.
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_BRACKETED = re.compile(r"\[[^\[\]%]*\](:[0-9]*)?")  # no zone
# The last label of a host that browsers read as a number: url.spec.whatwg.org/#ends-in-a-number-checker
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
# What a paste brings along and nobody sees: soft hyphens, zero-width and direction marks, byte order marks.
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
# Nothing to repair, as in most: cheap for hits.
_PLAIN = re.compile(r"https?://\w[\w.?=&~+/-]*[\w/=-]", re.ASCII)
# By a mailer, which may quote.
_WRAPPED = re.compile(r"(?<![ \t])[ \t]*+[\r\n\x85\u2028\u2029]+[ \t>]*(?=(https?:)?)")
# It may have blanks in it; it ends at quotes, at the address of a Markdown link, and at the next link.
_LINK = re.compile(r"""(?i)(?<![\w=/?:])https?:/(?:[^"<>`\]\s]++|\](?!\()|\s++(?!https?:/))*+""")
_BEFORE = re.compile(r"[\W_]*(?:(?:url|feed|view-source):)?[\W_]*", re.IGNORECASE)
_ESCAPED = re.compile(r"https?%3a", re.IGNORECASE)
_ESCAPED_BLANKS = re.compile(r"(?:%20|%0[ad]|%e2%80%8b)+$", re.IGNORECASE)
_PAIRS = {")": "(", "]": "[", "}": "{", "）": "（"}
# With slips of the hand, and twice where a form had it already. hxxp: so that nobody clicks by chance.
_SCHEME = re.compile(r"(?:(?:h*(?:t+|xx)p|h[tp]{2,4})(s*)\s*(?:[:;：]+[\s/／]*|//+))+(?=\S)", re.IGNORECASE)
_HOST_FIRST = re.compile(r"(?:localhost|(?:[\w-]+\.)+(?:[^\W\d_]{2,}|xn--[\w-]+|\d+)\.?)(?::\d+)?(?=[/?#]|$)")
_ORIGIN = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?(?://[^/]*)?", re.IGNORECASE)
# An attempt to add a header or to end the request line: line ends became blanks.
_HEADER_LINE = re.compile(r"\s(?:[\w-]+:\s|HTTP/\d)")

_NO_ADDRESS = "This is no web address: give one like https://example.com/story, or send a text as text."
_NO_HOST = "The address names no host that there can be: check it for a slip, or paste the text instead."
_NOT_HTTP = "Only http and https addresses are read: give the page's own, or paste the text instead."
NOT_PUBLIC = "This is not a public page: its host is on a private network. Paste the text instead."
_NO_ENDING = "The host has no ending such as .com: check it for a slip, or paste the text instead."
_WITH_NAME = "The address has a user name or password in it: give it without, or paste the text instead."
_SEVERAL = "These are several addresses: give one."
_ODD_PORT = "Only pages on ports 80 and 443 are fetched: check the address, or paste the text instead."
_TOO_LONG = "The address is too long: give one of at most 2,048 characters, or paste the text instead."


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
    if len(url) > 2_048:
        _refuse("too long", _TOO_LONG)
    if _ODD.search(url):
        _refuse("white space, controls or backslashes in it")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        _refuse("not a URL")
    if parts.scheme not in _DEFAULT_PORTS:
        _refuse("not http or https", _NOT_HTTP if parts.scheme else _NO_ADDRESS)
    if not url[len(parts.scheme) :].startswith("://"):
        _refuse("no host")
    if "@" in parts.netloc:
        _refuse("a name or password in it", _WITH_NAME)
    host = _host(parts)
    port = _DEFAULT_PORTS[parts.scheme] if port is None else port
    _check_allowed(host, port, allow_hosts)
    authority = f"[{host}]" if ":" in host else host
    origin = f"{parts.scheme}://{authority}" + (f":{port}" if port != _DEFAULT_PORTS[parts.scheme] else "")
    return WebAddress(parts.scheme, host, port, parts.path or "/", parts.query, origin)


def pasted(text: str) -> str:
    """The address in what a person pasted as one, or what is left of it; `web_address` judges it then.

    Line ends, what is not seen, marks around it and words before it go; a missing scheme is https.
    Raises ArticleBlocked for several addresses.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = _WRAPPED.sub(lambda end: " " if end[1] else "", _UNSEEN.sub("", text).strip())
    text = unquote(text) if _ESCAPED.match(text) else text
    links = {_bare(link) for link in _LINK.findall(text) or [text]}
    if len(links) > 1:
        _refuse("several", _SEVERAL)
    text = links.pop().replace("&amp;", "&").replace("[.]", ".")
    if _HEADER_LINE.search(text):
        _refuse("a header")
    if found := _SCHEME.match(text):
        text = f"http{found[1][:1].lower()}://{text[found.end() :]}"
    elif _HOST_FIRST.match(text):
        text = f"https://{text}"
    return re.sub(r"\s", lambda blank: quote(blank[0]), text)


def _bare(text: str) -> str:
    """The text without marks around it: in front all, behind it those that end no address."""
    text = _BEFORE.sub("", text, 1)
    if text[-3:-2] == "%":
        text = _ESCAPED_BLANKS.sub("", text)
    while (last := text[-1:]) and (
        last in "\"'>`*|.,;:\\ "
        or text.count(_PAIRS.get(last, last)) < text.count(last)
        or (last not in _PAIRS and last > "~" and not last.isalnum())
    ):
        text = text[:-1]
    return text


def redirected(address: WebAddress, location: str) -> str:
    """The URL that a Location names, as browsers read it (url.spec.whatwg.org/#concept-basic-url-parser).

    Bytes that are not UTF-8 are surrogates in it. Raises ValueError when there is none, else ArticleBlocked.
    """
    if not location:
        raise ValueError("no Location")
    if _HEADER_LINE.search(location):
        _refuse("an odd Location")
    location = re.sub(r"[\t\r\n]", "", location.strip(" \t\r\n"))
    path, rest = re.findall(r"(?s)([^?#]*)(.*)", location)[0]
    path = path.replace("\\", "/")
    origin = _ORIGIN.findall(path)[0]
    location = origin + quote(path[len(origin) :] + rest, safe=string.punctuation, errors="surrogateescape")
    # urljoin would read "http:a" as a path.
    return location if urlsplit(location).scheme else urljoin(str(address), location)


def _check_allowed(host: str, port: int, allow_hosts: Collection[str] | None) -> None:
    if allow_hosts is None or f"{host}:{port}" in allow_hosts:
        return
    if set(host).isdisjoint(".:"):
        detail = NOT_PUBLIC if host == "localhost" else _NO_ENDING
        _refuse("a single label, which a resolver completes with a domain of its own", detail)
    if port not in _DEFAULT_PORTS.values():
        _refuse(f"port {port}", _ODD_PORT)


def _host(parts: SplitResult) -> str:
    if parts.netloc.startswith("["):
        if not _BRACKETED.fullmatch(parts.netloc):
            _refuse("a zone, or text beside the brackets", _NO_HOST)
        return _address(ipaddress.IPv6Address, parts.hostname or "", "not an IPv6 address")
    # Not `parts.hostname`: lower() turns the Kelvin sign into a k.
    host = parts.netloc.partition(":")[0].removesuffix(".")
    host = _to_ascii(host) if not host.isascii() or "xn--" in host.lower() else host.lower()
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        _refuse("not a host name", _NO_HOST)
    if _NUMBER.fullmatch(labels[-1]):
        return _address(ipaddress.IPv4Address, host, "a number that is not a dotted IPv4 address")
    return host


def _address(kind: Callable[[str], object], written: str, fault: str) -> str:
    try:
        return str(kind(written))
    except ValueError:
        _refuse(fault, _NO_HOST)


def _to_ascii(host: str) -> str:
    import idna

    try:
        # Wide letters, circled digits and other dots that map to ASCII would be repaired, or hide a host.
        mapped = idna.uts46_remap(host)
        if [letter.isascii() for letter in mapped] != [letter.isascii() for letter in host]:
            _refuse("letters in disguise", _NO_HOST)
        return idna.encode(mapped).decode("ascii")
    except idna.IDNAError:
        _refuse("not an international host name", _NO_HOST)


def _refuse(reason: str, detail: str = _NO_ADDRESS) -> NoReturn:
    raise ArticleBlocked(detail, reason=f"url: {reason}")
