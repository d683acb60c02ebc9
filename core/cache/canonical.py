"""One spelling for all URLs of the same page: what is fetched, linked, kept, remembered and purged."""

import functools
import re
from pathlib import Path
from urllib.parse import quote

from core.net.urls import pasted, web_address

# Written by hand and not taken from w3lib or courlan: they cost a hit 50 to 100 ms of imports, and both
# decode and encode values again, which merges pages that differ ("a+b" and "a%20b").
# Parameters that only say who the reader is or how he came here, in lower case; none may choose what a page
# shows. From the lists that Firefox and Brave strip, and the docs of the tools that add them. Not in TOML,
# whose reader a hit would import.
_TRACKING = frozenset(Path(__file__).with_suffix(".txt").read_text("ascii").split())
_TRACKING_FAMILIES = ("utm_", "hsa_", "mtm_", "sfmc_", "guce_referrer")
_UNRESERVED = re.compile(r"%(2[dDeE]|3[0-9]|4[1-9a-fA-F]|5[0-9aAfF]|6[1-9a-fA-F]|7[0-9aAeE])")
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
_IN_URLS = "!#$%&'()*+,-./:;=?@[]_~"  # beside letters and digits: RFC 3986, appendix A
_MARK_BEHIND = re.compile(r"(?:[^\w/]|%\w\w)$")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")


@functools.lru_cache(maxsize=512)  # the same few are asked for again and again
def canonical_url(url: str, *, as_pasted: bool = False) -> str:
    """The one spelling of `url`; `as_pasted`: of the address that a person meant with it.

    Scheme and host in lower case, no default port, fragment, trailing host dot or tracking parameters,
    the query sorted by name (equal names keep their order, empty values stay), escapes normalised as
    RFC 3986, section 6.2.2 allows. Nothing else is touched: paths keep their case and their trailing slash,
    since servers tell them apart. Raises ArticleBlocked when it is not a web URL.
    """
    # Ports are checked where the page is fetched.
    address = web_address(pasted(url) if as_pasted else url, allow_hosts=None)
    pairs = [_normal_escapes(pair) for pair in address.query.split("&") if pair]
    query = "&".join(sorted((pair for pair in pairs if not _is_tracking(pair)), key=_name))
    found = f"{address.origin}{_normal_escapes(address.path)}{'?' if query else ''}{query}"
    # A mark or a blank at its end stood before a fragment or a tracking parameter.
    again = as_pasted and _MARK_BEHIND.search(found) and pasted(found) != found
    return canonical_url(found, as_pasted=True) if again else found


def _name(pair: str) -> str:
    return pair.partition("=")[0]


def _is_tracking(pair: str) -> bool:
    name = _name(pair).lower()
    return name in _TRACKING or name.startswith(_TRACKING_FAMILIES)


def _normal_escapes(part: str) -> str:
    if _BROKEN_ESCAPE.search(part):
        return part  # servers differ in how they read it
    part = quote(part, safe=_IN_URLS)
    part = _UNRESERVED.sub(lambda match: chr(int(match[1], 16)), part)
    return _ESCAPE.sub(lambda match: match[0].upper(), part)
