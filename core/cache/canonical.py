"""One spelling for all URLs of the same page, so that it is paid for once."""

import re
from urllib.parse import quote

from core.net.urls import web_address

# Written by hand and not taken from w3lib or courlan: they cost a hit 50 to 100 ms of imports, and both
# decode and encode values again, which merges pages that differ ("a+b" and "a%20b").
# Parameters that only say how the reader came here; what they are: docs of the tools that add them.
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|li_fat_id|igshid|igsh|mc_cid"
    r"|mc_eid|_hsenc|_hsmi|mkt_tok|vero_id|oly_anon_id|oly_enc_id|__twitter_impression|_openstat|srsltid"
)
_UNRESERVED = re.compile(r"%(2[dDeE]|3[0-9]|4[1-9a-fA-F]|5[0-9aAfF]|6[1-9a-fA-F]|7[0-9aAeE])")
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
_ASCII = "".join(map(chr, range(128)))
_BROKEN_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")


def canonical_url(url: str) -> str:
    """The key's spelling of `url`.

    Scheme and host in lower case, no default port, fragment, trailing host dot or tracking parameters,
    the query sorted by name, escapes normalised as RFC 3986, section 6.2.2 allows. Nothing else is
    touched: paths keep their case and their trailing slash, since servers tell them apart.
    Raises ArticleBlocked when it is not a web URL.
    """
    address = web_address(url, allow_hosts=None)  # ports are checked where the page is fetched
    pairs = [_normal_escapes(pair) for pair in address.query.split("&") if pair]
    pairs = [pair for pair in pairs if not _TRACKING.fullmatch(_name(pair).lower())]
    query = "&".join(sorted(pairs, key=_name))
    return f"{address.origin}{_normal_escapes(address.path)}{'?' if query else ''}{query}"


def _name(pair: str) -> str:
    return pair.partition("=")[0]


def _normal_escapes(part: str) -> str:
    if _BROKEN_ESCAPE.search(part):
        return part  # what a server makes of it is anybody's guess
    part = quote(part, safe=_ASCII)
    part = _UNRESERVED.sub(lambda match: chr(int(match[1], 16)), part)
    return _ESCAPE.sub(lambda match: match[0].upper(), part)
